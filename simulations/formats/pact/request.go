package pact

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// request reads what a request must be like.
func (i *interaction) request(p convert.Place, out *simulations.Pattern) {
	p.Only("method", "path", "query", "headers", "body", "matchingRules", "generators")
	method := "GET"
	if m := p.Get("method").Text(); m != "" {
		method = strings.ToUpper(m)
	}
	out.Method = simulations.Strings{method}
	byPart := i.rulesOf(p.Get("matchingRules"))
	if path := p.Get("path"); path.Set() {
		r, _ := byPart["path"].at(nil)
		out.Path = convert.Predicate(i.text(path.Text(), r, convert.ExactPath))
	}
	i.query(p.Get("query"), byPart["query"], out)
	i.headers(p.Get("headers"), byPart["header"].folded(), out)
	i.body(p, byPart["body"], out)
}

// query reads the parameters: those that are named and no other, each with as
// many values.
func (i *interaction) query(p convert.Place, list rules, out *simulations.Pattern) {
	out.ExactQuery = true
	values, names := i.parameters(p)
	for _, name := range names {
		if out.Query == nil {
			out.Query = make(map[string]simulations.Predicate)
		}
		out.Query[name] = simulations.Predicate{Value: i.inOrder(p, name, values[name], list)}
	}
}

// parameters reads a query, which version 2 writes as it is sent.
func (i *interaction) parameters(p convert.Place) (values map[string][]string, names []string) {
	values = make(map[string][]string)
	add := func(name string, list ...string) {
		if _, ok := values[name]; !ok {
			names = append(names, name)
		}
		values[name] = append(values[name], list...)
	}
	if p.Kind() == simulations.String {
		for pair := range strings.SplitSeq(strings.TrimPrefix(p.Text(), "?"), "&") {
			if pair == "" {
				continue
			}
			name, value, _ := strings.Cut(pair, "=")
			add(unescape(name), unescape(value))
		}
		return values, names
	}
	for name, v := range p.Members() {
		switch {
		case v.Kind() != simulations.Array:
			add(name, v.Text())
		case len(v.Value().Items) == 0:
			i.lose(v, "the parameter has no value")
		}
		if v.Kind() == simulations.Array {
			for item := range v.Items() {
				add(name, item.Text())
			}
		}
	}
	return values, names
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// maxValues is how many values of one name are compared, as hasExactly bounds it.
const maxValues = 64

// inOrder is the predicate on the values of one parameter.
func (i *interaction) inOrder(p convert.Place, name string, examples []string, list rules) *simulations.Value {
	values := make([]*simulations.Value, len(examples))
	alike := true
	for n, example := range examples {
		r, _ := list.at([]token{{kind: named, name: name}, {kind: indexed, index: n}})
		values[n] = i.text(example, r, simulations.NewString)
		alike = alike && example == examples[0]
	}
	switch {
	case len(values) == 1:
		return values[0]
	case len(values) > maxValues:
		i.lose(p, "%s has more than %d values", name, maxValues)
	case alike:
	case len(values) > 2:
		p.Warn("of the %d values of %s only the first has to be where it stands, the others may come in any order", len(values), name)
	}
	exactly := simulations.NewArray(values...)
	if alike {
		return convert.Op("hasExactly", exactly)
	}
	return convert.Object("first", values[0], "hasExactly", exactly)
}

// headers reads those that must be there; there may be others.
func (i *interaction) headers(p convert.Place, list rules, out *simulations.Pattern) {
	for name, v := range p.Members() {
		var examples []string
		if v.Kind() == simulations.Array {
			for item := range v.Items() {
				examples = append(examples, item.Text())
			}
		} else {
			examples = []string{v.Text()}
		}
		if out.Headers == nil {
			out.Headers = make(map[string]simulations.Predicate)
		}
		out.Headers[name] = simulations.Predicate{Value: i.header(name, examples, list)}
	}
}

// header is the predicate on one header.
func (i *interaction) header(name string, examples []string, list rules) *simulations.Value {
	var all []*simulations.Value
	ruled := false
	for n, example := range examples {
		r, _ := list.at([]token{{kind: named, name: strings.ToLower(name)}, {kind: indexed, index: n}})
		ruled = ruled || r != nil
		all = append(all, i.text(example, r, simulations.NewString))
	}
	switch {
	case len(examples) == 0:
		return convert.Present()
	case !ruled:
		return headerValue(name, strings.Join(examples, ", "))
	case len(all) == 1:
		return all[0]
	}
	for n := range all {
		all[n] = convert.Op("hasItem", all[n])
	}
	return convert.All(all...)
}

// headerValue is the predicate on a header without a rule: spaces after commas
// do not matter, nor whether the items stand in one line or in several; a media
// type may have further parameters.
func headerValue(name, want string) *simulations.Value {
	items := strings.Split(want, ",")
	for n := range items {
		items[n] = strings.TrimSpace(items[n])
	}
	if len(items) == 1 && (strings.EqualFold(name, "Content-Type") || strings.EqualFold(name, "Accept")) {
		return mediaType(want)
	}
	if len(items) == 1 {
		return simulations.NewString(want)
	}
	quoted := slices.Clone(items)
	for n := range quoted {
		quoted[n] = regexp.QuoteMeta(quoted[n])
	}
	one := convert.TextOp("regex", `\A`+strings.Join(quoted, `\s*,\s*`)+`\z`)
	if len(items) > maxValues {
		return one
	}
	return convert.Op("any", simulations.NewArray(one, convert.Op("hasExactly", convert.Strings(items))))
}

// mediaType is the predicate on a media type, whose names have no case.
func mediaType(want string) *simulations.Value {
	parts := strings.Split(want, ";")
	list := []*simulations.Value{convert.TextOp("regex", `(?i)\A\s*`+regexp.QuoteMeta(strings.TrimSpace(parts[0]))+`\s*(?:;|\z)`)}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name == "" {
			continue
		}
		list = append(list, convert.TextOp("regex",
			`(?i);\s*`+regexp.QuoteMeta(strings.TrimSpace(name))+`\s*=\s*"?`+regexp.QuoteMeta(strings.Trim(strings.TrimSpace(value), `"`))+`"?\s*(?:;|\z)`))
	}
	return convert.All(list...)
}
