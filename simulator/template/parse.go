package template

import "strconv"

// parser makes nodes out of pieces, and resolves helpers and names.
type parser struct {
	src    string
	pieces []piece
	next   int
	*manners
	depth int
	// scopes are the blocks around, innermost last.
	scopes []scope
	// assigned are the variables that the template sets so far under a literal
	// name; anyName is set once it may have set any.
	assigned map[string]bool
	anyName  bool
	// tables are those that calls name so far.
	tables []TableUse
}

// scope is what a block adds to the names.
type scope struct {
	params []string
	// opens is whether the body has a context of its own, whose members
	// nobody knows when compiling.
	opens bool
}

func (p *parser) fail(offset int, detail string) error {
	return locate(p.src, offset, "", detail, nil)
}

// usualNodes is for how many nodes memory is taken at once.
const usualNodes = 8

// nodes parses up to a close or else tag of the block around, or to the end.
func (p *parser) nodes() ([]node, error) {
	out := make([]node, 0, min(len(p.pieces)-p.next, usualNodes))
	for p.next < len(p.pieces) {
		pc := &p.pieces[p.next]
		switch pc.kind {
		case elseTag, closeTag:
			return out, nil
		case commentTag:
			p.next++
			continue
		case textPiece:
			p.next++
			if n := len(out); n > 0 {
				if t, ok := out[n-1].(text); ok { // text on both sides of a comment
					out[n-1] = t + text(pc.text)
					continue
				}
			}
			out = append(out, text(pc.text))
			continue
		}
		n, err := p.tag(pc)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (p *parser) tag(pc *piece) (node, error) {
	p.next++
	switch pc.kind {
	case rawTag:
		return p.raw(pc)
	case openTag, inverseTag:
		if p.depth++; p.depth > MaxDepth {
			return nil, p.fail(pc.offset, "blocks are nested deeper than "+strconv.Itoa(MaxDepth))
		}
		defer func() { p.depth-- }()
		return p.block(pc, pc.words, pc.kind == inverseTag, true)
	}
	w := words{p: p, list: pc.words, end: pc.offset}
	e, err := w.expression(false)
	if err != nil {
		return nil, err
	}
	if err := w.done(); err != nil {
		return nil, err
	}
	p.note(e)
	return output{of: e, escape: p.escape && !pc.unescaped}, nil
}

// raw is {{{{raw}}}} … {{{{/raw}}}}.
func (p *parser) raw(pc *piece) (node, error) {
	w := words{p: p, list: pc.words, end: pc.offset}
	if pc.words[0].text == "raw" {
		if len(pc.words) > 1 {
			return nil, p.fail(pc.words[1].offset, "raw takes no arguments")
		}
		return text(pc.text), nil
	}
	e, err := w.expression(true)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*call)
	if !ok {
		return nil, p.fail(pc.offset, "there is no block helper "+pc.words[0].text+": {{{{raw}}}} leaves its text as it is")
	}
	return &block{call: c, body: []node{text(pc.text)}}, nil
}

// block parses an opened block up to its close tag. closes is false for a link
// of an else chain, which the block around closes.
func (p *parser) block(pc *piece, list []word, inverse, closes bool) (node, error) {
	w := words{p: p, list: list, end: pc.offset}
	e, err := w.expression(true)
	if err != nil {
		return nil, err
	}
	params, err := w.blockParams()
	if err != nil {
		return nil, err
	}
	if err := w.done(); err != nil {
		return nil, err
	}
	name := p.pathText(list)
	var opens bool
	locals := params
	switch e := e.(type) {
	case *call:
		opens = e.helper.opens
		if e.helper.locals {
			for _, h := range e.hash {
				locals = append(locals, h.name)
			}
		}
	case *path:
		opens = true
	default:
		return nil, p.fail(pc.offset, "a block begins with a helper or a path")
	}
	p.scopes = append(p.scopes, scope{params: locals, opens: opens})
	body, err := p.nodes()
	p.scopes = p.scopes[:len(p.scopes)-1]
	if err != nil {
		return nil, err
	}
	var orElse []node
	if p.next < len(p.pieces) && p.pieces[p.next].kind == elseTag {
		if orElse, err = p.orElse(); err != nil {
			return nil, err
		}
	}
	if closes {
		if p.next == len(p.pieces) {
			return nil, p.fail(pc.offset, "the block is not closed: {{/"+name+"}} is missing")
		}
		closing := &p.pieces[p.next]
		if closing.kind == elseTag {
			return nil, p.fail(closing.offset, "a second {{else}}")
		}
		if got := p.pathText(closing.words); got != name {
			return nil, p.fail(closing.offset, "{{/"+got+"}} closes {{#"+name+"}}, which was opened in line "+strconv.Itoa(locate(p.src, pc.offset, "", "", nil).Line))
		}
		p.next++
	}
	if inverse {
		body, orElse = orElse, body
	}
	p.note(e)
	if c, ok := e.(*call); ok {
		return &block{call: c, body: body, orElse: orElse, params: params}, nil
	}
	return &section{of: e.(*path), body: body, orElse: orElse, params: params}, nil
}

// orElse parses from an else tag on: the rest of the block, or the next link of
// the chain.
func (p *parser) orElse() ([]node, error) {
	pc := &p.pieces[p.next]
	p.next++
	if len(pc.words) == 0 {
		return p.nodes()
	}
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(pc.offset, "blocks are nested deeper than "+strconv.Itoa(MaxDepth))
	}
	defer func() { p.depth-- }()
	n, err := p.block(pc, pc.words, false, false)
	if err != nil {
		return nil, err
	}
	return []node{n}, nil
}

// note remembers the variables that an expression sets.
func (p *parser) note(e expr) {
	c, ok := e.(*call)
	if !ok {
		return
	}
	for _, a := range c.args {
		p.note(a)
	}
	for _, h := range c.hash {
		p.note(h.value)
	}
	if c.helper.assigns == nil {
		return
	}
	names, all := c.helper.assigns(c)
	for _, n := range names {
		if p.assigned == nil {
			p.assigned = make(map[string]bool)
		}
		p.assigned[n] = true
	}
	p.anyName = p.anyName || !all
}
