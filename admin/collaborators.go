package admin

import (
	"net/http"
	"net/url"

	"understudy/simulations"
)

func (c *call) listCollaborators() error {
	infos := c.opts.Engine.Collaborators()
	list := collaboratorList{Collaborators: make([]collaborator, len(infos))}
	for i, info := range infos {
		list.Collaborators[i] = viewCollaborator(info)
	}
	return c.json(http.StatusOK, list)
}

func (c *call) getCollaborator() error {
	info, err := c.opts.Engine.Collaborator(c.value("name"))
	if err != nil {
		return err
	}
	c.etag(info.Revision)
	if fresh, err := c.fresh(info.Revision); fresh || err != nil {
		return err
	}
	return c.json(http.StatusOK, viewCollaborator(info))
}

func (c *call) collaboratorRevision() (uint64, error) {
	info, err := c.opts.Engine.Collaborator(c.value("name"))
	return info.Revision, err
}

func (c *call) putCollaborator() error {
	name := c.value("name")
	if err := checkName(name); err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	config, err := simulations.DecodeCollaborator(data)
	if err != nil {
		return err
	}
	var info simulations.CollaboratorInfo
	var created bool
	err = c.edit(c.collaboratorRevision, func(cond simulations.Condition) error {
		info, created, err = c.opts.Engine.PutCollaborator(c.r.Context(), name, config, cond)
		return err
	})
	if err != nil {
		return inText(data)(staleIfAbsent(c, err))
	}
	c.etag(info.Revision)
	return c.created(created, "/api/v1/collaborators/"+url.PathEscape(name), viewCollaborator(info))
}

func (c *call) deleteCollaborator() error {
	err := c.edit(c.collaboratorRevision, func(cond simulations.Condition) error {
		return c.opts.Engine.DeleteCollaborator(c.r.Context(), c.value("name"), cond)
	})
	if err != nil {
		return err
	}
	return c.empty()
}

// modeRequest is the body of a switch.
type modeRequest struct {
	Mode simulations.Mode `json:"mode" help:"What happens to the collaborator's traffic from now on."`
}

func (c *call) setMode() error {
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask modeRequest
	if _, err := decodeStrict(data, &ask); err != nil {
		return err
	}
	info, err := c.opts.Engine.SetMode(c.r.Context(), c.value("name"), ask.Mode)
	if err != nil {
		return err
	}
	c.etag(info.Revision)
	return c.json(http.StatusOK, viewCollaborator(info))
}
