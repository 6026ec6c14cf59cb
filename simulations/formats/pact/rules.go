package pact

import (
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// rule is what the values at a path, and below it, have to be like.
type rule struct {
	path     []token
	matchers []convert.Place
	// or: one of the matchers is enough.
	or bool
}

// rules are those of one part of a request.
type rules []rule

// names of the parts that have rules, as the versions call them.
var parts = map[string]string{"path": "path", "query": "query", "header": "header", "headers": "header", "body": "body"}

// rulesOf reads the matching rules of a request, by part. In version 2 the path
// begins with the part, `$.body.a`, later ones group by it.
func (i *interaction) rulesOf(p convert.Place) map[string]rules {
	out := make(map[string]rules)
	for name, v := range p.Members() {
		if !strings.HasPrefix(name, "$") {
			if part, ok := parts[name]; ok {
				out[part] = append(out[part], i.category(part, v)...)
			} else if name != "method" && name != "metadata" && name != "status" {
				i.lose(v, "%q is no part of a request that has rules", name)
			}
			continue
		}
		path, ok := steps(name)
		if !ok || len(path) == 0 || path[0].kind != named || parts[path[0].name] == "" {
			i.lose(v, "%q is no path to a part of a request", name)
			continue
		}
		part := parts[path[0].name]
		out[part] = append(out[part], ruleAt(path[1:], v))
	}
	return out
}

// category reads the rules of one part. The path has one alone; those of a
// query and of headers go by names.
func (i *interaction) category(part string, p convert.Place) (out rules) {
	if part == "path" {
		if p.Kind() == simulations.Object && len(p.Value().Names) == 0 {
			return nil
		}
		if v := p.Get("$"); v.Set() {
			p = v
		}
		return rules{ruleAt(nil, p)}
	}
	for name, v := range p.Members() {
		path, ok := steps(name)
		if !ok && part != "body" {
			path, ok = []token{{kind: named, name: name}}, true
			if open := strings.LastIndexByte(name, '['); open > 0 {
				if index, isIndex := steps("$" + name[open:]); isIndex && index[0].kind != named {
					out = append(out, ruleAt([]token{{kind: named, name: name[:open]}, index[0]}, v))
				}
			}
		}
		if !ok {
			i.lose(v, "%q is no path that is understood", name)
			continue
		}
		out = append(out, ruleAt(path, v))
	}
	return out
}

func ruleAt(path []token, p convert.Place) rule {
	r := rule{path: path}
	switch list := p.Get("matchers"); {
	case list.Set():
		for m := range list.Items() {
			r.matchers = append(r.matchers, m)
		}
		r.or = strings.EqualFold(p.Get("combine").Text(), "OR")
	case p.Kind() == simulations.Array:
		for m := range p.Items() {
			r.matchers = append(r.matchers, m)
		}
	default:
		r.matchers = []convert.Place{p}
	}
	return r
}

// matcher is the name of a matcher; in version 2 it may go without saying.
func matcher(p convert.Place) string {
	switch name := p.Get("match"); {
	case name.Set():
		return name.Text()
	case p.Get("regex").Set():
		return "regex"
	case p.Get("min").Set(), p.Get("max").Set():
		return "type"
	}
	return ""
}

// own are the matchers that are about the very value, and not what is below.
var own = []string{"values", "arrayContains", "eachKey", "eachValue", "notEmpty", "contentType"}

// at finds the rule for the value at a path: of those for it or something above
// it the one whose steps fit best, then the longest. Nil is none. inherited
// says that it is one from above.
func (list rules) at(path []token) (best *rule, inherited bool) {
	most := 0
	for n := range list {
		r := &list[n]
		if len(r.path) > len(path) {
			continue
		}
		weight := 2
		for k, t := range r.path {
			if weight *= t.weight(path[k]); weight == 0 {
				break
			}
			weight = min(weight, 1<<30) // deeper than anybody writes
		}
		if weight < most || weight == 0 || weight == most && best != nil && len(r.path) <= len(best.path) {
			continue
		}
		if len(r.path) < len(path) {
			if r = r.below(); len(r.matchers) == 0 {
				continue
			}
		}
		best, most = r, weight
	}
	return best, best != nil && len(best.path) < len(path)
}

// below is what the rule says of values below its own.
func (r *rule) below() *rule {
	out := &rule{path: r.path, or: r.or}
	for _, m := range r.matchers {
		if !slices.Contains(own, matcher(m)) {
			out.matchers = append(out.matchers, m)
		}
	}
	return out
}

// folded is the list with the names that it begins with in lower case, as those
// of headers are compared.
func (list rules) folded() rules {
	out := slices.Clone(list)
	for n := range out {
		if path := slices.Clone(out[n].path); len(path) > 0 {
			path[0].name = strings.ToLower(path[0].name)
			out[n].path = path
		}
	}
	return out
}
