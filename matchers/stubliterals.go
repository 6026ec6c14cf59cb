package matchers

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// literals gathers what the conditions ask for literally, the first few at each
// place.
func (p *Pattern) literals() []literal {
	out := p.path.literals()
	for i := range p.conditions {
		c := &p.conditions[i]
		switch c.source {
		case fromMethod, fromPath, fromQueryNames, fromParam:
			continue // what the index is divided by before, or cannot be divided by
		}
		add := func(k literal) {
			if k.also != nil && slices.ContainsFunc(out, func(l literal) bool { return l.also != nil }) {
				return // a stub that is in several parts for several reasons is in too many
			}
			for slices.ContainsFunc(out, func(l literal) bool { return l.place == k.place }) {
				k.place.nth++
			}
			if k.place.nth < maxNth {
				out = append(out, k)
			}
		}
		if c.source == fromPatterns {
			for _, k := range c.alternativeLiterals() {
				add(k)
			}
			continue
		}
		c.predicate.eachKey(c.textual(), func(k literal, arg *simulations.Value) {
			if joint := c.joint(); joint != "" && !k.stays(joint, arg) {
				return // several values may make it, of which none is it
			}
			k.place.source, k.place.fold = c.source, c.fold
			if k.place.what.isPiece() {
				c.addPieces(k, add)
				return
			}
			if c.source != fromBody {
				if k.place.what != literalText && k.place.what != literalItem {
					return // it is of a document, and this is a text
				}
				k.place.name += c.name // behind what an item has
			} else if k.place.what == literalText && k.place.as == asScalar && arg.Kind != simulations.String {
				// A number or a word is compared with the body's JSON.
				k = literal{place: place{source: fromBody, what: literalJSON}, hash: hashValue(arg)}
			}
			if k.place.what == literalJSON {
				if isLongForm(arg, jsonOptions) {
					arg = arg.Get("value")
				}
				k.leaves = leavesOf(arg)
			}
			add(k)
		})
	}
	return out
}

// stays reports whether a literal that a joined value must have is that of one of the
// values that are joined.
func (l *literal) stays(joint string, arg *simulations.Value) bool {
	switch {
	case l.also != nil:
		return false
	case l.place.what.isPiece():
		// A part of a longer joint may be at the end of one.
		return len(joint) == 1 && !strings.Contains(wholeFold(l.text), wholeFold(joint))
	case l.place.what == literalItem:
		return len(joint) == 1 && l.place.name == listName(joint) // a longer one may begin in the end of a value
	}
	return arg.Kind != simulations.Number && l.place.as != asFolded && !strings.Contains(arg.Text, joint) && !strings.Contains(l.text, joint)
}

// addPieces adds what a value of the field must have somewhere: two of a long text that
// it contains.
func (c *condition) addPieces(k literal, add func(literal)) {
	k.place.name = c.name
	if k.place.what != literalWithin {
		add(k.piece(maxPiece))
		return
	}
	add(k.piece(maxWithin))
	if len(k.text) > maxWithin {
		k.text = k.text[:maxWithin]
		add(k.piece(maxWithin))
	}
}

// textual reports whether the values of the field are texts, of which each is an item.
func (c *condition) textual() bool {
	return c.source == fromQuery || c.source == fromHeader || c.source == fromCookie
}

// eachKey calls do with the literals that some value must have, be it as an item
// where the values are the items.
func (p *Predicate) eachKey(items bool, do func(k literal, arg *simulations.Value)) {
	for i := range p.whole {
		switch t := p.whole[i].field.(type) {
		case anyOf:
			t.eachKey(items, do)
		case *hasItem:
			if items {
				t.p.eachKey(items, do)
			}
		case hasExactly:
			for _, q := range t {
				if items {
					q.eachKey(items, do)
				}
			}
		}
	}
	for i := range p.each {
		p.each[i].eachLiteral(func(k literal) { do(k, p.each[i].arg) })
	}
	for _, q := range p.list {
		q.eachKey(items, do)
	}
}

// maxAlternatives is how many alternatives a literal may have: in so many parts of a
// division the stub is.
const maxAlternatives = 8

// or adds the hash of an alternative.
func (l *literal) or(hash uint64) {
	if l.also == nil {
		l.also = new([]uint64)
	}
	if hash != l.hash && !slices.Contains(*l.also, hash) {
		*l.also = append(*l.also, hash)
	}
}

// orElse are those literals that have an alternative at the same place.
func orElse(literals, other []literal) []literal {
	kept := literals[:0]
	for _, k := range literals {
		if at := slices.IndexFunc(other, func(o literal) bool { return o.place == k.place }); at >= 0 {
			k.or(other[at].hash)
			kept = append(kept, k)
		}
	}
	return kept
}

// eachKey calls do with the literals of which some value must have one or another:
// those at places where each of the predicates has one.
func (a anyOf) eachKey(items bool, do func(k literal, arg *simulations.Value)) {
	if len(a) > maxAlternatives {
		return
	}
	var common []literal
	args := map[place]*simulations.Value{}
	for i, q := range a {
		var own []literal
		q.eachKey(items, func(k literal, arg *simulations.Value) {
			switch what := k.place.what; {
			case k.also != nil, what.isPiece(), what == literalItem, what == literalText && arg.Kind != simulations.String && !items:
				return // its place, or its hash, depends on more than that
			}
			own = append(own, k)
			if i == 0 && args[k.place] == nil {
				args[k.place] = arg
			}
		})
		if i == 0 {
			common = own
		} else {
			common = orElse(common, own)
		}
	}
	for _, k := range common {
		do(k, args[k.place])
	}
}

// alternativeLiterals are those of which a request must have one or another, for one
// of the patterns of any to fit.
func (c *condition) alternativeLiterals() []literal {
	if c.none || len(c.patterns) > maxAlternatives {
		return nil
	}
	var common []literal
	for i, q := range c.patterns {
		own := slices.DeleteFunc(q.literals(), func(k literal) bool { return k.also != nil || k.place.what.isPiece() })
		if q.path.kind == exactPath {
			own = append(own, literal{place: exactPathPlace, hash: hashOf(hashText, q.path.exact)})
		}
		if i == 0 {
			common = own
		} else {
			common = orElse(common, own)
		}
	}
	return common
}
