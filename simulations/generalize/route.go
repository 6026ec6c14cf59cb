package generalize

import (
	"net/url"
	"strings"

	"understudy/simulations"
)

// segment is one part of a path's shape: literal text, or a parameter.
type segment struct {
	literal string
	shape   shape // none for a literal
}

// String writes a segment of a shape; a literal cannot look like a parameter.
func (s segment) String() string {
	if s.shape != none {
		return "{" + string(s.shape) + "}"
	}
	return s.literal
}

// words are sets of words by a place in paths: the realm and the shape of the
// path before.
type words map[string]map[string]bool

func (w words) put(at, text string) {
	if w[at] == nil {
		w[at] = make(map[string]bool)
	}
	w[at][text] = true
}

// router tells which segments of paths are parameters: those of a telling shape,
// and words in a place where recorded messages name several things by them. It
// learns from all exchanges and does not change afterwards.
type router struct {
	// things are the words that name a thing, fixed those seen in the same places
	// that do not.
	things, fixed words
	learnt        bool
}

func learnRoutes(all []*exchange) *router {
	rt := &router{things: make(words), fixed: make(words)}
	listed := listedThings(all)
	prefixes := make([]string, len(all))
	named := make([]uint64, len(all))
	for i, x := range all {
		prefixes[i], named[i] = x.realm, x.named()
	}
	// From the root down, since the shape of a path begins with that of its parent.
	for depth := 0; ; depth++ {
		deeper := false
		for i, x := range all {
			if depth >= len(x.segments) {
				continue
			}
			deeper = true
			text := x.segments[depth]
			if depth == 0 || rt.things[prefixes[i]][text] || shapeOf(decoded(text)) != none {
				continue
			}
			if listed[collection(x.request, depth)][decoded(text)] || named[i]&(1<<depth) != 0 {
				rt.things.put(prefixes[i], text)
			}
		}
		if !deeper {
			break
		}
		for i, x := range all {
			if depth < len(x.segments) {
				at := rt.segment(prefixes[i], x.segments[depth])
				if at.shape == none {
					rt.fixed.put(prefixes[i], at.literal)
				}
				prefixes[i] += "/" + at.String()
			}
		}
	}
	rt.learnt = true
	return rt
}

// segment tells what a segment is that follows the prefix.
func (rt *router) segment(prefix, text string) segment {
	if is := shapeOf(decoded(text)); is != none {
		return segment{shape: is}
	}
	things := rt.things[prefix]
	if len(things) < 2 { // it does not vary
		return segment{literal: text}
	}
	// One that was not seen is taken for a thing only where those that are none
	// can be told.
	if things[text] || rt.learnt && text != "" && !rt.fixed[prefix][text] && len(rt.fixed[prefix]) <= maxSiblings {
		return segment{shape: word}
	}
	return segment{literal: text}
}

// path is the shape of a request's path.
func (rt *router) path(r *request) []segment {
	out := make([]segment, len(r.segments))
	prefix := r.realm
	for i, s := range r.segments {
		out[i] = rt.segment(prefix, s)
		prefix += "/" + out[i].String()
	}
	return out
}

// siblings are the words that stand in the place of the path's segment and name
// no thing.
func (rt *router) siblings(realm string, path []segment, at int) map[string]bool {
	prefix := realm
	for _, s := range path[:at] {
		prefix += "/" + s.String()
	}
	return rt.fixed[prefix]
}

// collection names the place that a request's path leads to with that many
// segments.
func collection(r *request, segments int) string {
	return r.realm + "/" + strings.Join(r.segments[:segments], "/")
}

// listedThings are the names that requests create below a path, or that answers
// list there.
func listedThings(all []*exchange) words {
	out := make(words)
	for _, x := range all {
		if len(x.segments) == 0 || x.status() >= 300 {
			continue
		}
		at, last := collection(x.request, len(x.segments)), x.segments[len(x.segments)-1]
		note := func(v *simulations.Value) {
			if v == nil || v.Kind != simulations.Object {
				return
			}
			for i, name := range v.Names {
				if item := v.Items[i]; item.Kind == simulations.String && len(item.Text) <= maxWord && namesThing(name, last) {
					out.put(at, item.Text)
				}
			}
		}
		switch x.method {
		case "POST":
			note(x.body.json)
		case "GET":
			root := x.content().json
			if root == nil {
				continue
			}
			for _, list := range append([]*simulations.Value{root}, root.Items...) {
				if list.Kind == simulations.Array {
					for _, item := range list.Items {
						note(item)
					}
				}
			}
		}
	}
	return out
}

// named are the segments of the path, as bits, by which the answer names the thing.
func (x *exchange) named() (bits uint64) {
	words := false
	for _, s := range x.segments[min(1, len(x.segments)):] {
		words = words || shapeOf(decoded(s)) == none
	}
	if !words || x.status() >= 300 {
		return 0
	}
	root := x.content().json
	if root == nil || root.Kind != simulations.Object {
		return 0
	}
	for i, name := range root.Names {
		v := root.Items[i]
		for k := 1; k < len(x.segments) && v.Kind == simulations.String; k++ {
			if v.Text == decoded(x.segments[k]) && namesThing(name, x.segments[k-1]) {
				bits |= 1 << k
			}
		}
	}
	return bits
}

// decoded is a segment without its percent-escapes.
func decoded(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

// parseQuery reads a query as predicates do: what cannot be decoded stays as it is.
func parseQuery(raw string) (out []field) {
	at := make(map[string]int)
	unescape := func(s string) string {
		if d, err := url.QueryUnescape(s); err == nil {
			return d
		}
		return s
	}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, field{name: name})
		}
		out[i].values = append(out[i].values, value)
	}
	return out
}
