package openapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// operation is one method of one path, whichever edition it was written in.
type operation struct {
	at           convert.Place
	method, path string
	// name is its operationId, or method and path.
	name       string
	parameters []*parameter
	// declared is where a parameter stands in the list, by place and name.
	declared  map[[2]string]int
	body      *payload
	answers   []*answer
	callbacks []*callback
	microcks  dispatch
}

// parameter is a parameter of the path, the query, a header or a cookie.
type parameter struct {
	at       convert.Place
	name, in string
	required bool
	// schema is what a value is held to; encoded says that the value is JSON.
	schema  convert.Place
	encoded bool
	// separator stands between the items of a list, exploded says that each item
	// or member may be a parameter of its own, deep that members are written
	// name[member].
	separator      string
	exploded, deep bool
	examples       []example
}

// payload is the body of a request.
type payload struct {
	at       convert.Place
	required bool
	media    []*media
}

// answer is a response that is declared.
type answer struct {
	at   convert.Place
	code string
	// status is what is sent for the code: 200 for 2XX, 0 for default.
	status  int
	headers []header
	media   []*media
	// named are the names of its examples, in order.
	named []string
	// refs are the names of request examples that an answer without content
	// belongs to.
	refs []string
}

// header is a header of a response.
type header struct {
	at       convert.Place
	name     string
	schema   convert.Place
	examples []example
	// only says that no other answer but those of the examples has it.
	only bool
}

// media is a body in one media type.
type media struct {
	at       convert.Place
	mimeType string
	schema   convert.Place
	// fields are the fields of a form where the schema does not list them.
	fields []*parameter
	// examples with a name, and those without.
	examples []example
}

// example is a value that the document gives; its name may be "".
type example struct {
	name  string
	value convert.Place
}

// operation reads an operation of a path item.
func (r *reader) operation(method, path string, at, item convert.Place) *operation {
	op := &operation{at: at, method: method, path: path, name: at.Get("operationId").Text(), declared: make(map[[2]string]int)}
	if op.name == "" {
		op.name = method + " " + path
	}
	var all []convert.Place
	for _, list := range []convert.Place{item.Get("parameters"), at.Get("parameters")} {
		for p := range list.Items() {
			if p = r.deref(p); p.Set() && p.IsObject() {
				all = append(all, p)
			}
		}
	}
	if r.edition == swagger2 {
		r.swaggerRequest(op, all)
	} else {
		r.request(op, all)
	}
	for code, a := range at.Get("responses").Members() {
		if strings.HasPrefix(code, "x-") {
			continue
		}
		if status, ok := statusOf(code); !ok {
			a.Warn("%q is no status that can be answered: there are 200 to 599, 2XX to 5XX and default", code)
		} else if to := r.deref(a); to.Set() {
			op.answers = append(op.answers, r.answer(op, to, code, status))
		}
	}
	slices.SortStableFunc(op.answers, func(a, b *answer) int { return cmp.Compare(a.order(), b.order()) })
	r.callbacks(op)
	r.dispatch(op)
	return op
}

// statusOf reads the key of a response.
func statusOf(code string) (int, bool) {
	if code == "default" {
		return 0, true
	}
	if len(code) == 3 && strings.EqualFold(code[1:], "XX") {
		code = code[:1] + "00"
	}
	n, err := strconv.Atoi(code)
	return n, err == nil && n >= 200 && n <= 599
}

// order puts the answer that is given first: the lowest success, then a
// redirection, then the default, then errors.
func (a *answer) order() int {
	ranged := 0
	if strings.HasSuffix(strings.ToUpper(a.code), "XX") {
		ranged = 1000 // behind the statuses themselves
	}
	switch {
	case a.status == 0:
		return 1_000_000
	case a.status < 300:
		return a.status + ranged
	case a.status < 400:
		return 100_000 + a.status + ranged
	}
	return 10_000_000 + a.status + ranged
}

// request reads the parameters and the body of OpenAPI 3.
func (r *reader) request(op *operation, all []convert.Place) {
	for _, p := range all {
		q := &parameter{at: p, name: p.Get("name").Text(), in: p.Get("in").Text(), required: isTrue(p.Get("required")), schema: p.Get("schema"), separator: ","}
		q.exploded = q.in == "query" || q.in == "cookie"
		if explode := p.Get("explode"); explode.Set() {
			q.exploded = explode.Bool()
		}
		switch style := p.Get("style").Text(); style {
		case "", "form", "simple":
		case "spaceDelimited":
			q.separator = " "
		case "pipeDelimited":
			q.separator = "|"
		case "deepObject":
			q.deep = true
		default:
			p.Get("style").Warn("values of style %s are not looked at", style)
			q.schema = convert.Place{}
		}
		for mimeType, m := range p.Get("content").Members() {
			q.schema, q.encoded = m.Get("schema"), isJSON(mimeType)
			q.examples = r.examples(m)
		}
		q.examples = append(q.examples, r.examples(p)...)
		op.add(q)
	}
	body := r.deref(op.at.Get("requestBody"))
	if !body.Set() {
		return
	}
	op.body = &payload{at: body, required: isTrue(body.Get("required")), media: r.content(body.Get("content"))}
}

// add takes a parameter in the place of one of the same name that the path
// declares.
func (op *operation) add(p *parameter) {
	switch {
	case p.name == "":
		p.at.Refuse("a parameter has a `name`")
		return
	case p.in != "path" && p.in != "query" && p.in != "header" && p.in != "cookie":
		p.at.Get("in").Refuse("%q is no place of a parameter", p.in)
		return
	case p.in == "header" && slices.ContainsFunc([]string{"Accept", "Content-Type", "Authorization"}, func(s string) bool { return strings.EqualFold(s, p.name) }):
		return // said elsewhere in the description, and to be passed over here
	}
	p.required = p.required || p.in == "path"
	key := [2]string{p.in, p.name}
	if i, ok := op.declared[key]; ok {
		op.parameters[i] = p
		return
	}
	op.declared[key] = len(op.parameters)
	op.parameters = append(op.parameters, p)
}

// content reads bodies by their media types.
func (r *reader) content(p convert.Place) []*media {
	var out []*media
	for mimeType, m := range p.Members() {
		if strings.HasPrefix(mimeType, "x-") && !strings.Contains(mimeType, "/") {
			continue
		}
		out = append(out, &media{at: m, mimeType: mimeType, schema: m.Get("schema"), examples: r.examples(m)})
	}
	return out
}

// maxExamples bounds the examples that stand together.
const maxExamples = 500

// examples reads what stands beside a schema: the one, then those with names.
func (r *reader) examples(p convert.Place) []example {
	var out []example
	if one := p.First("example", "x-example"); one.Is() {
		out = append(out, example{"", one})
	}
	list := p.Get("examples")
	if list.Kind() != simulations.Object {
		return out
	}
	for name, e := range list.Members() {
		if len(out) > maxExamples {
			e.Warn("there are more than %d examples beside it: the rest was left out", maxExamples)
			break
		}
		e = r.deref(e)
		switch value := e.Get("value"); {
		case e.Get("externalValue").Set():
			e.Get("externalValue").Warn("nothing is fetched: write the example into the document")
		case value.Is():
			out = append(out, example{name, value})
		case e.Kind() == simulations.Object:
			e.Warn("the example has no `value`")
		}
	}
	return out
}

// answer reads a response.
func (r *reader) answer(op *operation, p convert.Place, code string, status int) *answer {
	a := &answer{at: p, code: code, status: status}
	for item := range p.Get("x-microcks-refs").Items() {
		a.refs = append(a.refs, item.Text())
	}
	for name, h := range p.Get("headers").Members() {
		h = r.deref(h)
		one := header{at: h, name: name, schema: h.Get("schema"), examples: r.examples(h)}
		if r.edition == swagger2 {
			one.schema = h
		}
		a.headers = append(a.headers, one)
	}
	if r.edition == swagger2 {
		a.media = r.swaggerContent(op, p)
	} else {
		a.media = r.content(p.Get("content"))
	}
	preferJSON(a.media)
	for _, m := range a.media {
		for _, e := range m.examples {
			if e.name != "" && !slices.Contains(a.named, e.name) {
				a.named = append(a.named, e.name)
			}
		}
	}
	return a
}

// preferJSON puts JSON before other media types: it is what is given to those
// who do not say what they accept.
func preferJSON(list []*media) {
	slices.SortStableFunc(list, func(a, b *media) int {
		rank := func(m *media) int {
			if isJSON(m.mimeType) {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
}
