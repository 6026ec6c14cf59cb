// Package generalize turns recorded stubs, which ask for literal requests, into
// fewer that are general: segments of paths and fields that vary become
// parameters, what answers repeat of the request becomes a template, what
// differs from call to call is not asked for.
//
// It is careful rather than clever. A general stub takes the place of recorded
// ones only where all of their answers follow from their requests; where they
// do not, the recorded stubs stay, and an answer that is right in its form only
// is put behind them. The package reads and makes documents and knows nothing of
// how they are served. Its work is linear in the document's size.
package generalize

import (
	"context"

	"understudy/simulations"
)

// Kind is what a proposed stub is worth.
type Kind string

// The kinds.
const (
	// Recorded is a stub as it was.
	Recorded Kind = "recorded"
	// General stubs answer as recorded: all of the answer follows from the request.
	General Kind = "general"
	// Derived stubs answer reads of things that were never read, but seen when
	// they were created, changed or listed.
	Derived Kind = "derived"
	// Fallback stubs answer what no other stub does, with the form of the recorded
	// answers and, where nothing tells a value, the most frequent one.
	Fallback Kind = "fallback"
)

// Proposal is what generalising would make of a simulation.
type Proposal struct {
	// Document is the simulation with the proposed stubs: those that stay, in
	// their order, then the new ones.
	Document *simulations.Document
	// Changes are the new stubs, Kept those of before that stay.
	Changes []Change
	Kept    []Kept
	Score   Score
	// Trials are the exchanges that the score is made of.
	Trials []Trial
}

// Change is one new stub and what it was made of.
type Change struct {
	Kind Kind              `json:"kind"`
	Stub *simulations.Stub `json:"-"`
	// From are the ids of the stubs whose exchanges it was learnt from, Replaces
	// those of them that it takes the place of.
	From     []string `json:"from"`
	Replaces []string `json:"replaces"`
	// Why says what was changed and by what evidence, one sentence each.
	Why []string `json:"why"`
}

// Kept is a stub that stays as it is.
type Kept struct {
	Stub string `json:"stub"`
	Why  string `json:"why"`
}

// Propose generalises the stubs of a document, whose ids are set; the document
// is not changed, and the proposal shares what stays. The error is the context's.
func Propose(ctx context.Context, doc *simulations.Document) (*Proposal, error) {
	all, odd := exchanges(doc)
	l, err := learn(ctx, all)
	if err != nil {
		return nil, err
	}
	p := l.propose(doc, odd)
	p.Score, p.Trials, err = holdOut(ctx, all)
	return p, err
}

// exchanges reads the recorded stubs, an answer that was repeated as often as it
// was; odd says, by place, why others are none.
func exchanges(doc *simulations.Document) (all []*exchange, odd map[int]string) {
	odd = make(map[int]string)
	for i := range doc.Stubs {
		r, answers, why := literal(doc, i)
		if why != "" {
			odd[i] = why
			continue
		}
		for k, a := range answers {
			for range min(max(a.Repeat, 1), maxRepeats) {
				all = append(all, &exchange{request: r, answer: k, response: a})
			}
		}
	}
	return all, odd
}
