// Package smocker reads lists of mocks of Smocker.
//
// The newest mock that matches answers: the last in a file, and the first in
// what Smocker's API lists, which has `state`. That is stated as one
// specificity for all stubs, so that only their age decides. A matcher of a
// field is one of Smocker's assertions, and looks at text.
package smocker

import (
	"slices"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads mocks.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "smocker" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises a list whose first item has a request, and what answers it.
func (Format) Sniff(data []byte) bool {
	if !sniff.ItemHas(data, "request") {
		return false
	}
	for _, name := range answers {
		if sniff.ItemHas(data, name) {
			return true
		}
	}
	return false
}

// answers are the members of a mock of which one says what it answers.
var answers = []string{"response", "dynamic_response", "proxy"}

// Decode reads a list of mocks.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	r := &reader{}
	listed := false
	if root.Kind() != simulations.Array {
		root.Refuse("mocks are a list: write `- request: …`")
	} else {
		for m := range root.Items() {
			r.mock(m)
			listed = listed || m.Get("state").Set()
		}
	}
	if listed {
		slices.Reverse(r.stubs)
		slices.Reverse(r.origins)
	}
	return convert.Done(root, "list of mocks", &simulations.Document{Stubs: r.stubs}, r.origins)
}

type reader struct {
	stubs   []*simulations.Stub
	origins []string
}

func (r *reader) mock(p convert.Place) {
	if p.Kind() != simulations.Object {
		p.Refuse("a mock is an object with request and response")
		return
	}
	p.Exactly("request", "response", "dynamic_response", "proxy", "context", "state")
	said := 0
	for _, name := range answers {
		if p.Get(name).Set() {
			said++
		}
	}
	if said != 1 {
		p.Refuse("a mock has one of %s", strings.Join(answers, ", "))
		return
	}
	if proxy := p.Get("proxy"); proxy.Set() {
		proxy.Warn("a stub does not forward here, and the mock was left out: declare a collaborator with `upstream: %s` and mode spy, which forwards what no stub answers",
			proxy.Get("host").Text())
		return
	}
	s := &simulations.Stub{Specificity: 1, Request: request(p.Get("request"))}
	if dynamic := p.Get("dynamic_response"); dynamic.Set() {
		s.Response = script(dynamic)
	} else {
		s.Response = response(p.Get("response"))
	}
	context := p.Get("context")
	context.Exactly("times")
	if s.Times = context.Get("times").Int(); s.Times < 0 {
		context.Get("times").Refuse("must not be negative")
	}
	r.stubs = append(r.stubs, s)
	r.origins = append(r.origins, p.Pointer())
}

func request(p convert.Place) (out simulations.Pattern) {
	p.Exactly("method", "path", "query_params", "headers", "body")
	if m := p.Get("method"); m.Set() {
		out.Method = methods(assertionAt(m))
	}
	if path := assertionAt(p.Get("path")); strings.TrimSpace(path.value) != "" {
		out.Path = convert.Predicate(path.onPath())
	}
	out.Query = fields(p.Get("query_params"))
	out.Headers = fields(p.Get("headers"))
	if b := p.Get("body"); b.Set() {
		body(b, &out)
	}
	return out
}

// methods lists those that the assertion lets through, none for any.
func methods(a assertion) (list simulations.Strings) {
	if strings.TrimSpace(a.value) == "" {
		return nil // Smocker's default is any
	}
	if a.name == equal && !a.not {
		return simulations.Strings{strings.TrimSpace(a.value)}
	}
	for _, m := range convert.Methods {
		if a.holds(m) {
			list = append(list, m)
		}
	}
	switch len(list) {
	case 0:
		a.at.Refuse("no method fits")
	case len(convert.Methods):
		return nil
	}
	return list
}

// fields reads assertions by name of a parameter or header: of several each
// holds for one of its values.
func fields(p convert.Place) map[string]simulations.Predicate {
	if !p.Set() {
		return nil
	}
	out := make(map[string]simulations.Predicate)
	for name, v := range p.Members() {
		var list []*simulations.Value
		if v.Kind() == simulations.Array {
			for item := range v.Items() {
				list = append(list, convert.Op("hasItem", assertionAt(item).onValue()))
			}
		} else {
			list = append(list, convert.Op("hasItem", assertionAt(v).onValue()))
		}
		if len(list) == 0 {
			list = append(list, convert.Present())
		}
		out[name] = simulations.Predicate{Value: convert.All(list...)}
	}
	return out
}

func response(p convert.Place) *simulations.Response {
	p.Only("status", "headers", "body", "delay")
	out := &simulations.Response{Status: convert.Status(p.Get("status"))}
	out.Headers, out.Trailers = convert.Headers(p.Get("headers"))
	delete(out.Headers, "Content-Length") // understudy, too, makes it right
	body := p.Get("body")
	convert.Body(body, out, body.Text())
	out.Delay = delay(p.Get("delay"))
	return out
}

// delay is a duration, in nanoseconds where it is a number, or a range of two
// that it is drawn from.
func delay(p convert.Place) *simulations.Delay {
	if p.Kind() == simulations.Object {
		p.Exactly("min", "max")
		least, most := duration(p.Get("min")), duration(p.Get("max"))
		if most < least {
			p.Refuse("max is less than min")
		}
		if least != most {
			return &simulations.Delay{Uniform: &simulations.Uniform{Min: least, Max: most}}
		}
		p = p.Get("min")
	}
	if d := duration(p); d > 0 {
		return &simulations.Delay{Fixed: d}
	}
	return nil
}

func duration(p convert.Place) simulations.Duration {
	if !p.Set() {
		return 0
	}
	d, err := time.ParseDuration(p.Text())
	if p.Kind() == simulations.Number {
		d, err = time.ParseDuration(simulations.CanonicalNumber(p.Text()) + "ns")
	}
	if err != nil || d < 0 {
		p.Refuse("is no duration: write one such as 10ms")
		return 0
	}
	return simulations.Duration(d)
}

// script is a dynamic response, which is taken where its script has nothing
// that is dynamic.
func script(p convert.Place) *simulations.Response {
	p.Exactly("engine", "script")
	text := p.Get("script")
	engine := p.Get("engine")
	switch engine.Text() {
	case "go_template", "go_template_yaml", "go_template_json":
	case "lua":
		engine.Refuse("Lua is not run: write the answer as `response`, or import the other mocks and write this one as a template, such as {{request.query.x}}")
		return nil
	default:
		engine.Refuse("%q is no engine: there are go_template and lua", engine.Text())
		return nil
	}
	if strings.Contains(text.Text(), "{{") {
		text.Refuse("Go's templates are not run: import the other mocks and write this one as a template, such as {{request.query.x}}")
		return nil
	}
	v, err := simulations.Parse([]byte(text.Text()))
	if err != nil {
		text.Refuse("is no response: %s", err)
		return nil
	}
	return response(text.With(v))
}
