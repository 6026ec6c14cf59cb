package hoverfly

import (
	"encoding/base64"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// response reads what a pair answers.
func (r *reader) response(p convert.Place, s *simulations.Stub) {
	p.Only("status", "body", "bodyFile", "encodedBody", "headers", "templated", "transitionsState", "removesState",
		"fixedDelay", "logNormalDelay", "postServeAction")
	out := &simulations.Response{}
	s.Response = out
	status := p.Get("status")
	switch out.Status = status.Int(); {
	case out.Status == 0:
	case out.Status < 200 || out.Status > 599:
		status.Refuse("a status is 200 to 599")
	}
	r.answerHeaders(p, out)
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

// connection are the headers that belong to the connection: understudy's own.
var connection = []string{"Connection", "Transfer-Encoding"}

// answerHeaders reads the headers; those that Trailer names come after the body.
func (r *reader) answerHeaders(p convert.Place, out *simulations.Response) {
	all := make(simulations.Headers)
	for name, v := range p.Get("headers").Members() {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if !headerName.MatchString(name) {
			v.Warn("%q is no header name: the header was left out", name)
			continue
		}
		if slices.Contains(connection, key) {
			if v.At(0).Text() != "" && !strings.EqualFold(v.At(0).Text(), "keep-alive") {
				v.Warn("%s belongs to the connection: understudy sets its own", key)
			}
			continue
		}
		var values []string
		if v.Kind() == simulations.String {
			values = append(values, v.Text())
		} else {
			for item := range v.Items() {
				values = append(values, item.Text())
			}
		}
		if slices.ContainsFunc(values, func(s string) bool {
			return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
		}) {
			v.Warn("the value has control characters, which no header can carry: the header was left out")
			continue
		}
		all[key] = append(all[key], values...)
	}
	for _, list := range all["Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			key := textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			if values, ok := all[key]; ok && key != "Trailer" {
				if out.Trailers == nil {
					out.Trailers = make(simulations.Headers)
				}
				out.Trailers[key] = values
				delete(all, key)
			}
		}
	}
	delete(all, "Trailer")
	if len(all) > 0 {
		out.Headers = all
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
	if data == "" {
		return
	}
	if out.Status == 204 || out.Status == 304 {
		text.Warn("an answer of status %d has no body (RFC 9110 section 6.4.1): the body was left out", out.Status)
		return
	}
	if utf8.ValidString(data) {
		out.Text = &data
		return
	}
	bytes := simulations.Bytes(data)
	out.Base64 = &bytes
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
