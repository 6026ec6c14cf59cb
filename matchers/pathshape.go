package matchers

import "understudy/simulations"

// pathShape is what the index and the precedence know of a pattern's path.
type pathShape struct {
	kind pathKind
	// exact is the match form, for exactPath.
	exact string
	// template is set for templatePath.
	template *template
	// prefix is the literal text that every path which fits begins with, for
	// otherPath.
	prefix string
	// text is the operator's argument, for finding paths that look alike.
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
		case interface{ literalPrefix() string }:
			if lp := t.literalPrefix(); len(lp) > len(s.prefix) {
				s.prefix = lp
			}
			if s.text == "" {
				s.text = p.each[i].arg.Text
			}
		}
	}
	for _, q := range p.list {
		q.shape(s)
	}
}
