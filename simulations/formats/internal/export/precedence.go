package export

import (
	"cmp"
	"slices"
	"strings"

	"understudy/simulations"
)

// Order lists the document's stubs by precedence, the first to be asked first.
// Precedence looks at the stub alone, so that one order holds for all requests.
func Order(doc *simulations.Document) []int {
	ranks := make([]rank, len(doc.Stubs))
	order := make([]int, len(doc.Stubs))
	for i, s := range doc.Stubs {
		ranks[i], order[i] = rankOf(s), i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &ranks[a], &ranks[b]
		return cmp.Or(cmp.Compare(y.priority, x.priority), cmp.Compare(y.kind, x.kind), cmp.Compare(y.literals, x.literals),
			cmp.Compare(y.fields, x.fields), cmp.Compare(b, a)) // the later is the newer
	})
	return order
}

// rank is a stub's place in the order, as matchers/OPERATORS.md states it.
type rank struct{ priority, kind, literals, fields int }

// The kinds of paths, the more specific the higher.
const (
	statedKind = iota // the stub says itself how specific it is
	noPath
	otherPath
	templatePath
	exactPath
)

func rankOf(s *simulations.Stub) rank {
	r := rank{priority: s.Priority}
	if s.Specificity != 0 {
		r.literals = s.Specificity
		return r
	}
	q := &s.Request
	r.kind = noPath
	if q.Path != nil {
		r.path(q.Path.Value)
	}
	r.fields = fields(q)
	if s.Scenario != nil && s.Scenario.Requires != "" {
		r.fields++
	}
	return r
}

// path finds the most specific operator on the path.
func (r *rank) path(v *simulations.Value) {
	for _, t := range Terms(v, Place{}) {
		switch {
		case t.Op == "equals" && t.Arg.Kind == simulations.String:
			r.kind, r.literals = exactPath, 0
		case t.Op == "template" && r.kind < templatePath:
			r.kind = templatePath
			for _, s := range Segments(t.Arg.Text) {
				if s.Param == "" {
					r.literals++
				}
			}
		default:
			r.kind = max(r.kind, otherPath)
		}
	}
}

// fields counts the constrained fields of a pattern.
func fields(q *simulations.Pattern) int {
	n := 0
	count := func(is bool) {
		if is {
			n++
		}
	}
	some := func(p *simulations.Predicate) bool { return p != nil && len(Groups(p.Value, Place{})) > 0 }
	count(len(q.Method) > 0)
	for _, p := range []*simulations.Predicate{q.Host, q.Authority, q.Path, q.URL, q.Session, q.Origin} {
		count(some(p))
	}
	for _, m := range []map[string]simulations.Predicate{q.Params, q.Query, q.Headers, q.Cookies} {
		for _, p := range m {
			count(some(&p))
		}
	}
	count(q.ExactQuery)
	count(len(q.Any) > 0)
	count(len(q.None) > 0)
	if q.Body != nil {
		for _, t := range Terms(q.Body.Value, Place{}) {
			n += parts(t)
		}
	}
	return n
}

// noPaths are members of operators with paths or names that are options.
var noPaths = map[string]string{"jsonPath": "lenient", "xpath": "namespaces localNames asXML"}

// parts counts the paths or names of an operator that takes several, 1 for any
// other.
func parts(t Term) int {
	if t.Arg.Kind != simulations.Object {
		return 1
	}
	switch t.Op {
	case "jsonPath", "xpath":
		n := 0
		for _, name := range t.Arg.Names {
			if !slices.Contains(strings.Fields(noPaths[t.Op]), name) {
				n++
			}
		}
		return n
	case "form", "multipart":
		return len(t.Arg.Names)
	case "jwt":
		n := 0
		for i, name := range t.Arg.Names {
			if name == "claims" || name == "header" {
				n += len(t.Arg.Items[i].Names)
			} else {
				n++
			}
		}
		return n
	}
	return 1
}
