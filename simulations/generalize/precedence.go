package generalize

import (
	"slices"
	"strings"
)

func pathKey(r *request, path []segment) string { return r.realm + r.method + " " + joinPath(path) }

// ruleFor is the rule whose stub answers a request that no recorded stub does, nil
// for none: the order of precedence among the proposed stubs.
func (l *lesson) ruleFor(r *request, path []segment) *rule {
	list := l.byPath[pathKey(r, path)]
	if len(list) > maxRivals { // those that fit otherwise than exactly are not looked for
		if exact := l.rules[l.operationKey(r, path, false)]; exact != nil {
			return exact
		}
		if loose := l.rules[l.operationKey(r, path, true)]; loose != nil {
			return loose
		}
		like := &operation{path: path, head: l.headKeys(r, path), body: r.bodyKey(false), exchanges: []*exchange{{request: r}}}
		return l.rules[like.anyQueryKey()]
	}
	head := l.headKeys(r, path)
	var best *rule
	for _, candidate := range list {
		if candidate.op.fits(r, head) && (best == nil || !best.before(candidate)) {
			best = candidate
		}
	}
	return best
}

// before reports whether the rule's stub comes before that of a newer one.
func (r *rule) before(newer *rule) bool {
	if a, b := r.level(), newer.level(); a != b {
		return a < b
	}
	return r.op.constraints() > newer.op.constraints()
}

// level is how far the stub's priority is below those that were there.
func (r *rule) level() int {
	n := 1
	if r.kind == Fallback {
		n++
	}
	if r.op.loose || r.op.anyQuery {
		n++
	}
	return n
}

func (op *operation) constraints() int {
	n := len(op.head[0]) + len(op.head[1])
	if op.body != "" {
		n++
	}
	return n
}

// fits reports whether a request on the operation's path, with that head, is
// what the operation's pattern asks for.
func (op *operation) fits(r *request, head [2][]string) bool {
	if !op.headFits(head) {
		return false
	}
	switch {
	case op.body == "":
		return true
	case !op.loose || !r.hasMembers():
		return op.body == r.bodyKey(op.loose)
	}
	asked, has := strings.Split(op.body, "\x02"), strings.Split(r.bodyKey(true), "\x02")
	return !slices.ContainsFunc(asked, func(part string) bool { return !slices.Contains(has, part) })
}

// headFits reports whether a query and headers are what the operation asks for.
func (op *operation) headFits(head [2][]string) bool {
	if op.exactQuery() && !slices.Equal(op.head[0], head[0]) {
		return false
	}
	for place, list := range op.head {
		if slices.ContainsFunc(list, func(key string) bool { return !slices.Contains(head[place], key) }) {
			return false
		}
	}
	return true
}
