package openapi

import (
	"cmp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// Bounds of what one document unfolds to: an example that many operations
// refer to is an answer of each.
const (
	maxStubs = 50_000
	maxBytes = 64 << 20
)

// output gathers stubs in the order of the file, and states their precedence as
// their specificity: a path without parameters comes before one with (OpenAPI
// 3.1, section 4.8.8.2), and of one operation the stub that was added earlier.
type output struct {
	stubs   []*simulations.Stub
	origins []string
	ranks   []string
	ids     map[string]int
	// sizes are how many bytes a value is written in, about; bearing says which
	// have "{{" in them. Values that stand in many answers are looked at once.
	sizes   map[*simulations.Value]int
	bearing map[*simulations.Value]bool
	bytes   int
	full    bool
}

func newOutput() *output {
	return &output{ids: make(map[string]int), sizes: make(map[*simulations.Value]int), bearing: make(map[*simulations.Value]bool)}
}

// bears reports whether a text in the value has "{{" in it.
func (o *output) bears(v *simulations.Value) bool {
	yes, ok := o.bearing[v]
	if !ok {
		yes = v.Kind == simulations.String && strings.Contains(v.Text, "{{") || slices.ContainsFunc(v.Items, o.bears)
		o.bearing[v] = yes
	}
	return yes
}

// add adds a stub of the operation at p; rank is its path's.
func (o *output) add(p convert.Place, rank, id string, s *simulations.Stub) {
	if o.full {
		return
	}
	o.bytes += o.size(s)
	if o.full = len(o.stubs) >= maxStubs || o.bytes > maxBytes; o.full {
		p.Refuse("the document unfolds to more than %d stubs or %d MiB: take operations out of it, or split it", maxStubs, maxBytes>>20)
		return
	}
	s.ID = o.unique(id)
	o.stubs, o.origins, o.ranks = append(o.stubs, s), append(o.origins, p.Pointer()), append(o.ranks, rank)
}

func (o *output) size(s *simulations.Stub) int {
	n := 200
	if r := s.Response; r != nil {
		if r.Text != nil {
			n += len(*r.Text)
		}
		n += o.written(r.JSON)
		for _, c := range r.Callbacks {
			n += 200 + o.written(c.JSON)
			if c.Text != nil {
				n += len(*c.Text)
			}
		}
	}
	for i := range s.Request.Any {
		n += o.predicate(s.Request.Any[i].Body)
	}
	for _, list := range []map[string]simulations.Predicate{s.Request.Query, s.Request.Headers, s.Request.Params, s.Request.Cookies} {
		for _, q := range list {
			n += o.predicate(&q)
		}
	}
	return n + o.predicate(s.Request.Body)
}

func (o *output) predicate(p *simulations.Predicate) int {
	if p == nil {
		return 0
	}
	return o.written(p.Value)
}

// written is the size of a value.
func (o *output) written(v *simulations.Value) int {
	if v == nil {
		return 0
	}
	n, ok := o.sizes[v]
	if !ok {
		n = len(v.Text) + 4
		for _, name := range v.Names {
			n += len(name) + 4
		}
		for _, item := range v.Items {
			n += o.written(item)
		}
		o.sizes[v] = n
	}
	return n
}

// unique makes an id of a name: the characters that ids have, and a number
// where there is one already.
func (o *output) unique(name string) string {
	id := strings.Trim(strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, name), "-._")
	for strings.Contains(id, "--") {
		id = strings.ReplaceAll(id, "--", "-")
	}
	if id = id[:min(len(id), 180)]; id == "" {
		id = "operation"
	}
	key := id
	for o.ids[id] > 0 {
		o.ids[key]++
		id = key + "~" + simulations.NewInt(int64(o.ids[key])).Text
	}
	o.ids[id]++
	return id
}

// finish states the precedence and returns what was gathered.
func (o *output) finish() ([]*simulations.Stub, []string) {
	order := make([]int, len(o.stubs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(o.ranks[a], o.ranks[b]) })
	for place, i := range order {
		o.stubs[i].Specificity = len(order) - place
	}
	return o.stubs, o.origins
}
