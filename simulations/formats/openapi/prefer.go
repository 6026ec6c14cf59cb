package openapi

import (
	"fmt"
	"regexp"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// maxPreferred bounds the examples of an operation that can be asked for.
const maxPreferred = 50

// preferred makes the stubs for `Prefer: code=404, example=name`, as Prism
// understands it. They answer whatever else the request is like: who asks for an
// error wants it.
func (m *maker) preferred() {
	first := m.success()
	examples := 0
	for _, a := range m.op.answers {
		for _, name := range a.named {
			if examples++; examples > maxPreferred || a == first {
				continue
			}
			both := m.asked(simulations.NewArray(prefers("code", a.asked()), prefers("example", name)))
			m.add(a.at, "prefer."+a.asked()+"."+name, both, m.reader.variants(m.op, a, a.sent(), name), name)
		}
	}
	if examples > maxPreferred {
		m.op.at.Warn("of its %d examples the first %d can be asked for with Prefer", examples, maxPreferred)
	}
	for _, a := range m.op.answers {
		if a != first {
			m.add(a.at, "prefer."+a.asked(), m.asked(prefers("code", a.asked())), m.reader.variants(m.op, a, a.sent(), ""))
		}
	}
	seen := make(map[string]bool)
	for _, a := range m.op.answers {
		for _, name := range a.named {
			if !seen[name] && len(seen) < maxPreferred {
				seen[name] = true
				status := a.sent()
				if a == first && a.status == 0 {
					status = 200
				}
				m.add(a.at, "prefer."+name, m.asked(prefers("example", name)), m.reader.variants(m.op, a, status, name), name)
			}
		}
	}
}

// asked is any request for the operation with that condition on Prefer.
func (m *maker) asked(is *simulations.Value) simulations.Pattern {
	request := m.anyone()
	setHeader(&request, "Prefer", is)
	return request
}

// asked is the code that a client asks for an answer by: 500 for the default.
func (a *answer) asked() string { return fmt.Sprint(a.sent()) }

func (a *answer) sent() int {
	if a.status == 0 {
		return 500
	}
	return a.status
}

// prefers is the condition that Prefer (RFC 7240) says NAME=VALUE.
func prefers(name, value string) *simulations.Value {
	return convert.TextOp("regex", `(?i)(^|[,;\s])`+name+`\s*=\s*"?`+regexp.QuoteMeta(value)+`"?\s*([,;]|$)`)
}
