package client

import (
	"context"

	"understudy/simulations"
)

// Fixtures lists fixtures.
type Fixtures struct {
	Fixtures []simulations.FixtureInfo `json:"fixtures"`
}

// KeptFixture is a fixture that was put, with what it speaks of and nobody declares.
type KeptFixture struct {
	simulations.FixtureInfo
	Warnings []simulations.Warning `json:"warnings"`
}

// Fixtures lists the fixtures.
func (c *Client) Fixtures(ctx context.Context) (Answer[Fixtures], error) {
	return ask[Fixtures](ctx, c, get("fixtures"))
}

// Fixture gives one, as its JSON.
func (c *Client) Fixture(ctx context.Context, name string) (Answer[none], error) {
	return askLong[none](ctx, c, get("fixtures", name))
}

// PutFixture keeps a fixture under a name.
func (c *Client) PutFixture(ctx context.Context, name string, f *simulations.Fixture) (Answer[KeptFixture], error) {
	return askLong[KeptFixture](ctx, c, put("fixtures", name).withJSON(f.Value()))
}

// DeleteFixture forgets one.
func (c *Client) DeleteFixture(ctx context.Context, name string) error {
	_, err := ask[none](ctx, c, drop("fixtures", name))
	return err
}

// FreezeSession keeps what a session holds as a fixture.
func (c *Client) FreezeSession(ctx context.Context, session, fixture string) (Answer[simulations.FixtureInfo], error) {
	return askLong[simulations.FixtureInfo](ctx, c, submit("sessions", session, "freeze").withJSON(map[string]string{"fixture": fixture}))
}

// RestoreSession puts a session into what a fixture says; a strict one fails
// where the fixture speaks of what nobody declares.
func (c *Client) RestoreSession(ctx context.Context, session, fixture string, strict bool) (Answer[simulations.Restored], error) {
	return askLong[simulations.Restored](ctx, c, submit("sessions", session, "restore").withJSON(map[string]any{"fixture": fixture, "strict": strict}))
}
