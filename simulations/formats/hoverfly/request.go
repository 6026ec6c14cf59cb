package hoverfly

import (
	"net/url"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// The members of a matcher of v2 to v4, and what they are called since.
var olderMatchers = []struct{ member, name string }{
	{"exactMatch", "exact"},
	{"globMatch", "glob"},
	{"regexMatch", "regex"},
	{"jsonMatch", "json"},
	{"jsonPathMatch", "jsonpath"},
	{"xmlMatch", "xml"},
	{"xpathMatch", "xpath"},
}

// matchers reads what a field is compared with, in any version's shape; plain
// is what a text of v1 is compared by.
func matchersOf(p convert.Place, plain string) []matcher {
	switch p.Kind() {
	case simulations.Null:
		return nil
	case simulations.Array:
		var out []matcher
		for m := range p.Items() {
			out = append(out, readMatcher(m))
		}
		return out
	case simulations.Object:
		var out []matcher
		var known []string
		for _, o := range olderMatchers {
			known = append(known, o.member)
			if v := p.Get(o.member); v.Set() {
				out = append(out, matcher{name: o.name, value: v, at: v})
			}
		}
		p.Only(known...)
		return out
	}
	p.Text() // refuses what is no text
	return []matcher{{name: plain, value: p, at: p}}
}

// request reads a request into the stub's pattern and returns its score; template
// is set where it is a requestTemplate.
func (r *reader) request(p convert.Place, template bool, s *simulations.Stub) (score int, ok bool) {
	p.Only("requestType", "path", "method", "destination", "scheme", "query", "body", "headers",
		"headersWithMatchers", "queriesWithMatchers", "requiresState")
	plain := "exact"
	if t := p.Get("requestType").Text(); t != "" && t != "recording" || template {
		plain = "glob"
	}
	count := func(list []matcher) []matcher {
		for i := range list {
			score += list[i].score()
		}
		return list
	}
	q := &s.Request
	method := count(matchersOf(p.Get("method"), plain))
	q.Method, ok = methods(p, method)
	if !ok {
		return 0, false
	}
	destination := count(matchersOf(p.Get("destination"), plain))
	if !r.format.webserver {
		q.Authority = convert.Predicate(predicates(destination, false))
	}
	q.Path = convert.Predicate(predicates(count(matchersOf(p.Get("path"), plain)), true))
	q.Body = convert.Predicate(bodyPredicate(count(matchersOf(p.Get("body"), plain))))
	// The scheme is in the file, but Hoverfly compares it with nothing.
	q.Headers = r.headers(p, count)
	if len(q.Headers) > 0 {
		q.Join = ";"
	}
	score += r.query(p, q, plain, count)
	score += requiredState(p.Get("requiresState"), s)
	return score, true
}

// headers reads the headers of any version.
func (r *reader) headers(p convert.Place, count func([]matcher) []matcher) map[string]simulations.Predicate {
	out := make(map[string]simulations.Predicate)
	at := make(map[string][]*simulations.Value)
	for name, h := range p.Get("headers").Members() {
		if texts, older := olderHeader(h); older {
			glob := strings.Join(texts, ";")
			count([]matcher{{name: "glob"}})
			at[name] = append(at[name], globPredicate(glob, false))
			continue
		}
		at[name] = append(at[name], present(count(matchersOf(h, "exact"))))
	}
	for name, h := range p.Get("headersWithMatchers").Members() {
		at[name] = append(at[name], present(count(matchersOf(h, "exact"))))
	}
	folded := make(map[string]string)
	for _, name := range sortedNames(at) {
		if !simulations.ValidHeaderName(name) {
			p.Get("headers").Get(name).Refuse("%q is no header name: no request can have it", name)
			continue
		}
		// Names that differ in their case only are one header.
		key := strings.ToLower(name)
		if first, twice := folded[key]; twice {
			all := append([]*simulations.Value{out[first].Value}, at[name]...)
			out[first] = simulations.Predicate{Value: convert.All(all...)}
			continue
		}
		folded[key] = name
		out[name] = simulations.Predicate{Value: convert.All(at[name]...)}
	}
	return out
}

// olderHeader recognises a header of v1 to v4, a list of texts.
func olderHeader(h convert.Place) (texts []string, older bool) {
	if h.Kind() != simulations.Array || len(h.Value().Items) == 0 || h.At(0).Kind() != simulations.String {
		return nil, false
	}
	for item := range h.Items() {
		texts = append(texts, item.Text())
	}
	return texts, true
}

// query reads the query of any version and returns what it scores beside its
// matchers: an absent one is a match that counts.
func (r *reader) query(p convert.Place, q *simulations.Pattern, plain string, count func([]matcher) []matcher) int {
	whole := p.Get("query")
	named := p.Get("queriesWithMatchers")
	older := whole.Kind() == simulations.String || whole.Kind() == simulations.Object && isOlder(whole)
	if older {
		wholeQuery(whole, count(matchersOf(whole, plain)), q)
	} else if whole.Set() {
		named = whole
	}
	if !named.Set() {
		if older {
			return 0
		}
		return 1
	}
	if named.Kind() == simulations.Object && len(named.Value().Names) == 0 && !older {
		q.ExactQuery = true
		return 0
	}
	for name, v := range named.Members() {
		if q.Query == nil {
			q.Query = make(map[string]simulations.Predicate)
		}
		// Of names that differ in their case only there is one.
		key := name
		for other := range q.Query {
			if strings.EqualFold(other, name) {
				key = other
			}
		}
		one := present(count(matchersOf(v, "exact")))
		if before, twice := q.Query[key]; twice {
			one = convert.All(before.Value, one)
		}
		q.Query[key] = simulations.Predicate{Value: one}
	}
	q.FoldQuery, q.Join = true, ";"
	return 0
}

// isOlder recognises a matcher of v2 to v4 where v5 has an object of names.
func isOlder(p convert.Place) bool {
	if len(p.Value().Names) == 0 {
		return false
	}
	return !slices.ContainsFunc(p.Value().Names, func(n string) bool {
		return !slices.ContainsFunc(olderMatchers, func(o struct{ member, name string }) bool { return o.member == n })
	})
}

// wholeQuery is the query of v1 to v4, one text, compared with the request's
// whose pairs are sorted and decoded.
func wholeQuery(p convert.Place, list []matcher, q *simulations.Pattern) {
	for _, m := range list {
		text := m.value.Text()
		if decoded, err := url.QueryUnescape(text); err == nil {
			text = decoded
		}
		switch m.name {
		case "exact":
			q.ExactQuery = true
			values := make(map[string][]string)
			for pair := range strings.SplitSeq(text, "&") {
				if name, value, _ := strings.Cut(pair, "="); pair != "" {
					values[name] = append(values[name], value)
				}
			}
			for _, name := range sortedNames(values) {
				if q.Query == nil {
					q.Query = make(map[string]simulations.Predicate)
				}
				v := simulations.NewString(values[name][0])
				if len(values[name]) > 1 {
					v = convert.Op("hasExactly", convert.Strings(values[name]))
				}
				q.Query[name] = simulations.Predicate{Value: v}
			}
		case "glob":
			if strings.Trim(text, "*") == "" {
				continue
			}
			expr := strings.TrimPrefix(convert.Wildcards(text), `(?s)\A`)
			q.URL = convert.Predicate(convert.TextOp("regex", `(?s)\A[^?]*\?`+expr))
			p.Warn("a glob over the whole query: it is compared with the query as it is sent, not with its pairs sorted and decoded; write `query` with a predicate for each name")
		default:
			m.at.Warn("Hoverfly does not compare the whole query by %s, and drops this when it upgrades the file", m.name)
		}
	}
}

// registered are the methods that a pattern over methods is tried with: those
// of RFC 9110 and RFC 5789, and those of the IANA registry beside them.
var registered = strings.Fields(`GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT
	ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE
	MOVE ORDERPATCH PRI PROPFIND PROPPATCH QUERY REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`)

// methods finds the methods that all the matchers let through; none is any.
func methods(p convert.Place, list []matcher) (simulations.Strings, bool) {
	switch {
	case len(list) == 0:
		return nil, true
	case len(list) == 1 && list[0].name == "exact": // nearly every pair's
		method := list[0].value.Text()
		if p.Refused() > 0 {
			return nil, true
		}
		return simulations.Strings{method}, true
	}
	candidates := slices.Clone(registered)
	for _, m := range list {
		if m.name == "exact" && !slices.Contains(candidates, m.value.Text()) {
			candidates = append(candidates, m.value.Text())
		}
	}
	var out simulations.Strings
	for _, method := range candidates {
		if !slices.ContainsFunc(list, func(m matcher) bool { return !m.fits(method) }) {
			out = append(out, method)
		}
	}
	switch {
	case p.Refused() > 0:
		return nil, true
	case len(out) == 0:
		p.Get("method").Warn("no method fits all of this: the pair can never match and was left out")
		return nil, false
	case len(out) == len(candidates):
		return nil, true
	case len(out) > 9:
		p.Get("method").Warn("understood as the %d registered methods that fit; a method that is not registered does not", len(out))
	}
	return out, true
}

// requiredState reads the state that a pair requires. Hoverfly sets the keys of
// its sequences to "1" when it loads a simulation.
func requiredState(p convert.Place, s *simulations.Stub) int {
	n := 0
	for key, v := range p.Members() {
		if s.State == nil {
			s.State = &simulations.State{Requires: make(map[string]simulations.Predicate)}
		}
		want := simulations.NewString(v.Text())
		if strings.Contains(key, "sequence:") && v.Text() == "1" {
			want = convert.Op("any", simulations.NewArray(want, convert.Absent()))
		}
		if stateKey(v, key) {
			s.State.Requires[key] = simulations.Predicate{Value: want}
		}
		n++
	}
	return n
}

func stateKey(p convert.Place, key string) bool {
	if key == "" || len(key) > simulations.MaxStateKey {
		p.Refuse("a key of the state has 1 to %d bytes here", simulations.MaxStateKey)
		return false
	}
	return true
}
