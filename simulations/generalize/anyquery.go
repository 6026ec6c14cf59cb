package generalize

import (
	"cmp"
	"slices"
	"strings"
)

// pool takes operations together whose queries vary along with the path, so that
// some of them were seen once: each of those would make a fallback for one query.
// They have path, with a parameter, headers and body in common; the rule of all of
// them asks for no query, and the rules of those that were seen once go, also of
// those that ask for more headers: it answers their requests, too.
//
// What a general stub takes the place of is in no pool, since it is not there
// when the document is generalised again. A body with members has a loose
// operation already.
func (l *lesson) pool() {
	groups := make(map[string][]*operation)
	var keys []string
	var once []*operation
	for _, op := range l.operations {
		if !slices.ContainsFunc(op.path, func(s segment) bool { return s.shape != none }) || op.exchanges[0].hasMembers() || l.replaces(op) {
			continue
		}
		key := op.anyQueryKey()
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], op)
		if len(op.exchanges) == 1 {
			once = append(once, op)
		}
	}
	for _, key := range keys {
		group := groups[key]
		if len(group) < 2 || !slices.ContainsFunc(group, func(op *operation) bool { return len(op.exchanges) == 1 }) {
			continue
		}
		first := group[0]
		all := &operation{key: key, path: first.path, head: [2][]string{nil, first.head[1]}, body: first.body, anyQuery: true}
		for _, op := range group {
			all.exchanges = append(all.exchanges, op.exchanges...)
		}
		slices.SortStableFunc(all.exchanges, func(a, b *exchange) int {
			return cmp.Or(cmp.Compare(a.stub, b.stub), cmp.Compare(a.answer, b.answer))
		})
		r := l.rule(all)
		if r == nil {
			continue
		}
		r.kind = Fallback
		l.rules[key] = r
		l.anyQuery = append(l.anyQuery, all)
	}
	pooled := make(map[string][]*operation)
	for _, all := range l.anyQuery {
		at := pathKey(all.exchanges[0].request, all.path)
		pooled[at] = append(pooled[at], all)
	}
	for _, op := range once {
		first := op.exchanges[0].request
		list := pooled[pathKey(first, op.path)]
		if slices.ContainsFunc(list[:min(len(list), maxRivals)], func(all *operation) bool { return all.fits(first, op.head) }) {
			delete(l.rules, op.key)
		}
	}
}

// replaces reports whether general stubs take the place of the operation's, or of
// some of them.
func (l *lesson) replaces(op *operation) bool {
	if r := l.rules[op.key]; r != nil && r.kind == General {
		return true
	}
	return slices.ContainsFunc(op.exchanges, func(x *exchange) bool { return l.rules["literal\x00"+x.key] != nil })
}

// anyQueryKey is that of the operation whatever its query is.
func (op *operation) anyQueryKey() string {
	return "anyquery\x00" + pathKey(op.exchanges[0].request, op.path) + "\x00" + strings.Join(op.head[1], "\x02") + "\x00" + op.body
}
