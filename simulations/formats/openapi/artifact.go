package openapi

import (
	"bytes"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Artifact reads the files that Microcks puts beside a description: APIExamples,
// whose exchanges of HTTP operations are whole, so that they can be read alone.
// APIMetadata says something of a description only, and is refused with the
// place where it belongs.
type Artifact struct{}

// Name is what users call the format.
func (Artifact) Name() string { return "microcks" }

// Aliases are further names: none.
func (Artifact) Aliases() []string { return nil }

// Sniff recognises the members of Microcks' own files and their group.
func (Artifact) Sniff(data []byte) bool {
	return bytes.Contains(data, []byte("microcks.io/")) && sniff.HasAll(data, "apiVersion", "kind", "metadata")
}

// Decode reads a file.
func (Artifact) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	r := newReader(root)
	r.edition = openapi31
	switch kind := root.Get("kind"); kind.Text() {
	case "APIExamples":
		for name, list := range root.Get("operations").Members() {
			r.exchanges(name, list)
		}
	case "APIMetadata":
		kind.Refuse("says how operations of %q choose their examples, and holds none: write what stands under an operation here "+
			"as x-microcks-operation into its OpenAPI description, and import that", root.Get("metadata").Get("name").Text())
	default:
		kind.Refuse("%q is not read: there is APIExamples", kind.Text())
	}
	stubs, origins := r.out.finish()
	return convert.Done(root, "file of Microcks", &simulations.Document{Stubs: stubs}, origins)
}

// exchanges makes the stubs of an operation such as "GET /pets/{id}", with the
// examples by name.
func (r *reader) exchanges(name string, list convert.Place) {
	method, path, _ := strings.Cut(name, " ")
	switch {
	case method == "SUBSCRIBE" || method == "PUBLISH" || method == "SEND" || method == "RECEIVE":
		list.Warn("messages have no HTTP, and were left out")
		return
	case !slices.Contains(methods, strings.ToLower(method)) || !strings.HasPrefix(path, "/"):
		list.Refuse("%q is no HTTP operation, such as GET /pets/{id}: what it is asked by stands in its schema, WSDL or proto, which is not here; "+
			"write stubs for it", name)
		return
	}
	op := &operation{at: list, method: method, path: path, name: name, declared: make(map[[2]string]int)}
	asked := make(map[string]bool)
	n := 0
	for example, at := range list.Members() {
		if n++; n > maxExamples {
			at.Warn("the operation has more than %d examples: the rest was left out", maxExamples)
			break
		}
		at.Only("request", "response", "eventMessage")
		if at.Get("eventMessage").Set() {
			at.Warn("messages have no HTTP, and were left out")
			continue
		}
		op.exchangeRequest(example, at.Get("request"), asked)
		op.exchangeResponse(example, at.Get("response"))
	}
	// Only a request like one of the examples is answered; an example that says
	// nothing of its request is for all others.
	op.microcks.forwarded = true
	for _, a := range op.answers {
		for _, example := range a.named {
			if !asked[example] && op.microcks.fallback == "" {
				op.microcks.forwarded, op.microcks.fallback = false, example
			}
		}
	}
	r.stubs(op, "")
}

// exchangeRequest adds the request of an example to the operation's. Headers are
// not compared, as they are not there.
func (op *operation) exchangeRequest(name string, p convert.Place, asked map[string]bool) {
	p.Only("parameters", "headers", "body")
	for field, value := range p.Get("parameters").Members() {
		in := "query"
		if strings.Contains(op.path, "{"+field+"}") {
			in = "path"
		}
		key := [2]string{in, field}
		i, ok := op.declared[key]
		if !ok {
			i = len(op.parameters)
			op.declared[key] = i
			op.parameters = append(op.parameters, &parameter{at: value, name: field, in: in, separator: ","})
		}
		op.parameters[i].examples = append(op.parameters[i].examples, example{name, value})
		asked[name] = true
	}
	body := p.Get("body")
	if !body.Set() {
		return
	}
	if op.body == nil {
		op.body = &payload{at: body}
	}
	mimeType := "application/json"
	for field, value := range p.Get("headers").Members() {
		if strings.EqualFold(field, "Content-Type") {
			mimeType = value.Text()
		}
	}
	m := mediaOf(&op.body.media, body, mimeType)
	m.examples = append(m.examples, example{name, body})
	asked[name] = true
}

// mediaOf is the body in that media type, a new one where there is none.
func mediaOf(list *[]*media, at convert.Place, mimeType string) *media {
	for _, m := range *list {
		if m.mimeType == mimeType {
			return m
		}
	}
	m := &media{at: at, mimeType: mimeType}
	*list = append(*list, m)
	return m
}

// exchangeResponse adds the response of an example to the operation's answers.
func (op *operation) exchangeResponse(name string, p convert.Place) {
	p.Only("status", "mediaType", "headers", "body", "dispatchCriteria")
	code := p.Get("status").Text()
	if code == "" {
		code = "200"
	}
	status, ok := statusOf(code)
	if !ok || status == 0 {
		p.Get("status").Refuse("%q is no status that can be answered: there are 200 to 599", code)
		return
	}
	if c := p.Get("dispatchCriteria"); c.Set() {
		c.Warn("is not looked at: the parameters of the request decide")
	}
	var a *answer
	for _, other := range op.answers {
		if other.status == status {
			a = other
		}
	}
	if a == nil {
		a = &answer{at: p, code: code, status: status}
		op.answers = append(op.answers, a)
		slices.SortStableFunc(op.answers, func(a, b *answer) int { return a.order() - b.order() })
	}
	a.named = append(a.named, name)
	mimeType := p.Get("mediaType").Text()
	if mimeType == "" {
		mimeType = "application/json"
	}
	if body := p.Get("body"); body.Is() {
		m := mediaOf(&a.media, body, mimeType)
		m.examples = append(m.examples, example{name, body})
	}
	for field, value := range p.Get("headers").Members() {
		i := slices.IndexFunc(a.headers, func(h header) bool { return strings.EqualFold(h.name, field) })
		if i < 0 {
			i = len(a.headers)
			a.headers = append(a.headers, header{at: value, name: field, only: true})
		}
		a.headers[i].examples = append(a.headers[i].examples, example{name, value})
	}
}
