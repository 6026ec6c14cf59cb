package openapi

import (
	"fmt"
	"regexp"
	"strings"

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
	for _, name := range m.names() {
		a := m.answerOf(name)
		status := a.sent()
		if a == first {
			status = a.given()
		}
		m.add(a.at, "prefer."+name, m.asked(prefers("example", name)), m.reader.variants(m.op, a, status, name), name)
	}
}

// names are the examples that can be asked for.
func (m *maker) names() []string {
	var out []string
	seen := make(map[string]bool)
	for _, a := range m.op.answers {
		for _, name := range a.named {
			if !seen[name] && len(out) < maxPreferred {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return out
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

// unpreferred is the condition that Prefer asks for none of them.
func (m *maker) unpreferred() *simulations.Value {
	first := m.success()
	var codes, examples []string
	for _, a := range m.op.answers {
		if a != first {
			codes = append(codes, a.asked())
		}
	}
	for _, name := range m.names() {
		examples = append(examples, regexp.QuoteMeta(name))
	}
	var either []string
	if len(codes) > 0 {
		either = append(either, preference("code", strings.Join(codes, "|")))
	}
	if len(examples) > 0 {
		either = append(either, preference("example", strings.Join(examples, "|")))
	}
	if len(either) == 0 {
		return nil
	}
	return convert.Op("not", convert.TextOp("regex", preferred(strings.Join(either, "|"))))
}

// prefers is the condition that Prefer (RFC 7240) says NAME=VALUE.
func prefers(name, value string) *simulations.Value {
	return convert.TextOp("regex", preferred(preference(name, regexp.QuoteMeta(value))))
}

// preferred fits a header that has one of the preferences.
func preferred(preferences string) string {
	return `(?i)(^|[,;\s])(` + preferences + `)\s*([,;]|$)`
}

// preference fits a preference whose value fits an expression.
func preference(name, value string) string { return name + `\s*=\s*"?(` + value + `)"?` }
