package matchers

import (
	"slices"

	"understudy/simulations"
)

// pathShape is what the index and the precedence know of a pattern's path.
type pathShape struct {
	kind pathKind
	// exact is the match form, for exactPath.
	exact string
	// template is set for templatePath.
	template *template
	// prefix, end and within are literal texts that every path which fits begins
	// with, ends in and contains, for otherPath.
	prefix, end, within string
	// folded are literals that a path which fits has once it is folded, for otherPath.
	folded []literal
	// text is what paths that fit look like, as far as it is literal, or the
	// operator's argument: for finding paths that look alike.
	text string
}

// shapeOf finds the most specific operator of the condition on the path.
func shapeOf(conditions []condition) pathShape {
	shape := pathShape{kind: noPath}
	for i := range conditions {
		if conditions[i].source == fromPath {
			shape.kind = otherPath
			conditions[i].predicate.shape(&shape)
		}
	}
	if pieces := shape.prefix + shape.end; shape.kind == otherPath && pieces != "" {
		shape.text = pieces
	}
	return shape
}

func (p *Predicate) shape(s *pathShape) {
	for i := range p.each {
		switch t := p.each[i].value.(type) {
		case *equals:
			if t.kind == simulations.String && s.kind != exactPath {
				s.kind, s.exact, s.text = exactPath, t.text, t.text
			}
		case *template:
			if s.kind < templatePath {
				s.kind, s.template, s.text = templatePath, t, p.each[i].arg.Text
			}
		case pieced:
			switch t := t.(type) {
			case *textTest:
				if t.piece == wholeFolded {
					s.folded = append(s.folded, literal{place: foldedPath, hash: hashFolded(t.arg)})
				}
			case *regexTest:
				t.literals(func(k literal) {
					k.place.source = fromPath
					s.folded = append(s.folded, k.piece(maxPiece))
				})
			}
			prefix, end, within := t.literalPieces()
			s.prefix, s.end, s.within = longer(s.prefix, prefix), longer(s.end, end), longer(s.within, within)
			if s.text == "" {
				s.text = p.each[i].arg.Text
			}
		}
	}
	for _, q := range p.list {
		q.shape(s)
	}
}

func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

// exactPathPlace is where the whole path is, for alternatives: other stubs have it in
// the index.
var exactPathPlace = place{source: fromPath, what: literalText}

// foldedPath is where a path is asked for but for the case of letters.
var foldedPath = place{source: fromPath, what: literalText, as: asFolded}

// maxPiece bounds the pieces by which stubs are told apart, maxWithin those that are
// looked for anywhere in a value, but for the path: each length takes a look through
// all of it.
const (
	maxPiece  = 64
	maxWithin = 16
)

// piece is the literal with its hash, of a text of at most so many bytes: the first
// of those that a value begins with, else the last.
func (l literal) piece(most int) literal {
	if l.place.what == literalBegin {
		l.text = l.text[:min(len(l.text), most)]
	} else {
		l.text = l.text[max(0, len(l.text)-most):]
	}
	l.hash, l.length = hashOf(hashText, l.text), len(l.text)
	if l.place.what == literalWithin {
		l.hash = newWindow(l.text, l.length).hash()
	}
	return l
}

// literals are what a path of another kind must be, but for case, end in and contain.
func (s *pathShape) literals() []literal {
	if s.kind != otherPath {
		return nil
	}
	var out []literal
	for _, k := range s.folded {
		if !slices.ContainsFunc(out, func(l literal) bool { return l.place == k.place }) {
			out = append(out, k)
		}
	}
	add := func(what what, text string) {
		if text != "" {
			out = append(out, literal{place: place{source: fromPath, what: what}, text: text}.piece(maxPiece))
		}
	}
	add(literalEnd, s.end)
	add(literalWithin, s.within)
	return out
}
