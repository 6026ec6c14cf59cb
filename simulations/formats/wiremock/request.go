package wiremock

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// request reads the pattern of a mapping; one without is any request.
func (r *reader) request(p convert.Place, s *simulations.Stub) {
	if !p.Set() {
		return
	}
	conditions(p, "method", "url", "urlPattern", "urlPath", "urlPathPattern", "urlPathTemplate", "pathParameters", "queryParameters", "headers",
		"formParameters", "cookies", "basicAuth", "basicAuthCredentials", "bodyPatterns", "multipartPatterns", "scheme", "port", "host",
		"clientIp", "customMatcher")
	q := &s.Request
	q.Method = method(p.Get("method"))
	target(p, q)
	if h := p.Get("host"); h.Set() {
		q.Host = convert.Predicate(pattern(h, single))
	}
	if port := p.Get("port"); port.Set() {
		q.Authority = convert.Predicate(convert.TextOp("endsWith", ":"+port.Text()))
		port.Warn("a request that names no port in its Host is no longer compared by the port of WireMock: give the collaborator a `listen` of its own")
	}
	for _, name := range []string{"scheme", "clientIp"} {
		if f := p.Get(name); f.Set() {
			f.Refuse("requests are not told apart by %s here: leave it out, or give each its own collaborator with `listen`", name)
		}
	}
	if c := p.Get("customMatcher"); c.Set() {
		c.Refuse("an extension in Java: say it with predicates")
	}
	q.Query = fields(p.Get("queryParameters"))
	q.Headers = fields(p.Get("headers"))
	q.Cookies = fields(p.Get("cookies"))
	q.Params = make(map[string]simulations.Predicate)
	for name, m := range p.Get("pathParameters").Members() {
		if v := pattern(m, single); v != nil {
			q.Params[name] = simulations.Predicate{Value: v}
		}
	}
	if auth := p.First("basicAuth", "basicAuthCredentials"); auth.Set() {
		conditions(auth, "username", "password")
		credentials := base64.StdEncoding.EncodeToString([]byte(auth.Get("username").Text() + ":" + auth.Get("password").Text()))
		if q.Headers == nil {
			q.Headers = make(map[string]simulations.Predicate)
		}
		// The scheme has no case (RFC 9110 section 11.1).
		want := convert.TextOp("regex", `\A(?i:basic) `+regexp.QuoteMeta(credentials)+`\z`)
		for name, other := range q.Headers {
			if strings.EqualFold(name, "Authorization") {
				want = convert.All(other.Value, want)
				delete(q.Headers, name)
			}
		}
		q.Headers["Authorization"] = simulations.Predicate{Value: want}
	}
	q.Body = convert.Predicate(body(p))
}

// conditions refuses members beside those known: without a condition that was
// meant the stub would answer other requests. One that is null asks for nothing,
// and is only warned of.
func conditions(p convert.Place, known ...string) {
	if !p.Set() || !p.IsObject() {
		return
	}
	for name, m := range p.Members() {
		if !m.Set() && !slices.Contains(known, name) {
			p = p.Without(name)
			m.Warn("is not known and was passed over%s", simulations.Suggest(name, known))
		}
	}
	p.Exactly(known...)
}

// method reads a method, or, of WireMock 4, those of a list.
func method(p convert.Place) simulations.Strings {
	if p.Kind() == simulations.Object {
		conditions(p, "oneOf", "noneOf")
		if !p.First("oneOf", "noneOf").Set() {
			p.Refuse("names no method: write those that are meant into oneOf")
		}
		if p.Get("noneOf").Set() {
			p.Get("noneOf").Refuse("methods are listed here: write those that are meant into oneOf")
		}
		var out simulations.Strings
		for m := range p.Get("oneOf").Items() {
			names := methods(m)
			if names == nil {
				return nil // one of all
			}
			for _, name := range names {
				if !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
		return out
	}
	if p.Text() == "" {
		return nil
	}
	return methods(p)
}

// methods are those that a name stands for; nil is all of them.
func methods(p convert.Place) simulations.Strings {
	switch m := p.Text(); m {
	case "ANY":
		return nil
	case getOrHead:
		return simulations.Strings{http.MethodGet, http.MethodHead}
	default:
		return simulations.Strings{m}
	}
}

// getOrHead is WireMock's name of two methods together.
const getOrHead = "GET_OR_HEAD"

// target reads the URL field, of which there is one at most.
func target(p convert.Place, q *simulations.Pattern) {
	var first convert.Place
	for _, name := range []string{"url", "urlPattern", "urlPath", "urlPathPattern", "urlPathTemplate"} {
		f := p.Get(name)
		if !f.Set() {
			continue
		}
		if first.Set() {
			f.Refuse("the URL is asked for twice, and WireMock drops this one: leave one of them out")
			return
		}
		first = f
		text := f.Text()
		switch name {
		case "url":
			exactURL(text, q)
		case "urlPath":
			q.Path = exactPath(text)
		case "urlPattern":
			// The method of a regular expression is to fit the whole.
			q.URL = convert.Predicate(wholeRegex(f, text))
		case "urlPathPattern":
			q.Path = convert.Predicate(wholeRegex(f, text))
		case "urlPathTemplate":
			q.Path = convert.Predicate(pathTemplate(f, text))
		}
	}
}

// exactURL is a path and a query as they are sent. The path alone says most of
// it, and the index finds it by that.
func exactURL(text string, q *simulations.Pattern) {
	path, _, query := strings.Cut(text, "?")
	q.Path = exactPath(path)
	if query {
		q.URL = convert.Predicate(simulations.NewString(text))
	} else {
		q.ExactQuery = true
	}
}

func exactPath(text string) *simulations.Predicate {
	v := simulations.NewString(text)
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#") {
		v = convert.Op("equals", v)
	}
	return convert.Predicate(v)
}

var wildcard = regexp.MustCompile(`/\*\*(?:$|/)`)

// pathTemplate says WireMock's template, in which a last `**` is the rest.
func pathTemplate(p convert.Place, text string) *simulations.Value {
	if rest, ok := strings.CutSuffix(text, "/**"); ok {
		text = rest + "/{rest...}"
	}
	if wildcard.MatchString(text) || strings.Contains(text, "**") {
		p.Refuse("`**` is understood at the end of a template only")
		return nil
	}
	return convert.TextOp("template", text)
}

// fields reads matchers of fields that may have several values.
func fields(p convert.Place) map[string]simulations.Predicate {
	var out map[string]simulations.Predicate
	for name, m := range p.Members() {
		if v := pattern(m, multi); v != nil {
			if out == nil {
				out = make(map[string]simulations.Predicate)
			}
			out[name] = simulations.Predicate{Value: v}
		}
	}
	return out
}

// body joins everything that is asked of the body.
func body(p convert.Place) *simulations.Value {
	var out []*simulations.Value
	for m := range p.Get("bodyPatterns").Items() {
		if v := pattern(m, single); v != nil {
			out = append(out, v)
		}
	}
	for m := range p.Get("multipartPatterns").Items() {
		if v := multipart(m); v != nil {
			out = append(out, v)
		}
	}
	form := &simulations.Value{Kind: simulations.Object}
	for name, m := range p.Get("formParameters").Members() {
		if v := pattern(m, multi); v != nil {
			form.Set(name, v)
		}
	}
	if len(form.Names) > 0 {
		out = append(out, convert.Op("form", form))
	}
	if len(out) == 0 {
		return nil
	}
	return convert.All(out...)
}

// multipart reads what some part, or every part, must be like. WireMock looks
// at the name of no part, and at the file's name only beside something else.
func multipart(p convert.Place) *simulations.Value {
	conditions(p, "name", "fileName", "matchingType", "headers", "bodyPatterns")
	part := &simulations.Value{Kind: simulations.Object}
	headers := &simulations.Value{Kind: simulations.Object}
	for name, m := range p.Get("headers").Members() {
		if v := pattern(m, multi); v != nil {
			headers.Set(name, v)
		}
	}
	var bodies []*simulations.Value
	for m := range p.Get("bodyPatterns").Items() {
		if v := pattern(m, single); v != nil {
			bodies = append(bodies, v)
		}
	}
	if len(headers.Names) > 0 {
		part.Set("headers", headers)
	}
	if len(bodies) > 0 {
		part.Set("body", convert.All(bodies...))
	}
	if n := p.Get("name"); n.Set() {
		n.Warn("WireMock does not look at the name of a part, and neither does the stub: write `multipart` with the name instead of `*` if it is meant")
	}
	if f := p.Get("fileName"); f.Set() && len(part.Names) > 0 {
		part.Set("filename", simulations.NewString(f.Text()))
	}
	if strings.EqualFold(p.Get("matchingType").Text(), "ALL") {
		return everyPart(part)
	}
	if len(part.Names) == 0 {
		part.Set("body", simulations.NewArray())
	}
	return convert.Op("multipart", convert.Object("*", part))
}

// everyPart holds where no part lacks any of it.
func everyPart(part *simulations.Value) *simulations.Value {
	out := []*simulations.Value{convert.Op("multipart", convert.Object("*", convert.Object("body", simulations.NewArray())))}
	lacks := func(member string, v *simulations.Value) {
		out = append(out, convert.Op("not", convert.Op("multipart", convert.Object("*", convert.Object(member, v)))))
	}
	for i, member := range part.Names {
		if member != "headers" {
			lacks(member, convert.Op("not", part.Items[i]))
			continue
		}
		for j, name := range part.Items[i].Names {
			lacks(member, convert.Object(name, convert.Op("not", part.Items[i].Items[j])))
		}
	}
	return convert.All(out...)
}
