package generalize

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// rivalry is what might answer the requests of recorded stubs that are taken
// away, before the general stub does: it is below all that was there.
type rivalry struct {
	// byPath are the stubs that are no recordings by their path, elsewhere those
	// that have no exact one.
	byPath    map[string][]*simulations.Pattern
	elsewhere []*simulations.Pattern
	// recorded are the operations by method and path.
	recorded map[string][]*operation
}

// maxRivals bounds the stubs that are compared with an operation; where there
// are more, it is taken that one of them might answer.
const maxRivals = 64

func (l *lesson) rivals(doc *simulations.Document, odd map[int]string) rivalry {
	out := rivalry{byPath: make(map[string][]*simulations.Pattern), recorded: make(map[string][]*operation)}
	for i, s := range doc.Stubs {
		if odd[i] == "" {
			continue
		}
		if s.Request.Path != nil {
			if path, ok := scalarText(s.Request.Path.Value); ok {
				out.byPath[path] = append(out.byPath[path], &s.Request)
				continue
			}
		}
		out.elsewhere = append(out.elsewhere, &s.Request)
	}
	for _, op := range l.operations {
		for _, x := range op.exchanges {
			at := x.method + " " + strings.Join(x.segments, "/")
			if list := out.recorded[at]; len(list) == 0 || list[len(list)-1] != op {
				out.recorded[at] = append(list, op)
			}
		}
	}
	return out
}

// any reports whether one of them might answer a request of the operation.
// Those of the operation that a literal one is of differ in a field that it asks
// for.
func (r rivalry) any(op *operation) bool {
	method := op.exchanges[0].method
	fits := func(p *simulations.Pattern) bool { return len(p.Method) == 0 || slices.Contains(p.Method, method) }
	if len(r.elsewhere) > maxRivals || slices.ContainsFunc(r.elsewhere, fits) {
		return true
	}
	return slices.ContainsFunc(op.exchanges, func(x *exchange) bool {
		path := strings.Join(x.segments, "/")
		if slices.ContainsFunc(r.byPath["/"+path], fits) {
			return true
		}
		others := r.recorded[method+" "+path]
		return len(others) > maxRivals || slices.ContainsFunc(others, func(other *operation) bool {
			return other != op && other != op.of && other.mayAnswer(op)
		})
	})
}

// mayAnswer reports whether stubs of the operation may fit requests of another
// one on the same path.
func (op *operation) mayAnswer(to *operation) bool {
	own, other := op.exchanges[0], to.exchanges[0]
	for i, name := range own.realmParts() {
		if not := other.realmParts()[i]; name != not && name != "" && not != "" {
			return false
		}
	}
	return op.headFits(to.head) && (op.body == "" || op.body == to.body)
}

// realmParts are the collaborator, host and authority.
func (r *request) realmParts() []string { return strings.SplitN(r.realm, "\x00", 4)[:3] }
