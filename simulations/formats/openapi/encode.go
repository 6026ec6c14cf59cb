package openapi

import (
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of a description.
func (Format) MediaType() string { return "application/json" }

// Encode writes a description of version 3.0 that the stubs are examples of.
// Paths that differ in segments which look like ids are one template, schemas are
// what all bodies of an operation have in common, and each answer is an example.
// A description says what is sent, not which answer belongs to which request.
func (Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, false)
	d := &description{paths: make(map[string]map[string]*writtenOperation), servers: make(map[string]writtenServers)}
	for i := range doc.Stubs {
		d.stub(doc, i, log.Stub(i))
	}
	title := doc.Name
	if title == "" {
		title = "understudy"
	}
	info := convert.Object("title", simulations.NewString(title), "version", simulations.NewString("1"))
	paths := &simulations.Value{Kind: simulations.Object}
	whole := convert.Object("openapi", simulations.NewString("3.0.3"), "info", info)
	shared := common(d.servers)
	if list := shared.value(); list != nil {
		whole.Set("servers", list)
	}
	for _, path := range export.Names(d.paths) {
		item := &simulations.Value{Kind: simulations.Object}
		if list := d.servers[path].value(); list != nil && shared == nil {
			item.Set("servers", list)
		}
		for _, method := range export.Names(d.paths[path]) {
			item.Set(method, d.paths[path][method].value())
		}
		paths.Set(path, item)
	}
	whole.Set("paths", paths)
	text := export.Indented(whole, 0)
	_, err := io.WriteString(w, text+"\n")
	return log.Warnings(), err
}

// description is the operations of a document, by path and method, and the servers
// by path.
type description struct {
	paths   map[string]map[string]*writtenOperation
	servers map[string]writtenServers
}

// writtenOperation is what is known of the requests and answers of one path and method.
type writtenOperation struct {
	// requests counts the stubs; a parameter that all of them name is required.
	requests   int
	parameters map[string]*writtenParameter
	body       map[string]*shape // by media type
	answers    map[string]*writtenAnswer
}

type writtenParameter struct {
	in, name string
	count    int
	of       shape
}

type writtenAnswer struct {
	headers map[string]bool
	bodies  map[string]*writtenContent // by media type
}

// content is a body's schema, and the examples by the names of their stubs.
type writtenContent struct {
	of       shape
	names    []string
	examples map[string]*simulations.Value
}

// describedMethods are the methods that a description has.
var describedMethods = []string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}

func (d *description) stub(doc *simulations.Document, i int, at export.Place) {
	s := describable(doc.Stubs[i], at)
	x := export.SampleOf(doc, s, at, true)
	if s.Scenario != nil || s.State != nil || s.Times > 0 {
		at.Warn("a description has no states: what depends on them is one example among others")
	}
	answers := slices.Clone(s.Responses)
	if s.Response != nil {
		answers = append(answers, s.Response)
	}
	if len(answers) > 1 {
		at.Warn("a description has no order: answers in turn are examples beside each other")
	}
	path, params, ok := templated(x)
	if ok && !x.Template && len(params) > 0 {
		at.Get("request").Get("path").Warn("an id in a path is a parameter in a description: what one id was answered stands for all of them")
	}
	if !ok {
		at.Get("request").Get("path").LeaveOut("a parameter is a whole segment in a description, and takes no rest")
	}
	for _, m := range x.Methods {
		if !slices.Contains(describedMethods, m) {
			at.Get("request").Get("method").LeaveOut("%s is no method that a description has", m)
		}
	}
	if at.Left() {
		return
	}
	name := s.ID
	if name == "" {
		name = "stub-" + strconv.Itoa(i)
	}
	if d.servers[path] == nil {
		d.servers[path] = make(writtenServers)
	}
	d.servers[path].add(x.Server)
	for _, m := range x.Methods {
		op := d.operation(path, strings.ToLower(m))
		op.request(x, params)
		for n, r := range answers {
			if n > 0 {
				op.answer(r, name+"-"+strconv.Itoa(n+1), at)
			} else {
				op.answer(r, name, at)
			}
		}
	}
}

// describable is the stub without conditions that a description has no place for:
// what it answers belongs to the operation all the same.
func describable(s *simulations.Stub, at export.Place) *simulations.Stub {
	q := &s.Request
	if q.Session == nil && q.Origin == nil && len(q.Any) == 0 && len(q.None) == 0 {
		return s
	}
	at.Get("request").Warn("a description says what is sent, not on which conditions: session, origin, any and none were left out")
	plain := *s
	plain.Request.Session, plain.Request.Origin, plain.Request.Any, plain.Request.None = nil, nil, nil, nil
	return &plain
}

func (d *description) operation(path, method string) *writtenOperation {
	if d.paths[path] == nil {
		d.paths[path] = make(map[string]*writtenOperation)
	}
	op := d.paths[path][method]
	if op == nil {
		op = &writtenOperation{parameters: make(map[string]*writtenParameter), body: make(map[string]*shape), answers: make(map[string]*writtenAnswer)}
		d.paths[path][method] = op
	}
	return op
}

// id is a segment that names one thing among many of its kind.
var id = regexp.MustCompile(`^(?:[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|[A-Za-z]{2,8}_[0-9A-Za-z]*[0-9][0-9A-Za-z]*)$`)

// templated is the path as a description writes it, with the values of its
// parameters, where they are known.
func templated(x *export.Sample) (path string, params []export.Pair, ok bool) {
	var list []string
	if x.Template {
		for _, s := range export.Segments(x.Path) {
			if s.Rest || s.Param != "" && s.Literal+s.Suffix != "" {
				return "", nil, false
			}
			if s.Param == "" {
				list = append(list, s.Literal)
				continue
			}
			params = append(params, export.Pair{})
			list = append(list, "")
		}
	} else {
		for s := range strings.SplitSeq(strings.TrimPrefix(x.Path, "/"), "/") {
			if id.MatchString(s) {
				params = append(params, export.Pair{Value: s})
				s = ""
			} else {
				s = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
			}
			list = append(list, s)
		}
	}
	// Parameters are called by what stands before them, so that a template and the
	// paths that fit it are one.
	n := 0
	taken := make(map[string]bool)
	for i, s := range list {
		if s != "" || n == len(params) || i == 0 && len(list) == 1 && len(params) == 0 {
			continue
		}
		name := "id"
		if i > 0 && list[i-1] != "" && !strings.HasPrefix(list[i-1], "{") {
			name = strings.Trim(notWord.ReplaceAllString(strings.TrimSuffix(list[i-1], "s"), "-"), "-") + "Id"
		}
		for base, k := name, 2; taken[name]; k++ {
			name = base + strconv.Itoa(k)
		}
		taken[name] = true
		params[n].Name = name
		n++
		list[i] = "{" + name + "}"
	}
	return "/" + strings.Join(list, "/"), params, n == len(params)
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// request adds what a request has.
func (op *writtenOperation) request(x *export.Sample, params []export.Pair) {
	op.requests++
	seen := make(map[string]bool)
	add := func(in string, list []export.Pair) {
		for _, p := range list {
			key := in + " " + p.Name
			if op.parameters[key] == nil {
				op.parameters[key] = &writtenParameter{in: in, name: p.Name}
			}
			if !seen[key] {
				seen[key] = true
				op.parameters[key].count++
			}
			op.parameters[key].of.text(p.Value)
		}
	}
	add("path", params)
	add("query", x.Query)
	var headers []export.Pair
	for _, h := range x.Headers {
		// These three are said otherwise (OpenAPI 3.0.3, Parameter Object).
		if !slices.Contains([]string{"Accept", "Content-Type", "Authorization"}, http.CanonicalHeaderKey(h.Name)) {
			headers = append(headers, h)
		}
	}
	add("header", headers)
	switch {
	case x.JSON != nil:
		op.sent("application/json").add(x.JSON)
	case len(x.Form) > 0:
		form := &simulations.Value{Kind: simulations.Object}
		for _, p := range x.Form {
			form.Set(p.Name, simulations.NewString(p.Value))
		}
		op.sent(x.MediaType()).add(form)
	case x.HasBody:
		op.sent("text/plain").add(simulations.NewString(x.Body))
	}
}

func (op *writtenOperation) sent(media string) *shape {
	if op.body[media] == nil {
		op.body[media] = &shape{}
	}
	return op.body[media]
}

// answer adds an answer as an example.
func (op *writtenOperation) answer(r *simulations.Response, name string, at export.Place) {
	switch {
	case r.Fault != "":
		at.Warn("a description has no faults: they were left out")
		return
	case r.StatusTemplate != "":
		at.Warn("a status is a number in a description: answers without one were left out")
		return
	case r.Delay != nil || r.Pace != nil:
		at.Warn("a description has no delays")
	}
	status := "200"
	if r.Status != 0 {
		status = strconv.Itoa(r.Status)
	}
	if op.answers[status] == nil {
		op.answers[status] = &writtenAnswer{headers: make(map[string]bool), bodies: make(map[string]*writtenContent)}
	}
	a := op.answers[status]
	headers := export.Headers(r, at)
	media := ""
	for _, h := range export.Names(headers) {
		if http.CanonicalHeaderKey(h) != "Content-Type" {
			a.headers[h] = true
		} else if parsed, _, err := mime.ParseMediaType(headers[h][0]); err == nil {
			media = parsed
		}
	}
	a.body(media, export.Body(r), name, r, at)
}

func (a *writtenAnswer) body(media string, body []byte, name string, r *simulations.Response, at export.Place) {
	if len(body) == 0 {
		return
	}
	if r.Template && strings.Contains(string(body), "{{") {
		at.Warn("a template is no example: the answers of templates have none")
		return
	}
	v, err := simulations.ParseJSON(body)
	switch {
	case err == nil && (strings.HasSuffix(media, "json") || media == "" && v.Kind >= simulations.Array):
		if media == "" {
			media = "application/json"
		}
	case utf8.Valid(body):
		v = simulations.NewString(string(body))
		if media == "" {
			media = "text/plain"
		}
	default:
		at.Warn("a body that is no text has no example in a description")
		v = nil
		if media == "" {
			media = "application/octet-stream"
		}
	}
	c := a.bodies[media]
	if c == nil {
		c = &writtenContent{examples: make(map[string]*simulations.Value)}
		a.bodies[media] = c
	}
	if v == nil {
		c.of.binary = true
		return
	}
	c.of.add(v)
	if c.examples[name] == nil {
		c.names = append(c.names, name)
	}
	c.examples[name] = v
}

// value writes an operation.
func (op *writtenOperation) value() *simulations.Value {
	var m export.Members
	parameters := &simulations.Value{Kind: simulations.Array}
	for _, key := range export.Names(op.parameters) {
		p := op.parameters[key]
		one := convert.Object("name", simulations.NewString(p.name), "in", simulations.NewString(p.in))
		if p.in == "path" || p.count == op.requests {
			one.Set("required", convert.Flag())
		}
		one.Set("schema", p.of.schema())
		parameters.Items = append(parameters.Items, one)
	}
	if len(parameters.Items) > 0 {
		m.Set("parameters", parameters)
	}
	if len(op.body) > 0 {
		contents := &simulations.Value{Kind: simulations.Object}
		for _, media := range export.Names(op.body) {
			contents.Set(media, convert.Object("schema", op.body[media].schema()))
		}
		m.Set("requestBody", convert.Object("content", contents))
	}
	responses := &simulations.Value{Kind: simulations.Object}
	for _, status := range export.Names(op.answers) {
		responses.Set(status, op.answers[status].value(status))
	}
	if len(responses.Names) == 0 {
		responses.Set("default", convert.Object("description", simulations.NewString("nothing is known")))
	}
	m.Set("responses", responses)
	return m.Value()
}

func (a *writtenAnswer) value(status string) *simulations.Value {
	code, _ := strconv.Atoi(status) // it is a number
	text := http.StatusText(code)
	if text == "" {
		text = status
	}
	var m export.Members
	m.Text("description", text)
	if len(a.headers) > 0 {
		headers := &simulations.Value{Kind: simulations.Object}
		for _, h := range export.Names(a.headers) {
			headers.Set(h, convert.Object("schema", convert.TextOp("type", "string")))
		}
		m.Set("headers", headers)
	}
	if len(a.bodies) > 0 {
		contents := &simulations.Value{Kind: simulations.Object}
		for _, media := range export.Names(a.bodies) {
			c := a.bodies[media]
			one := convert.Object("schema", c.of.schema())
			if len(c.names) > 0 {
				examples := &simulations.Value{Kind: simulations.Object}
				for _, name := range c.names {
					examples.Set(name, convert.Op("value", c.examples[name]))
				}
				one.Set("examples", examples)
			}
			contents.Set(media, one)
		}
		m.Set("content", contents)
	}
	return m.Value()
}
