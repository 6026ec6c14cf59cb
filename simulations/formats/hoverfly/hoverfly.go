// Package hoverfly reads simulations of Hoverfly, schemas v1 to v5.3, and the
// request templates of before v1. The shapes are told apart field by field, as
// Hoverfly's own upgrade of v1 to v4 does by version: a text is of v1, an
// object of v2 to v4, a list of v5.
//
// The order of precedence is Hoverfly's, stated as each stub's specificity: the
// strongest match, or the first in the file. A pair that matches always scores
// the same, so that its score is known when it is read: 2 for a matcher exact,
// and for array without config, 1 for any other, 1 for each state that it
// requires, 1 where it does not look at the query; of equal ones the last wins.
//
// Where Hoverfly's behaviour is a defect the reader decides otherwise:
//   - jsonPath demands that the path finds something; there a filter that finds
//     nothing holds.
//   - json demands that nothing follows the value; there the rest is not read.
//   - xml compares attributes in any order, as XML means them.
//   - config beside a matcher other than array, an unknown matcher and a value of
//     the wrong kind are refused; there they end the connection, or the process.
//   - a template that cannot be parsed is refused; there its source is the answer.
//   - a state is claimed with the answer; there two requests may see one state.
package hoverfly

import (
	"bytes"
	"crypto/sha256"
	"math"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads simulations. Its name says how.
type Format struct {
	name string
	// first takes the first pair that matches instead of the strongest.
	first bool
	// webserver passes over destinations, as Hoverfly does as a web server.
	webserver bool
}

// The ways of reading: the default of Hoverfly's proxy, its matching strategy
// first, and its webserver mode, which are not said in the file.
var (
	Strongest = &Format{name: "hoverfly"}
	First     = &Format{name: "hoverfly-first", first: true}
	Webserver = &Format{name: "hoverfly-webserver", webserver: true}
)

// Name is what users call the format.
func (f *Format) Name() string { return f.name }

// Aliases are further names: none.
func (f *Format) Aliases() []string { return nil }

// Sniff recognises data and meta, with the mark of a version among them, or
// what stood in files of before v1. Only the default way of reading is
// recognised, the others are named.
func (f *Format) Sniff(data []byte) bool {
	if f != Strongest || !sniff.Has(data, "data") {
		return false
	}
	// The version stands at the end of what Hoverfly writes.
	return bytes.LastIndex(data, []byte("schemaVersion")) >= 0 && sniff.HasLate(data, "meta") ||
		bytes.Contains(data, []byte("requestTemplate")) || bytes.Contains(data, []byte("urlPattern"))
}

// Decode reads a simulation.
func (f *Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	root, err := convert.Open(data, "data", "pairs")
	if err != nil {
		return nil, nil, err
	}
	return f.read(root)
}

func (f *Format) read(root convert.Place) (*simulations.Document, []simulations.Warning, error) {
	root.Only("data", "meta", "$schema")
	body := root.Get("data")
	pairs := body
	if body.Kind() != simulations.Array {
		if body.Kind() != simulations.Object {
			root.Refuse("a simulation has an object `data` with a list of pairs")
		}
		body.Only("pairs", "globalActions", "literals", "variables")
		pairs = body.Get("pairs")
	}
	r := &reader{format: f, actions: readActions(body.Get("globalActions")), names: readNames(body)}
	for p := range pairs.Items() {
		r.pair(p)
	}
	if f.first {
		for i, s := range r.stubs {
			s.Specificity = len(r.stubs) - i
		}
	}
	return convert.Done(root, "Hoverfly simulation", &simulations.Document{Stubs: r.stubs, Tables: r.names.tables}, r.origins)
}

type reader struct {
	format  *Format
	actions []action
	names   *names
	stubs   []*simulations.Stub
	origins []string
	// seen are the requests of the pairs before, by their hash.
	seen map[[sha256.Size]byte]string
	// text is room for one of them.
	text []byte
}

// pair reads one pair. One whose request stood before is passed over, as
// Hoverfly does.
func (r *reader) pair(p convert.Place) {
	if p.Get("urlPattern").Set() {
		p.Warn("a delay without pairs: it says how long answers take, and there are none; write `delay` into the stubs it is meant for")
		return
	}
	p.Only("request", "requestTemplate", "response", "labels")
	request, template := p.Get("request"), false
	if older := p.Get("requestTemplate"); !request.Set() && older.Set() {
		request, template = older, true
	}
	if r.seen == nil {
		r.seen = make(map[[sha256.Size]byte]string)
	}
	r.text = request.Value().Canonical().AppendJSON(r.text[:0])
	key := sha256.Sum256(r.text)
	if before, ok := r.seen[key]; ok {
		p.Warn("the request is that of %s, and Hoverfly keeps the first: it was passed over", before)
		return
	}
	at := p.Pointer()
	r.seen[key] = at
	s := &simulations.Stub{}
	score, ok := r.request(request, template, s)
	if !ok {
		return
	}
	s.Specificity = min(score+1, math.MaxInt32)
	for l := range p.Get("labels").Items() {
		s.Labels = append(s.Labels, l.Text())
	}
	r.response(p.Get("response"), s)
	if s.Response.Delay == nil {
		s.Response.Delay = r.globalDelay(p, s)
	}
	r.stubs = append(r.stubs, s)
	r.origins = append(r.origins, at)
}
