package generalize

import (
	"slices"

	"understudy/simulations"
)

// rule is a general answer to an operation.
type rule struct {
	kind Kind
	op   *operation
	// latest is the exchange whose answer stands for what is not known.
	latest *exchange
	status int
	// body is nil for no body; structured says that it is JSON.
	body       *node
	structured bool
	headers    map[string][]*node
	delay      *simulations.Delay
	// dropped are the headers that the answers have and the rule does not give.
	dropped []string
	// from are the exchanges that it was learnt from.
	from []*exchange
	// short is why a fallback is no general answer, "" where its body's open places say it.
	short string
	// path is that of a derived answer, rank how much its source tells.
	path []string
	rank int
}

// rule makes the operation's, nil where it would say no more than the stubs do.
func (l *learner) rule(op *operation) *rule {
	like := alike(op.exchanges)
	r := l.infer(op, like)
	if r == nil {
		return nil
	}
	r.kind = General
	if r.short = r.shortOfGeneral(like); r.short != "" || r.open() {
		r.kind = Fallback
		if len(op.exchanges) == 1 {
			r.short = oneExchange
		}
	}
	switch {
	case r.kind == General:
	case !op.loose && len(op.exchanges) == 1 && op.exchanges[0].hasMembers():
		return nil // the loose one says as much
	case op.loose || l.others(op):
	default:
		return nil
	}
	return r
}

// shortOfGeneral says what keeps the rule from standing for all exchanges of its
// operation, of which like have the form that most have; "" for nothing but what
// is open in its body. One example, or one request, shows a form and proves nothing.
func (r *rule) shortOfGeneral(like []*exchange) string {
	op := r.op
	switch {
	case len(like) < len(op.exchanges):
		return "requests of its kind were answered with different statuses or in different forms"
	case r.open():
		return ""
	}
	if name := op.steadyParameter(); name != "" {
		return "all requests of its kind have one {" + name + "} in the path, which says nothing about others"
	}
	if !r.makes() && !slices.ContainsFunc(like, func(x *exchange) bool { return x.exact != like[0].exact }) {
		return oneRequest
	}
	if !r.holdsAll() {
		return "what the requests seem to say is not in all of their answers"
	}
	return ""
}

// Why nothing is said of operations that were seen once, or of one request.
const (
	oneExchange = "there is one exchange of its kind"
	oneRequest  = "one request of its kind was recorded, which says nothing about others"
)

// steadyRule is the rule of an operation of one request: nil where it was
// answered differently.
func (l *learner) steadyRule(op *operation) *rule {
	last := op.exchanges[len(op.exchanges)-1]
	form, kept := last.form(), last.content()
	if slices.ContainsFunc(op.exchanges, func(x *exchange) bool { return !x.answeredAs(form, kept) }) {
		return nil
	}
	r := &rule{kind: General, op: op, latest: last, status: last.status(), from: op.exchanges, structured: kept.json != nil}
	if kept.json != nil || kept.raw != "" {
		r.body = &node{kind: fixedNode, value: kept.value()}
	}
	s := &sample{learner: l, exchanges: spread(op.exchanges, maxSample)}
	for range s.exchanges {
		s.sources = append(s.sources, &sources{})
	}
	s.headers(r)
	r.delay = last.response.Delay
	return r
}

// steadyParameter is the first parameter of the path that had one value only, ""
// for none: of one thing nothing can be said about others.
func (op *operation) steadyParameter() string {
	for i, s := range op.path {
		if s.shape != none && !slices.ContainsFunc(op.exchanges, func(x *exchange) bool { return x.segments[i] != op.exchanges[0].segments[i] }) {
			return op.parameters()[i]
		}
	}
	return ""
}

// others reports whether the operation has requests that were not recorded, as
// far as its pattern goes.
func (l *learner) others(op *operation) bool {
	first := op.exchanges[0]
	if slices.ContainsFunc(op.path, func(s segment) bool { return s.shape != none }) {
		return true
	}
	for place, list := range [][]field{first.query, first.headers} {
		if slices.ContainsFunc(list, func(f field) bool { return l.varies(first.request, op.path, place, f) }) {
			return true
		}
	}
	return first.body.kind == jsonBody && len(first.body.json.Items) > 0 || first.body.kind == formBody
}

// hasVolatile reports whether the request asks for fields that differ from call
// to call.
func (r *request) hasVolatile() bool {
	return slices.ContainsFunc(r.query, volatileField) || slices.ContainsFunc(r.headers, volatileField) || r.volatileBody()
}

func (r *request) volatileBody() bool {
	switch r.body.kind {
	case jsonBody:
		return slices.ContainsFunc(r.body.json.Names, volatileMember)
	case formBody:
		return slices.ContainsFunc(r.body.form, func(f field) bool { return volatileMember(f.name) })
	}
	return false
}

// alike are those of the exchanges whose answers have the status and the form
// that most have, the first of them where two are as many.
func alike(all []*exchange) []*exchange {
	groups := make(map[string][]*exchange)
	for _, x := range all {
		groups[x.form()] = append(groups[x.form()], x)
	}
	best := groups[all[0].form()]
	for _, x := range all {
		if len(groups[x.form()]) > len(best) {
			best = groups[x.form()]
		}
	}
	return best
}

// form is what JSON bodies that can be inferred together have in common.
func (c content) form() string {
	if c.json == nil {
		if c.raw == "" {
			return "none"
		}
		return "raw"
	}
	b := []byte(c.json.Kind.String())
	for _, i := range sortedMembers(c.json) {
		b = append(append(b, 0), c.json.Names[i]...)
	}
	return string(b)
}

func (l *learner) infer(op *operation, all []*exchange) *rule {
	xs := spread(all, maxSample)
	s := &sample{learner: l, exchanges: xs, sources: make([]*sources, len(xs))}
	values := make([]*simulations.Value, len(xs))
	last := xs[len(xs)-1]
	r := &rule{op: op, latest: last, status: last.status(), from: all}
	for i, x := range xs {
		s.sources[i] = op.sourcesOf(x.request)
		c := x.content()
		values[i], r.structured = c.value(), c.json != nil
		if c.tooLarge() {
			return nil
		}
	}
	bytes := slices.ContainsFunc(xs, func(x *exchange) bool { return x.response.Base64 != nil })
	switch {
	case !r.structured && values[0].Text == "":
	case bytes && slices.ContainsFunc(values, func(v *simulations.Value) bool { return !same(v, values[0]) }):
		r.body = &node{kind: openNode, value: values[len(values)-1], why: "it is no text"}
	case bytes:
		r.body = &node{kind: fixedNode, value: values[0]}
	default:
		r.body = s.infer(values, "", 0)
	}
	s.headers(r)
	if !slices.ContainsFunc(xs, func(x *exchange) bool { return !sameDelay(x.response.Delay, last.response.Delay) }) {
		r.delay = last.response.Delay
	}
	return r
}

func sameDelay(a, b *simulations.Delay) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// tooLarge reports whether nothing is inferred from the body for its size.
func (c content) tooLarge() bool { return size(c.value(), maxNodes) >= maxNodes }

// size counts the values in a tree, up to a bound.
func size(v *simulations.Value, most int) int {
	n := 1
	for _, item := range v.Items {
		if n >= most {
			break
		}
		n += size(item, most-n)
	}
	return n
}

func (r *rule) open() bool { return r.body != nil && r.body.open() }

// makes reports whether something of the answer is made anew for each.
func (r *rule) makes() bool {
	found := false
	if r.body != nil {
		r.body.walk("", func(_ string, n *node) { found = found || n.kind == madeNode })
	}
	return found
}

// holdsAll tries the answer on every exchange that it is to stand for.
func (r *rule) holdsAll() bool {
	for _, x := range r.from {
		if r.body != nil && !r.body.holds(x.content().value(), r.op.sourcesOf(x.request)) {
			return false
		}
	}
	return true
}

func (c content) value() *simulations.Value {
	if c.json != nil {
		return c.json
	}
	return simulations.NewString(c.raw)
}
