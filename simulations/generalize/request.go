package generalize

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// request is what a recorded stub asks for, taken apart.
type request struct {
	// stub is its place in the document, stubID its id.
	stub   int
	stubID string
	at     *simulations.Pattern
	// realm is what tells services apart: collaborator, host, and how the query
	// and redacted values are compared.
	realm, collaborator string
	method              string
	// key is the same for requests that differ in volatile fields only, exact for
	// those that stubs cannot tell apart.
	key, exact string
	// segments are the path's, as it was sent.
	segments       []string
	query, headers []field
	body           body
}

// field is a query parameter, header or form field with its values.
type field struct {
	name   string
	values []string
}

// bodyKind is how a request's body is compared.
type bodyKind uint8

const (
	// anyBody is not looked at, noBody is absent, opaqueBody compared whole.
	anyBody bodyKind = iota
	noBody
	opaqueBody
	jsonBody
	formBody
)

type body struct {
	kind bodyKind
	json *simulations.Value
	form []field
}

// literal takes a stub apart that asks for literal values only, as recorded
// stubs do; why says what keeps another from being one.
func literal(doc *simulations.Document, i int) (r *request, answers []*simulations.Response, why string) {
	s := doc.Stubs[i]
	p := &s.Request
	switch {
	case len(p.Method) != 1:
		return nil, nil, "it names no single method"
	case p.Method[0] == "HEAD":
		return nil, nil, "answers to HEAD have no body to learn from"
	case s.Order != "" && s.Order != simulations.OrderSequence:
		return nil, nil, "its answers are not in sequence"
	case !plainStub(s):
		return nil, nil, "it asks for more than a request, or is limited"
	case !plainPattern(p):
		return nil, nil, "its request has conditions that recordings have not"
	}
	answers = s.Responses
	if s.Response != nil {
		answers = []*simulations.Response{s.Response}
	}
	if len(answers) == 0 || slices.ContainsFunc(answers, func(a *simulations.Response) bool { return !plainResponse(a) }) {
		return nil, nil, "its answer is a template, a fault, a file, or does more than answer"
	}
	r = &request{stub: i, stubID: s.ID, at: p, collaborator: s.Collaborator, method: p.Method[0]}
	if r.collaborator == "" {
		r.collaborator = doc.Collaborator
	}
	if why = r.take(p); why != "" {
		return nil, nil, why
	}
	return r, answers, ""
}

// The plain forms are those whose every other field is absent, also such as are
// not known here: what is not understood stays as it is.

func plainStub(s *simulations.Stub) bool {
	return reflect.DeepEqual(*s, simulations.Stub{
		ID: s.ID, Collaborator: s.Collaborator, Priority: s.Priority, Labels: s.Labels, Request: s.Request,
		Response: s.Response, Responses: s.Responses, Order: s.Order,
	})
}

func plainPattern(p *simulations.Pattern) bool {
	return reflect.DeepEqual(*p, simulations.Pattern{
		Method: p.Method, Host: p.Host, Authority: p.Authority, Path: p.Path, URL: p.URL, Query: p.Query, ExactQuery: p.ExactQuery,
		Headers: p.Headers, Body: p.Body, Redacted: p.Redacted,
	})
}

func plainResponse(a *simulations.Response) bool {
	return reflect.DeepEqual(*a, simulations.Response{
		Status: a.Status, Headers: a.Headers, Trailers: a.Trailers, Text: a.Text, JSON: a.JSON, Base64: a.Base64, Delay: a.Delay,
		Repeat: a.Repeat, Recording: a.Recording,
	})
}

// take reads the pattern; it says why it cannot.
func (r *request) take(p *simulations.Pattern) string {
	path, rawQuery, ok := "", "", true
	switch {
	case p.Path != nil:
		path, ok = scalarText(p.Path.Value)
	case p.URL == nil:
		ok = false
	}
	if p.URL != nil {
		var whole string
		if whole, ok = scalarText(p.URL.Value); ok {
			var urlPath string
			urlPath, rawQuery, _ = strings.Cut(whole, "?")
			ok = path == "" || path == urlPath
			path = urlPath
		}
	}
	if !ok || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "{}") || !utf8.ValidString(path) {
		return "its path is not literal"
	}
	r.segments = strings.Split(path[1:], "/")
	if len(r.segments) > maxSegments {
		return "its path has too many segments"
	}
	exact := p.ExactQuery
	if p.URL != nil {
		exact = true
		r.query = parseQuery(rawQuery)
	}
	for name, is := range p.Query {
		values, ok := scalars(is.Value)
		if !ok || p.URL != nil {
			return "its query parameter " + name + " is not literal"
		}
		r.query = append(r.query, field{name, values})
	}
	for name, is := range p.Headers {
		values, ok := scalars(is.Value)
		if !ok {
			return "its header " + name + " is not literal"
		}
		r.headers = append(r.headers, field{name, values})
	}
	sortFields(r.query)
	sortFields(r.headers)
	r.realm = strings.Join([]string{
		r.collaborator, canonical(p.Host), canonical(p.Authority),
		strconv.FormatBool(exact), strconv.FormatBool(p.Redacted),
	}, "\x00")
	if why := r.takeBody(p.Body); why != "" {
		return why
	}
	r.key = r.requestKey()
	r.exact = r.collaborator + string(p.AppendCanonical(nil))
	return ""
}

func (r *request) takeBody(p *simulations.Predicate) string {
	if p == nil {
		return ""
	}
	if p.Kind != simulations.Object {
		if text, ok := scalarText(p.Value); ok {
			r.takeText(text)
			return ""
		}
		return "its body is not literal"
	}
	only := func(names ...string) bool { return slices.Equal(p.Names, names) }
	switch {
	case only("absent") && p.Get("absent").Text == "true":
		r.body.kind = noBody
	case only("equals"):
		text, ok := scalarText(p.Get("equals"))
		if !ok {
			return "its body is not literal"
		}
		r.takeText(text)
	case only("json"):
		v := p.Get("json")
		if inner := v.Get("value"); inner != nil {
			if len(v.Names) > 1 {
				return "its body is compared with options"
			}
			v = inner
		}
		r.body = body{kind: jsonBody, json: v}
	case only("form", "formOnly") || only("form"):
		form := p.Get("form")
		if form.Kind != simulations.Object {
			return "its form is not literal"
		}
		r.body.kind = formBody
		for i, name := range form.Names {
			values, ok := scalars(form.Items[i])
			if !ok {
				return "its form field " + name + " is not literal"
			}
			r.body.form = append(r.body.form, field{name, values})
		}
		sortFields(r.body.form)
	case only("xml") || only("base64") || only("multipart"):
		r.body.kind = opaqueBody
	default:
		return "its body is not literal"
	}
	return ""
}

// takeText takes a text that is compared whole: where it is JSON, as that.
func (r *request) takeText(text string) {
	r.body.kind = opaqueBody
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') && len(text) <= maxBody {
		if v, err := simulations.ParseJSON([]byte(text)); err == nil {
			r.body = body{kind: jsonBody, json: v}
		}
	}
}

// requestKey tells requests apart as far as no volatile field does.
func (r *request) requestKey() string {
	var b strings.Builder
	b.WriteString(r.realm)
	b.WriteString("\x00" + r.method + " /" + strings.Join(r.segments, "/"))
	for _, list := range [][]field{r.query, r.headers} {
		b.WriteByte('\x00')
		for _, f := range list {
			if volatileField(f) {
				continue
			}
			b.WriteString(f.name + "=" + strings.Join(f.values, "\x01") + "\x02")
		}
	}
	b.WriteString("\x00" + string(withoutVolatile(r.at.Body, r.body)))
	return b.String()
}

// withoutVolatile is the body's canonical text, but for volatile members of its root.
func withoutVolatile(p *simulations.Predicate, b body) []byte {
	if b.kind == formBody {
		var out []byte
		for _, f := range b.form {
			if !volatileMember(f.name) {
				out = append(out, f.name+"="+strings.Join(f.values, "\x01")+"\x02"...)
			}
		}
		return out
	}
	if b.kind != jsonBody || b.json.Kind != simulations.Object {
		return []byte(canonical(p))
	}
	rest := &simulations.Value{Kind: simulations.Object}
	for i, name := range b.json.Names {
		if !volatileMember(name) {
			rest.Names, rest.Items = append(rest.Names, name), append(rest.Items, b.json.Items[i])
		}
	}
	return rest.AppendCanonical(nil)
}

func canonical(p *simulations.Predicate) string {
	if p == nil {
		return ""
	}
	return string(p.AppendCanonical(nil))
}

// scalarText is the text of a scalar predicate, `equals` too.
func scalarText(v *simulations.Value) (string, bool) {
	switch {
	case v == nil:
		return "", false
	case v.Kind == simulations.String || v.Kind == simulations.Number || v.Kind == simulations.Bool:
		return v.Text, true
	case v.Kind == simulations.Object && len(v.Names) == 1 && v.Names[0] == "equals":
		return scalarText(v.Items[0])
	}
	return "", false
}

// scalars are the values that a field's predicate lists.
func scalars(v *simulations.Value) ([]string, bool) {
	if list := v.Get("hasExactly"); list != nil && len(v.Names) == 1 && list.Kind == simulations.Array {
		out := make([]string, 0, len(list.Items))
		for _, item := range list.Items {
			text, ok := scalarText(item)
			if !ok {
				return nil, false
			}
			out = append(out, text)
		}
		return out, len(out) > 0
	}
	text, ok := scalarText(v)
	return []string{text}, ok
}

func sortFields(list []field) {
	slices.SortFunc(list, func(a, b field) int { return strings.Compare(a.name, b.name) })
}
