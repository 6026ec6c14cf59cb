// Package recorded makes stubs of recordings that other tools keep as lists of
// exchanges: a request that was always answered alike is one answer, one that
// was answered differently a sequence in recorded order, whose last answer
// stays.
package recorded

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// Exchange is one recorded request and its answer.
type Exchange struct {
	// At is where it stands in the file.
	At convert.Place
	// URL is absolute, at URLAt in the file.
	Method, URL string
	URLAt       convert.Place
	// Body is what the request's body must be like, nil for anything.
	Body     *simulations.Value
	Response *simulations.Response
}

// Options say what of a request is compared.
type Options struct {
	// AnyHost leaves the host out of it.
	AnyHost bool
	// ExactURL compares the URL as it is written, instead of its parameters in
	// any order.
	ExactURL bool
	// Keep takes the content of large answers away as they come; nil leaves it.
	Keep simulations.Keep
}

func pattern(x *Exchange, opts Options) (*simulations.Pattern, bool) {
	u, err := url.Parse(x.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		x.URLAt.Refuse("%q is no http or https URL with a host", cut(x.URL))
		return nil, false
	}
	out := &simulations.Pattern{Body: convert.Predicate(x.Body)}
	if x.Method != "" {
		out.Method = simulations.Strings{x.Method}
	}
	if !opts.AnyHost {
		out.Authority = convert.Predicate(simulations.NewString(strings.ToLower(u.Host)))
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	v := simulations.NewString(path)
	if !strings.HasPrefix(path, "/") {
		v = convert.Op("equals", v)
	}
	out.Path = convert.Predicate(v)
	switch {
	case u.RawQuery == "":
		out.ExactQuery = true
	case opts.ExactURL:
		out.URL = convert.Predicate(simulations.NewString(path + "?" + u.RawQuery))
	default:
		out.ExactQuery = true
		out.Query = make(map[string]simulations.Predicate)
		for name, values := range pairs(u.RawQuery) {
			one := simulations.NewString(values[0])
			if len(values) > 1 {
				one = convert.Op("hasExactly", convert.Strings(values))
			}
			out.Query[name] = simulations.Predicate{Value: one}
		}
	}
	return out, true
}

// pairs reads a query, or a form, as predicates do: what cannot be decoded
// stays as it is.
func pairs(raw string) map[string][]string {
	out := make(map[string][]string)
	decode := func(s string) string {
		if d, err := url.QueryUnescape(s); err == nil {
			return d
		}
		return s
	}
	for pair := range strings.SplitSeq(raw, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			out[decode(name)] = append(out[decode(name)], decode(value))
		}
	}
	return out
}

// Body is the predicate for a body that was sent with a Content-Type: JSON and
// forms are compared as what they are.
func Body(text, contentType string) *simulations.Value {
	if text == "" {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		if v, err := simulations.ParseJSON([]byte(text)); err == nil {
			return convert.Op("json", convert.Object("value", v))
		}
	case kind == "application/x-www-form-urlencoded":
		form := &simulations.Value{Kind: simulations.Object}
		var names []string
		for name, values := range pairs(text) {
			names = append(names, name)
			one := simulations.NewString(values[0])
			if len(values) > 1 {
				one = convert.Op("hasExactly", convert.Strings(values))
			}
			form.Set(name, one)
		}
		return convert.Object("form", sorted(form), "formOnly", sortedStrings(names))
	}
	return simulations.NewString(text)
}

// Undecoded takes the headers off that describe a body as it went over the
// wire, where what is kept is the body itself.
func Undecoded(r *simulations.Response) {
	delete(r.Headers, "Content-Length")
	if enc := r.Headers["Content-Encoding"]; len(enc) > 0 && !compressed(r) {
		delete(r.Headers, "Content-Encoding")
	}
	if len(r.Headers) == 0 {
		r.Headers = nil
	}
}

// compressed reports whether the body begins as gzip does.
func compressed(r *simulations.Response) bool {
	return r.Base64 != nil && len(*r.Base64) > 2 && http.DetectContentType(*r.Base64) == "application/x-gzip"
}

func cut(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "\uFFFD") + "…"
	}
	return s
}
