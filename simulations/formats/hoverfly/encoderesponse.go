package hoverfly

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// response writes what a step answers.
func (e *encoder) response(p *pair, s *simulations.Stub, step export.Step) {
	r, at := step.Response, step.At
	if r.Terms() != nil {
		at.Get("fault").LeaveOut("connections are not broken there")
		return
	}
	out := &p.response
	status := r.Status
	if status == 0 {
		status = 200
	}
	out.Int("status", int64(status))
	rendered := export.Render(s, r, at, simulations.DialectHoverfly, say)
	if r.File != "" {
		out.Text("bodyFile", r.File)
	} else if text, inBase64 := export.Encoded(rendered.Body); true {
		out.Set("body", simulations.NewString(text))
		if inBase64 {
			out.Set("encodedBody", convert.Flag())
		}
	}
	out.Set("headers", headerLists(export.Trailing(rendered.Headers, rendered.Trailers)))
	if rendered.Templated {
		out.Set("templated", convert.Flag())
		e.refer(r, at)
	}
	export.AtOnce(r, at)
	delayMembers(export.Delay(r, at), at.Get("delay"), out)
	p.sets(s, rendered.Sets)
}

func headerLists(h simulations.Headers) *simulations.Value {
	var out export.Members
	for _, name := range export.Names(h) {
		out.Set(name, convert.Strings(h[name]))
	}
	return out.Some()
}

// position is a segment of the path in understudy's templates.
var position = regexp.MustCompile(`^request\.(?:path|pathSegments)\.\[?(\d+)\]?$`)

// say is Hoverfly's vocabulary: what is printed without escapes, and of several
// values the first.
func say(expression string) (string, bool) {
	if m := position.FindStringSubmatch(expression); m != nil {
		return "{{{ Request.Path.[" + m[1] + "] }}}", true
	}
	root, name, member := strings.Cut(expression, ".")
	switch {
	case expression == "request.method":
		return "{{{ Request.Method }}}", true
	case root == "state" && member:
		return "{{{ State." + name + " }}}", true
	case root != "request":
		return "", false
	}
	kind, name, member := strings.Cut(name, ".")
	if !member || strings.ContainsAny(name, ".") {
		return "", false
	}
	switch kind {
	case "query":
		return "{{{ Request.QueryParam." + name + ".[0] }}}", true
	case "headers":
		return "{{{ Request.Header." + name + ".[0] }}}", true
	}
	return "", false
}

// delayMembers writes a delay: fixed, log-normal by median and mean, or both.
func delayMembers(d *simulations.Delay, at export.Place, out *export.Members) {
	if d == nil {
		return
	}
	out.Int("fixedDelay", export.Milliseconds(d.Fixed))
	if d.Uniform != nil {
		at.Get("uniform").Warn("delays are fixed or log-normal there: the answer comes without it; write `lognormal`, or a fixed delay")
	}
	if l := d.Lognormal; l != nil {
		sigma := export.Sigma(l)
		median := max(export.Milliseconds(l.Median), 1)
		mean := max(int64(math.Round(float64(median)*math.Exp(sigma*sigma/2))), median)
		most := export.Milliseconds(l.Max)
		if most != 0 && mean > most {
			at.Get("lognormal").Warn("the mean of the distribution is above its max, which Hoverfly refuses: the bound was left out")
			most = 0
		}
		out.Set("logNormalDelay", convert.Object("min", simulations.NewInt(min(export.Milliseconds(l.Min), median)), "max", simulations.NewInt(most),
			"mean", simulations.NewInt(mean), "median", simulations.NewInt(median)))
	}
}

// refer gives the file the literals and variables that a template refers to.
func (e *encoder) refer(r *simulations.Response, at export.Place) {
	for _, name := range export.Names(r.Parameters) {
		v := r.Parameters[name]
		if before, ok := e.literals[name]; ok && before.String() != v.String() {
			at.Get("parameters").Get(name).LeaveOut("literals belong to the whole file there, and another stub has another value of that name; rename it")
			continue
		}
		e.literals[name] = v
	}
	for _, name := range export.Names(r.Variables) {
		place := at.Get("variables").Get(name)
		v, ok := variable(name, r.Variables[name])
		if !ok {
			place.LeaveOut("a variable is one call of a helper with literals there; write the call into the template")
			continue
		}
		if before, ok := e.variables[name]; ok && before.String() != v.String() {
			place.LeaveOut("variables belong to the whole file there, and another stub has another of that name; rename it")
			continue
		}
		e.variables[name] = v
	}
}

var (
	helperCall = regexp.MustCompile(`^\{\{\{?\s*([A-Za-z][A-Za-z0-9]*)((?:\s+(?:'[^']*'|"[^"]*"|-?[0-9.]+|true|false))*)\s*\}\}\}?$`)
	argumentOf = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
)

// variable writes a template that is the call of a helper with literals.
func variable(name, template string) (*simulations.Value, bool) {
	m := helperCall.FindStringSubmatch(strings.TrimSpace(template))
	if m == nil {
		return nil, false
	}
	arguments := &simulations.Value{Kind: simulations.Array}
	for _, a := range argumentOf.FindAllString(m[2], -1) {
		if a[0] == '\'' || a[0] == '"' {
			arguments.Items = append(arguments.Items, simulations.NewString(a[1:len(a)-1]))
			continue
		}
		v, err := simulations.ParseJSON([]byte(a))
		if err != nil {
			return nil, false
		}
		arguments.Items = append(arguments.Items, v)
	}
	return convert.Object("name", simulations.NewString(name), "function", simulations.NewString(m[1]), "arguments", arguments), true
}

// names writes the literals and variables of the file.
func (e *encoder) names() string {
	out := ""
	if len(e.literals) > 0 {
		list := &simulations.Value{Kind: simulations.Array}
		for _, name := range export.Names(e.literals) {
			list.Items = append(list.Items, convert.Object("name", simulations.NewString(name), "value", e.literals[name]))
		}
		out += ",\n    \"literals\": " + export.Indented(list, 2)
	}
	if len(e.variables) > 0 {
		list := &simulations.Value{Kind: simulations.Array}
		for _, name := range export.Names(e.variables) {
			list.Items = append(list.Items, e.variables[name])
		}
		out += ",\n    \"variables\": " + export.Indented(list, 2)
	}
	return out
}

// stepKey is the key of the state that counts the steps of a stub. Hoverfly
// begins keys with this beginning at 1.
func stepKey(s *simulations.Stub, i int) string {
	if s.ID != "" {
		return "sequence:" + s.ID
	}
	return "sequence:stub-" + strconv.Itoa(i)
}

// scenarioKey is the key of the state that a scenario becomes.
func scenarioKey(name string) string { return "sequence:scenario:" + name }

// scenarioValue is the value for a state of a scenario, whose first one is 1.
func scenarioValue(state string) string {
	if state == simulations.ScenarioStart {
		return "1"
	}
	return state
}
