package openapi

import (
	"regexp"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// conditions are what a request has to keep to.
type conditions struct {
	params, query, headers, cookies map[string]*simulations.Value
	// joined says that a list may be sent as several parameters.
	joined bool
}

func newConditions() *conditions {
	return &conditions{
		params: make(map[string]*simulations.Value), query: make(map[string]*simulations.Value),
		headers: make(map[string]*simulations.Value), cookies: make(map[string]*simulations.Value),
	}
}

// fields are the conditions on one place of parameters.
func (c *conditions) fields(in string) map[string]*simulations.Value {
	switch in {
	case "path":
		return c.params
	case "header":
		return c.headers
	case "cookie":
		return c.cookies
	}
	return c.query
}

// parameter adds what the description says of a parameter.
func (c *conditions) parameter(r *reader, p *parameter, to route) {
	name := p.name
	if p.in == "path" {
		var ok bool
		if name, ok = to.captured[p.name]; !ok {
			return
		}
	}
	schema := r.requests.read(p.schema)
	fields := c.fields(p.in)
	if p.encoded {
		put(fields, name, optional(p.required, r.jsonSchema(p.at, schema)))
		return
	}
	flat := r.requests.flat(schema)
	switch typeOf(flat) {
	case "array":
		if p.in != "path" {
			c.joined = true
		}
		put(fields, name, optional(p.required, r.listed(p, flat)))
	case "object":
		c.members(r, p, name, flat)
	default:
		put(fields, name, optional(p.required, r.scalar(p.at, schema)))
	}
}

// members adds the members of an object that are parameters of their own.
func (c *conditions) members(r *reader, p *parameter, name string, schema *simulations.Value) {
	if p.in == "path" || !p.exploded && !p.deep {
		if p.required {
			put(c.fields(p.in), name, convert.Present())
		}
		return
	}
	properties := schema.Get("properties")
	if properties == nil {
		return
	}
	for i, member := range properties.Names {
		written := member
		if p.deep {
			written = name + "[" + member + "]"
		}
		switch sub := r.requests.flat(properties.Items[i]); typeOf(sub) {
		case "array", "object": // how these are written is not said anywhere
		default:
			put(c.fields(p.in), written, optional(p.required && requires(schema, member), r.scalar(p.at, properties.Items[i])))
		}
	}
}

func put(fields map[string]*simulations.Value, name string, predicate *simulations.Value) {
	if predicate != nil {
		fields[name] = predicate
	}
}

// optional lets a field be absent unless it is required. A nil predicate holds
// for any value.
func optional(required bool, predicate *simulations.Value) *simulations.Value {
	switch {
	case predicate == nil && required:
		return convert.Present()
	case predicate == nil || required:
		return predicate
	}
	return convert.Op("any", simulations.NewArray(convert.Absent(), predicate))
}

func requires(schema *simulations.Value, member string) bool {
	if list := schema.Get("required"); list != nil {
		for _, name := range list.Items {
			if name.Text == member {
				return true
			}
		}
	}
	return false
}

// scalar is the condition on one value, nil for none.
func (r *reader) scalar(at convert.Place, schema *simulations.Value) *simulations.Value {
	switch flat := r.requests.flat(schema); {
	case flat.Kind == simulations.Bool && flat.Text == "true", len(flat.Names) == 0 && flat.Kind == simulations.Object:
		return nil
	case len(flat.Names) == 1 && typeOf(flat) == "string", isFormatOnly(flat):
		return nil
	case typeOf(flat) == "boolean" && len(flat.Names) == 1:
		return convert.Op("any", convert.Strings([]string{"true", "false"}))
	case texts(flat.Get("enum")) && len(flat.Names) <= 2:
		return convert.Op("any", simulations.NewArray(flat.Get("enum").Items...))
	}
	return r.jsonSchema(at, schema)
}

// isFormatOnly reports whether a schema takes any text, whatever its format is
// called.
func isFormatOnly(schema *simulations.Value) bool {
	return len(schema.Names) == 2 && typeOf(schema) == "string" && schema.Get("format") != nil
}

// texts reports whether a list holds texts only.
func texts(list *simulations.Value) bool {
	if list == nil {
		return false
	}
	for _, item := range list.Items {
		if item.Kind != simulations.String {
			return false
		}
	}
	return true
}

// maxRepeat is the largest count that RE2 takes.
const maxRepeat = 1000

// listed is the condition on a list that is written as one text, its items
// between separators. Several parameters of the name are joined by commas.
func (r *reader) listed(p *parameter, schema *simulations.Value) *simulations.Value {
	separator := regexp.QuoteMeta(p.separator)
	if p.separator != "," {
		separator = "(?:" + separator + "|,)"
	}
	item := r.itemRegex(schema.Get("items"))
	if item == "" && schema.Get("minItems") == nil && schema.Get("maxItems") == nil {
		return nil
	}
	if item == "" {
		item = `[^,` + regexp.QuoteMeta(strings.Trim(p.separator, ",")) + `]*`
	}
	more := "*"
	least, most := bound(schema.Get("minItems"), 0), bound(schema.Get("maxItems"), -1)
	if least <= maxRepeat && most <= maxRepeat && (least > 1 || most >= 0) {
		more = "{" + strconv.Itoa(max(least-1, 0)) + ","
		if most >= 0 {
			more += strconv.Itoa(max(most-1, 0))
		}
		more += "}"
	}
	expr := `(?:` + item + `)(?:\s*` + separator + `\s*(?:` + item + `))` + more
	if least == 0 {
		expr = `(?:` + expr + `)?`
	}
	expr = `^` + expr + `$`
	if _, err := regexp.Compile(expr); err != nil { // more than RE2 unfolds
		return nil
	}
	return convert.TextOp("regex", expr)
}

func bound(v *simulations.Value, otherwise int) int {
	if v == nil {
		return otherwise
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil {
		return otherwise
	}
	return n
}

// itemRegex fits one item of a list; it is "" where anything does.
func (r *reader) itemRegex(schema *simulations.Value) string {
	if schema == nil {
		return ""
	}
	flat := r.requests.flat(schema)
	if enum := flat.Get("enum"); texts(enum) {
		var list []string
		for _, item := range enum.Items {
			list = append(list, regexp.QuoteMeta(item.Text))
		}
		return strings.Join(list, "|")
	}
	switch typeOf(flat) {
	case "integer":
		return `-?[0-9]+`
	case "number":
		return `-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`
	case "boolean":
		return `true|false`
	}
	if format := flat.Get("format"); format != nil && formats[format.Text] != "" {
		return strings.Trim(formats[format.Text], "^$")
	}
	return ""
}
