package client

import (
	"context"
	"net/url"
	"time"

	"understudy/simulations"
)

// Sessions is a page of sessions; Next is the cursor of the one that follows, ""
// for none.
type Sessions struct {
	Sessions []simulations.SessionInfo `json:"sessions"`
	Next     string                    `json:"next,omitempty"`
}

// Sessions lists the sessions that a filter chooses, of which After and Limit
// are the pages' own and not looked at.
func (c *Client) Sessions(ctx context.Context, f simulations.SessionFilter) (*Sessions, error) {
	all := &Sessions{Sessions: []simulations.SessionInfo{}}
	k := get("sessions")
	k.query = url.Values{}
	for name, value := range map[string]string{"id": f.ID, "scenario": f.Scenario, "state": f.State} {
		if value != "" {
			k.query.Set(name, value)
		}
	}
	for {
		answer, err := ask[Sessions](ctx, c, k)
		if err != nil {
			return nil, err
		}
		all.Sessions = append(all.Sessions, answer.Value.Sessions...)
		if answer.Value.Next == "" {
			return all, nil
		}
		k.query.Set("cursor", answer.Value.Next)
	}
}

// Session shows one.
func (c *Client) Session(ctx context.Context, id string) (Answer[simulations.SessionInfo], error) {
	return ask[simulations.SessionInfo](ctx, c, get("sessions", id))
}

// DeleteSession forgets a session.
func (c *Client) DeleteSession(ctx context.Context, id string) error {
	_, err := ask[none](ctx, c, drop("sessions", id))
	return err
}

// ResetSession puts a session back to its beginning.
func (c *Client) ResetSession(ctx context.Context, id string) error {
	_, err := ask[none](ctx, c, submit("sessions", id, "reset"))
	return err
}

// SetScenario puts a scenario of a session into a state, for ttl where that is
// not 0.
func (c *Client) SetScenario(ctx context.Context, session, scenario, state string, ttl time.Duration) error {
	_, err := ask[none](ctx, c, put("sessions", session, "scenarios", scenario).withJSON(lasting(ttl, map[string]string{"state": state})))
	return err
}

// SetValue sets a value of a session, for ttl where that is not 0.
func (c *Client) SetValue(ctx context.Context, session, key, value string, ttl time.Duration) error {
	_, err := ask[none](ctx, c, put("sessions", session, "values", key).withJSON(lasting(ttl, map[string]string{"value": value})))
	return err
}

// RemoveValue removes a value of a session.
func (c *Client) RemoveValue(ctx context.Context, session, key string) error {
	_, err := ask[none](ctx, c, drop("sessions", session, "values", key))
	return err
}

func lasting(ttl time.Duration, body map[string]string) map[string]string {
	if ttl > 0 {
		body["ttl"] = ttl.String()
	}
	return body
}
