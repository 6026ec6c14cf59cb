package admin

import (
	"net/http"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/generalize"
)

// generalizeRequest is the body of a proposal.
type generalizeRequest struct {
	Apply bool   `json:"apply,omitempty" help:"Write what is proposed. By default nothing changes."`
	Into  string `json:"into,omitempty" help:"The simulation that is written: a new one, or with If-Match one that is there. By default the one that is generalised, which demands If-Match."`
}

// Bounds of what an answer lists; the counts are of all.
const (
	maxProposed = 1000
	maxFrom     = 100
	maxMissed   = 100
	// maxShown bounds the stubs that are listed, in bytes of their JSON.
	maxShown = 16 << 20
)

// generalization is the answer: what was proposed, and whether it was written.
type generalization struct {
	Simulation string `json:"simulation"`
	// Revision is the one that was generalised.
	Revision uint64 `json:"revision"`
	// Into and Applied say what was written.
	Into    string `json:"into,omitempty"`
	Applied bool   `json:"applied"`
	// Before and After count stubs.
	Before int `json:"before"`
	After  int `json:"after"`
	// Proposed counts the new stubs, Replaced those of before that they take the
	// place of.
	Proposed int              `json:"proposed"`
	Replaced int              `json:"replaced"`
	Score    generalize.Score `json:"score"`
	// Changes are the new stubs, the first of them where they are many.
	Changes []proposedStub `json:"changes"`
	// Kept says why stubs stay as they are, most frequent reasons first.
	Kept []keptStubs `json:"kept"`
	// Missed are exchanges that were held out and not answered as recorded, the
	// first of them.
	Missed []generalize.Trial `json:"missed"`
}

// proposedStub is a new stub; From and Replaces are the first of their lists.
type proposedStub struct {
	generalize.Change
	Stub stubValue `json:"stub"`
}

// keptStubs are the stubs that stay for one reason.
type keptStubs struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
	// Stubs are the ids, the first of them.
	Stubs []string `json:"stubs"`
}

func (c *call) generalize() error {
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask generalizeRequest
	v, err := decodeStrict(data, &ask)
	if err != nil {
		return err
	}
	name := c.value("name")
	into := name
	if ask.Into != "" {
		into = ask.Into
		if err := checkName(into); err != nil {
			return invalidBody(v.Locate([]simulations.FieldError{{Pointer: "/into", Detail: err.Error()}}))
		}
	}
	inPlace := into == name
	if ask.Apply && inPlace && c.r.Header.Get("If-Match") == "" {
		return refuse(http.StatusPreconditionRequired, "to write over the simulation that is generalised, send its revision with If-Match, or name another with `into`")
	}
	before, revision, p, err := c.propose(name)
	if err != nil {
		return err
	}
	answer := viewProposal(p, before)
	answer.Simulation, answer.Revision = name, revision
	if !ask.Apply {
		c.etag(revision)
		return c.json(http.StatusOK, answer)
	}
	accepted, err := c.apply(p.Document, into, inPlace, revision)
	if err != nil {
		return err
	}
	answer.Into, answer.Applied = into, true
	c.etag(accepted.Revision)
	return c.created(accepted.Created, "/api/v1/simulations/"+into, answer)
}

// propose makes a proposal for the simulation as it is now, which has so many
// stubs. One is made at a time, since it holds the whole simulation.
func (c *call) propose(name string) (stubs int, revision uint64, p *generalize.Proposal, err error) {
	ctx := c.r.Context()
	select {
	case c.generalizing <- struct{}{}:
		defer func() { <-c.generalizing }()
	case <-ctx.Done():
		return 0, 0, nil, ctx.Err()
	}
	doc, revision, err := c.opts.Engine.Export(ctx, name)
	if err != nil {
		return 0, 0, nil, err
	}
	p, err = generalize.Propose(ctx, doc)
	return len(doc.Stubs), revision, p, err
}

// apply writes the proposed document. In place it has to be of the revision that
// is there; elsewhere, without conditions, there must be nothing yet.
func (c *call) apply(doc *simulations.Document, into string, inPlace bool, revision uint64) (accepted *simulations.Accepted, err error) {
	written := *doc
	written.Name = into
	err = c.edit(func() (uint64, error) { return c.revisionOf(into) }, func(cond simulations.Condition) error {
		switch {
		case inPlace && (cond.Revision != revision || cond.Absent):
			return simulations.Errorf(simulations.CodeStale, "what is proposed is of revision %d, which If-Match does not name: read it again", revision)
		case !inPlace && cond == simulations.Condition{}:
			cond.Absent = true
		}
		accepted, err = c.opts.Engine.PutDocument(c.r.Context(), into, &written, cond)
		return err
	})
	return accepted, staleIfAbsent(c, err)
}

func viewProposal(p *generalize.Proposal, before int) *generalization {
	out := &generalization{
		Before: before, After: len(p.Document.Stubs), Proposed: len(p.Changes), Score: p.Score,
		Changes: []proposedStub{}, Kept: viewKept(p.Kept), Missed: []generalize.Trial{},
	}
	shown := 0
	for _, change := range p.Changes {
		out.Replaced += len(change.Replaces)
		if len(out.Changes) == maxProposed || shown > maxShown {
			continue
		}
		stub := change.Stub.Value()
		shown += len(stub.AppendJSON(nil))
		change.From = change.From[:min(len(change.From), maxFrom)]
		change.Replaces = change.Replaces[:min(len(change.Replaces), maxFrom)]
		out.Changes = append(out.Changes, proposedStub{Change: change, Stub: stubValue{stub}})
	}
	for _, t := range p.Trials {
		if !t.AsRecorded && len(out.Missed) < maxMissed {
			out.Missed = append(out.Missed, t)
		}
	}
	return out
}

func viewKept(all []generalize.Kept) []keptStubs {
	out := []keptStubs{}
	at := make(map[string]int)
	for _, k := range all {
		i, ok := at[k.Why]
		if !ok {
			i = len(out)
			at[k.Why] = i
			out = append(out, keptStubs{Why: k.Why, Stubs: []string{}})
		}
		out[i].Count++
		if len(out[i].Stubs) < maxFrom {
			out[i].Stubs = append(out[i].Stubs, k.Stub)
		}
	}
	slices.SortStableFunc(out, func(a, b keptStubs) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Why, b.Why)
	})
	return out[:min(len(out), maxProposed)]
}
