package mockoon

import (
	"regexp"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// enabled are the rules of a response that count.
func enabled(response convert.Place) (list []rule) {
	for p := range response.Get("rules").Items() {
		p.Only("target", "modifier", "value", "invert", "operator", "enabled", "isRegex")
		if on := p.Get("enabled"); on.Set() && !on.Bool() {
			continue
		}
		q := rule{at: p, target: p.Get("target").Text(), modifier: p.Get("modifier").Text(), value: p.Get("value").Text(), op: p.Get("operator").Text()}
		if q.op == "" {
			if q.op = "equals"; p.Get("isRegex").Bool() {
				q.op = "regex"
			}
		}
		list = append(list, q)
	}
	return list
}

// rule is a condition on a request.
type rule struct {
	at                          convert.Place
	target, modifier, value, op string
}

// withRules is the pattern of a route and of the rules: all of them, or one.
func withRules(request simulations.Pattern, rules []rule, all bool) simulations.Pattern {
	list := make([]simulations.Pattern, 0, len(rules))
	for _, q := range rules {
		pattern := q.pattern(request)
		if q.at.Get("invert").Bool() {
			pattern = simulations.Pattern{None: []simulations.Pattern{pattern}}
		}
		list = append(list, pattern)
	}
	if !all || len(list) == 1 {
		request.Any = list
		return request
	}
	// Each holds where it is not so that one does not.
	for _, pattern := range list {
		request.None = append(request.None, simulations.Pattern{None: []simulations.Pattern{pattern}})
	}
	return request
}

// pattern is the condition without its inversion.
func (q rule) pattern(route simulations.Pattern) (out simulations.Pattern) {
	if strings.Contains(q.modifier+q.value, "{{") {
		q.at.Refuse("a rule with a template is not understood: write what it compares with")
		return out
	}
	name := func() bool {
		if q.modifier == "" || q.target == "query" && strings.ContainsAny(q.modifier, ".[$") {
			q.at.Get("modifier").Refuse("%q is not the name of one: nested parameters are not understood", q.modifier)
			return false
		}
		return true
	}
	one := func() map[string]simulations.Predicate {
		return map[string]simulations.Predicate{q.modifier: {Value: q.text()}}
	}
	switch q.target {
	case "header":
		if name() && simulations.ValidHeaderName(q.modifier) {
			out.Headers = one()
		} else if q.modifier != "" {
			q.at.Get("modifier").Refuse("%q is no header name", q.modifier)
		}
	case "query":
		if name() {
			out.Query = one()
		}
	case "cookie":
		if name() {
			out.Cookies = one()
		}
	case "params":
		if !name() {
			return out
		}
		if !captures(route.Path, q.modifier) {
			q.at.Get("modifier").Refuse("the path has no parameter %q that is a whole segment", q.modifier)
			return out
		}
		out.Path, out.Params = route.Path, one()
	case "path":
		out.URL = convert.Predicate(q.text())
	case "method":
		out.Method = q.methods()
	case "body":
		q.body(&out)
	default:
		q.at.Get("target").Refuse("%q is not looked at: there are body, query, header, cookie, params, path, method, and request_number alone", q.target)
	}
	return out
}

// text is the predicate on a field of text: one of its values fits.
func (q rule) text() *simulations.Value {
	switch q.op {
	case "equals", "array_includes":
		return convert.TextOp("text", q.value)
	case "regex", "regex_i":
		return q.regex()
	case "null":
		return convert.Absent()
	}
	q.at.Get("operator").Refuse("%q is no operator for %s: there are equals, regex, regex_i and null", q.op, q.target)
	return simulations.NewArray()
}

func (q rule) regex() *simulations.Value {
	expr := q.value
	if q.op == "regex_i" {
		expr = "(?i)" + expr
	}
	if _, err := regexp.Compile(expr); err != nil {
		return convert.TextOp("lookaround", expr)
	}
	return convert.TextOp("regex", expr)
}

func (q rule) methods() (list simulations.Strings) {
	expr := q.value
	switch q.op {
	case "equals":
		return simulations.Strings{strings.ToUpper(expr)}
	case "regex", "regex_i":
		if q.op == "regex_i" {
			expr = "(?i)" + expr
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			q.at.Get("value").Refuse("%s", err)
			return nil
		}
		for _, m := range convert.Methods {
			if re.MatchString(strings.ToLower(m)) {
				list = append(list, m)
			}
		}
	}
	if len(list) == 0 {
		q.at.Refuse("no method fits")
	}
	return list
}

// body is a condition on the body: on its text, or on a place in what it holds,
// JSON or a form.
func (q rule) body(out *simulations.Pattern) {
	if q.op == "valid_json_schema" {
		q.at.Get("operator").Refuse("schemas in data buckets are not looked up: write the stub with the operator jsonSchema")
		return
	}
	if q.modifier == "" {
		if q.op == "null" || q.op == "empty_array" {
			q.at.Get("operator").Refuse("the operator needs a place in the body")
			return
		}
		out.Body = convert.Predicate(q.text())
		return
	}
	path := jsonPath(q.modifier)
	at := func(p *simulations.Value) *simulations.Predicate {
		return convert.Predicate(convert.Op("jsonPath", convert.Object(path, p)))
	}
	null := convert.Op("json", &simulations.Value{Kind: simulations.Null, Text: "null"})
	var test *simulations.Value
	switch q.op {
	case "null":
		// There is something, and it is not null.
		out.None = []simulations.Pattern{{Body: at(convert.All(convert.Present(), convert.Op("not", null)))}}
		return
	case "empty_array":
		out.Body = at(convert.Op("json", simulations.NewArray()))
		return
	case "equals", "array_includes":
		test = convert.Op("hasItem", convert.TextOp("text", q.value))
		if q.value == "" && q.op == "equals" {
			test = convert.Op("any", simulations.NewArray(test, null))
		}
	case "regex", "regex_i":
		test = convert.Op("hasItem", q.regex())
	default:
		q.at.Get("operator").Refuse("%q is no operator", q.op)
		return
	}
	if strings.ContainsAny(q.modifier, ".$[") {
		out.Body = at(test)
		return
	}
	out.Any = []simulations.Pattern{{Body: at(test)}, {
		Headers: map[string]simulations.Predicate{"Content-Type": {Value: convert.TextOp("contains", "application/x-www-form-urlencoded")}},
		Body:    convert.Predicate(convert.Op("form", convert.Object(q.modifier, test))),
	}}
}

// jsonPath brings a place, `a.0.b` or a JSONPath, into the form of RFC 9535. A
// number is an item, or a member of that name.
func jsonPath(place string) string {
	if strings.HasPrefix(place, "$") {
		return place
	}
	out := "$"
	for part := range strings.SplitSeq(strings.ReplaceAll(place, `\.`, "\x00"), ".") {
		part = strings.ReplaceAll(part, "\x00", ".")
		if n, err := strconv.Atoi(part); err == nil && n >= 0 && strconv.Itoa(n) == part {
			name := convert.JSONName(part)
			out += "[" + part + "," + name[1:]
			continue
		}
		out += convert.JSONName(part)
	}
	return out
}

// maxCounted bounds the numbers of requests that rules name.
const maxCounted = 1000

// counted is the stub of a route whose rules are all about the number of the
// request, a sequence whose last answer stays: ok is false for other routes.
func (r *reader) counted(list []convert.Place, rest convert.Place) (*simulations.Stub, bool) {
	by := make(map[int]convert.Place)
	last := 0
	found := false
	for _, a := range list {
		rules := enabled(a)
		if len(rules) == 0 {
			continue
		}
		found = true
		if len(rules) > 1 && a.Get("rulesOperator").Text() == "AND" {
			return nil, false
		}
		for _, q := range rules {
			n, err := strconv.Atoi(q.value)
			if q.target != "request_number" || q.op != "equals" || q.at.Get("invert").Bool() || err != nil || n < 1 || n > maxCounted {
				return nil, false
			}
			if _, taken := by[n]; !taken {
				by[n] = a
			}
			last = max(last, n)
		}
	}
	if !found {
		return nil, false
	}
	var order []convert.Place
	for n := 1; n <= last; n++ {
		a, ok := by[n]
		if !ok {
			a = rest
		}
		order = append(order, a)
	}
	order = append(order, rest)
	s := &simulations.Stub{Order: simulations.OrderSequence}
	for n, a := range order {
		if n > 0 && a.Pointer() == order[n-1].Pointer() {
			s.Responses[len(s.Responses)-1].Repeat = max(s.Responses[len(s.Responses)-1].Repeat, 1) + 1
			continue
		}
		s.Responses = append(s.Responses, r.response(a))
	}
	if len(s.Responses) == 1 {
		s.Response, s.Responses, s.Order = s.Responses[0], nil, ""
		s.Response.Repeat = 0
	}
	return s, true
}
