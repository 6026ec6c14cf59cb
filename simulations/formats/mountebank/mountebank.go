// Package mountebank reads imposters of mountebank 2: one, or a list of them.
//
// An imposter becomes a collaborator that listens on its port. The first stub
// that matches answers: that is stated as the stubs' specificity, the last of
// which is the answer to everything else, mountebank's default response.
// Responses are given in a ring. Predicates do not look at the case of letters
// unless they say so.
//
// Where JSON in a body is compared, names of members are compared as they are
// written, which mountebank does with keyCaseSensitive only.
package mountebank

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads imposters.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "mountebank" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises a list of imposters, or one by its protocol and stubs.
func (Format) Sniff(data []byte) bool {
	return sniff.Has(data, "imposters") || sniff.Has(data, "protocol") && sniff.HasAny(data, "stubs", "port")
}

// Decode reads imposters.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	r := &reader{doc: &simulations.Document{Collaborators: make(map[string]*simulations.Collaborator)}}
	if list := root.Get("imposters"); list.Set() {
		root.Only("imposters", "_links")
		for i := range list.Items() {
			r.imposter(i)
		}
	} else {
		r.imposter(root)
	}
	return convert.Done(root, "mountebank file", r.doc, r.origins)
}

type reader struct {
	doc     *simulations.Document
	origins []string
}

func (r *reader) imposter(p convert.Place) {
	p.Only("protocol", "port", "host", "name", "recordRequests", "numberOfRequests", "requests", "defaultResponse", "allowCORS",
		"key", "cert", "mutualAuth", "rejectUnauthorized", "ca", "ciphers", "stubs", "_links")
	switch protocol := p.Get("protocol"); protocol.Text() {
	case "http":
	case "https":
		protocol.Warn("the port answers http: give understudy a certificate, or send requests through it as a proxy")
	default:
		protocol.Warn("an imposter of %q has no HTTP and was left out", protocol.Text())
		return
	}
	if c := p.Get("allowCORS"); c.Bool() {
		c.Warn("preflight requests are not answered by themselves: write a stub for OPTIONS")
	}
	name := r.collaborator(p)
	fallback := p.Get("defaultResponse")
	stubs := p.Get("stubs")
	var list []convert.Place
	for s := range stubs.Items() {
		if s.IsObject() {
			list = append(list, s)
		}
	}
	for i, s := range list {
		r.stub(s, name, fallback, len(list)-i+1)
	}
	// Whatever no stub matches gets the default response, which is an empty 200.
	rest := &simulations.Stub{Collaborator: name, Specificity: 1, Response: &simulations.Response{}}
	if fallback.Set() {
		rest.Response = answer(fallback, convert.Place{})
	}
	r.add(rest, p)
}

// collaborator declares who the imposter stands in for.
func (r *reader) collaborator(p convert.Place) string {
	port := p.Get("port")
	name := "imposter"
	c := &simulations.Collaborator{}
	if port.Set() {
		name = "imposter-" + port.Text()
		c.Listen = ":" + port.Text()
		if host := p.Get("host").Text(); host != "" {
			c.Listen = host + c.Listen
		}
	} else {
		if own := p.Get("name").Text(); simulations.ValidName(own) {
			name = own
		}
		p.Warn("the imposter has no port: requests find it by the host %s", name)
	}
	if _, taken := r.doc.Collaborators[name]; taken {
		port.Refuse("two imposters have the port %s", port.Text())
	}
	r.doc.Collaborators[name] = c
	return name
}

func (r *reader) add(s *simulations.Stub, p convert.Place) {
	r.doc.Stubs = append(r.doc.Stubs, s)
	r.origins = append(r.origins, p.Pointer())
}

func (r *reader) stub(p convert.Place, collaborator string, fallback convert.Place, specificity int) {
	p.Only("predicates", "responses", "matches", "_links", "_uuid")
	s := &simulations.Stub{Collaborator: collaborator, Specificity: specificity}
	var all []simulations.Pattern
	for q := range p.Get("predicates").Items() {
		all = append(all, predicate(q))
	}
	s.Request = join(all)
	for a := range p.Get("responses").Items() {
		if proxy := a.Get("proxy"); proxy.Set() {
			proxy.Warn("a stub does not forward here, and was left out: give the collaborator %s `upstream: %s` and mode spy or learn, which forward what no stub answers", collaborator, proxy.Get("to").Text())
			return
		}
		s.Responses = append(s.Responses, r.response(a, fallback))
	}
	switch len(s.Responses) {
	case 0:
		s.Response = &simulations.Response{}
		if fallback.Set() {
			s.Response = answer(fallback, convert.Place{})
		}
	case 1:
		s.Response, s.Responses = s.Responses[0], nil
		s.Response.Repeat = 0
	default:
		s.Order = simulations.OrderCycle
	}
	r.add(s, p)
}

var faults = map[string]simulations.Fault{
	"CONNECTION_RESET_BY_PEER": simulations.FaultReset,
	"RANDOM_DATA_THEN_CLOSE":   simulations.FaultRandomData,
}

// response reads one of a stub's responses with what is done to it.
func (r *reader) response(p convert.Place, fallback convert.Place) *simulations.Response {
	p.Only("is", "fault", "proxy", "inject", "repeat", "behaviors", "_behaviors", "_proxyResponseTime")
	out := &simulations.Response{}
	switch {
	case p.Get("inject").Set():
		p.Get("inject").Refuse("JavaScript is not run: write the answer as `is`, or as a template")
	case p.Get("fault").Set():
		f := p.Get("fault")
		if out.Fault = faults[f.Text()]; out.Fault == "" {
			f.Refuse("%q is no fault: there are CONNECTION_RESET_BY_PEER and RANDOM_DATA_THEN_CLOSE", f.Text())
		}
	default:
		out = answer(p.Get("is"), fallback)
	}
	out.Repeat = p.Get("repeat").Int()
	var tokens []token
	behave := func(b convert.Place) {
		for name, v := range b.Members() {
			switch name {
			case "copy":
				tokens = append(tokens, copies(v)...)
			case "lookup":
				tokens = append(tokens, r.lookups(v)...)
			default:
				behavior(name, v, out)
			}
		}
	}
	if list := p.Get("behaviors"); list.Kind() == simulations.Object {
		behave(list)
	} else {
		for b := range list.Items() {
			behave(b)
		}
	}
	behave(p.Get("_behaviors"))
	body := p.Get("is").Get("body")
	if !body.Set() && fallback.Set() {
		body = fallback.Get("body")
	}
	putIn(tokens, out, body.Kind() == simulations.Object || body.Kind() == simulations.Array)
	return out
}

// behavior does to an answer what can be said of it beforehand.
func behavior(name string, v convert.Place, out *simulations.Response) {
	switch name {
	case "wait":
		if v.Kind() != simulations.Number {
			v.Warn("JavaScript is not run: the answer comes at once; write `delay`, which also draws")
			return
		}
		if n := v.Int(); n > 0 {
			out.Delay = &simulations.Delay{Fixed: simulations.Duration(time.Duration(n) * time.Millisecond)}
		} else if n < 0 {
			v.Refuse("a delay must not be negative")
		}
	case "repeat":
		out.Repeat = v.Int()
	case "decorate", "shellTransform":
		v.Refuse("nothing is run to change an answer: write it as a template")
	default:
		v.Refuse("%q is no behavior that is known", name)
	}
}

// answer reads `is`, whose absent parts are the default response's.
func answer(p convert.Place, fallback convert.Place) *simulations.Response {
	p.Only("statusCode", "headers", "body", "_mode", "_proxyResponseTime")
	part := func(name string) convert.Place {
		if m := p.Get(name); m.Set() || !fallback.Set() {
			return m
		}
		return fallback.Get(name)
	}
	out := &simulations.Response{Status: convert.Status(part("statusCode"))}
	out.Headers, out.Trailers = convert.Headers(part("headers"))
	body := part("body")
	text := ""
	switch body.Kind() {
	case simulations.Object, simulations.Array:
		var b bytes.Buffer
		// As JSON.stringify(body, null, 4) writes it.
		if err := json.Indent(&b, body.Value().AppendJSON(nil), "", "    "); err != nil {
			body.Refuse("%s", err)
		}
		text = b.String()
	default:
		text = body.Text()
	}
	if p.Get("_mode").Text() == "binary" {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			body.Refuse("_mode says binary, and this is not base64: %s", err)
		}
		text = string(raw)
	}
	convert.Body(body, out, text)
	delete(out.Headers, "Content-Length") // mountebank, too, makes it right
	if len(out.Headers) == 0 {
		out.Headers = nil
	}
	return out
}

// join makes one pattern of several that must all fit: fields that each has for
// itself stand side by side, what cannot is nested.
func join(list []simulations.Pattern) simulations.Pattern {
	var out simulations.Pattern
	for _, q := range list {
		if !merge(&out, q) {
			out.Any = nest(&out, q)
		}
	}
	return out
}

// nest says that what stands in any already and q both hold.
func nest(out *simulations.Pattern, q simulations.Pattern) []simulations.Pattern {
	if len(out.Any) == 0 {
		return []simulations.Pattern{q}
	}
	return []simulations.Pattern{{Any: out.Any, None: []simulations.Pattern{{None: []simulations.Pattern{q}}}}}
}

// merge puts the conditions of q beside those of out, if they fit there.
func merge(out *simulations.Pattern, q simulations.Pattern) bool {
	if len(out.Method) > 0 && len(q.Method) > 0 || len(q.Any) > 0 && len(out.Any) > 0 || q.ExactQuery != out.ExactQuery && (len(q.Query) > 0 && len(out.Query) > 0) {
		return false
	}
	both := func(a, b *simulations.Predicate) *simulations.Predicate {
		switch {
		case a == nil:
			return b
		case b == nil:
			return a
		}
		return convert.Predicate(convert.All(a.Value, b.Value))
	}
	if len(q.Method) > 0 {
		out.Method = q.Method
	}
	out.Path, out.Body, out.Authority = both(out.Path, q.Path), both(out.Body, q.Body), both(out.Authority, q.Authority)
	out.Query = mergeFields(out.Query, q.Query)
	out.Headers = mergeFields(out.Headers, q.Headers)
	out.ExactQuery = out.ExactQuery || q.ExactQuery
	out.FoldQuery = out.FoldQuery || q.FoldQuery
	if len(q.Any) > 0 {
		out.Any = q.Any
	}
	out.None = append(out.None, q.None...)
	return true
}

func mergeFields(a, b map[string]simulations.Predicate) map[string]simulations.Predicate {
	for name, p := range b {
		if a == nil {
			a = make(map[string]simulations.Predicate)
		}
		key := name
		for other := range a {
			if strings.EqualFold(other, name) {
				key = other
			}
		}
		if before, ok := a[key]; ok {
			p = simulations.Predicate{Value: convert.All(before.Value, p.Value)}
		}
		a[key] = p
	}
	return a
}
