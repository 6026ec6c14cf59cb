package admin

import "net/http"

func (c *call) listSessions() error {
	return c.json(http.StatusOK, sessionList{c.opts.Engine.Sessions()})
}

func (c *call) getSession() error {
	info, err := c.opts.Engine.Session(c.value("id"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, info)
}

func (c *call) deleteSession() error {
	if err := c.opts.Engine.DeleteSession(c.r.Context(), c.value("id")); err != nil {
		return err
	}
	return c.empty()
}

// stateRequest is the body that sets a scenario.
type stateRequest struct {
	State string `json:"state" help:"The state that the scenario is in from now on; every scenario begins in \"started\"."`
}

func (c *call) setScenario() error {
	if err := checkName(c.value("name")); err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask stateRequest
	v, err := decodeStrict(data, &ask)
	if err != nil {
		return err
	}
	if err := c.opts.Engine.SetScenario(c.r.Context(), c.value("id"), c.value("name"), ask.State); err != nil {
		return located(err, v.Locate)
	}
	return c.empty()
}
