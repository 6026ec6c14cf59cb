package template

import (
	"strings"
	"sync"
)

// A template is read in three passes: scan cuts it into pieces, text and tags
// with their words; whitespace takes away what ~ and standalone tags ask for;
// and the parser makes nodes of the pieces.

type tagKind uint8

const (
	textPiece   tagKind = iota
	mustacheTag         // {{x}}, {{{x}}}, {{&x}}
	openTag             // {{#x}}
	inverseTag          // {{^x}} with words: a block whose body is its else
	elseTag             // {{else}}, {{else if x}}, {{^}}
	closeTag            // {{/x}}
	rawTag              // {{{{x}}}} … {{{{/x}}}}
	commentTag
)

type piece struct {
	kind   tagKind
	offset int
	text   string // of a textPiece, and the body of a rawTag
	words  []word
	// unescaped is {{{x}}} and {{&x}}.
	unescaped bool
	// trimLeft and trimRight are ~ at either side.
	trimLeft, trimRight bool
	// left and right are how many bytes of a textPiece go at either end.
	left, right int
}

type wordKind uint8

const (
	endWord    wordKind = iota
	idWord              // a segment of a path
	stringWord          // 'x' or "x"
	numberWord
	openParen
	closeParen
	dotWord    // "." or "/" between segments
	upWord     // ".."
	thisWord   // "." on its own
	atWord     // "@"
	pipeWord   // "|"
	equalsWord // "="
)

type word struct {
	kind   wordKind
	offset int
	text   string
	// quoted is a segment in brackets, which is never a keyword or number.
	quoted bool
	// spaced is whether white space stands before the word.
	spaced bool
}

// idEnd are the characters that end an identifier, as in handlebars.js.
var idEnd = func() (is [256]bool) {
	for _, c := range []byte(" \t\r\n\f\v!\"#%&'()*+,./;<=>@[\\]^`{|}~") {
		is[c] = true
	}
	return is
}()

// scanner cuts one template.
type scanner struct {
	src    string
	pieces []piece
	// words are those of all tags so far: each tag has a part of them.
	words []word
}

// scanners are used again: where there are many stubs, nearly every templated
// answer compiles its templates.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

// maxScratch bounds the pieces and words that a scanner keeps memory for.
const maxScratch = 1 << 10

// free ends the use of the scanner and of its pieces. What was made of them is
// of the template's source alone.
func (s *scanner) free() {
	if cap(s.pieces) > maxScratch || cap(s.words) > maxScratch {
		return
	}
	clear(s.pieces)
	clear(s.words)
	s.src, s.pieces, s.words = "", s.pieces[:0], s.words[:0]
	scanners.Put(s)
}

// scan cuts the template src. The pieces are the scanner's.
func (s *scanner) scan(src string) ([]piece, error) {
	s.src = src
	var text pieceText
	start := 0
	flush := func(next int) {
		if t := text.take(); t != "" {
			s.pieces = append(s.pieces, piece{kind: textPiece, offset: start, text: t})
		}
		start = next
	}
	i := 0
	for i < len(src) {
		n := strings.Index(src[i:], "{{")
		if n < 0 {
			text.add(src[i:])
			break
		}
		at := i + n
		switch {
		case n >= 2 && src[at-1] == '\\' && src[at-2] == '\\':
			// Two backslashes are one, and the tag is a tag.
			text.add(src[i : at-1])
		case n >= 1 && src[at-1] == '\\':
			// \{{x}} is the text {{x}}, up to the next tag.
			text.add(src[i : at-1])
			end := at + 2
			if m := strings.Index(src[end:], "{{"); m >= 0 {
				m += end
				if src[m-1] == '\\' {
					m--
					if src[m-1] == '\\' {
						m--
					}
				}
				text.add(src[at:m])
				i = m
			} else {
				text.add(src[at:])
				i = len(src)
			}
			continue
		default:
			text.add(src[i:at])
		}
		flush(at)
		p, next, err := s.tag(at)
		if err != nil {
			return nil, err
		}
		s.pieces = append(s.pieces, p)
		i, start = next, next
	}
	flush(len(src))
	return s.pieces, nil
}

// pieceText is a text that is put together of parts; of a single part it is that.
type pieceText struct {
	first string
	all   []byte // once there are several
}

func (r *pieceText) add(part string) {
	switch {
	case part == "":
	case len(r.all) == 0 && r.first == "":
		r.first = part
	default:
		if len(r.all) == 0 {
			r.all = append(r.all, r.first...)
		}
		r.all = append(r.all, part...)
	}
}

// take returns the text and begins another.
func (r *pieceText) take() string {
	out := r.first
	if len(r.all) > 0 {
		out = string(r.all)
	}
	r.first, r.all = "", r.all[:0]
	return out
}

// tag reads the tag at src[at:], which begins with two braces, and returns where
// it ends.
func (s *scanner) tag(at int) (p piece, next int, err error) {
	src := s.src
	p = piece{offset: at, kind: mustacheTag}
	rest := src[at:]
	if strings.HasPrefix(rest, "{{!") || strings.HasPrefix(rest, "{{~!") {
		return scanComment(src, at)
	}
	if strings.HasPrefix(rest, "{{{{") {
		return s.raw(at)
	}
	i, end := at+2, "}}"
	if strings.HasPrefix(rest, "{{{") {
		i, end, p.unescaped = at+3, "}}}", true
	} else {
		if strings.HasPrefix(src[i:], "~") {
			p.trimLeft = true
			i++
		}
		if strings.HasPrefix(src[i:], "{") { // {{~{x}~}}
			i, end, p.unescaped = i+1, "}}", true
		}
	}
	braced := p.trimLeft && p.unescaped
	if i < len(src) && !p.unescaped {
		switch src[i] {
		case '#':
			p.kind = openTag
			i++
			if strings.HasPrefix(src[i:], ">") {
				return p, 0, locate(src, at, "", "partials and partial blocks are not supported: write the text in place", nil)
			}
			if strings.HasPrefix(src[i:], "*") {
				return p, 0, locate(src, at, "", "inline partials and decorators are not supported: write the text in place", nil)
			}
		case '/':
			p.kind = closeTag
			i++
		case '^':
			p.kind = inverseTag
			i++
		case '&':
			p.unescaped = true
			i++
		case '>':
			return p, 0, locate(src, at, "", "partials are not supported: write the text in place", nil)
		case '*':
			return p, 0, locate(src, at, "", "decorators are not supported", nil)
		}
	}
	p.words, i, err = s.tagWords(i, at)
	if err != nil {
		return p, 0, err
	}
	if braced {
		if !strings.HasPrefix(src[i:], "}") {
			return p, 0, locate(src, i, "", "{{~{ ends with }}} or }~}}", nil)
		}
		i++
	} else if p.unescaped && end == "}}}" && strings.HasPrefix(src[i:], "}~}}") {
		p.trimRight = true
		return p, i + 4, finish(src, &p)
	}
	if strings.HasPrefix(src[i:], "~") {
		p.trimRight = true
		i++
	}
	if !strings.HasPrefix(src[i:], end) {
		return p, 0, locate(src, i, "", "expected "+end+" here", nil)
	}
	return p, i + len(end), finish(src, &p)
}

// finish settles what kind of tag the words make.
func finish(src string, p *piece) error {
	switch {
	case p.kind == inverseTag && len(p.words) == 0:
		p.kind = elseTag
	case p.kind == mustacheTag && len(p.words) > 0 && p.words[0].kind == idWord && p.words[0].text == "else" && !p.words[0].quoted && !p.unescaped:
		if len(p.words) == 1 || p.words[1].kind != dotWord {
			p.kind, p.words = elseTag, p.words[1:]
		}
	}
	if len(p.words) == 0 && p.kind != elseTag {
		return locate(src, p.offset, "", "an empty tag", nil)
	}
	return nil
}

func scanComment(src string, at int) (p piece, next int, err error) {
	p = piece{kind: commentTag, offset: at}
	i := at + 2
	if src[i] == '~' {
		p.trimLeft = true
		i++
	}
	i++ // the exclamation mark
	end := ""
	if strings.HasPrefix(src[i:], "--") {
		end = "--"
		i += 2
	}
	plain := strings.Index(src[i:], end+"}}")
	trimmed := strings.Index(src[i:], end+"~}}")
	switch {
	case trimmed >= 0 && (plain < 0 || trimmed < plain):
		p.trimRight = true
		return p, i + trimmed + len(end) + 3, nil
	case plain >= 0:
		return p, i + plain + len(end) + 2, nil
	}
	return p, 0, locate(src, at, "", "the comment is not closed", nil)
}

// raw reads a raw block: its body is text, whatever it holds.
func (s *scanner) raw(at int) (p piece, next int, err error) {
	src := s.src
	p = piece{kind: rawTag, offset: at}
	words, i, err := s.tagWords(at+4, at)
	if err != nil {
		return p, 0, err
	}
	if !strings.HasPrefix(src[i:], "}}}}") {
		return p, 0, locate(src, i, "", "expected }}}} here", nil)
	}
	if len(words) == 0 || words[0].kind != idWord {
		return p, 0, locate(src, at, "", "a raw block has a name: {{{{raw}}}} … {{{{/raw}}}}", nil)
	}
	i += 4
	closing := "{{{{/" + words[0].text + "}}}}"
	n := strings.Index(src[i:], closing)
	if n < 0 {
		return p, 0, locate(src, at, "", "the raw block is not closed: "+closing+" is missing", nil)
	}
	p.words, p.text = words, src[i:i+n]
	return p, i + n + len(closing), nil
}

// tagWords reads the inside of a tag and stops at its closing brace or ~.
func (s *scanner) tagWords(i, tag int) (words []word, end int, err error) {
	src, spaced, from := s.src, false, len(s.words)
	add := func(kind wordKind, text string, size int) {
		s.words = append(s.words, word{kind: kind, offset: i, text: text, spaced: spaced})
		words = s.words[from:len(s.words):len(s.words)]
		i += size
		spaced = false
	}
	for i < len(src) {
		c := src[i]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
			i++
			spaced = true
		case c == '}' || c == '~':
			return words, i, nil
		case c == '(':
			add(openParen, "(", 1)
		case c == ')':
			add(closeParen, ")", 1)
		case c == '=':
			add(equalsWord, "=", 1)
		case c == '|':
			add(pipeWord, "|", 1)
		case c == '@':
			add(atWord, "@", 1)
		case strings.HasPrefix(src[i:], ".."):
			add(upWord, "..", 2)
		case c == '.' || c == '/':
			if wordEndsAt(src, i+1) && (spaced || len(words) == 0 || words[len(words)-1].kind == openParen || words[len(words)-1].kind == equalsWord) {
				if c == '/' {
					return nil, 0, locate(src, i, "", "unexpected /", nil)
				}
				add(thisWord, ".", 1)
			} else {
				add(dotWord, src[i:i+1], 1)
			}
		case c == '\'' || c == '"':
			text, size, ok := scanString(src[i:])
			if !ok {
				return nil, 0, locate(src, i, "", "the string is not closed", nil)
			}
			add(stringWord, text, size)
		case c == '[':
			n := strings.IndexByte(src[i:], ']')
			if n < 0 {
				return nil, 0, locate(src, i, "", "the segment is not closed: ] is missing", nil)
			}
			add(idWord, src[i+1:i+n], n+1)
			words[len(words)-1].quoted = true
		default:
			n := 0
			for i+n < len(src) && !idEnd[src[i+n]] {
				n++
			}
			if m := numberLength(src[i:]); m > 0 && (len(words) == 0 || words[len(words)-1].kind != dotWord) {
				add(numberWord, src[i:i+m], m)
				continue
			}
			if n == 0 {
				return nil, 0, locate(src, i, "", "unexpected "+quote(src[i:], 1), nil)
			}
			add(idWord, src[i:i+n], n)
		}
	}
	return nil, 0, locate(src, tag, "", "the tag is not closed", nil)
}

func wordEndsAt(src string, i int) bool {
	return i >= len(src) || strings.IndexByte(" \t\r\n\f\v})~|=", src[i]) >= 0
}

// numberLength is the length of the number that s begins with, 0 where it
// begins with none. A number ends where a word ends.
func numberLength(s string) int {
	i := 0
	if strings.HasPrefix(s, "-") {
		i = 1
	}
	from := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == from {
		return 0
	}
	if i+1 < len(s) && s[i] == '.' && '0' <= s[i+1] && s[i+1] <= '9' {
		i++
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
	}
	if !wordEndsAt(s, i) {
		return 0
	}
	return i
}

// scanString reads a quoted string. Only a backslash before the quote is an
// escape; any other is text, so that regular expressions need no doubling.
func scanString(s string) (text string, size int, ok bool) {
	q := s[0]
	var b []byte
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == q:
			b = append(b, q)
			i++
		case s[i] == q:
			return string(b), i + 1, true
		default:
			b = append(b, s[i])
		}
	}
	return "", 0, false
}
