package openapi

import (
	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/instance"
)

// flat is the schema that a reference, or a list of one, leads to.
func (s *schemas) flat(schema *simulations.Value) *simulations.Value {
	for range maxRefs {
		switch name := instance.RefName(schema); {
		case name != "" && len(schema.Names) == 1:
			schema = s.defs[name]
			continue
		case len(schema.Names) == 1 && schema.Names[0] == "allOf" && len(schema.Items[0].Items) == 1:
			schema = schema.Items[0].Items[0]
			continue
		}
		break
	}
	return schema
}

// typeOf is the one type that a schema allows beside null, "" for several.
func typeOf(schema *simulations.Value) string {
	t := schema.Get("type")
	switch {
	case t == nil && schema.Get("properties") != nil:
		return "object"
	case t == nil && schema.Get("items") != nil:
		return "array"
	case t == nil:
		return ""
	case t.Kind == simulations.String:
		return t.Text
	}
	found := ""
	for _, item := range t.Items {
		if item.Text == "null" {
			continue
		}
		if found != "" {
			return ""
		}
		found = item.Text
	}
	return found
}

// maxDefs and maxDefBytes bound the schemas that one condition brings with it.
const (
	maxDefs     = 1000
	maxDefBytes = 256 << 10
)

// jsonSchema is the condition that a value is valid under a schema. All that it
// refers to stands in it; beyond the bound anything is taken.
func (r *reader) jsonSchema(at convert.Place, schema *simulations.Value) *simulations.Value {
	if schema.Kind == simulations.Bool {
		return convert.Op("jsonSchema", schema)
	}
	defs, size, cut := &simulations.Value{Kind: simulations.Object}, 0, false
	seen := make(map[string]bool)
	var pending []string
	var find func(v *simulations.Value)
	find = func(v *simulations.Value) {
		if name := instance.RefName(v); r.requests.defs[name] != nil && !seen[name] {
			seen[name] = true
			pending = append(pending, name)
		}
		for _, item := range v.Items {
			find(item)
		}
	}
	find(schema)
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		def := r.requests.defs[name]
		size += r.out.written(def)
		if cut = cut || len(defs.Names) >= maxDefs || size > maxDefBytes; cut {
			defs.Names, defs.Items = append(defs.Names, name), append(defs.Items, truth())
			continue
		}
		defs.Names, defs.Items = append(defs.Names, name), append(defs.Items, def)
		find(def)
	}
	if cut {
		at.Warn("the schema refers to more than %d others, or %d KiB of them: the rest is not looked at", maxDefs, maxDefBytes>>10)
	}
	if len(defs.Names) > 0 {
		whole := &simulations.Value{Kind: simulations.Object}
		whole.Names = append(append(whole.Names, schema.Names...), "$defs")
		whole.Items = append(append(whole.Items, schema.Items...), defs)
		schema = whole
	}
	return convert.Op("jsonSchema", schema)
}
