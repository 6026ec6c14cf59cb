package template

import "strings"

const blank = " \t\r\n\f\v"

// whitespace takes from the text pieces what ~ removes and, where the dialect
// says so, the lines that hold nothing but a block tag or a comment: the rules
// of handlebars.js, which looks at the text as it was written.
func whitespace(pieces []piece, standalone bool) []piece {
	drop := func(to *int, n int) { *to = max(*to, n) }
	for i := range pieces {
		p := &pieces[i]
		if p.kind == textPiece {
			continue
		}
		var before, after *piece
		if i > 0 {
			before = &pieces[i-1]
		}
		if i+1 < len(pieces) {
			after = &pieces[i+1]
		}
		if p.trimLeft && before != nil && before.kind == textPiece {
			drop(&before.right, len(before.text)-len(strings.TrimRight(before.text, blank)))
		}
		if p.trimRight && after != nil && after.kind == textPiece {
			drop(&after.left, len(after.text)-len(strings.TrimLeft(after.text, blank)))
		}
		if !standalone || p.kind == mustacheTag || p.kind == rawTag {
			continue
		}
		indent, alone := lineBefore(before, i == 1)
		rest, end := lineAfter(after, i+2 == len(pieces))
		if !alone || !end {
			continue
		}
		if before != nil {
			drop(&before.right, indent)
		}
		if after != nil {
			drop(&after.left, rest)
		}
	}
	out := pieces[:0]
	for _, p := range pieces {
		if p.kind == textPiece {
			if p.left+p.right >= len(p.text) {
				continue
			}
			p.text = p.text[p.left : len(p.text)-p.right]
		}
		out = append(out, p)
	}
	return out
}

// lineBefore reports whether nothing but spaces stands between the begin of the
// line and the tag, and how many bytes of them.
func lineBefore(p *piece, first bool) (spaces int, alone bool) {
	if p == nil {
		return 0, true
	}
	if p.kind != textPiece {
		return 0, false
	}
	kept := strings.TrimRight(p.text, " \t")
	return len(p.text) - len(kept), strings.HasSuffix(kept, "\n") || first && kept == ""
}

// lineAfter is lineBefore for the other side; the bytes include the line's end.
func lineAfter(p *piece, last bool) (n int, end bool) {
	if p == nil {
		return 0, true
	}
	if p.kind != textPiece {
		return 0, false
	}
	rest := strings.TrimLeft(p.text, " \t")
	spaces := len(p.text) - len(rest)
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		return spaces + 2, true
	case strings.HasPrefix(rest, "\n"):
		return spaces + 1, true
	}
	return spaces, last && rest == ""
}
