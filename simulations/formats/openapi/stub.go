package openapi

import (
	"maps"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// stubs makes the stubs of an operation under a base path, in the order in
// which they are asked: pairs of examples, the answer to a valid request, the
// answer to any other. What a client can prefer is left to the stubs for that,
// which come last, so that a miss names what is wrong with the request first.
func (r *reader) stubs(op *operation, base string) {
	if op.microcks.all || r.out.full {
		return
	}
	to := r.route(op.at, base, op.path)
	m := &maker{reader: r, op: op, to: to}
	m.base = newConditions()
	for _, p := range op.parameters {
		m.base.parameter(r, p, to)
	}
	op.microcks.constrain(m.base, to)
	m.bodies = r.bodies(op.body)
	m.unless = m.unpreferred()
	m.paired()
	if !op.microcks.forwarded {
		m.valid()
		m.invalid()
	}
	m.unless = nil
	m.preferred()
}

// maker makes the stubs of one operation.
type maker struct {
	reader *reader
	op     *operation
	to     route
	// base and bodies are what a valid request keeps to.
	base   *conditions
	bodies []simulations.Pattern
	// unless is the condition on Prefer that it asks for nothing else, nil where
	// it could not.
	unless *simulations.Value
}

// add adds a stub for each variant of an answer.
func (m *maker) add(at convert.Place, suffix string, request simulations.Pattern, list []variant, labels ...string) {
	for _, v := range list {
		s := &simulations.Stub{Request: request, Response: v.response, Labels: append([]string{m.op.name}, labels...)}
		if m.unless != nil {
			setHeader(&s.Request, "Prefer", m.unless)
		}
		if v.accept != nil {
			setHeader(&s.Request, "Accept", v.accept)
		}
		id := m.op.name
		for _, part := range []string{suffix, v.form} {
			if part != "" {
				id += "." + part
			}
		}
		m.reader.out.add(at, m.to.rank, id, s)
	}
}

// success is the answer to a valid request, nil where the description has
// none: it may list errors only.
func (m *maker) success() *answer {
	if len(m.op.answers) > 0 {
		if first := m.op.answers[0]; first.status < 400 {
			return first
		}
	}
	return nil
}

// failure is the answer to a request that breaks the contract, and its status;
// nil where the description has none.
func (m *maker) failure() (*answer, int) {
	for _, status := range []int{400, 422} {
		for _, a := range m.op.answers {
			if a.status == status {
				return a, status
			}
		}
	}
	for _, a := range m.op.answers {
		if a.status == 0 && a != m.success() {
			return a, 400
		}
	}
	return nil, 0
}

// anyone is the pattern of every request for the operation.
func (m *maker) anyone() simulations.Pattern {
	return newConditions().pattern(m.op.method, m.to, nil)
}

func (m *maker) valid() {
	request := m.base.pattern(m.op.method, m.to, m.bodies)
	a := m.success()
	if a == nil {
		m.op.at.Warn("declares no answer to a request that succeeds: 200 without a body is given; declare one")
		m.add(m.op.at, "", request, []variant{{response: &simulations.Response{Delay: m.op.microcks.delay}}})
		return
	}
	m.cases(request)
	example := ""
	if fallback := m.op.microcks.fallback; fallback != "" {
		if b := m.answerOf(fallback); b != nil {
			a, example = b, fallback
		} else {
			m.op.at.Get("x-microcks-operation").Warn("no answer has the example %q: the first is given", fallback)
		}
	}
	list := m.reader.variants(m.op, a, a.given(), example)
	if m.op.microcks.random {
		m.add(a.at, "", request, list[:len(list)-1])
		m.random(a, request, list[len(list)-1])
		return
	}
	m.add(a.at, "", request, list)
}

// random gives one of the examples of an answer.
func (m *maker) random(a *answer, request simulations.Pattern, last variant) {
	s := &simulations.Stub{Request: request, Response: last.response, Labels: []string{m.op.name}}
	for _, name := range a.named {
		list := m.reader.variants(m.op, a, a.given(), name)
		s.Responses = append(s.Responses, list[len(list)-1].response)
	}
	if len(s.Responses) > 1 {
		s.Response, s.Order = nil, simulations.OrderRandom
	} else {
		s.Responses = nil
	}
	if m.unless != nil {
		setHeader(&s.Request, "Prefer", m.unless)
	}
	m.reader.out.add(a.at, m.to.rank, m.op.name, s)
}

// cases adds the answers that the dispatcher JSON_BODY chooses.
func (m *maker) cases(request simulations.Pattern) {
	for _, c := range m.op.microcks.cases {
		a := m.answerOf(c.example)
		if a == nil {
			m.op.at.Get("x-microcks-operation").Warn("no answer has the example %q: its case was left out", c.example)
			continue
		}
		with := request
		if with.Body != nil {
			with.Body = convert.Predicate(convert.All(with.Body.Value, c.body))
		} else {
			with.Body = convert.Predicate(c.body)
		}
		m.add(a.at, c.example, with, m.reader.variants(m.op, a, a.given(), c.example), c.example)
	}
}

func (m *maker) invalid() {
	a, status := m.failure()
	if a == nil || m.takesAll() {
		return
	}
	m.add(a.at, "invalid", m.anyone(), m.reader.variants(m.op, a, status, ""), "invalid request")
}

// takesAll reports whether every request is valid.
func (m *maker) takesAll() bool {
	return len(m.bodies) == 0 && len(m.base.params)+len(m.base.query)+len(m.base.headers)+len(m.base.cookies) == 0
}

// clone is a copy of the conditions that may be changed.
func (c *conditions) clone() *conditions {
	return &conditions{maps.Clone(c.params), maps.Clone(c.query), maps.Clone(c.headers), maps.Clone(c.cookies), c.joined}
}
