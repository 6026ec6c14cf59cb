package simulations

// AppendCanonical appends the text that all values which are equal as JSON have,
// that of [Value.Canonical], without making such a value.
func (v *Value) AppendCanonical(b []byte) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	switch v.Kind {
	case Number:
		return append(b, CanonicalNumber(v.Text)...)
	case Array:
		b = append(b, '[')
		for i, item := range v.Items {
			b = item.AppendCanonical(comma(b, i))
		}
		return append(b, ']')
	case Object:
		sorted := v.sorted()
		b = append(b, '{')
		for i, item := range sorted.Items {
			b = append(AppendJSONString(comma(b, i), sorted.Names[i]), ':')
			b = item.AppendCanonical(b)
		}
		return append(b, '}')
	}
	return v.AppendJSON(b)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// AppendCanonical appends the canonical text of what [Pattern.Value] gives. Names
// of recorded stubs are made of it, so that it never changes.
func (p *Pattern) AppendCanonical(b []byte) []byte {
	n := 0
	field := func(name string) {
		b = append(AppendJSONString(comma(b, n), name), ':')
		n++
	}
	one := func(name string, v *Predicate) {
		if v != nil {
			field(name)
			b = v.Value.AppendCanonical(b)
		}
	}
	some := func(name string, m map[string]Predicate) {
		if len(m) == 0 {
			return
		}
		field(name)
		b = append(b, '{')
		var room [16]string
		for i, key := range sortedNames(room[:0], m) {
			b = append(AppendJSONString(comma(b, i), key), ':')
			b = m[key].Value.AppendCanonical(b)
		}
		b = append(b, '}')
	}
	flag := func(name string, is bool) {
		if is {
			field(name)
			b = append(b, "true"...)
		}
	}
	patterns := func(name string, list []Pattern) {
		if len(list) == 0 {
			return
		}
		field(name)
		b = append(b, '[')
		for i := range list {
			b = list[i].AppendCanonical(comma(b, i))
		}
		b = append(b, ']')
	}
	b = append(b, '{') // in order of the names
	patterns("any", p.Any)
	one("authority", p.Authority)
	one("body", p.Body)
	some("cookies", p.Cookies)
	flag("exactQuery", p.ExactQuery)
	flag("foldQuery", p.FoldQuery)
	some("headers", p.Headers)
	one("host", p.Host)
	if p.Join != "" {
		field("join")
		b = AppendJSONString(b, p.Join)
	}
	if len(p.Method) > 0 {
		field("method")
		b = p.Method.encodeDoc().AppendCanonical(b)
	}
	patterns("none", p.None)
	one("origin", p.Origin)
	some("params", p.Params)
	one("path", p.Path)
	some("query", p.Query)
	flag("redacted", p.Redacted)
	one("session", p.Session)
	one("url", p.URL)
	return append(b, '}')
}
