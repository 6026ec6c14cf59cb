package generalize

import (
	"maps"
	"slices"
	"strings"

	"understudy/simulations"
)

// pattern is what a request of the operation is like: what all its exchanges
// asked for, with parameters held to their shapes.
func (l *learner) pattern(op *operation) simulations.Pattern {
	first := op.exchanges[0]
	p := simulations.Pattern{
		Method: first.at.Method, Host: first.at.Host, Authority: first.at.Authority,
		ExactQuery: op.exactQuery(), Redacted: first.at.Redacted,
	}
	l.patternPath(op, first.request, &p)
	for place, into := range []*map[string]simulations.Predicate{&p.Query, &p.Headers} {
		*into = l.patternFields(op, place)
		if place == 1 || !p.ExactQuery {
			continue
		}
		// A parameter that no longer decides may still be there.
		for _, x := range op.exchanges {
			for _, f := range x.query {
				if volatileField(f) {
					set := *into
					if set == nil {
						set = make(map[string]simulations.Predicate)
						*into = set
					}
					set[f.name] = simulations.Predicate{Value: object("any", simulations.NewArray(absent(true), absent(false)))}
				}
			}
		}
	}
	p.Body = l.patternBody(op)
	return p
}

// exactQuery reports whether the operation's requests have no query parameter but
// those that it asks for.
func (op *operation) exactQuery() bool {
	first := op.exchanges[0].at
	return !op.anyQuery && (first.ExactQuery || first.URL != nil)
}

func (l *learner) patternPath(op *operation, r *request, p *simulations.Pattern) {
	names := op.parameters()
	parts := make([]string, len(op.path))
	templated := false
	for i, s := range op.path {
		parts[i] = s.literal
		if s.shape == none {
			continue
		}
		templated = true
		parts[i] = "{" + names[i] + "}"
		is := object("regex", simulations.NewString(patterns[s.shape]))
		if siblings := l.routes.siblings(r.realm, op.path, i); s.shape == word && len(siblings) > 0 {
			others := simulations.NewArray()
			for _, text := range slices.Sorted(maps.Keys(siblings)) {
				others.Items = append(others.Items, simulations.NewString(decoded(text)))
			}
			is.Set("not", object("any", others))
		}
		if p.Params == nil {
			p.Params = make(map[string]simulations.Predicate)
		}
		p.Params[names[i]] = simulations.Predicate{Value: is}
	}
	path := simulations.NewString("/" + strings.Join(parts, "/"))
	if templated {
		path = object("template", path)
	}
	p.Path = &simulations.Predicate{Value: path}
}

// patternFields are the predicates on the query, or on headers.
func (l *learner) patternFields(op *operation, place int) map[string]simulations.Predicate {
	r := op.exchanges[0].request
	list := [][]field{r.query, r.headers}[place]
	if place == 0 && op.anyQuery {
		list = nil
	}
	out := make(map[string]simulations.Predicate)
	for _, f := range list {
		switch {
		case volatileField(f):
		case !op.literal && l.varies(r, op.path, place, f):
			is := absent(false)
			if s := shapeOf(f.values[0]); s != none {
				is = object("regex", simulations.NewString(patterns[s]))
			}
			out[f.name] = simulations.Predicate{Value: is}
		default:
			out[f.name] = simulations.Predicate{Value: literalValues(f.values)}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// literalValues is a predicate for exactly these.
func literalValues(values []string) *simulations.Value {
	if len(values) == 1 {
		return simulations.NewString(values[0])
	}
	list := simulations.NewArray()
	for _, v := range values {
		list.Items = append(list.Items, simulations.NewString(v))
	}
	return object("hasExactly", list)
}

func object(name string, v *simulations.Value) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Object}
	out.Set(name, v)
	return out
}

func absent(is bool) *simulations.Value { return object("absent", simulations.NewBool(is)) }

// patternBody asks for the members that all requests of the operation have, no
// others, and for the values of those that distinguish.
func (l *learner) patternBody(op *operation) *simulations.Predicate {
	first := op.exchanges[0]
	switch {
	case op.literal && !first.volatileBody():
		return first.at.Body
	case first.body.kind == jsonBody:
		return &simulations.Predicate{Value: object("jsonSchema", op.bodySchema())}
	case first.body.kind == formBody:
		return &simulations.Predicate{Value: op.bodyForm()}
	}
	return first.at.Body
}

func (op *operation) bodySchema() *simulations.Value {
	root := op.exchanges[0].body.json
	if op.loose {
		root = distinguishingMembers(root)
	}
	kinds := map[simulations.Kind]string{
		simulations.Null: "null", simulations.Bool: "boolean", simulations.Number: "number", simulations.String: "string",
		simulations.Array: "array", simulations.Object: "object",
	}
	out := object("type", simulations.NewString(kinds[root.Kind]))
	if root.Kind != simulations.Object {
		return out
	}
	required, properties := simulations.NewArray(), &simulations.Value{Kind: simulations.Object}
	for i, name := range root.Names {
		if volatileMember(name) {
			continue
		}
		required.Items = append(required.Items, simulations.NewString(name))
		is := &simulations.Value{Kind: simulations.Object}
		if op.literal || distinguishes(name) && scalar(root.Items[i]) {
			is.Set("const", root.Items[i])
		}
		properties.Set(name, is)
	}
	for _, x := range op.exchanges {
		for _, name := range x.body.json.Names {
			if volatileMember(name) && !op.loose {
				properties.Set(name, &simulations.Value{Kind: simulations.Object})
			}
		}
	}
	if len(required.Items) > 0 {
		out.Set("required", required)
	}
	if len(properties.Names) > 0 {
		out.Set("properties", properties)
	}
	if !op.loose {
		out.Set("additionalProperties", simulations.NewBool(false))
	}
	return out
}

func distinguishingMembers(v *simulations.Value) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Object}
	for i, name := range v.Names {
		if distinguishes(name) {
			out.Set(name, v.Items[i])
		}
	}
	return out
}

func (op *operation) bodyForm() *simulations.Value {
	fields, only := &simulations.Value{Kind: simulations.Object}, simulations.NewArray()
	for _, x := range op.exchanges {
		for _, f := range x.body.form {
			if fields.Get(f.name) != nil || op.loose && !distinguishes(f.name) {
				continue
			}
			is := absent(false)
			switch {
			case volatileMember(f.name):
				is = object("any", simulations.NewArray(absent(true), absent(false)))
			case op.literal || distinguishes(f.name):
				is = literalValues(f.values)
			}
			fields.Set(f.name, is)
			only.Items = append(only.Items, simulations.NewString(f.name))
		}
	}
	if len(fields.Names) == 0 {
		return absent(false)
	}
	out := object("form", fields)
	if op.loose {
		return out
	}
	out.Set("formOnly", only)
	return out
}
