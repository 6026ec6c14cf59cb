package instance

import (
	"regexp/syntax"
	"strings"
	"unicode"

	"understudy/simulations"
)

// maxTries is how many texts of a pattern are made until one has the length
// that is asked for, and fits the other patterns.
const maxTries = 60

// patterned makes a text that the patterns fit.
func (m *maker) patterned(r *rules) (*simulations.Value, bool) {
	for try := range maxTries {
		expr := r.patterns[try%len(r.patterns)]
		re, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			return nil, false // a pattern that RE2 does not read
		}
		w := &writer{maker: m, stretch: try / 4, anchored: strings.Contains(expr, "$") || strings.Contains(expr, `\z`)}
		if parts := 1 + try/2%4; try%2 == 1 && r.minLength > 0 {
			// As long as it has to be, by one repetition or by several.
			w.stretch, w.exact = (r.minLength+parts-1)/parts, true
		}
		if !w.write(re) {
			continue
		}
		s := w.b.String()
		if short := r.minLength - len([]rune(s)); short > 0 && !w.anchored {
			s += strings.Repeat("a", short) // the pattern is found anywhere
		}
		if m.suits(r, s) {
			return simulations.NewString(s), true
		}
	}
	return nil, false
}

// writer writes a text of a regular expression.
type writer struct {
	*maker
	b strings.Builder
	// stretch is by how much repetitions exceed their least, at most.
	stretch int
	// exact repeats everything that often instead.
	exact bool
	// anchored says that nothing may follow.
	anchored bool
}

func (w *writer) write(re *syntax.Regexp) bool {
	if w.b.Len() > maxText {
		return false
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.b.WriteRune(r)
		}
	case syntax.OpCharClass:
		r, ok := w.pick(re.Rune)
		if !ok {
			return false
		}
		w.b.WriteRune(r)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.b.WriteRune(rune('a' + w.rand.IntN(26)))
	case syntax.OpStar:
		return w.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		return w.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return w.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return w.repeat(re.Sub[0], re.Min, re.Max)
	case syntax.OpCapture:
		return w.write(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !w.write(sub) {
				return false
			}
		}
	case syntax.OpAlternate:
		return w.write(re.Sub[w.rand.IntN(len(re.Sub))])
	case syntax.OpNoMatch:
		return false
	}
	return true // what is left has no width: whether it holds is seen at the end
}

// repeat writes an expression at least min times; max is -1 for no bound.
func (w *writer) repeat(re *syntax.Regexp, least, most int) bool {
	n := least
	if w.exact {
		n = max(least, w.stretch)
	} else if w.stretch > 0 {
		n += w.rand.IntN(w.stretch + 1)
	}
	if most >= 0 {
		n = min(n, most)
	}
	for range n {
		if !w.write(re) {
			return false
		}
	}
	return true
}

// pick chooses a character of a class, given as pairs of bounds: a letter or a
// digit where there is one.
func (w *writer) pick(class []rune) (rune, bool) {
	for _, prefer := range [][2]rune{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'!', '~'}, {' ', ' '}, {0, unicode.MaxRune}} {
		var ranges [][2]rune
		size := 0
		for i := 0; i+1 < len(class); i += 2 {
			lo, hi := max(class[i], prefer[0]), min(class[i+1], prefer[1])
			if lo <= hi {
				ranges = append(ranges, [2]rune{lo, hi})
				size += int(hi-lo) + 1
			}
		}
		if size == 0 {
			continue
		}
		n := rune(w.rand.IntN(size))
		for _, r := range ranges {
			if n <= r[1]-r[0] {
				return r[0] + n, r[0]+n < 0xD800 || r[0]+n > 0xDFFF
			}
			n -= r[1] - r[0] + 1
		}
	}
	return 0, false
}
