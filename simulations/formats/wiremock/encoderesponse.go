package wiremock

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// response writes what a step answers.
func (e *encoder) response(s *simulations.Stub, i, n int, step export.Step) *simulations.Value {
	r, at := step.Response, step.At
	var m export.Members
	delayMembers(export.Delay(r, at), at.Get("delay"), &m)
	paceMember(r, at, &m)
	if f := r.Terms(); f != nil {
		m.Text("fault", export.Fault(f, faults, at))
		return m.Value()
	}
	m.Int("status", int64(r.Status))
	rendered := export.Render(s, r, at, simulations.DialectWireMock, say)
	if len(rendered.Trailers) > 0 {
		at.Get("trailers").Warn("trailers are sent as headers there")
	}
	headers := export.Trailing(rendered.Headers, rendered.Trailers)
	var named export.Members
	for _, name := range export.Names(headers) {
		if len(headers[name]) == 1 {
			named.Set(name, simulations.NewString(headers[name][0]))
		} else {
			named.Set(name, convert.Strings(headers[name]))
		}
	}
	m.Set("headers", named.Some())
	e.body(stubName(s, i), n, r, headers, rendered, &m)
	if !rendered.Templated {
		return m.Value()
	}
	if len(r.Variables) > 0 {
		at.Get("variables").LeaveOut("templates have no variables there; write them where they are used")
	}
	m.Set("transformers", convert.Strings([]string{"response-template"}))
	var parameters export.Members
	for _, name := range export.Names(r.Parameters) {
		parameters.Set(name, r.Parameters[name])
	}
	m.Set("transformerParameters", parameters.Some())
	return m.Value()
}

// body writes the body: in a file of its own, as JSON, as text or in base64.
func (e *encoder) body(stub string, step int, r *simulations.Response, headers simulations.Headers, rendered export.Rendering, m *export.Members) {
	body := rendered.Body
	if r.File != "" {
		m.Text("bodyFileName", strings.TrimPrefix(r.File, "__files/"))
		return
	}
	if e.files != nil && e.err == nil && !rendered.Templated {
		name, err := e.files(stub, step, headers, body)
		if e.err = err; name != "" {
			m.Text("bodyFileName", name)
			return
		}
	}
	switch {
	case len(body) == 0:
	case r.JSON != nil && (r.JSON.Kind == simulations.Object || r.JSON.Kind == simulations.Array):
		m.Set("jsonBody", r.JSON)
	case utf8.Valid(body):
		m.Text("body", string(body))
	default:
		m.Text("base64Body", base64.StdEncoding.EncodeToString(body))
	}
}

var position = regexp.MustCompile(`^request\.(?:path|pathSegments)\.\[?(\d+)\]?$`)

// say is WireMock's vocabulary, as far as it prints what understudy's does.
func say(expression string) (string, bool) {
	if m := position.FindStringSubmatch(expression); m != nil {
		return "{{request.pathSegments.[" + m[1] + "]}}", true
	}
	root, rest, _ := strings.Cut(expression, ".")
	kind, name, member := strings.Cut(rest, ".")
	switch {
	case root == "parameters" && rest != "":
		return "{{parameters." + rest + "}}", true
	case root != "request":
		return "", false
	case !member && (kind == "method" || kind == "body"):
		return "{{" + expression + "}}", true
	case member && !strings.Contains(name, ".") && (kind == "query" || kind == "headers" || kind == "cookies"):
		return "{{" + expression + "}}", true
	}
	return "", false
}

// paceMember writes the pace at which a body goes out, in parts of equal size.
func paceMember(r *simulations.Response, at export.Place, m *export.Members) {
	switch p := r.Pace; {
	case p == nil:
	case p.Chunks > 0:
		m.Set("chunkedDribbleDelay", convert.Object("numberOfChunks", simulations.NewInt(int64(p.Chunks)), "totalDuration", simulations.NewInt(export.Milliseconds(p.Over))))
	default:
		export.AtOnce(r, at)
	}
}

// delayMembers writes a fixed delay, and the one that is drawn.
func delayMembers(d *simulations.Delay, at export.Place, m *export.Members) {
	if d == nil {
		return
	}
	m.Int("fixedDelayMilliseconds", export.Milliseconds(d.Fixed))
	if u := d.Uniform; u != nil {
		m.Set("delayDistribution", convert.Object("type", simulations.NewString("uniform"),
			"lower", simulations.NewInt(export.Milliseconds(u.Min)), "upper", simulations.NewInt(export.Milliseconds(u.Max))))
	}
	if l := d.Lognormal; l != nil {
		if l.Min != 0 {
			at.Get("lognormal").Get("min").Warn("a log-normal delay has no lower bound there")
		}
		out := convert.Object("type", simulations.NewString("lognormal"), "median", number(float64(l.Median)/1e6), "sigma", number(export.Sigma(l)))
		if l.Max != 0 {
			out.Set("maxValue", simulations.NewInt(export.Milliseconds(l.Max)))
		}
		m.Set("delayDistribution", out)
	}
}

// number is a finite number as a value.
func number(f float64) *simulations.Value {
	return &simulations.Value{Kind: simulations.Number, Text: strconv.FormatFloat(f, 'f', -1, 64)}
}
