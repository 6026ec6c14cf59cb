package hoverfly

import (
	"crypto/sha256"
	"io"
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of a simulation.
func (f *Format) MediaType() string { return "application/json" }

// Encode writes a simulation of v5.3.
//
// Of the pairs that match a request Hoverfly takes the one of the highest score,
// of equal ones the last. The pairs are written in ascending order of precedence,
// and one whose score would be less than that of a pair before it, which may
// match the same requests, gets matchers that let everything through until it is
// not. With the matching strategy first they are written in descending order.
func (f *Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, false)
	order := export.Order(doc)
	enc := &encoder{format: f, doc: doc, log: log, literals: make(map[string]*simulations.Value), variables: make(map[string]*simulations.Value)}
	kept := enc.survey(order)
	if !f.first {
		slices.Reverse(kept)
	}
	// What there is to say was said by the survey.
	enc.log = export.NewLog()
	list := export.NewList(w, "{\n  \"data\": {\n    \"pairs\": [", 3)
	levels := export.Levels{}
	for _, i := range kept {
		if list.Err() != nil {
			break
		}
		pairs := enc.stub(i)
		if !f.first {
			raise(&levels, doc.Stubs[i], pairs)
		}
		for _, p := range pairs {
			list.Add(p.value())
		}
	}
	return log.Warnings(), list.Close("]" + enc.names() + "\n  },\n  \"meta\": {\n    \"schemaVersion\": \"v5.3\"\n  }\n}\n")
}

// encoder writes one document.
type encoder struct {
	format *Format
	doc    *simulations.Document
	log    *export.Log
	// literals and variables are those that the templates of the file refer to.
	literals, variables map[string]*simulations.Value
}

// survey finds the stubs that can be written, in the order given, and says what
// is lost. Hoverfly drops a pair whose request stood before, so that of stubs
// with one request only the one that answers is kept.
func (e *encoder) survey(order []int) []int {
	seen := make(map[[sha256.Size]byte]int)
	var kept []int
	for _, i := range order {
		pairs := e.stub(i)
		if len(pairs) == 0 {
			continue
		}
		key := sha256.Sum256(pairs[0].clone().value().Get("request").Canonical().AppendJSON(nil))
		if before, ok := seen[key]; ok {
			e.log.Stub(i).LeaveOut("its request is that of /stubs/%d, which answers before it", before)
			continue
		}
		seen[key] = i
		kept = append(kept, i)
	}
	return kept
}

// stub makes the pairs of a stub, one for each of its steps; none where it is
// left out.
func (e *encoder) stub(i int) []*pair {
	s, at := e.doc.Stubs[i], e.log.Stub(i)
	steps := export.Steps(s, at)
	if at.Left() {
		return nil
	}
	base := e.request(s, at)
	pairs := make([]*pair, 0, len(steps))
	for _, step := range steps {
		p := base.clone()
		e.response(p, s, step)
		e.state(p, i, step, at)
		for _, l := range s.Labels {
			p.labels = append(p.labels, simulations.NewString(l))
		}
		pairs = append(pairs, p)
		if at.Left() {
			return nil
		}
	}
	return pairs
}
