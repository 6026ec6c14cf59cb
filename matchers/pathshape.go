package matchers

import "understudy/simulations"

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
	// folded is what a path that fits folds to, for otherPath; "" where any may.
	folded string
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
		case interface {
			literalPieces() (prefix, end, within string)
		}:
			if t, is := t.(*textTest); is && t.piece == wholeFolded {
				s.folded = folded(t.arg)
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

// foldedPath is where a path is asked for but for the case of letters.
var foldedPath = place{source: fromPath, what: literalText, as: asFolded}

// maxPiece bounds the literals by which stubs of one prefix are told apart.
const maxPiece = 64

// literals are what a path of another kind must be, but for case, end in and contain.
func (s *pathShape) literals() []literal {
	if s.kind != otherPath {
		return nil
	}
	var out []literal
	if s.folded != "" {
		out = append(out, literal{place: foldedPath, hash: hashOf(hashFold, s.folded)})
	}
	add := func(what what, text string) {
		if text != "" {
			text = text[max(0, len(text)-maxPiece):]
			out = append(out, literal{place: place{source: fromPath, what: what}, hash: hashOf(hashText, text), length: len(text)})
		}
	}
	add(literalEnd, s.end)
	add(literalWithin, s.within)
	return out
}
