package instance

import (
	"slices"
	"strconv"

	"understudy/simulations"
)

// object makes an object: what is declared, as far as it is deep enough to
// matter or has to be there, and what has to be there otherwise.
func (m *maker) object(r *rules, at place) (*simulations.Value, bool) {
	out := &simulations.Value{Kind: simulations.Object}
	needed := make(map[string]bool, len(r.required))
	for _, name := range r.required {
		needed[name] = true
	}
	left := len(needed)
	for _, name := range m.declared(r) {
		must := needed[name]
		if must {
			left--
		}
		full := r.maxMembers >= 0 && len(out.Names)+left >= r.maxMembers
		if m.steps <= 0 {
			return nil, false
		}
		schemas := m.membersOf(r, name)
		if !must && (at.depth >= m.rich || full || m.retried(r) || m.writeOnly(schemas)) {
			continue
		}
		v, ok := m.value(schemas, place{at.depth + 1, must})
		switch {
		case ok:
			out.Set(name, v)
		case must:
			return nil, false
		}
	}
	if !m.fill(r, out, at) {
		return nil, false
	}
	return out, r.maxMembers < 0 || len(out.Names) <= r.maxMembers
}

// retried says that rules which have to be checked have failed with everything
// that may be there: then only what must be is made.
func (m *maker) retried(r *rules) bool { return r.hard && m.turn%maxRetries >= maxRetries/2 }

// writeOnly reports whether a member is for those who send it only.
func (m *maker) writeOnly(schemas []*simulations.Value) bool {
	return slices.ContainsFunc(schemas, func(schema *simulations.Value) bool {
		if _, to := m.set.lookup(schema); to != nil {
			schema = to
		}
		flag := schema.Get("writeOnly")
		return flag != nil && flag.Text == "true"
	})
}

// declared are the names that properties list, in their order, and those that
// are required besides.
func (m *maker) declared(r *rules) []string {
	var names []string
	seen := make(map[string]bool)
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, o := range r.objects {
		if properties := o.Get("properties"); properties != nil {
			for _, name := range properties.Names {
				add(name)
			}
		}
	}
	for _, name := range r.required {
		add(name)
	}
	return names
}

// membersOf are the schemas for a member of that name.
func (m *maker) membersOf(r *rules, name string) []*simulations.Value {
	var out []*simulations.Value
	for _, o := range r.objects {
		if properties := o.Get("properties"); properties != nil {
			m.steps -= len(properties.Names) / lookupsPerStep
			if s := properties.Get(name); s != nil {
				out = append(out, s)
			}
		}
		if patterns := o.Get("patternProperties"); patterns != nil {
			for i, expr := range patterns.Names {
				if re := m.set.pattern(expr); re != nil && re.MatchString(name) {
					out = append(out, patterns.Items[i])
				}
			}
		}
		if s := o.Get("additionalProperties"); s != nil && !m.set.declares(o, name) {
			out = append(out, s)
		}
	}
	return out
}

// fill adds members of no declared name: as many as there must be, and one
// where an object is nothing but such members.
func (m *maker) fill(r *rules, out *simulations.Value, at place) bool {
	want := r.minMembers
	if want == 0 && len(out.Names) == 0 && at.depth < m.rich && r.maxMembers != 0 && m.describesAny(r) {
		want = 1
	}
	if want > maxItems {
		return false
	}
	for n := 0; len(out.Names) < want; n++ {
		must := len(out.Names) < r.minMembers
		name, ok := m.memberName(r, n)
		if ok && out.Get(name) == nil {
			var v *simulations.Value
			if v, ok = m.value(m.membersOf(r, name), place{at.depth + 1, must}); ok {
				out.Set(name, v)
				continue
			}
		}
		if !must {
			return true
		}
		if n > 2*want+maxRetries || m.steps <= 0 {
			return false
		}
	}
	return true
}

// describesAny reports whether the schema says what members of any name are like.
func (m *maker) describesAny(r *rules) bool {
	return slices.ContainsFunc(r.objects, func(o *simulations.Value) bool {
		s := o.Get("additionalProperties")
		return s != nil && s.Kind == simulations.Object && len(s.Names) > 0 || o.Get("patternProperties") != nil
	})
}

// memberName makes up the name of a member.
func (m *maker) memberName(r *rules, n int) (string, bool) {
	names := newRules()
	named := false
	for _, o := range r.objects {
		if s := o.Get("propertyNames"); s != nil {
			var opened []string
			if !m.gather(names, s, place{}, &opened) {
				return "", false
			}
			for _, name := range opened {
				m.open[name]--
			}
			named = true
		}
		if patterns := o.Get("patternProperties"); patterns != nil && len(patterns.Names) > 0 && !named {
			names.patterns, named = patterns.Names[n%len(patterns.Names):][:1], true
		}
	}
	if !named {
		return "key" + strconv.Itoa(n+1), true
	}
	if names.fixed != nil {
		if len(names.fixed) == 0 {
			return "", false
		}
		return names.fixed[n%len(names.fixed)].Text, true
	}
	v, ok := m.text(names)
	if !ok {
		return "", false
	}
	return v.Text, true
}
