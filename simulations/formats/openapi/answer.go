package openapi

import (
	"errors"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// variant is an answer in one media type, given to those who accept it; a nil
// condition holds for everybody.
type variant struct {
	accept   *simulations.Value
	response *simulations.Response
	// form is what tells its stub's id from the others', "" for the one that
	// everybody gets.
	form string
}

// variants are an answer's media types as they are tried: the first is for
// those who accept nothing else, and comes last. Where example names one, only
// media types that have it count.
func (r *reader) variants(op *operation, a *answer, status int, example string) []variant {
	var list []*media
	for _, m := range a.media {
		if example == "" || m.example(example) != nil {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return []variant{{response: r.answered(op, a, nil, status, example)}}
	}
	var out []variant
	for i := len(list) - 1; i >= 0; i-- {
		v := variant{response: r.answered(op, a, list[i], status, example)}
		if i > 0 {
			var others []string
			for j, m := range list {
				if j != i {
					others = append(others, m.mimeType)
				}
			}
			v.accept, v.form = accepts(list[i].mimeType, others), subtype(list[i].mimeType)
		}
		out = append(out, v)
	}
	return out
}

// example is the example of that name, nil for none.
func (m *media) example(name string) *example {
	for i := range m.examples {
		if m.examples[i].name == name {
			return &m.examples[i]
		}
	}
	return nil
}

// answered makes an answer with the callbacks that follow it: errors have none.
func (r *reader) answered(op *operation, a *answer, m *media, status int, name string) *simulations.Response {
	out := r.response(op, a, m, status, name)
	if status < 400 {
		out.Callbacks = r.sent(op, name)
	}
	return out
}

// response makes an answer in a media type; nil for one without content.
func (r *reader) response(op *operation, a *answer, m *media, status int, name string) *simulations.Response {
	out := &simulations.Response{Status: status, Delay: op.microcks.delay}
	if status == 200 {
		out.Status = 0
	}
	out.Headers = make(simulations.Headers)
	for _, h := range a.headers {
		r.header(op, out, a, h, name)
	}
	if m != nil && status != 204 && status != 304 {
		r.fillBody(op, out, a, m, name)
	}
	if len(out.Headers) == 0 {
		out.Headers = nil
	}
	r.expressions(a.at, out)
	return out
}

// header gives a header the example of that name, its own, or a value of its
// schema.
func (r *reader) header(op *operation, out *simulations.Response, a *answer, h header, name string) {
	switch strings.ToLower(h.name) {
	case "content-type", "content-length": // the body's own
		return
	case "content-encoding", "trailer":
		h.at.Warn("%s goes with what is done to a body, which is not done: it was left out", h.name)
		return
	}
	var value *simulations.Value
	for _, e := range h.examples {
		if value == nil && !h.only || e.name == name {
			value = e.value.Value()
		}
	}
	if value == nil && h.only {
		return
	}
	if value == nil {
		var err error
		if value, err = r.responses.set.Make(r.responses.read(h.schema), op.seed(a, "header "+h.name)); err != nil {
			h.at.Warn("the header was left out: %s", err)
			return
		}
	}
	convert.AddHeader(h.at, out.Headers, h.name, headerText(value))
}

// headerText writes a value in the style simple.
func headerText(v *simulations.Value) string {
	switch v.Kind {
	case simulations.Array:
		var list []string
		for _, item := range v.Items {
			list = append(list, headerText(item))
		}
		return strings.Join(list, ",")
	case simulations.Object:
		return v.String()
	}
	return v.Text
}

// seed is what the values of an answer are made from: they are the same with
// every reading, and others for another operation.
func (op *operation) seed(a *answer, part string) string {
	return op.method + " " + op.path + " " + a.code + " " + part
}

// fillBody gives an answer its body.
func (r *reader) fillBody(op *operation, out *simulations.Response, a *answer, m *media, name string) {
	at, value := r.sample(op, a, m, name)
	if value == nil {
		return
	}
	if depth(value) > maxValueDepth {
		at.Refuse("the example is nested deeper than %d", maxValueDepth)
		return
	}
	mimeType := concrete(m.mimeType)
	switch {
	case isJSON(mimeType):
		out.JSON = value
		if plain(mimeType) == "application/json" {
			return
		}
	case value.Kind == simulations.String:
		out.Text = &value.Text
	case isXML(mimeType):
		text := r.xml(m, value)
		out.Text = &text
	default:
		text := value.String()
		out.Text = &text
	}
	convert.AddHeader(m.at, out.Headers, "Content-Type", mimeType)
}

// maxValueDepth leaves room for what stands around a value in a stub.
const maxValueDepth = 400

func depth(v *simulations.Value) int {
	deepest := 0
	for _, item := range v.Items {
		deepest = max(deepest, depth(item))
	}
	return deepest + 1
}

// sample is the example of that name, the first one, or what the schema makes;
// nil for nothing.
func (r *reader) sample(op *operation, a *answer, m *media, name string) (convert.Place, *simulations.Value) {
	schema := r.responses.read(m.schema)
	for _, e := range m.examples {
		if name != "" && e.name != name {
			continue
		}
		value, ok := r.written(m, schema, e.value)
		if !ok {
			continue
		}
		return e.value, value
	}
	if !m.schema.Set() {
		if isJSON(m.mimeType) {
			return m.at, &simulations.Value{Kind: simulations.Object}
		}
		return m.at, nil
	}
	value, err := r.responses.set.Make(schema, op.seed(a, "body"))
	if err != nil {
		m.schema.Warn("no value can be made: %s: write an example; until then the body is empty", err)
		return m.at, nil
	}
	return m.at, value
}

// written is an example as a value. What is JSON, but written as a text, is
// read; what is not valid is given as it is written, with a warning.
func (r *reader) written(m *media, schema *simulations.Value, at convert.Place) (*simulations.Value, bool) {
	value := at.Value()
	if !isJSON(m.mimeType) {
		return value, true
	}
	err := r.responses.set.Valid(value, schema)
	if err == nil && value.Kind == simulations.String && !m.schema.Set() {
		if parsed, broken := simulations.ParseJSON([]byte(value.Text)); broken == nil && len(parsed.Items) > 0 {
			return parsed, true
		}
	}
	if err != nil && value.Kind == simulations.String {
		parsed, broken := simulations.ParseJSON([]byte(value.Text))
		if broken != nil && typeOf(r.responses.flat(schema)) != "string" {
			at.Warn("the example is a text that is no JSON, and was left out: %s", firstFault(broken))
			return nil, false
		}
		if broken == nil {
			value, err = parsed, r.responses.set.Valid(parsed, schema)
		}
	}
	if err != nil {
		at.Warn("the example is not valid under its schema, and is given nevertheless: %s", err)
	}
	return value, true
}

// firstFault is what is wrong with a text, in short.
func firstFault(err error) string {
	if e, ok := errors.AsType[*simulations.Error](err); ok && len(e.Fields) > 0 {
		return e.Fields[0].Detail
	}
	return err.Error()
}
