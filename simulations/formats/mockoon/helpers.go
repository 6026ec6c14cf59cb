package mockoon

import (
	"regexp"
	"strings"

	"understudy/simulations"
)

// calls are Mockoon's helpers with what says the same here; "" is nothing.
var calls map[string]func(t *translator, w words) string

func init() { // the functions refer to the translator, which refers to them
	calls = map[string]func(t *translator, w words) string{
		"body": body, "bodyRaw": body,
		"queryParam": named("request.query"), "queryParamRaw": named("request.query"),
		"urlParam": named("request.pathParams"), "header": named("request.headers"), "cookie": named("request.cookies"),
		"method": plain("request.method"), "hostname": plain("request.hostname"), "ip": plain("request.clientIP"), "baseUrl": plain("request.baseUrl"),
		"data": data, "dataRaw": data,

		"uuid": plain("uuid"), "guid": plain("uuid"), "boolean": plain("randomBool"),
		"int": random("randomInt"), "float": random("randomDecimal"), "now": now, "faker": faker,
		"oneOf": same("randomChoice", 1, 1), "array": same("array", 0, 50),

		"concat": same("concat", 1, 50), "lowercase": same("lower", 1, 1), "uppercase": same("upper", 1, 1), "trim": same("trim", 1, 1),
		"split": same("split", 2, 2), "join": same("join", 1, 2), "includes": same("contains", 2, 2), "len": same("size", 1, 1),
		"padStart": same("padLeft", 2, 3), "padEnd": same("padRight", 2, 3), "replace": same("replace", 3, 3), "indexOf": same("indexOf", 2, 2),
		"base64": same("base64", 1, 1), "base64Decode": suffixed("base64", " decode=true"),
		"reverse": same("reverse", 1, 1), "lookup": same("lookup", 2, 2),

		"add": same("add", 2, 50), "subtract": same("subtract", 2, 50), "multiply": same("multiply", 2, 50), "divide": same("divide", 2, 2),
		"modulo": same("mod", 2, 2), "ceil": same("ceil", 1, 1), "floor": same("floor", 1, 1), "round": same("round", 1, 1),
		"eq": same("eq", 2, 2), "gt": same("gt", 2, 2), "gte": same("gte", 2, 2), "lt": same("lt", 2, 2), "lte": same("lte", 2, 2),

		"stringify": same("json", 1, 1), "jsonParse": same("parseJson", 1, 1), "jsonPath": same("jsonPath", 2, 2),
	}
	for name, kind := range map[string]string{
		"firstName": "firstname", "lastName": "lastname", "city": "city", "country": "country", "company": "company",
		"street": "street", "email": "email", "phone": "phone", "ipv4": "ipv4address",
	} {
		calls[name] = plain("faker '" + kind + "'")
	}
}

// plain is a helper without arguments.
func plain(expr string) func(*translator, words) string {
	return func(_ *translator, w words) string {
		if len(w.args) > 0 || len(w.hash) > 0 {
			return ""
		}
		return expr
	}
}

// same is a helper that takes its arguments here as there, within those bounds
// of their number.
func same(name string, least, most int) func(*translator, words) string {
	return func(_ *translator, w words) string {
		if len(w.args) < least || len(w.args) > most || len(w.hash) > 0 {
			return ""
		}
		return strings.Join(append([]string{name}, w.args...), " ")
	}
}

// suffixed is a helper of one argument with more behind it.
func suffixed(name, behind string) func(*translator, words) string {
	return func(_ *translator, w words) string {
		if len(w.args) != 1 || len(w.hash) > 0 {
			return ""
		}
		return name + " " + w.args[0] + behind
	}
}

// named is one of the request's fields by its name, or a default.
func named(fields string) func(*translator, words) string {
	return func(_ *translator, w words) string {
		if len(w.args) == 0 || len(w.args) > 2 || len(w.hash) > 0 {
			return ""
		}
		if name, ok := unquoted(w.args[0]); !ok || name == "" || strings.ContainsAny(name, ".$[") {
			return "" // a place within a nested parameter
		}
		return otherwise("lookup "+fields+" "+w.args[0], w)
	}
}

// otherwise adds the default, an empty text where there is none.
func otherwise(expr string, w words) string {
	if len(w.args) < 2 {
		return expr
	}
	return "default (" + expr + ") " + w.args[1]
}

// body is the body, or a place in its JSON.
func body(_ *translator, w words) string {
	if len(w.hash) > 0 || len(w.args) > 2 {
		return ""
	}
	if len(w.args) == 0 {
		return "request.body"
	}
	place, ok := unquoted(w.args[0])
	switch {
	case !ok, strings.Contains(place, `\`):
		return ""
	case place == "":
		return "request.body"
	case strings.HasPrefix(place, "$"):
		return otherwise("jsonPath request.body "+w.args[0], w)
	}
	return otherwise("lookup request.body "+w.args[0], w)
}

var parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// data is a data bucket, or a place in it, which becomes a parameter.
func data(t *translator, w words) string {
	if len(w.args) == 0 || len(w.args) > 2 || len(w.hash) > 0 {
		return ""
	}
	name, ok := unquoted(w.args[0])
	bucket, known := t.buckets[name]
	if !ok || !known || !parameterName.MatchString(name) {
		return ""
	}
	v, err := simulations.ParseJSON([]byte(bucket.Get("value").Text()))
	if err != nil || strings.Contains(bucket.Get("value").Text(), "{{") {
		return ""
	}
	t.parameters[name] = v
	if len(w.args) == 1 {
		return "parameters." + name
	}
	if place, ok := unquoted(w.args[1]); !ok || place == "" || strings.ContainsAny(place, `$\`) {
		return ""
	}
	return "lookup parameters." + name + " " + w.args[1]
}

// random is a number between two that are written out.
func random(name string) func(*translator, words) string {
	return func(_ *translator, w words) string {
		if len(w.args) != 2 || len(w.hash) > 0 || !numeral.MatchString(w.args[0]) || !numeral.MatchString(w.args[1]) {
			return ""
		}
		return name + " " + w.args[0] + " " + w.args[1]
	}
}

// dates are formats of date-fns whose letters mean here what they mean there.
var dates = regexp.MustCompile(`^(?:yyyy|yy|MMMM|MMM|MM|M|dd|d|EEEE|EEE|HH|H|hh|h|mm|m|ss|s|SSS|a|xxx|XXX|'[A-Za-z ]*'|[-/:., ])+$`)

// now is the time, in ISO 8601 where no format is given.
func now(_ *translator, w words) string {
	format := "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
	switch {
	case len(w.args) > 1 || len(w.hash) > 0:
		return ""
	case len(w.args) == 1:
		text, ok := unquoted(w.args[0])
		if !ok || text != "" && !dates.MatchString(text) {
			return ""
		}
		if text != "" {
			format = text
		}
	}
	return `now format="` + format + `"`
}

// fakers are kinds of invented data with what they are called here.
var fakers = map[string]string{
	"person.firstName": "firstname", "person.lastName": "lastname", "person.fullName": "name", "person.jobTitle": "jobtitle",
	"internet.email": "email", "internet.userName": "username", "internet.username": "username", "internet.url": "url", "internet.ipv4": "ipv4address",
	"phone.number": "phone", "location.city": "city", "location.country": "country", "location.street": "street", "location.zipCode": "zip",
	"company.name": "company", "commerce.productName": "product", "lorem.sentence": "sentence", "lorem.paragraph": "paragraph", "color.human": "color",
}

// faker is invented data of a kind that is known here, too.
func faker(_ *translator, w words) string {
	if len(w.args) != 1 || len(w.hash) > 0 {
		return ""
	}
	kind, _ := unquoted(w.args[0])
	switch kind {
	case "string.uuid":
		return "uuid"
	case "datatype.boolean":
		return "randomBool"
	}
	if name, ok := fakers[kind]; ok {
		return "faker '" + name + "'"
	}
	return ""
}
