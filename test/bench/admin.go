package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// shard is how many stubs go into one simulation: a document of that many is
// well below what the admin API takes at once.
const shard = 100_000

// collaborator is the one that all stubs belong to.
const collaborator = "orders"

// call sends a body to the admin API and decodes the answer into out, unless
// that is nil.
func (p *process) call(ctx context.Context, method, path string, body io.Reader, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, p.admin+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// declare puts the collaborator; upstream and mode may be "".
func (p *process) declare(ctx context.Context, upstream, mode string) error {
	config := struct {
		Hosts    []string `json:"hosts"`
		Upstream string   `json:"upstream,omitempty"`
		Mode     string   `json:"mode,omitempty"`
	}{[]string{host}, upstream, mode}
	body, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return p.call(ctx, http.MethodPut, "/collaborators/"+collaborator, bytes.NewReader(body), nil)
}

// load imports n stubs of a set, in as many simulations as it takes.
func (p *process) load(ctx context.Context, s *set, n int) error {
	if err := p.declare(ctx, "", ""); err != nil {
		return err
	}
	for from := 0; from < n; from += shard {
		var accepted struct {
			Stubs int `json:"stubs"`
		}
		count := min(shard, n-from)
		doc := document(s, from, from+count)
		err := p.call(ctx, http.MethodPut, "/simulations/"+simulation(from), doc, &accepted)
		// What an error left unwritten is not wanted any more.
		_ = doc.Close()
		if err != nil {
			return err
		}
		if accepted.Stubs != count {
			return fmt.Errorf("%d stubs were sent, %d accepted", count, accepted.Stubs)
		}
	}
	return nil
}

// simulation is the one that stub i is in.
func simulation(i int) string { return fmt.Sprintf("orders-%d", i/shard) }

// edit makes the stub with the id of stub id answer as stub i of the set.
func (p *process) edit(ctx context.Context, s *set, id, i int) error {
	path := fmt.Sprintf("/simulations/%s/stubs/s%d", simulation(id), id)
	return p.call(ctx, http.MethodPut, path, bytes.NewReader(s.appendStub(nil, id, i)), nil)
}

// document streams the stubs from from to before to.
func document(s *set, from, to int) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		// Writing fails only when the reader has been closed, and then for good.
		_, err := out.WriteString(`{"understudy":"v1","collaborator":"` + collaborator + `","stubs":[`)
		var stub []byte
		for i := from; i < to && err == nil; i++ {
			stub = stub[:0]
			if i > from {
				stub = append(stub, ',')
			}
			stub = s.appendStub(stub, i, i)
			_, err = out.Write(stub)
		}
		if err == nil {
			_, err = out.WriteString("]}")
		}
		if err == nil {
			err = out.Flush()
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

// recorded is how many stubs the collaborator's recording holds.
func (p *process) recorded(ctx context.Context) (int, error) {
	var all struct {
		Simulations []struct {
			Name  string `json:"name"`
			Stubs int    `json:"stubs"`
		} `json:"simulations"`
	}
	if err := p.call(ctx, http.MethodGet, "/simulations", http.NoBody, &all); err != nil {
		return 0, err
	}
	for _, s := range all.Simulations {
		if s.Name == collaborator+"-recorded" {
			return s.Stubs, nil
		}
	}
	return 0, nil
}
