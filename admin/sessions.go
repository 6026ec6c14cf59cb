package admin

import (
	"net/http"
	"time"
	"unicode/utf8"

	"understudy/simulations"
)

func (c *call) listSessions() error {
	after, err := readCursor(c.value("cursor"), utf8.ValidString)
	if err != nil {
		return err
	}
	if c.value("state") != "" && c.value("scenario") == "" {
		return simulations.Errorf(simulations.CodeInvalid, "a state is a scenario's: say which with ?scenario=")
	}
	page := c.opts.Engine.Sessions(simulations.SessionFilter{
		After: after, Limit: int(c.number("limit")), ID: c.value("id"), Scenario: c.value("scenario"), State: c.value("state"),
	})
	list := sessionList{Sessions: page.Sessions}
	if page.More && len(page.Sessions) > 0 {
		list.Next = writeCursor(page.Sessions[len(page.Sessions)-1].ID)
	}
	return c.json(http.StatusOK, list)
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

func (c *call) resetSession() error {
	if err := c.opts.Engine.ResetSession(c.r.Context(), c.value("id")); err != nil {
		return err
	}
	return c.empty()
}

// stateRequest is the body that sets a scenario.
type stateRequest struct {
	State string `json:"state" help:"The state that the scenario is in from now on; every scenario begins in \"started\"."`
	TTL   ttl    `json:"ttl,omitempty" help:"How long it stays in it, such as \"10m\": then it is back in \"started\". Absent: until it is moved."`
}

func (c *call) setScenario() error {
	if err := checkName(c.value("name")); err != nil {
		return err
	}
	var ask stateRequest
	v, err := c.strict(&ask)
	if err != nil {
		return err
	}
	if err := c.opts.Engine.SetScenario(c.r.Context(), c.value("id"), c.value("name"), ask.State, time.Duration(ask.TTL)); err != nil {
		return located(err, v.Locate)
	}
	return c.empty()
}

// valueRequest is the body that sets a value.
type valueRequest struct {
	Value string `json:"value" help:"The value, a text; it may be empty."`
	TTL   ttl    `json:"ttl,omitempty" help:"How long it stays, such as \"10m\". Absent: until it is changed."`
}

func (c *call) setValue() error {
	var ask valueRequest
	v, err := c.strict(&ask)
	if err != nil {
		return err
	}
	if err := c.opts.Engine.SetValue(c.r.Context(), c.value("id"), c.value("key"), ask.Value, time.Duration(ask.TTL)); err != nil {
		return located(err, v.Locate)
	}
	return c.empty()
}

func (c *call) removeValue() error {
	if err := c.opts.Engine.RemoveValue(c.r.Context(), c.value("id"), c.value("key")); err != nil {
		return err
	}
	return c.empty()
}

// strict reads the body by decodeStrict.
func (c *call) strict(into any) (*simulations.Value, error) {
	data, err := c.body()
	if err != nil {
		return nil, err
	}
	return decodeStrict(data, into)
}
