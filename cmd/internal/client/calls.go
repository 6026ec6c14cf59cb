package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"understudy/simulations"
	"understudy/simulations/generalize"
)

const api = "/api/v1"

// at builds a path below the API of escaped segments.
func at(segments ...string) string {
	path := api
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	return path
}

func get(segments ...string) call    { return call{method: http.MethodGet, path: at(segments...)} }
func drop(segments ...string) call   { return call{method: http.MethodDelete, path: at(segments...)} }
func put(segments ...string) call    { return call{method: http.MethodPut, path: at(segments...)} }
func submit(segments ...string) call { return call{method: http.MethodPost, path: at(segments...)} }

// none is the answer of a call that has none.
type none = json.RawMessage

// Simulations lists what is there, without the stubs.
type Simulations struct {
	Simulations []simulations.SimulationInfo `json:"simulations"`
}

// Collaborator is a collaborator as the admin plane shows it.
type Collaborator struct {
	simulations.CollaboratorInfo
	// Config is what stands under the name in a document.
	Config struct {
		Hosts    []string `json:"hosts"`
		Listen   string   `json:"listen"`
		Upstream string   `json:"upstream"`
	} `json:"config"`
}

// Collaborators lists collaborators.
type Collaborators struct {
	Collaborators []Collaborator `json:"collaborators"`
}

// Takes lists takes.
type Takes struct {
	Takes []simulations.Take `json:"takes"`
}

// Simulations lists the simulations.
func (c *Client) Simulations(ctx context.Context) (Answer[Simulations], error) {
	return ask[Simulations](ctx, c, get("simulations"))
}

// PutSimulation replaces a simulation by the document that body holds, JSON of
// size bytes.
func (c *Client) PutSimulation(ctx context.Context, name string, body io.Reader, size int64) (Answer[simulations.Accepted], error) {
	k := put("simulations", name)
	k.body, k.size, k.contentType = body, size, "application/json"
	return askLong[simulations.Accepted](ctx, c, k)
}

// PutFile replaces a simulation by what a file of size bytes holds, which may be
// compressed with gzip, in the format of that name.
func (c *Client) PutFile(ctx context.Context, name, format string, file io.Reader, size int64) (Answer[simulations.Accepted], error) {
	k := put("simulations", name)
	k.query = url.Values{"format": {format}}
	k.body, k.size, k.contentType = file, size, "application/octet-stream"
	return askLong[simulations.Accepted](ctx, c, k)
}

// DeleteSimulation removes a simulation.
func (c *Client) DeleteSimulation(ctx context.Context, name string) error {
	_, err := ask[none](ctx, c, drop("simulations", name))
	return err
}

// Export opens a simulation as a document in the format; the caller closes it.
// With timing, recorded answers say when and how fast they came. size is -1 where
// it is not known.
func (c *Client) Export(ctx context.Context, name, format string, timing bool) (body io.ReadCloser, size int64, err error) {
	k := get("simulations", name)
	k.query = url.Values{"format": {format}}
	if timing {
		k.query.Set("timing", "true")
	}
	return c.open(ctx, k)
}

// open is a call whose answer is streamed.
func (c *Client) open(ctx context.Context, k call) (io.ReadCloser, int64, error) {
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, 0, err
	}
	return resp.Body, resp.ContentLength, nil
}

// Generalization is a proposal as a table shows it.
type Generalization struct {
	Simulation string           `json:"simulation"`
	Revision   uint64           `json:"revision"`
	Into       string           `json:"into"`
	Applied    bool             `json:"applied"`
	Before     int              `json:"before"`
	After      int              `json:"after"`
	Proposed   int              `json:"proposed"`
	Replaced   int              `json:"replaced"`
	Score      generalize.Score `json:"score"`
	Changes    []struct {
		generalize.Change
		Stub struct {
			ID string `json:"id"`
		} `json:"stub"`
	} `json:"changes"`
	Kept []struct {
		Why   string `json:"why"`
		Count int    `json:"count"`
	} `json:"kept"`
	Missed []generalize.Trial `json:"missed"`
}

// Generalize proposes general stubs for a simulation. With apply it writes them,
// into another simulation, or, where into is "", into the same at the revision.
func (c *Client) Generalize(ctx context.Context, name, into string, apply bool, revision uint64) (Answer[Generalization], error) {
	k := submit("simulations", name, "generalize").withJSON(map[string]any{"apply": apply, "into": into})
	if apply && revision != 0 {
		k.header = http.Header{"If-Match": {`"` + strconv.FormatUint(revision, 10) + `"`}}
	}
	return askLong[Generalization](ctx, c, k)
}

// Collaborators lists the collaborators.
func (c *Client) Collaborators(ctx context.Context) (Answer[Collaborators], error) {
	return ask[Collaborators](ctx, c, get("collaborators"))
}

// Collaborator shows one.
func (c *Client) Collaborator(ctx context.Context, name string) (Answer[Collaborator], error) {
	return ask[Collaborator](ctx, c, get("collaborators", name))
}

// DeleteCollaborator removes one; its stubs stay.
func (c *Client) DeleteCollaborator(ctx context.Context, name string) error {
	_, err := ask[none](ctx, c, drop("collaborators", name))
	return err
}

// SetMode switches a collaborator.
func (c *Client) SetMode(ctx context.Context, name, mode string) (Answer[Collaborator], error) {
	return ask[Collaborator](ctx, c, put("collaborators", name, "mode").withJSON(map[string]string{"mode": mode}))
}

// Takes lists what was recorded when.
func (c *Client) Takes(ctx context.Context) (Answer[Takes], error) {
	return ask[Takes](ctx, c, get("takes"))
}

// Take shows a take and what it changed.
func (c *Client) Take(ctx context.Context, id string) (Answer[simulations.TakeInfo], error) {
	return ask[simulations.TakeInfo](ctx, c, get("takes", id))
}

// DropTake forgets a take.
func (c *Client) DropTake(ctx context.Context, id string) error {
	_, err := askLong[none](ctx, c, drop("takes", id))
	return err
}

// Explain says why a request would be answered as it would be.
func (c *Client) Explain(ctx context.Context, q *simulations.Ask) (Answer[simulations.Explanation], error) {
	return ask[simulations.Explanation](ctx, c, submit("explain").withJSON(q))
}

// Verify asks whether requests came as expected; question is the route's JSON.
func (c *Client) Verify(ctx context.Context, question *simulations.Value) (Answer[simulations.Verified], error) {
	return ask[simulations.Verified](ctx, c, submit("journal", "verify").withJSON(question))
}

// Status says how the double stands.
func (c *Client) Status(ctx context.Context) (Answer[simulations.Status], error) {
	return ask[simulations.Status](ctx, c, get("status"))
}

// Ready returns why understudy is not ready, nil when it is.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := c.do(ctx, call{method: http.MethodGet, path: "/readyz"})
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Backup opens a stream of everything stored; a stream that ends early is an
// error of Read. The caller closes it.
func (c *Client) Backup(ctx context.Context) (io.ReadCloser, error) {
	body, _, err := c.open(ctx, get("backup"))
	return body, err
}

// Restore fills an empty store from a backup of size bytes.
func (c *Client) Restore(ctx context.Context, r io.Reader, size int64) error {
	k := submit("restore")
	k.body, k.size, k.contentType = r, size, "application/octet-stream"
	_, err := askLong[none](ctx, c, k)
	return err
}

// CA returns the interception CA's certificate, PEM.
func (c *Client) CA(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	body, _, err := c.open(ctx, get("ca.pem"))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	pem, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return nil, c.unreachable(err)
	}
	return pem, nil
}
