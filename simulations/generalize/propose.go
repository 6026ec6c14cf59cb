package generalize

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"understudy/simulations"
)

// madeLabel marks every stub that was made.
const madeLabel = "generalized"

// labels mark the stubs that were made.
var labels = map[Kind][]string{
	General:  {madeLabel},
	Derived:  {madeLabel, "derived"},
	Fallback: {madeLabel, "fallback"},
}

// propose writes what was learnt as stubs.
func (l *lesson) propose(doc *simulations.Document, odd map[int]string) *Proposal {
	p := &Proposal{}
	w := &writer{lesson: l, doc: doc, gone: make(map[int]bool), ids: make(map[string]bool), used: make(map[string]int), rivals: l.rivals(doc, odd), earlier: earlierIn(doc)}
	for _, s := range doc.Stubs {
		w.ids[s.ID] = true
		w.lowest = min(w.lowest, s.Priority)
	}
	why := maps.Clone(odd)
	for _, op := range l.operations {
		reason := alone(op)
		if r := l.rules[op.key]; r != nil {
			reason = kept(r)
			if err := p.add(w, r); err != nil {
				reason = "no template can be made: " + err.Error()
			}
		}
		for _, x := range op.exchanges {
			why[x.stub] = reason
		}
	}
	for _, op := range slices.Concat(l.steady, l.anyQuery, l.loose) {
		if r := l.rules[op.key]; r != nil {
			_ = p.add(w, r) // what cannot be written is not proposed; the stubs have their reason
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(l.reads), func(a, b string) int {
		return cmp.Or(cmp.Compare(l.reads[a].from[0].stub, l.reads[b].from[0].stub), cmp.Compare(a, b))
	}) {
		_ = p.add(w, l.reads[key]) // as above
	}
	out := *doc
	out.Stubs = make([]*simulations.Stub, 0, len(doc.Stubs)+len(p.Changes))
	for i, s := range doc.Stubs {
		if !w.gone[i] {
			out.Stubs = append(out.Stubs, s)
			p.Kept = append(p.Kept, Kept{Stub: s.ID, Why: why[i]})
		}
	}
	for i := range p.Changes {
		out.Stubs = append(out.Stubs, p.Changes[i].Stub)
	}
	p.Document = &out
	return p
}

// add writes a rule, unless its stub is there; an error says why it cannot be.
func (p *Proposal) add(w *writer, r *rule) error {
	s, err := w.stub(r)
	if err == nil && !w.earlier.has(s) {
		p.Changes = append(p.Changes, w.change(r, s))
	}
	return err
}

// alone says why an operation has no rule.
func alone(op *operation) string {
	first := op.exchanges[0]
	form, kept := first.form(), first.content()
	differs := func(x *exchange) bool { return !x.answeredAs(form, kept) }
	switch {
	case len(op.exchanges) == 1:
		return oneExchange
	case slices.ContainsFunc(spread(op.exchanges, maxSample), func(x *exchange) bool { return x.content().tooLarge() }):
		return "its answers are too large to be compared"
	case slices.ContainsFunc(op.exchanges, func(x *exchange) bool { return x.exact != first.exact }):
		return "nothing that is asked for tells the answers to requests of its kind apart"
	case slices.ContainsFunc(op.exchanges, differs):
		return "the same request was answered differently"
	}
	return oneRequest
}

// kept says why a rule leaves recorded stubs in their place.
func kept(r *rule) string {
	if r.kind == General {
		return "another stub of the document might answer in its place"
	}
	reason := r.short
	if r.body != nil {
		r.body.walk("", func(pointer string, n *node) {
			if n.kind == openNode && reason == "" {
				reason = "at " + orRoot(pointer) + " of the answer: " + n.why
			}
		})
	}
	return reason
}

// writer writes rules as stubs.
type writer struct {
	*lesson
	doc *simulations.Document
	// gone are the stubs that others take the place of.
	gone map[int]bool
	ids  map[string]bool
	// used counts the ids of each beginning.
	used    map[string]int
	lowest  int
	rivals  rivalry
	earlier earlier
}

// stub writes a rule as a stub that has no id yet.
func (w *writer) stub(r *rule) (*simulations.Stub, error) {
	answer, err := r.answer()
	if err != nil {
		return nil, err
	}
	first := r.op.exchanges[0]
	s := &simulations.Stub{Collaborator: w.doc.Stubs[first.stub].Collaborator, Labels: labels[r.kind], Request: w.pattern(r.op), Response: answer}
	// Below all that was there, so that nothing loses its answer to a new stub.
	s.Priority = w.lowest - r.level()
	if r.kind == Derived {
		s.Request.Path = &simulations.Predicate{Value: simulations.NewString("/" + strings.Join(r.path, "/"))}
		s.Request.Params = nil
	}
	return s, nil
}

// change names a rule's new stub and takes away those that it replaces.
func (w *writer) change(r *rule, s *simulations.Stub) Change {
	s.ID = w.name(r)
	c := Change{Kind: r.kind, Stub: s, From: []string{}, Replaces: []string{}, Why: w.explain(r)}
	seen := make(map[int]bool)
	replaceable := r.kind == General && !w.rivals.any(r.op)
	for _, x := range r.from {
		if seen[x.stub] {
			continue
		}
		seen[x.stub] = true
		c.From = append(c.From, x.stubID)
		if replaceable {
			w.gone[x.stub] = true
			c.Replaces = append(c.Replaces, x.stubID)
		}
	}
	return c
}

// name makes an id of method and path, as ids of recorded stubs begin.
func (w *writer) name(r *rule) string {
	var b strings.Builder
	b.WriteString(r.op.exchanges[0].method)
	path := r.path
	if path == nil {
		for i, s := range r.op.path {
			if s.shape != none {
				path = append(path, r.op.parameters()[i])
			} else {
				path = append(path, s.literal)
			}
		}
	}
	for _, s := range path {
		b.WriteByte('-')
		for i := range len(s) {
			if c := s[i]; alphanumeric(c) && c < 0x80 || c == '.' || c == '_' {
				b.WriteByte(c)
			}
		}
		if b.Len() > 120 {
			break
		}
	}
	base := strings.Trim(b.String(), "-")
	if len(base) > 150 {
		base = base[:150]
	}
	base = strings.TrimRight(base, "-") + "-" + string(r.kind)
	if !simulations.ValidName(base) {
		base = "stub-" + string(r.kind)
	}
	id := base
	for n := w.used[base] + 1; w.ids[id]; n++ {
		w.used[base] = n
		id = fmt.Sprintf("%s-%d", base, n+1)
	}
	w.ids[id] = true
	return id
}

// explain says what was changed and by what evidence.
func (w *writer) explain(r *rule) []string {
	if r.kind == Derived {
		x := r.from[0]
		return []string{fmt.Sprintf("it was never read: %s /%s answered with it, and reads of others have the same members", x.method, strings.Join(x.segments, "/"))}
	}
	var out []string
	for i, s := range r.op.path {
		if s.shape == none {
			continue
		}
		values := make(map[string]bool)
		for _, x := range r.op.exchanges {
			values[x.segments[i]] = true
		}
		what := "has the shape " + string(s.shape)
		if s.shape == word {
			what = "names the thing in recorded messages"
		}
		out = append(out, fmt.Sprintf("segment %d of the path is {%s}: it %s, %s", i+1, r.op.parameters()[i], what, counted(len(values), "value")))
	}
	first := r.op.exchanges[0]
	if r.op.anyQuery {
		out = append(out, "the query is not asked for: it varies along with the path")
	}
	for place, list := range [][]field{first.query, first.headers} {
		if place == 0 && r.op.anyQuery {
			continue
		}
		for _, f := range list {
			at := []string{"the query parameter ", "the header "}[place] + f.name
			switch {
			case volatileField(f):
				out = append(out, at+" is not asked for: it differs from call to call")
			case !r.op.literal && w.varies(first.request, r.op.path, place, f):
				out = append(out, at+" is any of its shape")
			}
		}
	}
	if first.body.kind == jsonBody {
		for _, name := range first.body.json.Names {
			if volatileMember(name) {
				out = append(out, "the member "+name+" of the body is not asked for: it differs from call to call")
			}
		}
	}
	if r.body != nil {
		r.body.walk("", func(pointer string, n *node) {
			if len(out) >= maxReasons {
				return
			}
			at := orRoot(pointer) + " of the answer "
			switch n.kind {
			case echoNode:
				text := at + "is " + n.from
				if n.orElse != nil {
					text += ", " + n.orElse.String() + " where there is none"
				}
				out = append(out, text)
			case textNode:
				out = append(out, at+"is the text "+writeParts(n.parts))
			case madeNode:
				out = append(out, at+"is made anew: "+n.draw)
			case openNode:
				out = append(out, at+"is the one that was most often recorded: "+n.why)
			}
		})
	}
	if len(r.from) < len(r.op.exchanges) {
		out = append(out, fmt.Sprintf("%s answered in another form or with another status", counted(len(r.op.exchanges)-len(r.from), "exchange")))
	}
	for _, name := range r.dropped {
		out = append(out, "the header "+name+" is left out: it differs, and the request does not say how")
	}
	return out
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
