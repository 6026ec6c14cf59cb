package mountebank

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// predicateList is predicates that must all hold.
type predicateList struct{ list []*simulations.Value }

// add adds a predicate of one operator about one field, with the case of letters.
func (p *predicateList) add(op, field string, v *simulations.Value) {
	p.list = append(p.list, convert.Object(op, convert.Object(field, v), "caseSensitive", convert.Flag()))
}

// one is the list as one predicate.
func (p *predicateList) one() *simulations.Value {
	if len(p.list) == 1 {
		return p.list[0]
	}
	return convert.Op("and", simulations.NewArray(p.list...))
}

func (p *predicateList) not(of predicateList) {
	p.list = append(p.list, convert.Op("not", of.one()))
}

// pattern says a pattern.
func (p *predicateList) pattern(q *simulations.Pattern, at export.Place) {
	if len(q.Cookies) > 0 {
		at.Get("cookies").LeaveOut("cookies are not compared there; write a predicate on the header Cookie")
	}
	if q.URL != nil {
		at.Get("url").LeaveOut("path and query are compared apart there; write `path` and `query`")
	}
	p.methods(q.Method)
	p.host(q, at)
	p.path(q, at)
	p.query(q, at)
	for _, name := range export.Names(q.Headers) {
		if q.Join != "" {
			at.Get("join").Warn("of several values of a header or parameter one has to fit there, they are not joined")
		}
		p.named("headers", name, q.Headers[name].Value, at.Get("headers").Get(name))
	}
	if q.Body != nil {
		for _, t := range export.Terms(q.Body.Value, at.Get("body")) {
			p.body(t)
		}
	}
	if len(q.Any) > 0 {
		list := &simulations.Value{Kind: simulations.Array}
		for i := range q.Any {
			list.Items = append(list.Items, nested(&q.Any[i], at.Get("any").Item(i)))
		}
		p.list = append(p.list, convert.Op("or", list))
	}
	for i := range q.None {
		p.list = append(p.list, convert.Op("not", nested(&q.None[i], at.Get("none").Item(i))))
	}
}

// nested says a pattern within a pattern.
func nested(q *simulations.Pattern, at export.Place) *simulations.Value {
	var p predicateList
	p.pattern(q, at)
	return p.one()
}

func (p *predicateList) methods(methods simulations.Strings) {
	list := &simulations.Value{Kind: simulations.Array}
	for _, m := range methods {
		var one predicateList
		one.add("equals", "method", simulations.NewString(m))
		list.Items = append(list.Items, one.list...)
	}
	switch len(list.Items) {
	case 0:
	case 1:
		p.list = append(p.list, list.Items[0])
	default:
		p.list = append(p.list, convert.Op("or", list))
	}
}

// host compares the header Host, which has the port in it.
func (p *predicateList) host(q *simulations.Pattern, at export.Place) {
	if q.Authority != nil {
		for _, t := range export.Terms(q.Authority.Value, at.Get("authority")) {
			p.text("headers", "Host", t)
		}
	}
	if q.Host == nil {
		return
	}
	expr, ok := export.Authority(q.Host, at.Get("host"))
	if !ok {
		at.Get("host").LeaveOut("the header Host has the port in it there, and this predicate cannot be said of both; write `authority`")
	}
	p.matches("headers", "Host", expression(export.Term{At: at.Get("host")}, expr))
}

func (p *predicateList) path(q *simulations.Pattern, at export.Place) {
	if q.Path == nil {
		return
	}
	params := export.FixedParams(q, at)
	for _, t := range export.Terms(q.Path.Value, at.Get("path")) {
		if t.Op == "equals" {
			p.add("equals", "path", simulations.NewString(t.Arg.Text))
			continue
		}
		expr, ok := "", false
		if t.Op == "template" {
			expr, ok = export.TemplateExpression(t.Arg.Text, params)
		} else {
			expr, ok = t.Expression(true)
		}
		if !ok {
			t.At.LeaveOut("the operator %s, as it stands here, has no equal there", t.Op)
		}
		p.matches("path", "", expression(t, expr))
	}
}

// matches adds a regular expression, as JavaScript writes it.
func (p *predicateList) matches(field, name, expr string) {
	v := simulations.NewString(expr)
	if name != "" {
		v = convert.Object(name, v)
	}
	p.add("matches", field, v)
}

// expression says a term as a regular expression of JavaScript's. The stub whose
// expression has flags in it, which are not known there, is left out.
func expression(t export.Term, expr string) string {
	if t.Op == "glob" || t.Op == "template" {
		// The dot of these is any character.
		expr = strings.TrimPrefix(expr, "(?s)")
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, ".*", `[\s\S]*`), ".+", `[\s\S]+`)
	}
	expr = strings.ReplaceAll(strings.ReplaceAll(expr, `\A`, "^"), `\z`, "$")
	if flags.MatchString(expr) {
		t.At.LeaveOut("a regular expression has no flags, and no classes by name, there; write it without")
	}
	return expr
}

// flags are what RE2 reads and JavaScript does not, or otherwise.
var flags = regexp.MustCompile(`\(\?[^:]|\[\[:|\\[pPQCaE]|\\x\{`)

func (p *predicateList) query(q *simulations.Pattern, at export.Place) {
	at = at.Get("query")
	if len(q.Query) > 0 && q.Join != "" {
		at.Warn("of several values of a header or parameter one has to fit there, they are not joined")
	}
	if q.ExactQuery {
		if all, ok := exactly(q); ok {
			p.add("deepEquals", "query", all)
			p.sayCase(q.FoldQuery)
			return
		}
		at.Warn(export.MoreParameters)
	}
	for _, name := range export.Names(q.Query) {
		before := len(p.list)
		p.named("query", name, q.Query[name].Value, at.Get(name))
		for i := before; i < len(p.list); i++ {
			(&predicateList{p.list[i : i+1]}).sayCase(q.FoldQuery)
		}
	}
}

// sayCase says of the last predicate whether the names in it have a case.
func (p *predicateList) sayCase(fold bool) {
	last := p.list[len(p.list)-1]
	if inner := last.Get("not"); inner != nil {
		last = inner
	}
	if last.Get("caseSensitive") != nil {
		last.Set("keyCaseSensitive", simulations.NewBool(!fold))
	}
}

// exactly is the whole query where all of it are texts.
func exactly(q *simulations.Pattern) (*simulations.Value, bool) {
	out := &simulations.Value{Kind: simulations.Object}
	for _, name := range export.Names(q.Query) {
		one := q.Query[name]
		if text, ok := export.Literal(&one); ok {
			out.Set(name, simulations.NewString(text))
			continue
		}
		list, ok := texts(one.Value)
		if !ok {
			return nil, false
		}
		out.Set(name, list)
	}
	return out, true
}

// texts is the list of texts that hasExactly asks for.
func texts(v *simulations.Value) (*simulations.Value, bool) {
	list := v.Get("hasExactly")
	if list == nil || len(v.Names) != 1 {
		return nil, false
	}
	out := &simulations.Value{Kind: simulations.Array}
	for _, item := range list.Items {
		text, ok := export.Literal(&simulations.Predicate{Value: item})
		if !ok {
			return nil, false
		}
		out.Items = append(out.Items, simulations.NewString(text))
	}
	return out, true
}

// named says a predicate on a header or a parameter, which may have several
// values.
func (p *predicateList) named(field, name string, v *simulations.Value, at export.Place) {
	for _, g := range export.Groups(v, at) {
		if len(g) > 1 {
			at.Warn("of several values of a field each condition may be met by another there")
		}
		for _, t := range g {
			p.value(field, name, t)
		}
	}
}

// value says one term about the values of a header or a parameter.
func (p *predicateList) value(field, name string, t export.Term) {
	var inner predicateList
	switch t.Op {
	case "absent":
		inner.matches(field, name, `[\s\S]*`)
		if t.Arg.Text == "true" {
			p.not(inner)
		} else {
			p.list = append(p.list, inner.list...)
		}
	case "not":
		inner.named(field, name, t.Arg, t.At)
		p.not(inner)
	case "any":
		list := &simulations.Value{Kind: simulations.Array}
		for i, item := range t.Arg.Items {
			var one predicateList
			one.named(field, name, item, t.At.Item(i))
			list.Items = append(list.Items, one.one())
		}
		p.list = append(p.list, convert.Op("or", list))
	case "hasItem":
		p.named(field, name, t.Arg, t.At)
	case "first":
		t.At.Warn("of several values of a field any may fit there, not the first alone")
		p.named(field, name, t.Arg, t.At)
	case "hasExactly":
		list, ok := texts(convert.Op("hasExactly", t.Arg))
		if !ok || field != "query" {
			t.At.LeaveOut("only the texts of parameters can be listed there")
			return
		}
		p.add("deepEquals", field, convert.Object(name, list))
		t.At.LeaveOut("a list of values goes with the whole query there; write exactQuery beside it")
	default:
		p.text(field, name, t)
	}
}

// text says a term about one text.
func (p *predicateList) text(field, name string, t export.Term) {
	of := func(v *simulations.Value) *simulations.Value {
		if name == "" {
			return v
		}
		return convert.Object(name, v)
	}
	text, ok := t.Text()
	switch {
	case ok:
		p.add("equals", field, of(simulations.NewString(text)))
	case t.Op == "equals":
		if t.Arg.Kind == simulations.Number {
			t.At.Warn(export.NumbersAsWritten)
		}
		p.add("equals", field, of(simulations.NewString(t.Arg.Text)))
	case t.Op == "contains", t.Op == "startsWith", t.Op == "endsWith":
		p.add(t.Op, field, of(simulations.NewString(t.Arg.Text)))
	case t.Op == "equalsIgnoreCase":
		p.list = append(p.list, convert.Op("equals", convert.Object(field, of(t.Arg))))
	default:
		expr, ok := t.Expression(false)
		if !ok {
			t.At.LeaveOut("the operator %s, as it stands here, has no equal there", t.Op)
		}
		p.matches(field, name, expression(t, expr))
	}
}

// body says one term about the body.
func (p *predicateList) body(t export.Term) {
	switch {
	case t.Op == "absent":
		var none predicateList
		none.add("equals", "body", simulations.NewString(""))
		if t.Arg.Text == "true" {
			p.list = append(p.list, none.list...)
		} else {
			p.not(none)
		}
	case t.Op == "not":
		var inner predicateList
		for _, u := range export.Terms(t.Arg, t.At) {
			inner.body(u)
		}
		p.not(inner)
	case t.Op == "equals" && t.Arg.Kind != simulations.String:
		t.At.LeaveOut("a number in a body is compared as text there; write `text`")
	case t.Op == "json":
		p.json(t)
	case t.Op == "jsonPath", t.Op == "xpath":
		p.paths(t)
	case t.Op == "form":
		for i, name := range t.Arg.Names {
			p.named("form", name, t.Arg.Items[i], t.At.Get(name))
		}
	case t.Op == "formOnly":
		t.At.Warn("a form with further fields fits, too, there")
	default:
		p.text("body", "", t)
	}
}

func (p *predicateList) json(t export.Term) {
	value, options := export.Options(t.Arg, export.JSONOptions...)
	for _, o := range options {
		if o != "ignoreOrder" && o != "sameDigits" {
			t.At.Get(o).LeaveOut("JSON is compared as a whole there, its lists in any order")
		}
	}
	if value.Kind != simulations.Object && value.Kind != simulations.Array {
		t.At.LeaveOut("JSON that is compared is an object or a list there")
	}
	if len(options) == 0 && hasList(value) {
		t.At.Warn("lists in JSON come in any order there")
	}
	p.add("deepEquals", "body", value)
}

func hasList(v *simulations.Value) bool {
	if v.Kind == simulations.Array && len(v.Items) > 1 {
		return true
	}
	for _, item := range v.Items {
		if hasList(item) {
			return true
		}
	}
	return false
}

// paths says what paths into the body find.
func (p *predicateList) paths(t export.Term) {
	kind := map[string]string{"jsonPath": "jsonpath", "xpath": "xpath"}[t.Op]
	if t.Arg.Kind == simulations.String {
		t.Arg = convert.Object(t.Arg.Text, convert.Present())
	}
	if t.Op == "jsonPath" && t.Arg.Get("lenient") == nil {
		t.At.Warn("a path that finds null finds nothing there, and what it finds is compared as text")
	}
	for i, path := range t.Arg.Names {
		switch path {
		case "lenient", "namespaces":
			continue
		case "localNames", "asXML":
			t.At.Get(path).LeaveOut("this option of XPath is not known there")
		}
		var found predicateList
		found.named("body", "", t.Arg.Items[i], t.At.Get(path))
		selector := convert.Object("selector", simulations.NewString(path))
		if ns := t.Arg.Get("namespaces"); ns != nil && kind == "xpath" {
			selector.Set("ns", ns)
		}
		for _, one := range found.list {
			if !selectable(one, kind, selector) {
				t.At.Get(path).LeaveOut("what a path finds is compared there by one text operator; write a path for each")
			}
		}
		p.list = append(p.list, found.list...)
	}
}

// selectable gives a predicate about a body its selector.
func selectable(one *simulations.Value, kind string, selector *simulations.Value) bool {
	if one.Get("not") != nil || one.Get("or") != nil || one.Get("and") != nil {
		return false
	}
	one.Set(kind, selector)
	return true
}
