package mountebank

import (
	"io"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of a list of imposters.
func (Format) MediaType() string { return "application/json" }

// Encode writes a list of imposters, one for each collaborator, whose stubs are
// in order of precedence: the first that matches answers. A stub of no
// collaborator is in each of them. Where no stub matches the answer is that of a
// miss.
func (Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, true)
	e := &encoder{doc: doc, log: log, w: w}
	order := export.Order(doc)
	e.raw("{\n  \"imposters\": [")
	for n, name := range e.imposters() {
		if n > 0 {
			e.raw(",")
			// What there is to say of stubs of no collaborator was said before.
		}
		e.imposter(name, order, n > 0)
	}
	e.raw("\n  ]\n}\n")
	return log.Warnings(), e.err
}

// encoder writes one document.
type encoder struct {
	doc *simulations.Document
	log *export.Log
	w   io.Writer
	err error
}

func (e *encoder) raw(text string) {
	if e.err == nil {
		_, e.err = io.WriteString(e.w, text)
	}
}

// imposters lists the collaborators that stubs name, "" alone where none does.
func (e *encoder) imposters() []string {
	used := make(map[string]bool)
	for _, s := range e.doc.Stubs {
		if name := export.Collaborator(e.doc, s); name != "" {
			used[name] = true
		}
	}
	if len(used) == 0 {
		return []string{""}
	}
	return export.Names(used)
}

// imposter writes the stubs of a collaborator, and those of none.
func (e *encoder) imposter(name string, order []int, again bool) {
	var head export.Members
	at := e.log.At("/collaborators").Get(name)
	c := e.doc.Collaborators[name]
	if c == nil {
		c = &simulations.Collaborator{}
	}
	host, port, _ := cutPort(c.Listen)
	if n, err := strconv.Atoi(port); err == nil && n > 0 {
		head.Set("port", simulations.NewInt(int64(n)))
		head.Text("host", host)
	} else if name != "" {
		at.Warn("an imposter is found by its port: without `listen` mountebank chooses one; write `listen: \":9001\"`")
	}
	head.Text("protocol", "http")
	head.Text("name", name)
	miss := c.MissStatus
	if miss == 0 {
		miss = 501
	}
	head.Set("defaultResponse", convert.Object("statusCode", simulations.NewInt(int64(miss))))
	opening := export.Indented(head.Value(), 2)
	list := export.NewList(e, "\n    "+strings.TrimSuffix(opening, "\n    }")+",\n      \"stubs\": [", 4)
	for _, i := range order {
		if e.err != nil {
			return
		}
		of := export.Collaborator(e.doc, e.doc.Stubs[i])
		if of != "" && of != name {
			continue
		}
		place := e.log.Stub(i)
		if again && of == "" {
			place = export.NewLog().Stub(i) // it was said for the first imposter
		}
		if s := e.stub(e.doc.Stubs[i], place); s != nil {
			list.Add(s)
		}
	}
	if err := list.Close("]\n    }"); err != nil && e.err == nil {
		e.err = err
	}
}

// Write writes what a list of stubs is made of.
func (e *encoder) Write(b []byte) (int, error) { return e.w.Write(b) }

func cutPort(listen string) (host, port string, ok bool) {
	i := strings.LastIndexByte(listen, ':')
	if i < 0 {
		return "", "", false
	}
	return listen[:i], listen[i+1:], true
}

// stub makes a stub, nil for one that is left out.
func (e *encoder) stub(s *simulations.Stub, at export.Place) *simulations.Value {
	if s.Scenario != nil {
		at.Get("scenario").LeaveOut("there are no scenarios there; write responses in turn")
	}
	if s.State != nil {
		at.Get("state").LeaveOut("there is no state there")
	}
	if s.Times > 0 {
		at.Get("times").LeaveOut("a stub answers without an end there")
	}
	export.Inexpressible(s, at)
	predicates := &predicateList{}
	predicates.pattern(&s.Request, at.Get("request"))
	responses := e.responses(s, at)
	if at.Left() {
		return nil
	}
	var m export.Members
	if len(predicates.list) > 0 {
		m.Set("predicates", simulations.NewArray(predicates.list...))
	}
	m.Set("responses", simulations.NewArray(responses...))
	return m.Value()
}

// responses writes the answers, which are given in a ring.
func (e *encoder) responses(s *simulations.Stub, at export.Place) []*simulations.Value {
	if s.Response != nil {
		return []*simulations.Value{answerValue(s, s.Response, at.Get("response"))}
	}
	several := len(s.Responses) > 1
	switch {
	case several && s.Order == simulations.OrderRandom:
		at.Get("order").LeaveOut("answers are not drawn at random there; write `order: cycle`, or one response")
	case several && s.Order != simulations.OrderCycle:
		at.Get("order").LeaveOut("answers come in a ring there, and the last does not stay; write `order: cycle`")
	}
	var out []*simulations.Value
	for i, r := range s.Responses {
		v := answerValue(s, r, at.Get("responses").Item(i))
		if r.Repeat > 1 && several {
			v.Set("repeat", simulations.NewInt(int64(r.Repeat)))
		}
		out = append(out, v)
	}
	return out
}

// answerValue writes an answer, or a fault, and the wait before it.
func answerValue(s *simulations.Stub, r *simulations.Response, at export.Place) *simulations.Value {
	var m export.Members
	if f := r.Terms(); f != nil {
		m.Text("fault", export.Fault(f, faults, at))
	} else {
		m.Set("is", is(s, r, at))
	}
	export.AtOnce(r, at)
	if d := export.Delay(r, at); d != nil {
		if d.Uniform != nil || d.Lognormal != nil {
			at.Get("delay").Warn("a wait is fixed there: the answer comes without what is drawn; write a fixed delay")
		}
		if ms := export.Milliseconds(d.Fixed); ms > 0 {
			m.Set("behaviors", simulations.NewArray(convert.Object("wait", simulations.NewInt(ms))))
		}
	}
	return m.Value()
}

// is writes status, headers and body, each of them also where it is empty:
// mountebank fills in what is not there from the default response.
func is(s *simulations.Stub, r *simulations.Response, at export.Place) *simulations.Value {
	if r.File != "" {
		at.Get("file").LeaveOut("bodies are in the file there")
	}
	rendered := export.Render(s, r, at, "", nil)
	status := r.Status
	if status == 0 {
		status = 200
	}
	headers := &simulations.Value{Kind: simulations.Object}
	all := export.Trailing(rendered.Headers, rendered.Trailers)
	for _, name := range export.Names(all) {
		if len(all[name]) == 1 {
			headers.Set(name, simulations.NewString(all[name][0]))
		} else {
			headers.Set(name, convert.Strings(all[name]))
		}
	}
	if len(rendered.Trailers) > 0 {
		at.Get("trailers").Warn("trailers are sent as headers there")
	}
	text, inBase64 := export.Encoded(rendered.Body)
	out := convert.Object("statusCode", simulations.NewInt(int64(status)), "headers", headers, "body", simulations.NewString(text))
	if inBase64 {
		out.Set("_mode", simulations.NewString("binary"))
	}
	return out
}
