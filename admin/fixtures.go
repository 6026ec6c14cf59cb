package admin

import (
	"net/http"
	"net/url"

	"understudy/simulations"
)

type fixtureList struct {
	Fixtures []simulations.FixtureInfo `json:"fixtures"`
}

// keptFixture is the answer to a fixture that was put.
type keptFixture struct {
	simulations.FixtureInfo
	// Warnings name what it speaks of and nobody declares.
	Warnings []simulations.Warning `json:"warnings"`
}

// fixtureValue is a fixture as it is written.
type fixtureValue struct{ *simulations.Value }

func (c *call) listFixtures() error {
	all, err := c.opts.Engine.Fixtures(c.r.Context())
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, fixtureList{all})
}

func (c *call) getFixture() error {
	f, err := c.opts.Engine.Fixture(c.r.Context(), c.value("name"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, fixtureValue{f.Value()})
}

func (c *call) putFixture() error {
	name := c.value("name")
	if err := checkName(name); err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	f, err := simulations.DecodeFixture(data)
	if err != nil {
		return err
	}
	if f.Name != "" && f.Name != name {
		return inText(data)(misnamed("/name", f.Name, name))
	}
	info, warnings, created, err := c.opts.Engine.PutFixture(c.r.Context(), name, f)
	if err != nil {
		return inText(data)(err)
	}
	return c.created(created, fixturePath(name), keptFixture{info, warnings})
}

func (c *call) deleteFixture() error {
	if err := c.opts.Engine.DeleteFixture(c.r.Context(), c.value("name")); err != nil {
		return err
	}
	return c.empty()
}

func fixturePath(name string) string { return "/api/v1/fixtures/" + url.PathEscape(name) }

// freezeRequest is the body that freezes a session.
type freezeRequest struct {
	Fixture string `json:"fixture" help:"The name of the fixture, which replaces one that has it."`
}

func (c *call) freezeSession() error {
	var ask freezeRequest
	if _, err := c.strict(&ask); err != nil {
		return err
	}
	if err := checkName(ask.Fixture); err != nil {
		return err
	}
	info, created, err := c.opts.Engine.FreezeSession(c.r.Context(), c.value("id"), ask.Fixture)
	if err != nil {
		return err
	}
	return c.created(created, fixturePath(ask.Fixture), info)
}

// restoreRequest is the body that restores a fixture.
type restoreRequest struct {
	Fixture string `json:"fixture" help:"The name of the fixture."`
	Strict  bool   `json:"strict,omitempty" help:"Refuse, with 409, a fixture that speaks of stubs, collections or tables that nobody declares."`
}

func (c *call) restoreSession() error {
	var ask restoreRequest
	if _, err := c.strict(&ask); err != nil {
		return err
	}
	done, err := c.opts.Engine.RestoreSession(c.r.Context(), c.value("id"), ask.Fixture, ask.Strict)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, done)
}
