package generalize

import (
	"net/url"
	"slices"
	"strings"

	"understudy/simulations"
)

// derive finds reads of things that were never read, but seen: what created or
// changed them answered with the same members that reads of others have, or a
// list held them. The key is that of the request's path.
func (l *lesson) derive() map[string]*rule {
	readers := make(map[string]*reader)
	for _, op := range l.operations {
		if rd := l.reader(op); rd != nil {
			// Of two operations on a path, such as one with a query, the first asked.
			if at := op.exchanges[0].realm + joinPath(op.path); readers[at] == nil {
				readers[at] = rd
			}
		}
	}
	out := make(map[string]*rule)
	if len(readers) == 0 {
		return out
	}
	for _, op := range l.operations {
		for _, x := range op.exchanges {
			if x.status() < 200 || x.status() >= 300 || len(out) >= maxDerived {
				continue
			}
			switch x.method {
			case "POST", "GET":
				l.seen(readers, out, x, len(x.segments))
			case "PUT", "PATCH":
				l.seen(readers, out, x, len(x.segments)-1)
			}
		}
	}
	return out
}

// reader is an operation that reads one thing.
type reader struct {
	op *operation
	// like is what its answers are, but for their bodies.
	like *rule
	// form is that of the bodies, member the one that the path's last segment is.
	form, member string
	// read are the exchanges by path: those paths need no other answer.
	read map[string][]*exchange
}

// reader takes an operation that reads one thing by the last segment of its
// path, where answers name it by that.
func (l *lesson) reader(op *operation) *reader {
	n := len(op.path)
	if n < 2 || op.path[n-1].shape == none || op.exchanges[0].method != "GET" {
		return nil
	}
	if r := l.rules[op.key]; r != nil && r.kind == General {
		return nil
	}
	for _, list := range [][]field{op.exchanges[0].query, op.exchanges[0].headers} {
		for place, f := range list {
			if l.varies(op.exchanges[0].request, op.path, place, f) {
				return nil
			}
		}
	}
	like := alike(op.exchanges)
	first := like[0].content()
	if like[0].status() != 200 || first.json == nil || first.json.Kind != simulations.Object {
		return nil
	}
	member := ""
	for i, name := range first.json.Names {
		if scalar(first.json.Items[i]) && like[0].hasName(first.json, name) && (member == "" || namesID(name)) {
			member = name
		}
	}
	if member == "" || slices.ContainsFunc(like, func(x *exchange) bool { return !x.hasName(x.content().json, member) }) {
		return nil
	}
	rd := &reader{op: op, like: l.infer(op, like), form: first.form(), member: member, read: make(map[string][]*exchange)}
	if rd.like == nil {
		return nil
	}
	for _, x := range op.exchanges {
		at := strings.Join(x.segments, "/")
		rd.read[at] = append(rd.read[at], x)
	}
	return rd
}

// hasName reports whether the answer has the path's last segment as that member.
func (x *exchange) hasName(answer *simulations.Value, member string) bool {
	v := answer.Get(member)
	return v != nil && scalar(v) && v.Text == decoded(x.segments[len(x.segments)-1])
}

// seen notes the things in an answer, which are those below the path's first
// segments.
func (l *lesson) seen(readers map[string]*reader, out map[string]*rule, x *exchange, segments int) {
	root := x.content().json
	if root == nil || segments < 1 {
		return
	}
	note := func(v *simulations.Value, listed bool) {
		if v.Kind != simulations.Object {
			return
		}
		for i, name := range v.Names {
			id := v.Items[i]
			if !namesThing(name, x.segments[segments-1]) || id.Kind != simulations.String && id.Kind != simulations.Number || id.Text == "" || len(id.Text) > maxWord {
				continue
			}
			target := *x.request
			target.segments = append(slices.Clone(x.segments[:segments]), url.PathEscape(id.Text))
			path := l.routes.path(&target)
			rd := readers[x.realm+joinPath(path)]
			if rd == nil || rd.member != name || rd.form != (content{json: v}).form() {
				continue
			}
			if reads := rd.read[strings.Join(target.segments, "/")]; len(reads) > 0 {
				l.changed(rd.op, reads[len(reads)-1], x, v)
				continue
			}
			rank := 2
			switch {
			case listed:
				rank = 1
			case x.method == "PUT" || x.method == "PATCH":
				rank = 3
			}
			key := rd.key(target.segments)
			if was := out[key]; was != nil && was.rank > rank {
				continue
			}
			r := *rd.like
			r.kind, r.body, r.from, r.rank = Derived, &node{kind: fixedNode, value: v}, []*exchange{x}, rank
			r.path = target.segments
			out[key] = &r
		}
	}
	if x.method != "GET" {
		note(root, false)
	}
	for _, list := range append([]*simulations.Value{root}, root.Items...) {
		if list.Kind == simulations.Array {
			for _, item := range list.Items {
				note(item, true)
			}
		}
	}
}

// key names a read of the path.
func (rd *reader) key(segments []string) string {
	return rd.op.key + "\x00" + strings.Join(segments, "/")
}

// changed notes the places in which a thing was read otherwise than another
// answer had shown it, where that one's request does not say so: the service
// changed it by itself.
func (l *lesson) changed(op *operation, read, seen *exchange, thing *simulations.Value) {
	if form := read.content(); form.json != nil {
		asked := asked(seen.request)
		l.unsteady[op.key].differ(thing, form.json, "", 0, func(v *simulations.Value) bool { return asked[v.Text] })
	}
}
