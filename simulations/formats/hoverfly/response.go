package hoverfly

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// response reads what a pair answers.
func (r *reader) response(p convert.Place, s *simulations.Stub) {
	p.Only("status", "body", "bodyFile", "encodedBody", "headers", "templated", "transitionsState", "removesState",
		"fixedDelay", "logNormalDelay", "postServeAction")
	out := &simulations.Response{}
	s.Response = out
	out.Status = convert.Status(p.Get("status"))
	out.Headers, out.Trailers = convert.Headers(p.Get("headers"))
	r.body(p, out)
	setState(p, s)
	out.Delay = ownDelay(p)
	if a := p.Get("postServeAction"); a.Text() != "" {
		a.Warn("nothing is done after an answer here: call whatever %q called from the test, or from the journal's stream", a.Text())
	}
	if p.Get("templated").Bool() {
		r.names.template(p, s)
	}
}

// body reads the body: of a text and a file the text wins.
func (r *reader) body(p convert.Place, out *simulations.Response) {
	text, file := p.Get("body"), p.Get("bodyFile")
	if file.Text() != "" {
		if text.Text() == "" {
			bodyFile(file, out)
			return
		}
		file.Warn("body and bodyFile: the body wins, as in Hoverfly")
	}
	data := text.Text()
	if p.Get("encodedBody").Bool() {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
		if err != nil {
			text.Refuse("encodedBody says base64, and this is none: %s", err)
			return
		}
		data = string(raw)
	}
	convert.Body(text, out, data)
}

// bodyFile names a file below the folder of the simulation.
func bodyFile(p convert.Place, out *simulations.Response) {
	name := p.Text()
	switch {
	case strings.Contains(name, "://"):
		p.Refuse("a body is not fetched: put what stands at %s into a file beside the simulation and name that", name)
	case path.IsAbs(name), strings.Contains(name, `\`), slices.Contains(strings.Split(name, "/"), ".."):
		p.Refuse("a file is named by a path below the simulation's folder, without '..'")
	default:
		out.File = path.Clean(name)
	}
}

// setState reads what an answer changes. Of a key that is set and removed the
// removal wins, which Hoverfly does last.
func setState(p convert.Place, s *simulations.Stub) {
	state := func() *simulations.State {
		if s.State == nil {
			s.State = &simulations.State{}
		}
		return s.State
	}
	for key := range p.Get("removesState").Items() {
		if stateKey(key, key.Text()) {
			state().Removes = append(state().Removes, key.Text())
		}
	}
	for key, v := range p.Get("transitionsState").Members() {
		if !stateKey(v, key) || slices.Contains(state().Removes, key) {
			continue
		}
		if state().Sets == nil {
			state().Sets = make(map[string]string)
		}
		state().Sets[key] = v.Text()
	}
}
