package generalize

import (
	"strconv"
	"strings"

	"understudy/simulations"
)

// places are places in JSON bodies, as pointers in which `*` stands for the
// items of lists.
type places map[string]bool

func (p places) add(at string) {
	if len(p) < maxPlaces {
		p[at] = true
	}
}

// unsteady are the places where the operation answered the same request
// differently: the request does not determine them.
func (op *operation) unsteady() places {
	out := make(places)
	last := make(map[string]*exchange)
	for _, x := range op.exchanges {
		was := last[x.key]
		last[x.key] = x
		if was == nil || was.status() != x.status() {
			continue
		}
		if a, b := was.content(), x.content(); a.json != nil && b.json != nil {
			out.differ(a.json, b.json, "", 0, nil)
		} else if a.raw != b.raw {
			out.add("")
		}
	}
	return out
}

// differ adds the places in which two bodies differ, but for those where except
// holds for the first's value.
func (p places) differ(a, b *simulations.Value, at string, depth int, except func(*simulations.Value) bool) {
	switch {
	case except != nil && scalar(a) && except(a):
	case a.Kind != b.Kind || depth > maxDepth:
		p.add(at)
	case a.Kind == simulations.Object:
		for i, name := range a.Names {
			below := at + "/" + simulations.PointerToken(name)
			if other := b.Get(name); other == nil {
				p.add(below)
			} else {
				p.differ(a.Items[i], other, below, depth+1, except)
			}
		}
		for _, name := range b.Names {
			if a.Get(name) == nil {
				p.add(at + "/" + simulations.PointerToken(name))
			}
		}
	case a.Kind == simulations.Array:
		if len(a.Items) != len(b.Items) {
			p.add(at)
		}
		for i := range min(len(a.Items), len(b.Items)) {
			p.differ(a.Items[i], b.Items[i], at+"/*", depth+1, except)
		}
	case a.Text != b.Text && !same(a, b):
		p.add(at)
	}
}

// comparison finds where an answer is not what was recorded but for volatile
// fields. Those are
//
//   - places where, among what was learnt from, the same request was answered
//     differently, or a thing was read otherwise than another answer had shown it
//     and no request said so; the kind of value has to be the same, or null;
//   - identifiers, dates and addresses by their shape, where the recorded one does
//     not stand in the request: both values have to have the shape;
//   - numbers, and texts alike but for numbers, that their member's name calls an
//     id, likewise; one of them may be null.
type comparison struct {
	unsteady places
	// asked are the texts of the request.
	asked map[string]bool
	// exact counts no place as volatile.
	exact bool
}

func (c *comparison) difference(given, recorded *simulations.Value, at, place, name string, depth int) (pointer string, differs bool) {
	if !c.exact && (c.unsteady[place] && (given.Kind == recorded.Kind || given.Kind == simulations.Null || recorded.Kind == simulations.Null)) {
		return "", false
	}
	if given.Kind != recorded.Kind || depth > maxNested {
		// An id that is not given yet is null.
		unset := (given.Kind == simulations.Null || recorded.Kind == simulations.Null) && scalar(given) && scalar(recorded)
		return at, c.exact || !unset || !namesID(name) || c.asked[recorded.Text]
	}
	switch given.Kind {
	case simulations.Object:
		for i, name := range recorded.Names {
			token := "/" + simulations.PointerToken(name)
			other := given.Get(name)
			if other == nil {
				if c.exact || !c.unsteady[place+token] {
					return at + token, true
				}
				continue
			}
			if pointer, differs := c.difference(other, recorded.Items[i], at+token, place+token, name, depth+1); differs {
				return pointer, true
			}
		}
		for _, name := range given.Names {
			token := "/" + simulations.PointerToken(name)
			if recorded.Get(name) == nil && (c.exact || !c.unsteady[place+token]) {
				return at + token, true
			}
		}
		return "", false
	case simulations.Array:
		if len(given.Items) != len(recorded.Items) {
			return at, true
		}
		for i, item := range recorded.Items {
			if pointer, differs := c.difference(given.Items[i], item, at+"/"+strconv.Itoa(i), place+"/*", name, depth+1); differs {
				return pointer, true
			}
		}
		return "", false
	}
	if same(given, recorded) || !c.exact && c.volatileValue(given, recorded, name) {
		return "", false
	}
	return at, true
}

// volatileValue reports whether two values are both what a service makes up.
func (c *comparison) volatileValue(given, recorded *simulations.Value, name string) bool {
	is := shapeOf(recorded.Text)
	switch {
	case c.asked[recorded.Text] || is == email || shapeOf(given.Text) != is:
		return false
	case namesID(name):
		return is != none || skeleton(given.Text) == skeleton(recorded.Text)
	}
	return is != none && is != integer && recorded.Kind == simulations.String
}

// skeleton is a text with `0` for its numbers: private/42 and private/7 have one.
func skeleton(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			b.WriteByte(s[i])
		} else if i == 0 || s[i-1] < '0' || s[i-1] > '9' {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// asked are the texts that stand in a request.
func asked(r *request) map[string]bool {
	l := &learner{referred: make(map[string]bool)}
	l.refer(r)
	return l.referred
}

func equalContent(given, recorded content, c *comparison) (pointer string, differs bool) {
	if given.json != nil && recorded.json != nil {
		return c.difference(given.json, recorded.json, "", "", "", 0)
	}
	return "", (given.json != nil) != (recorded.json != nil) || given.raw != recorded.raw && (c.exact || !c.unsteady[""])
}
