package admin

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"understudy/simulations"
)

func (c *call) listStubs() error {
	after, err := readCursor(c.value("cursor"), simulations.ValidName)
	if err != nil {
		return err
	}
	stubs, more, err := c.opts.Engine.Stubs(c.r.Context(), c.value("name"), after, int(c.number("limit")))
	if err != nil {
		return err
	}
	page := stubList{Stubs: make([]stubValue, len(stubs))}
	for i, s := range stubs {
		page.Stubs[i] = viewStub(s)
	}
	if more && len(stubs) > 0 {
		page.Next = writeCursor(stubs[len(stubs)-1].ID)
	}
	return c.json(http.StatusOK, page)
}

// A cursor is the id that a page ended with. It is opaque to clients; stubs may
// come and go between pages without one being skipped or shown twice.
func writeCursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// readCursor reads one whose id is valid.
func readCursor(cursor string, valid func(id string) bool) (string, error) {
	if cursor == "" {
		return "", nil
	}
	id, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !valid(string(id)) {
		return "", simulations.Errorf(simulations.CodeInvalid, "%q is no cursor: take the `next` of the page before, or begin without one", cut(cursor))
	}
	return string(id), nil
}

// readStub reads a stub; locate adds to an error where in the body its faults are.
func (c *call) readStub() (stub *simulations.Stub, locate func(error) error, err error) {
	data, err := c.body()
	if err != nil {
		return nil, nil, err
	}
	stub, err = simulations.DecodeStub(data)
	return stub, inText(data), err
}

// inText finds the faults of an error in the text of a body.
func inText(data []byte) func(error) error {
	return func(err error) error {
		return located(err, func(fields []simulations.FieldError) []simulations.FieldError {
			v, err := simulations.Parse(data)
			if err != nil {
				return fields
			}
			return v.Locate(fields)
		})
	}
}

func (c *call) createStub() error {
	name := c.value("name")
	if err := checkName(name); err != nil {
		return err
	}
	stub, locate, err := c.readStub()
	if err != nil {
		return err
	}
	stored, _, err := c.opts.Engine.PutStub(c.r.Context(), name, stub, simulations.Condition{Absent: true})
	if err != nil {
		if simulations.CodeOf(err) == simulations.CodeStale {
			return simulations.Errorf(simulations.CodeConflict, "the simulation %s has a stub %s already: PUT replaces it", name, stub.ID)
		}
		return locate(err)
	}
	return c.answerStub(stored, true)
}

func (c *call) answerStub(s *simulations.StoredStub, created bool) error {
	c.etag(s.Revision)
	return c.created(created, "/api/v1/simulations/"+url.PathEscape(c.value("name"))+"/stubs/"+url.PathEscape(s.ID), viewStub(s))
}

func (c *call) getStub() error {
	s, err := c.opts.Engine.Stub(c.r.Context(), c.value("name"), c.value("id"))
	if err != nil {
		return err
	}
	c.etag(s.Revision)
	if fresh, err := c.fresh(s.Revision); fresh || err != nil {
		return err
	}
	return c.json(http.StatusOK, viewStub(s))
}

func (c *call) stubRevision() (uint64, error) {
	s, err := c.opts.Engine.Stub(c.r.Context(), c.value("name"), c.value("id"))
	if err != nil {
		return 0, err
	}
	return s.Revision, nil
}

func (c *call) putStub() error {
	name, id := c.value("name"), c.value("id")
	if err := checkName(name); err != nil {
		return err
	}
	if err := checkName(id); err != nil {
		return err
	}
	stub, locate, err := c.readStub()
	if err != nil {
		return err
	}
	if stub.ID != "" && stub.ID != id {
		return locate(misnamed("/id", stub.ID, id))
	}
	stub.ID = id
	var stored *simulations.StoredStub
	var created bool
	err = c.edit(c.stubRevision, func(cond simulations.Condition) error {
		stored, created, err = c.opts.Engine.PutStub(c.r.Context(), name, stub, cond)
		return err
	})
	if err != nil {
		return locate(staleIfAbsent(c, err))
	}
	return c.answerStub(stored, created)
}

func (c *call) deleteStub() error {
	err := c.edit(c.stubRevision, func(cond simulations.Condition) error {
		return c.opts.Engine.DeleteStub(c.r.Context(), c.value("name"), c.value("id"), cond)
	})
	if err != nil {
		return err
	}
	return c.empty()
}
