package openapi

import (
	"regexp"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// jsonBody reads the rules of Microcks' dispatcher JSON_BODY: an expression, a
// comparison, and the example for each outcome.
func (d *dispatch) jsonBody(at, rules convert.Place) {
	path := jsonPath(rules.Get("exp").Text())
	operator := rules.Get("operator").Text()
	for key, name := range rules.Get("cases").Members() {
		if key == "default" {
			d.fallback = name.Text()
			continue
		}
		is, ok := compared(operator, key)
		if !ok {
			at.Refuse("the case %q of operator %q is not read: there are equals, range with keys such as [1;5], regexp, size, and presence with found and missing", key, operator)
			continue
		}
		d.cases = append(d.cases, bodyCase{convert.Op("jsonPath", convert.Op(path, is)), name.Text()})
	}
}

// jsonPath writes a JSON pointer as a JSONPath.
func jsonPath(pointer string) string {
	var b strings.Builder
	b.WriteString("$")
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = unescape(token)
		switch n, err := strconv.Atoi(token); {
		case token == "":
		case err == nil && n >= 0:
			b.WriteString("[" + strconv.Itoa(n) + "]")
		default:
			b.WriteString("[" + string(simulations.AppendJSONString(nil, token)) + "]")
		}
	}
	return b.String()
}

// compared is the condition of one case.
func compared(operator, key string) (*simulations.Value, bool) {
	switch operator {
	case "equals":
		return convert.TextOp("text", key), true
	case "regexp":
		whole := "^(?:" + key + ")$"
		_, err := regexp.Compile(whole)
		return convert.TextOp("regex", whole), err == nil
	case "presence":
		switch key {
		case "found":
			return convert.Present(), true
		case "missing":
			return convert.Absent(), true
		}
	case "range", "size":
		low, high, ok := interval(key)
		if !ok {
			return nil, false
		}
		if operator == "range" {
			return convert.Op("number", convert.Object(low.op("gt"), low.number, high.op("lt"), high.number)), true
		}
		return convert.Op("jsonSchema", sizeBetween(low, high)), true
	}
	return nil, false
}

// limit is one end of an interval.
type limit struct {
	number *simulations.Value
	closed bool
}

// op is the operator of package matchers for the end.
func (l limit) op(strict string) string {
	if l.closed {
		return strict + "e"
	}
	return strict
}

var intervalForm = regexp.MustCompile(`^([\[\]])\s*(-?[0-9]+(?:\.[0-9]+)?)\s*;\s*(-?[0-9]+(?:\.[0-9]+)?)\s*([\[\]])$`)

// interval reads [a;b], and ]a;b[ where an end does not belong to it.
func interval(key string) (low, high limit, ok bool) {
	m := intervalForm.FindStringSubmatch(key)
	if m == nil {
		return low, high, false
	}
	number := func(s string) *simulations.Value {
		return &simulations.Value{Kind: simulations.Number, Text: simulations.CanonicalNumber(s)}
	}
	return limit{number(m[2]), m[1] == "["}, limit{number(m[3]), m[4] == "]"}, true
}

// sizeBetween is a schema of lists whose length lies between the ends.
func sizeBetween(low, high limit) *simulations.Value {
	least, most := bound(low.number, 0), bound(high.number, 0)
	if !low.closed {
		least++
	}
	if !high.closed {
		most--
	}
	return convert.Object("type", simulations.NewString("array"),
		"minItems", simulations.NewInt(int64(max(least, 0))), "maxItems", simulations.NewInt(int64(max(most, 0))))
}
