package wiremock

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var faults = map[string]simulations.Fault{
	"CONNECTION_RESET_BY_PEER": simulations.FaultReset,
	"EMPTY_RESPONSE":           simulations.FaultEmpty,
	"MALFORMED_RESPONSE_CHUNK": simulations.FaultMalformedChunk,
	"RANDOM_DATA_THEN_CLOSE":   simulations.FaultRandomData,
}

// response reads what a mapping answers; without one that is a bare 200.
func (r *reader) response(p convert.Place) *simulations.Response {
	out := &simulations.Response{}
	if !p.Set() {
		return out
	}
	p.Only("status", "statusMessage", "headers", "body", "jsonBody", "base64Body", "bodyFileName", "fixedDelayMilliseconds", "delayDistribution",
		"chunkedDribbleDelay", "fault", "transformers", "transformerParameters", "fromConfiguredStub",
		"additionalProxyRequestHeaders", "removeProxyRequestHeaders", "proxyUrlPrefixToRemove")
	out.Delay = delay(p)
	if f := p.Get("fault"); f.Set() {
		out.Fault = faults[f.Text()]
		if out.Fault == "" {
			f.Refuse("%q is no fault: there are CONNECTION_RESET_BY_PEER, EMPTY_RESPONSE, MALFORMED_RESPONSE_CHUNK and RANDOM_DATA_THEN_CLOSE", f.Text())
		}
		return out // nothing of the answer is sent
	}
	out.Status = convert.Status(p.Get("status"))
	if m := p.Get("statusMessage"); m.Text() != "" {
		m.Warn("the status comes with its usual text, which HTTP/2 does not have either")
	}
	out.Headers, out.Trailers = convert.Headers(p.Get("headers"))
	r.body(p, out)
	template(p, out)
	out.Pace = dribble(p.Get("chunkedDribbleDelay"))
	return out
}

// body reads the body from the one of the four places that has it.
func (r *reader) body(p convert.Place, out *simulations.Response) {
	var from []convert.Place
	for _, name := range []string{"body", "jsonBody", "base64Body", "bodyFileName"} {
		if b := p.Get(name); b.Set() {
			from = append(from, b)
		}
	}
	if len(from) == 0 {
		return
	}
	for _, b := range from[1:] {
		b.Refuse("the body is given twice: leave one of them out")
	}
	b := from[0]
	switch {
	case p.Get("body").Set():
		if b.Kind() != simulations.String {
			b.Refuse("is %s, but must be a string: JSON stands in jsonBody", b.Kind())
			return
		}
		convert.Body(b, out, b.Text())
	case p.Get("jsonBody").Set():
		// As text: a json body would bring a Content-Type that WireMock does not send.
		convert.Body(b, out, string(b.Value().AppendJSON(nil)))
	case p.Get("base64Body").Set():
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(b.Text()), ""))
		if err != nil {
			b.Refuse("not base64: %s", err)
			return
		}
		convert.Body(b, out, string(raw))
	default:
		name := b.Text()
		switch {
		case strings.Contains(name, "{{") && !templated(p):
			b.Refuse("the name of a file is a template where the transformer response-template is named only")
		case strings.Contains(name, "{{"):
			out.File = r.files + "/" + strings.TrimLeft(name, "/")
		case path.IsAbs(name), strings.Contains(name, `\`), slices.Contains(strings.Split(name, "/"), ".."), strings.Contains(name, "://"):
			b.Refuse("a file is named by a path below __files, without '..'")
		case name != "":
			out.File = path.Join(r.files, name)
		}
	}
}

// templated reports whether the transformer for templates is named.
func templated(p convert.Place) bool {
	for t := range p.Get("transformers").Items() {
		if t.Text() == "response-template" {
			return true
		}
	}
	return false
}

// template makes the answer a template where the transformer says so.
func template(p convert.Place, out *simulations.Response) {
	for t := range p.Get("transformers").Items() {
		if t.Text() != "response-template" {
			t.Warn("an extension in Java: the answer is given without it")
			continue
		}
		switch {
		case out.Base64 != nil:
			t.Warn("a body that is no text has no templates: it is given as it is")
			continue
		case out.File != "" && !strings.Contains(out.File, "{{") && p.Get("transformerParameters").Get("disableBodyFileTemplating").Bool() && len(out.Headers) == 0:
			continue
		}
		out.Template, out.Dialect = true, simulations.DialectWireMock
	}
	if !out.Template {
		return
	}
	for name, v := range p.Get("transformerParameters").Members() {
		if name == "disableBodyFileTemplating" {
			v.Warn("the file is a template as the headers are")
			continue
		}
		if out.Parameters == nil {
			out.Parameters = make(map[string]*simulations.Value)
		}
		if v.Value() != nil {
			out.Parameters[name] = v.Value()
		}
	}
}

// delay adds up the fixed delay and the one that is drawn.
func delay(p convert.Place) *simulations.Delay {
	out := simulations.Delay{Fixed: milliseconds(p.Get("fixedDelayMilliseconds"))}
	distribution(p.Get("delayDistribution"), &out)
	if out == (simulations.Delay{}) {
		return nil
	}
	return &out
}

// distribution adds a delay that is drawn, or a fixed one, to out.
func distribution(d convert.Place, out *simulations.Delay) {
	switch kind := d.Get("type").Text(); kind {
	case "":
	case "fixed":
		out.Fixed += milliseconds(d.Get("milliseconds"))
	case "uniform":
		out.Uniform = &simulations.Uniform{Min: milliseconds(d.Get("lower")), Max: milliseconds(d.Get("upper"))}
	case "lognormal":
		median, sigma := d.Get("median"), d.Get("sigma").Float()
		l := &simulations.Lognormal{
			Median: simulations.Duration(median.Float() * float64(time.Millisecond)), Sigma: sigma, Max: milliseconds(d.Get("maxValue")),
		}
		switch {
		case l.Median <= 0 || sigma < 0 || sigma > 10:
			d.Refuse("a log-normal delay has a median of more than 0 and a sigma of at most 10")
		case sigma == 0:
			out.Fixed += l.Median
		default:
			out.Lognormal = l
		}
	default:
		d.Get("type").Refuse("%q is no distribution: there are fixed, uniform and lognormal", kind)
	}
}

// dribble is the body in pieces, the last of which is sent after the whole
// duration, in WireMock as here.
func dribble(p convert.Place) *simulations.Pace {
	if !p.Set() {
		return nil
	}
	out := &simulations.Pace{Chunks: p.Get("numberOfChunks").Int(), Over: milliseconds(p.Get("totalDuration"))}
	switch {
	case out.Chunks < 1:
		p.Get("numberOfChunks").Refuse("a body is sent in 1 chunk or more")
		return nil
	case out.Chunks > simulations.MaxPaceChunks:
		p.Get("numberOfChunks").Warn("the body is sent in %d chunks", simulations.MaxPaceChunks)
		out.Chunks = simulations.MaxPaceChunks
	}
	if limit := simulations.Duration(simulations.MaxDelay); out.Over > limit {
		p.Get("totalDuration").Warn("the body is sent within %s", simulations.MaxDelay)
		out.Over = limit
	}
	return out
}

func milliseconds(p convert.Place) simulations.Duration {
	n := p.Int()
	if n < 0 {
		p.Refuse("a delay must not be negative")
		return 0
	}
	return simulations.Duration(time.Duration(n) * time.Millisecond)
}
