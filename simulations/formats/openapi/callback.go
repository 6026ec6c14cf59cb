package openapi

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// callback is a request that the service makes once it has answered.
type callback struct {
	at     convert.Place
	name   string
	method string
	// url is a template.
	url     string
	media   []*media
	headers []header
	expect  simulations.Results
	// order is the place that Microcks gives it among the others.
	order int
}

// callbacks reads the callbacks of an operation.
func (r *reader) callbacks(op *operation) {
	for name, at := range op.at.Get("callbacks").Members() {
		for expression, item := range r.deref(at).Members() {
			if strings.HasPrefix(expression, "x-") {
				continue
			}
			url, ok := runtimeTemplate(expression)
			if !ok {
				item.Warn("%q is no address that can be made of the request or the answer: the callback was left out", expression)
				continue
			}
			if item = r.deref(item); !item.Set() {
				continue
			}
			for method, sent := range item.Members() {
				if slices.Contains(methods, method) {
					op.callbacks = append(op.callbacks, r.callback(name, strings.ToUpper(method), url, sent))
				}
			}
		}
	}
	slices.SortStableFunc(op.callbacks, func(a, b *callback) int { return cmp.Compare(a.order, b.order) })
	if n := len(op.callbacks); n > simulations.MaxCallbacks {
		op.at.Get("callbacks").Warn("of %d callbacks the first %d are sent", n, simulations.MaxCallbacks)
		op.callbacks = op.callbacks[:simulations.MaxCallbacks]
	}
}

func (r *reader) callback(name, method, url string, at convert.Place) *callback {
	c := &callback{at: at, name: name, method: method, url: url, order: at.Get("x-microcks-callback").Get("order").Int()}
	body := r.deref(at.Get("requestBody"))
	c.media = r.content(body.Get("content"))
	preferJSON(c.media)
	for p := range at.Get("parameters").Items() {
		if p = r.deref(p); p.Get("in").Text() == "header" && simulations.CallbackHeader(p.Get("name").Text()) {
			c.headers = append(c.headers, header{at: p, name: p.Get("name").Text(), schema: p.Get("schema"), examples: r.examples(p)})
		}
	}
	for _, code := range names(at.Get("responses")) {
		switch status, ok := statusOf(code); {
		case !ok || status == 0 || status > 299:
		case strings.EqualFold(code, "2XX"):
			c.expect = append(c.expect, "2xx")
		default:
			c.expect = append(c.expect, code)
		}
	}
	return c
}

// spacing lies between callbacks that have an order: they are sent side by side.
const spacing = simulations.Duration(100 * time.Millisecond)

// sent makes the callbacks of an answer, with the examples of that name or the
// first.
func (r *reader) sent(op *operation, name string) []*simulations.Callback {
	var out []*simulations.Callback
	for i, c := range op.callbacks {
		a := &answer{at: c.at, code: "callback " + c.name, headers: c.headers}
		var m *media
		if len(c.media) > 0 {
			m = c.media[0]
		}
		example := name
		if m == nil || m.example(name) == nil {
			example = ""
		}
		// Its headers and body are made as those of an answer are.
		made := r.response(op, a, m, 200, example)
		if !made.Template && (made.Text != nil && strings.Contains(*made.Text, "{{") || made.JSON != nil && r.out.bears(made.JSON)) {
			continue // which has been warned of
		}
		call := &simulations.Callback{
			Method: c.method, URL: c.url, Headers: made.Headers, Text: made.Text, JSON: made.JSON, Template: true, Expect: c.expect,
		}
		if c.order > 0 && i > 0 {
			call.Delay = &simulations.Delay{Fixed: simulations.Duration(i) * spacing}
		}
		out = append(out, call)
	}
	return out
}

var (
	embeddedExpression = regexp.MustCompile(`\{(\$[^{}]*)\}`)
	runtimeBody        = regexp.MustCompile(`^\$(request|response)\.body(?:#((?:/[^{}\[\]]*)?))?$`)
	runtimeField       = regexp.MustCompile(`^\$(request|response)\.(header|query|path)\.([^{}\[\]]+)$`)
)

// fields are what templates call what a runtime expression names.
var fields = map[string]string{"header": "headers", "query": "query", "path": "pathParams"}

// runtimeTemplate writes the key of a callback, with its runtime expressions
// (OpenAPI 3.1, section 4.8.20.4), as a template.
func runtimeTemplate(key string) (string, bool) {
	if strings.HasPrefix(key, "$") {
		key = "{" + key + "}"
	}
	known := !strings.Contains(key, "{{")
	out := embeddedExpression.ReplaceAllStringFunc(key, func(m string) string {
		expression := m[1 : len(m)-1]
		if body := runtimeBody.FindStringSubmatch(expression); body != nil {
			path := body[1] + ".body"
			for token := range strings.SplitSeq(strings.TrimPrefix(body[2], "/"), "/") {
				if token != "" {
					path += member(unescape(token))
				}
			}
			return "{{" + path + "}}"
		}
		if field := runtimeField.FindStringSubmatch(expression); field != nil && (field[1] == "request" || field[2] == "header") {
			return "{{" + field[1] + "." + fields[field[2]] + member(field[3]) + "}}"
		}
		known = false
		return ""
	})
	// What is not an address of its own is relative to nothing that is known.
	return out, known && (strings.HasPrefix(out, "{{") || strings.HasPrefix(out, "http://") || strings.HasPrefix(out, "https://"))
}
