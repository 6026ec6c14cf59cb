package generalize

import (
	"sort"
	"strings"

	"understudy/simulations"
)

// An operation is what a service does with a request: its exchanges have
// method, shape of the path and the fields that distinguish in common, and
// differ in parameters only.
type operation struct {
	// key is the operation's.
	key string
	// head and body are the parts of the key that tell operations on one path apart.
	head [2][]string
	body string
	// loose is an operation whose requests may have other members in their bodies.
	loose bool
	// anyQuery is an operation whose requests may have any query.
	anyQuery bool
	// literal is an operation of one request, whose fields are what they were but
	// for volatile ones.
	literal bool
	// of is the operation that a literal one is of.
	of        *operation
	path      []segment
	exchanges []*exchange
	// names are what parameters gives, once it was asked.
	names []string
}

// group sorts exchanges into operations, in order of the first of each. Loose
// ones are those of requests that have a body with members.
func (l *learner) group(all []*exchange, loose bool) []*operation {
	at := make(map[string]*operation)
	var out []*operation
	for _, x := range all {
		if loose && !x.hasMembers() {
			continue
		}
		path := l.routes.path(x.request)
		key := l.operationKey(x.request, path, loose)
		op := at[key]
		if op == nil {
			op = &operation{key: key, path: path, head: l.headKeys(x.request, path), body: x.bodyKey(loose), loose: loose}
			at[key] = op
			out = append(out, op)
		}
		op.exchanges = append(op.exchanges, x)
	}
	return out
}

func joinPath(path []segment) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteString("/" + s.String())
	}
	return b.String()
}

// hasMembers reports whether the request has a body with named members.
func (r *request) hasMembers() bool {
	return r.body.kind == formBody || r.body.kind == jsonBody && r.body.json.Kind == simulations.Object
}

// operationKey tells operations apart: loosely, whatever members the body has
// beside those that distinguish.
func (l *learner) operationKey(r *request, path []segment, loose bool) string {
	var b strings.Builder
	if loose {
		b.WriteString("loose\x00")
	}
	b.WriteString(r.realm + "\x00" + r.method + " " + joinPath(path))
	for _, list := range l.headKeys(r, path) {
		b.WriteString("\x00" + strings.Join(list, "\x02"))
	}
	b.WriteString("\x00" + r.bodyKey(loose))
	return b.String()
}

// headKeys are the query parameters and headers that an operation asks for.
func (l *learner) headKeys(r *request, path []segment) (out [2][]string) {
	for place, list := range [][]field{r.query, r.headers} {
		for _, f := range list {
			switch {
			case volatileField(f):
			case l.varies(r, path, place, f):
				out[place] = append(out[place], f.name+"={"+string(shapeOf(f.values[0]))+"}")
			default:
				out[place] = append(out[place], f.name+"="+strings.Join(f.values, "\x01"))
			}
		}
	}
	return out
}

// bodyKey is what an operation asks of the body.
func (r *request) bodyKey(loose bool) string {
	var b strings.Builder
	switch r.body.kind {
	case anyBody:
		return ""
	case noBody:
		return "none"
	case opaqueBody:
		return canonical(r.at.Body)
	case jsonBody:
		b.WriteString("json" + r.body.json.Kind.String())
		for _, i := range sortedMembers(r.body.json) {
			name, v := r.body.json.Names[i], r.body.json.Items[i]
			if volatileMember(name) || loose && !distinguishes(name) {
				continue
			}
			b.WriteString("\x02" + name)
			if distinguishes(name) && scalar(v) {
				b.WriteString("=" + v.Text)
			}
		}
	case formBody:
		b.WriteString("form")
		for _, f := range r.body.form {
			if volatileMember(f.name) || loose && !distinguishes(f.name) {
				continue
			}
			b.WriteString("\x02" + f.name)
			if distinguishes(f.name) {
				b.WriteString("=" + strings.Join(f.values, "\x01"))
			}
		}
	}
	return b.String()
}

func scalar(v *simulations.Value) bool {
	return v.Kind != simulations.Object && v.Kind != simulations.Array
}

func sortedMembers(v *simulations.Value) []int {
	order := make([]int, len(v.Names))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return v.Names[order[a]] < v.Names[order[b]] })
	return order
}

// varies reports whether a field of the head is a parameter: one value that has
// the shape of an identifier or a date, or one that the operation's answers
// repeat. A small number is none: it is more often a page, a size or a version.
func (l *learner) varies(r *request, path []segment, place int, f field) bool {
	if len(f.values) != 1 {
		return false
	}
	switch is := shapeOf(f.values[0]); is {
	case none:
		return l.repeated[repeatedKey(r, path, place, f.name)]
	case integer:
		return len(strings.TrimPrefix(f.values[0], "-")) >= 5
	default:
		return true
	}
}

func repeatedKey(r *request, path []segment, place int, name string) string {
	return r.realm + "\x00" + r.method + " " + joinPath(path) + "\x00" + string(rune('0'+place)) + name
}

// learnRepeated finds the fields of the head whose values, several of them, each
// stand in the answer as a text of its own.
func (l *learner) learnRepeated(all []*exchange) {
	l.repeated = make(map[string]bool)
	first := make(map[string]string)
	never := make(map[string]bool)
	for _, x := range all {
		var path []segment
		var texts map[string]bool
		for place, list := range [][]field{x.query, x.headers} {
			for _, f := range list {
				if len(f.values) != 1 || len(f.values[0]) < 2 || shapeOf(f.values[0]) != none || volatileField(f) {
					continue
				}
				if path == nil {
					path, texts = l.routes.path(x.request), make(map[string]bool)
					gatherTexts(x.content().json, texts)
				}
				key := repeatedKey(x.request, path, place, f.name)
				if !texts[f.values[0]] {
					never[key] = true
				}
				if was, ok := first[key]; !ok {
					first[key] = f.values[0]
				} else if was != f.values[0] {
					l.repeated[key] = true
				}
			}
		}
	}
	for key := range never {
		delete(l.repeated, key)
	}
}

// gatherTexts collects the texts that stand in a value.
func gatherTexts(v *simulations.Value, into map[string]bool) {
	switch {
	case v == nil:
	case v.Kind == simulations.String:
		into[v.Text] = true
	default:
		for _, item := range v.Items {
			gatherTexts(item, into)
		}
	}
}

// steady are the operations of one request each that was recorded with volatile
// fields, which are not asked for: all that can be said where the requests
// cannot be taken together.
func (op *operation) steady() (out []*operation) {
	at := make(map[string]*operation)
	for _, x := range op.exchanges {
		if !x.hasVolatile() && at[x.key] == nil {
			continue
		}
		one := at[x.key]
		if one == nil {
			one = &operation{key: "literal\x00" + x.key, literal: true, of: op, body: op.body, head: op.head}
			for _, s := range x.segments {
				one.path = append(one.path, segment{literal: s})
			}
			at[x.key] = one
			out = append(out, one)
		}
		one.exchanges = append(one.exchanges, x)
	}
	return out
}
