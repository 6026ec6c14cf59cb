package mountebank

import (
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var operators = []string{"equals", "deepEquals", "contains", "startsWith", "endsWith", "matches", "exists"}

// comparison is how the fields of one predicate are compared.
type comparison struct {
	op     string
	fold   bool // the case of letters does not matter
	except string
	at     convert.Place
	// selector finds what is compared in the body, path is what it is called.
	selector convert.Place
	kind     string // jsonpath or xpath, "" for none
}

// predicate reads one predicate.
func predicate(p convert.Place) simulations.Pattern {
	for name, v := range p.Members() {
		switch name {
		case "and", "or":
			var list []simulations.Pattern
			for q := range v.Items() {
				list = append(list, predicate(q))
			}
			if name == "and" {
				return join(list)
			}
			return simulations.Pattern{Any: list}
		case "not":
			return simulations.Pattern{None: []simulations.Pattern{predicate(v)}}
		case "inject":
			v.Refuse("JavaScript is not run: say it with predicates")
			return simulations.Pattern{}
		}
		if slices.Contains(operators, name) {
			return compare(p, name, v)
		}
	}
	p.Refuse("holds no predicate that is known: there are %s, not, or and and", strings.Join(operators, ", "))
	return simulations.Pattern{}
}

func compare(p convert.Place, op string, fields convert.Place) simulations.Pattern {
	p.Exactly(op, "caseSensitive", "keyCaseSensitive", "except", "jsonpath", "xpath")
	c := comparison{op: op, fold: !p.Get("caseSensitive").Bool(), except: p.Get("except").Text(), at: p}
	for _, kind := range []string{"jsonpath", "xpath"} {
		if s := p.Get(kind); s.Set() {
			c.kind, c.selector = kind, s
		}
	}
	if c.except != "" && c.fold {
		c.except = "(?i)" + c.except
	}
	if _, err := regexp.Compile(c.except); err != nil {
		p.Get("except").Refuse("%s", err)
	}
	var out simulations.Pattern
	for name, v := range fields.Members() {
		if c.kind != "" && name != "body" {
			v.Refuse("a selector is for the body: write a predicate of its own for %s", name)
			continue
		}
		c.field(name, v, &out)
	}
	return out
}

// field puts the condition on one field into the pattern.
func (c *comparison) field(name string, v convert.Place, out *simulations.Pattern) {
	switch name {
	case "method":
		c.method(v, out)
	case "path":
		out.Path = convert.Predicate(c.text(v, true))
	case "query", "headers":
		if v.Kind() != simulations.Object {
			v.Refuse("%s are compared by name: write an object", name)
			return
		}
		list := make(map[string]simulations.Predicate)
		for key, m := range v.Members() {
			list[key] = simulations.Predicate{Value: c.values(m)}
		}
		if name == "headers" {
			if c.op == "deepEquals" {
				v.Refuse("a request has headers beyond any that a stub can list: use equals")
			}
			headers(list, out)
			return
		}
		// Beside caseSensitive names have a case only where it is said.
		out.Query, out.FoldQuery = list, c.fold || !c.at.Get("keyCaseSensitive").Bool()
		out.ExactQuery = c.op == "deepEquals"
	case "body":
		out.Body = convert.Predicate(c.body(v))
	case "form":
		form := &simulations.Value{Kind: simulations.Object}
		for key, m := range v.Members() {
			form.Set(key, c.values(m))
		}
		out.Body = convert.Predicate(convert.Op("form", form))
		if c.op == "deepEquals" {
			out.Body = convert.Predicate(convert.Object("form", form, "formOnly", convert.Strings(form.Names)))
		}
	case "requestFrom", "ip":
		v.Refuse("requests are not told apart by the address of the client here")
	default:
		v.Refuse("%q is no field of a request", name)
	}
}

// method finds the methods that a comparison lets through.
func (c *comparison) method(v convert.Place, out *simulations.Pattern) {
	if c.op == "exists" {
		if !v.Bool() {
			v.Refuse("every request has a method")
		}
		return
	}
	if c.except != "" {
		v.Refuse("except is not for methods here: write the method that is meant")
		return
	}
	want := v.Text()
	if c.op == "equals" || c.op == "deepEquals" {
		if c.fold {
			want = strings.ToUpper(want)
		}
		out.Method = simulations.Strings{want}
		return
	}
	expr, ok := c.expression(v, want)
	if !ok {
		return
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		v.Refuse("%s", err)
		return
	}
	for _, m := range convert.Methods {
		if re.MatchString(m) {
			out.Method = append(out.Method, m)
		}
	}
	if len(out.Method) == 0 {
		v.Refuse("no method fits")
	}
}

// expression says a comparison of text as a regular expression.
func (c *comparison) expression(v convert.Place, want string) (string, bool) {
	flags := "(?s)"
	if c.fold {
		flags = "(?is)"
	}
	quoted := regexp.QuoteMeta(want)
	switch c.op {
	case "equals", "deepEquals":
		return flags + `\A` + quoted + `\z`, true
	case "contains":
		return flags + quoted, true
	case "startsWith":
		return flags + `\A` + quoted, true
	case "endsWith":
		return flags + quoted + `\z`, true
	}
	if c.fold {
		return "(?i)" + want, true
	}
	return want, true
}

// text is the predicate on one value.
func (c *comparison) text(v convert.Place, path bool) *simulations.Value {
	if c.op == "exists" {
		if v.Bool() {
			return convert.TextOp("regex", "(?s).")
		}
		return convert.Op("any", simulations.NewArray(convert.Absent(), convert.Op("text", simulations.NewString(""))))
	}
	want := v.Text()
	var out *simulations.Value
	switch {
	case c.op == "matches":
		expr, _ := c.expression(v, want)
		if _, err := regexp.Compile(expr); err == nil {
			out = convert.TextOp("regex", expr)
		} else {
			out = convert.TextOp("lookaround", expr)
		}
	case c.op == "equals" || c.op == "deepEquals":
		switch {
		case c.fold:
			out = convert.TextOp("equalsIgnoreCase", want)
		case path:
			out = convert.TextOp("equals", want)
		default:
			out = convert.TextOp("text", want)
		}
	case !c.fold:
		out = convert.TextOp(c.op, want)
	default:
		expr, _ := c.expression(v, want)
		out = convert.TextOp("regex", expr)
	}
	if c.except != "" {
		out = convert.Op("without", convert.Object("regex", simulations.NewString(c.except), "is", out))
	}
	return out
}

// values is the predicate on a field that may have several values: of a list
// each is among them, and for deepEquals there are no others.
func (c *comparison) values(v convert.Place) *simulations.Value {
	var list []*simulations.Value
	if v.Kind() != simulations.Array {
		list = append(list, c.text(v, false))
		if c.op != "deepEquals" {
			return list[0]
		}
	} else {
		for item := range v.Items() {
			list = append(list, c.text(item, false))
		}
	}
	if c.op == "deepEquals" {
		return convert.Op("hasExactly", simulations.NewArray(list...))
	}
	for i := range list {
		list[i] = convert.Op("hasItem", list[i])
	}
	return convert.All(list...)
}

// body is the predicate on the body: as text, as JSON, or on what a selector
// finds in it.
func (c *comparison) body(v convert.Place) *simulations.Value {
	if c.kind == "" {
		if v.Kind() == simulations.Object || v.Kind() == simulations.Array {
			return c.document(v)
		}
		if c.op != "exists" && v.Text() == "" {
			if c.op == "equals" || c.op == "deepEquals" {
				return convert.Absent()
			}
			return simulations.NewArray() // any text has the empty one in it
		}
		return c.text(v, false)
	}
	selector := c.selector.Get("selector").Text()
	found := c.values(v)
	if c.kind == "jsonpath" {
		return convert.Op("jsonPath", convert.Object("lenient", convert.Flag(), selector, found))
	}
	out := &simulations.Value{Kind: simulations.Object}
	if ns := c.selector.Get("ns"); ns.Set() {
		out.Set("namespaces", ns.Value())
	}
	out.Set(selector, found)
	return convert.Op("xpath", out)
}

// document compares JSON leaf by leaf: each that is asked for is there, as text;
// for deepEquals there is nothing else.
func (c *comparison) document(v convert.Place) *simulations.Value {
	if c.op == "deepEquals" {
		if c.fold || c.except != "" {
			v.Refuse("JSON is compared as a whole with the case of its letters, and without except: set caseSensitive, or use equals")
			return nil
		}
		return convert.Op("json", convert.Object("value", v.Value(), "ignoreOrder", convert.Flag()))
	}
	paths := &simulations.Value{Kind: simulations.Object}
	c.leaves("$", v, paths)
	if len(paths.Names) == 0 {
		return convert.Op("jsonPath", convert.Object("$", convert.Present()))
	}
	return convert.Op("jsonPath", paths)
}

func (c *comparison) leaves(path string, v convert.Place, out *simulations.Value) {
	switch v.Kind() {
	case simulations.Object:
		for name, m := range v.Members() {
			c.leaves(path+convert.JSONName(name), m, out)
		}
	case simulations.Array:
		var list []*simulations.Value
		for item := range v.Items() {
			if k := item.Kind(); k == simulations.Object || k == simulations.Array {
				inner := &simulations.Value{Kind: simulations.Object}
				c.leaves("$", item, inner)
				list = append(list, convert.Op("hasItem", convert.Op("jsonPath", inner)))
				continue
			}
			list = append(list, convert.Op("hasItem", c.text(item, false)))
		}
		out.Set(path, simulations.NewArray(list...))
	case simulations.Null:
		out.Set(path, convert.Op("json", v.Value()))
	default:
		out.Set(path, c.text(v, false))
	}
}

// headers compares headers; that of the host is no header here.
func headers(list map[string]simulations.Predicate, out *simulations.Pattern) {
	for name, p := range list {
		if strings.EqualFold(name, "Host") {
			out.Authority = &p
			delete(list, name)
		}
	}
	if len(list) > 0 {
		out.Headers = list
	}
}
