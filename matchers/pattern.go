package matchers

import (
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// Pattern is a compiled simulations.Pattern. It is immutable and safe for any
// number of goroutines.
type Pattern struct {
	// conditions are all that must hold, cheap ones first.
	conditions []condition
	redacted   bool
	path       pathShape
	// dear says that compiling it again would cost much.
	dear bool
}

// CompilePattern compiles a pattern that is no stub's: a route's, a journal
// query's, a verification's. Pointers are relative to the pattern.
func CompilePattern(p *simulations.Pattern) (*Pattern, []simulations.FieldError) {
	c, out := &compiler{}, &Pattern{}
	c.pattern(p, out)
	return out, c.faults
}

// Match reports whether every condition holds for r.
func (p *Pattern) Match(r *Request) bool {
	return p.fits(r.view(p.redacted), &r.scope)
}

// fits is Match on the view of a request.
func (p *Pattern) fits(v *Request, s *scope) bool {
	for i := range p.conditions {
		if !p.conditions[i].holds(v, s) {
			return false
		}
	}
	return true
}

// Mismatches lists the conditions that do not hold for r, and the share of
// those that do, of which a path that looks alike is a part; 1 and none where
// the pattern matches, 0 where the two have nothing in common.
func (p *Pattern) Mismatches(r *Request) (score float64, failed []simulations.Mismatch) {
	a := p.alternative(r.view(p.redacted), &r.scope)
	return a.held, a.failed
}

// pattern compiles p into out, which is empty.
func (c *compiler) pattern(p *simulations.Pattern, out *Pattern) {
	out.redacted = p.Redacted
	if len(p.Method) > 0 {
		out.conditions = append(out.conditions, condition{source: fromMethod, label: "method", methods: p.Method, cost: 1})
	}
	add := func(source source, name, label string, v *simulations.Predicate, where context) {
		if v == nil || v.Value == nil {
			return
		}
		c.within(where, func() {
			if q := c.predicate(v.Value); !q.empty() {
				next := condition{source: source, name: name, label: label, predicate: q, cost: q.cost()}
				next.fold = p.FoldQuery && source == fromQuery
				if p.Join != "" && (source == fromQuery || source == fromHeader) {
					next.special = &special{join: p.Join}
				}
				out.conditions = append(out.conditions, next)
			}
		})
	}
	addAll := func(source source, token string, fields map[string]simulations.Predicate, canonical func(string) string) {
		if len(fields) == 0 {
			return
		}
		c.in(token, func() {
			seen := map[string]string{}
			for _, name := range sortedKeys(fields) {
				key := canonical(name)
				c.in(name, func() {
					q := fields[name]
					if other, ok := seen[key]; ok {
						c.fail(q.Value, "%q stands twice, as %q too: write a list of predicates", name, other)
					}
					seen[key] = name
					add(source, key, token+"."+key, &q, textContext)
				})
			}
		})
	}
	host := func(source source, label string, v *simulations.Predicate) {
		if v != nil {
			c.in(label, func() { add(source, "", label, &simulations.Predicate{Value: lowerLiterals(v.Value)}, textContext) })
		}
	}
	host(fromHost, "host", p.Host)
	host(fromAuthority, "authority", p.Authority)
	c.in("path", func() { add(fromPath, "", "path", p.Path, pathContext) })
	out.path = shapeOf(out.conditions)
	if len(p.Params) > 0 {
		addAll(fromParam, "params", p.Params, func(s string) string { return s })
		c.in("params", func() { c.params(out) })
	}
	c.in("url", func() { add(fromURL, "", "url", p.URL, textContext) })
	queryName := func(s string) string { return s }
	if p.FoldQuery {
		queryName = strings.ToLower
	}
	addAll(fromQuery, "query", p.Query, queryName)
	if p.ExactQuery {
		out.conditions = append(out.conditions, condition{
			source: fromQueryNames, label: "exactQuery", cost: CostScalar, fold: p.FoldQuery, special: &special{limits: queryLimits(p.Query, queryName)},
		})
	}
	addAll(fromHeader, "headers", p.Headers, textproto.CanonicalMIMEHeaderKey)
	addAll(fromCookie, "cookies", p.Cookies, func(s string) string { return s })
	c.in("session", func() { add(fromSession, "", "session", p.Session, textContext) })
	c.in("origin", func() { add(fromOrigin, "", "origin", p.Origin, textContext) })
	if p.Body != nil && p.Body.Value != nil {
		c.in("body", func() { out.conditions = append(out.conditions, c.body(p.Body.Value)...) })
	}
	c.alternatives("any", p.Any, false, out)
	c.alternatives("none", p.None, true, out)
	out.dear = c.dear
	slices.SortStableFunc(out.conditions, func(a, b condition) int { return int(a.cost) - int(b.cost) })
}

// alternatives compiles patterns within a pattern; they look at the view of the
// request that the outer one looks at.
func (c *compiler) alternatives(label string, list []simulations.Pattern, none bool, out *Pattern) {
	if len(list) == 0 {
		return
	}
	if c.depth++; c.depth > maxPredicateDepth {
		c.fail(nil, "patterns are nested deeper than %d", maxPredicateDepth)
		c.depth--
		return
	}
	defer func() { c.depth-- }()
	next := condition{source: fromPatterns, label: label, cost: CostScalar, special: &special{none: none}}
	for i := range list {
		c.in(label, func() {
			c.in(strconv.Itoa(i), func() {
				if list[i].Redacted {
					c.in("redacted", func() { c.fail(nil, "redacted is for the whole pattern") })
				}
				q := new(Pattern)
				c.pattern(&list[i], q)
				next.patterns = append(next.patterns, q)
				for j := range q.conditions {
					next.cost = max(next.cost, q.conditions[j].cost)
				}
			})
		})
	}
	out.conditions = append(out.conditions, next)
}

// params gives the conditions on parameters the template that captures them.
func (c *compiler) params(p *Pattern) {
	for i := range p.conditions {
		q := &p.conditions[i]
		if q.source != fromParam {
			continue
		}
		q.special = &special{template: p.path.template}
		if q.template == nil || !q.template.names(q.name) {
			c.in(q.name, func() {
				c.fail(nil, "the path's template has no parameter {%s}: params are about what `path: {template: …}` captures", q.name)
			})
		}
	}
}

// body compiles the predicate on the body into one condition for each of its
// operators, and for each path or field of those that take several. A body is
// one value, so that this says the same as the whole.
func (c *compiler) body(v *simulations.Value) []condition {
	if isEmptyText(v) {
		v = &simulations.Value{
			Kind: simulations.Object, Names: []string{"absent"}, Items: []*simulations.Value{simulations.NewBool(true)},
			Line: v.Line, Column: v.Column,
		}
	}
	var whole *Predicate
	c.within(anyContext, func() { whole = c.predicate(v) })
	var out []condition
	var flatten func(p *Predicate)
	flatten = func(p *Predicate) {
		for _, parts := range [][]part{p.whole, p.each} {
			for _, pt := range parts {
				q := &Predicate{}
				q.add(pt)
				out = append(out, condition{
					source: fromBody, label: "body", predicate: q, cost: max(pt.op.Cost, CostPattern),
					cutHolds: pt.field == absent(false),
				})
			}
		}
		for _, q := range p.list {
			flatten(q)
		}
	}
	flatten(whole)
	return out
}

// isEmptyText recognises equality with "", which for a body means that there
// is none.
func isEmptyText(v *simulations.Value) bool {
	if v.Kind == simulations.Object && len(v.Names) == 1 && v.Names[0] == "equals" {
		v = v.Items[0]
	}
	return v.Kind == simulations.String && v.Text == ""
}

// queryLimits is how often exactQuery lets each name stand: once, or as often
// as hasExactly or a list has predicates.
func queryLimits(query map[string]simulations.Predicate, key func(string) string) map[string]int {
	out := make(map[string]int, len(query))
	for name, p := range query {
		name = key(name)
		out[name] = 1
		if p.Value == nil {
			continue
		}
		if p.Kind == simulations.Array {
			out[name] = max(1, len(p.Items))
		}
		if list := p.Get("hasExactly"); list != nil {
			out[name] = len(list.Items)
		}
	}
	return out
}

// lowerLiterals brings the texts of a predicate on the host into lower case:
// hosts have none.
func lowerLiterals(v *simulations.Value) *simulations.Value {
	if v == nil {
		return nil
	}
	out := *v
	switch v.Kind {
	case simulations.String:
		out.Text = strings.ToLower(v.Text)
	case simulations.Array, simulations.Object:
		out.Items = make([]*simulations.Value, len(v.Items))
		for i, item := range v.Items {
			if v.Kind == simulations.Object && v.Names[i] == "regex" {
				out.Items[i] = item // \S is not \s
				continue
			}
			out.Items[i] = lowerLiterals(item)
		}
	}
	return &out
}

// firstKeys are the first n of sortedKeys, at least one, without all of them being
// sorted.
func firstKeys[V any](m map[string]V, n int) []string {
	if len(m) <= n {
		return sortedKeys(m)
	}
	first := lowest[string]{most: max(n, 1)}
	for k := range m {
		first.add(k)
	}
	return first.sorted()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
