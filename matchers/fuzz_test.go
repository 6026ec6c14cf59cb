package matchers

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"understudy/simulations"
)

// FuzzPredicate compiles what is given as a predicate in every context and
// tries it on what is given as a value, as every kind of value.
func FuzzPredicate(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		predicate := ""
		for line := range strings.Lines(string(data)) {
			line = strings.TrimRight(line, "\n")
			switch {
			case line == "" || line[0] == '#':
			case line[0] != ' ':
				predicate = line
			default:
				_, value, _ := strings.Cut(strings.TrimSpace(line), " ")
				f.Add(predicate, strings.TrimSuffix(strings.TrimSuffix(value, " yes"), " no"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, predicate, text string) {
		v, err := simulations.Parse([]byte("it: " + predicate))
		if err != nil {
			return
		}
		for _, where := range []context{anyContext, textContext, pathContext} {
			c := &compiler{where: where}
			p := c.predicate(v.Get("it"))
			if len(c.faults) > 0 {
				for _, fault := range c.faults {
					if fault.Detail == "" {
						t.Errorf("%s: a fault without words", fault.Pointer)
					}
				}
				continue
			}
			fields := []field{{}, one(textOf(text)), one(contentOf(&body{data: []byte(text)})), {texts: []string{text, "x", text}}}
			if n, ok := decodeJSON([]byte(text)); ok {
				fields = append(fields, one(nodeOf(n)))
			}
			for _, in := range fields {
				var s scope
				first := p.holds(in, &s)
				if p.holds(in, &s) != first {
					t.Errorf("%s on %q: once so, once otherwise", predicate, text)
				}
				if !first {
					var m simulations.Mismatch
					p.explain(in, &s, &m)
					if !utf8.ValidString(m.Actual) || len(m.Actual) > 8*shown {
						t.Errorf("an actual value of %d bytes", len(m.Actual))
					}
				}
				if n := (&not{p}); n.holdsFor(in, &s) == first {
					t.Errorf("%s on %q: not says the same", predicate, text)
				}
			}
		}
	})
}

// FuzzMatchForm holds the match form to its definition.
func FuzzMatchForm(f *testing.F) {
	for _, s := range []string{"/a", "/a%20b", "/%2f%2F", "/%25", "/%", "/%zz", "/%C3%A9", "/%c3", "/%ff%C3%A9%2f", "/%e2%82%ac%e2%82", "\xff%41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := matchForm(s)
		if matchForm(m) != m {
			t.Errorf("%q: %q is not its own match form but %q", s, m, matchForm(m))
		}
		if strings.Count(m, "/") != strings.Count(s, "/") {
			t.Errorf("%q: %q has other separators", s, m)
		}
		for i := range len(m) {
			if m[i] == '%' && !isEscape(m[i:]) {
				t.Errorf("%q: %q has a bare percent sign", s, m)
			}
		}
		fixed := regexp.MustCompile(`%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)
		if utf8.ValidString(s) && !fixed.MatchString(s) && unescape(m, false) != unescape(s, false) {
			t.Errorf("%q: %q stands for something else", s, m)
		}
	})
}

// FuzzGlob compares globs with a matcher that tries everything.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{{"/a/*", "/a/b"}, {"/**/x", "/a/b/x"}, {"a*b*c", "abc"}, {"/[a-c]?", "/bx"}, {"/[!a]*", "/bc/d"}, {`\*`, "*"}, {"*a*b*", "xaxbx"}, {"/*/*", "/a/b"}} {
		f.Add(s[0], s[1], true)
		f.Add(s[0], s[1], false)
	}
	f.Fuzz(func(t *testing.T, pattern, text string, path bool) {
		if len(pattern) > 20 || len(text) > 30 || strings.Contains(pattern, "%") || !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			return
		}
		g, err := parseGlob(pattern, path)
		if err != nil {
			return
		}
		var s scope
		if got, want := g.match(text, &s), naiveGlob([]rune(pattern), []rune(text), path); got != want {
			t.Errorf("glob %q on %q (path %v): %v, want %v", pattern, text, path, got, want)
		}
		if !strings.HasPrefix(text, g.prefix) && g.match(text, &s) {
			t.Errorf("glob %q fits %q, which lacks its prefix %q", pattern, text, g.prefix)
		}
	})
}

func naiveGlob(p, s []rune, path bool) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	switch c := p[0]; {
	case c == '*':
		n := 1
		for n < len(p) && p[n] == '*' {
			n++
		}
		for i := 0; i <= len(s); i++ {
			if naiveGlob(p[n:], s[i:], path) {
				return true
			}
			if i < len(s) && s[i] == '/' && path && n == 1 {
				return false
			}
		}
		return false
	case c == '?':
		return len(s) > 0 && !(path && s[0] == '/') && naiveGlob(p[1:], s[1:], path)
	case c == '[' && path:
		end, in := 1, false
		negated := p[1] == '!' || p[1] == '^'
		if negated {
			end++
		}
		for first := true; first || p[end] != ']'; first = false {
			if p[end] == '\\' {
				end++
			}
			lo := p[end]
			end++
			hi := lo
			if end+1 < len(p) && p[end] == '-' && p[end+1] != ']' {
				end++
				if p[end] == '\\' {
					end++
				}
				hi = p[end]
				end++
			}
			in = in || len(s) > 0 && lo <= s[0] && s[0] <= hi
		}
		return len(s) > 0 && s[0] != '/' && in != negated && naiveGlob(p[end+1:], s[1:], path)
	case c == '\\':
		p = p[1:]
	}
	return len(s) > 0 && s[0] == p[0] && naiveGlob(p[1:], s[1:], path)
}

// FuzzTemplate holds templates to their own captures.
func FuzzTemplate(f *testing.F) {
	for _, s := range [][2]string{{"/a/{b}", "/a/x"}, {"/{a}/{b...}", "/x/y/z"}, {"/v{n}.json", "/v1.json"}, {"/a%2F/{x}", "/a%2f/%25"}, {"/", "/"}, {"/a/{b}", "/a/"}, {"/{a...}", "/"}, {"/v{n}", "/v"}, {"/a/", "/a"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		tp, err := parseTemplate(text)
		if err != nil {
			return
		}
		path = matchForm(path)
		fits := tp.match(path)
		var tr trie
		if n := tr.insert(tp); tp.hasRest {
			tr.nodes[n].rest = stubSlot(7)
		} else {
			tr.nodes[n].end = stubSlot(7)
		}
		d := &draft{}
		d.shorten(tp)
		tr.finish(d.stem)
		s := search{index: &Index{}}
		s.reset()
		if strings.HasPrefix(path, "/") {
			tr.find(path[1:], &s)
		}
		if (len(s.runs) == 1 && s.runs[0].numbers[0] == 7) != fits {
			t.Errorf("%q on %q: the trie and the template disagree, template says %v", text, path, fits)
		}
		if !fits {
			return
		}
		params := tp.capture(path)
		if len(params) != tp.params {
			t.Errorf("%q on %q: %v", text, path, params)
		}
		for name, v := range params {
			if v == "" {
				t.Errorf("%q on %q: %s is empty", text, path, name)
			}
		}
	})
}
