package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"understudy/matchers"
	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

// The edits of a text, byte by byte: what any edit wants is gone, the rest stays.
func TestEditsAgainstOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		src := "abcdefghijklmnopqrstuvwxyz"[:1+rnd.IntN(26)]
		var e edits
		gone := make([]bool, len(src))
		for range rnd.IntN(5) {
			start := rnd.IntN(len(src))
			end := start + rnd.IntN(len(src)-start+1)
			e.put(edit{start, end, "#", rnd.IntN(2) == 0})
			for i := start; i < end; i++ {
				gone[i] = true
			}
		}
		var want strings.Builder
		for i := range src {
			if !gone[i] {
				want.WriteByte(src[i])
			}
		}
		got := e.apply(src)
		if strings.ReplaceAll(got, "#", "") != want.String() {
			t.Fatalf("%+v of %s: %s, want %s", e.list, src, got, want.String())
		}
	}
}

func TestEditsPrecedence(t *testing.T) {
	for _, c := range []struct {
		list []edit
		want string
	}{
		{[]edit{{0, 3, "1", false}, {0, 3, "2", false}}, "1def"},
		{[]edit{{0, 3, "1", true}, {0, 3, "2", false}}, "2def"},
		{[]edit{{1, 2, "1", false}, {0, 3, "2", true}}, "2def"},
		{[]edit{{2, 5, "1", false}, {0, 3, "2", false}}, "2f"},
		{[]edit{{0, 3, "1", false}, {3, 6, "2", false}}, "12"},
		{[]edit{{2, 2, "1", false}}, "abcdef"},
	} {
		var e edits
		for _, it := range c.list {
			e.put(it)
		}
		if got := e.apply("abcdef"); got != c.want {
			t.Errorf("%v: %s, want %s", c.list, got, c.want)
		}
	}
}

// What is spliced into the text is what a decoder, a setter and an encoder make.
func TestJSONAgainstOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	queries := []string{"$.a", "$.a.b", "$..a", "$..b", "$[0]", "$[-1]", "$[1:3]", "$.*", "$..*", "$", "$.a[*].b", "$['a','b']", "$[?@.a]", "$..[?@.b==1]", "$..[0]"}
	for range 20_000 {
		src := randomJSON(rnd, 0)
		query := queries[rnd.IntN(len(queries))]
		as := []simulations.RedactAs{simulations.RedactMask, simulations.RedactDrop, simulations.RedactToken}[rnd.IntN(3)]
		x, faults := Compile([]simulations.Redaction{{JSONPath: query, As: as}}, key)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		got, _, err := x.text(src, "application/json", "application/json")
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		tree := decode(t, src)
		want, keep := naive(x, tree, jsonpathOf(t, query).Locate(tree), nil, as)
		want = fill(want, x, tree)
		if !keep {
			if strings.TrimSpace(got) != "" {
				t.Fatalf("%s, %s: %s is left", src, query, got)
			}
			continue
		}
		if back := decode(t, got); !reflect.DeepEqual(back, want) {
			t.Fatalf("%s\n %s as %s\n became %s\n want   %v", src, query, as, got, want)
		}
		// And the bytes between are the original's, in order.
		if as == simulations.RedactDrop && !subsequence(got, src) {
			t.Fatalf("%s, %s: %s has other bytes", src, query, got)
		}
	}
}

func jsonpathOf(t *testing.T, query string) *jsonpath.Path {
	t.Helper()
	p, err := jsonpath.Compile(query)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func decode(t *testing.T, s string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

// naive redacts a decoded value node by node.
func naive(x *Rules, v any, wanted []jsonpath.Location, at jsonpath.Location, as simulations.RedactAs) (out any, keep bool) {
	for _, w := range wanted {
		if w.String() != at.String() {
			continue
		}
		if as == simulations.RedactDrop {
			return nil, false
		}
		switch v := v.(type) {
		case nil:
			return nil, true
		case string:
			if v == "" {
				return v, true
			}
			return x.replacement(as, v), true
		case json.Number:
			return x.replacement(as, simulations.CanonicalNumber(v.String())), true
		case bool:
			return x.replacement(as, fmt.Sprint(v)), true
		}
		if as == simulations.RedactMask {
			return simulations.Mask, true
		}
		// A token of a text that is gone here: take whatever it is.
		return tokenOfSomething{}, true
	}
	step := func(s jsonpath.Step) jsonpath.Location { return append(at[:len(at):len(at)], s) }
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, item := range v {
			if to, keep := naive(x, item, wanted, step(jsonpath.Step{Name: name}), as); keep {
				m[name] = fill(to, x, item)
			}
		}
		return m, true
	case []any:
		l := []any{}
		for i, item := range v {
			if to, keep := naive(x, item, wanted, step(jsonpath.Step{Index: i, IsIndex: true}), as); keep {
				l = append(l, fill(to, x, item))
			}
		}
		return l, true
	}
	return v, true
}

// tokenOfSomething stands for the token of an object's or array's text, which
// the generator writes in one way only.
type tokenOfSomething struct{}

func fill(to any, x *Rules, item any) any {
	if _, ok := to.(tokenOfSomething); ok {
		return x.replacement(simulations.RedactToken, spell(item))
	}
	return to
}

// spell writes a value as randomJSON does.
func spell(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

// randomJSON writes objects with sorted names and without white space, so that
// spell writes the same text.
func randomJSON(rnd *rand.Rand, depth int) string {
	switch n := rnd.IntN(8); {
	case depth < 4 && (n < 3 || depth == 0 && n < 5):
		var members []string
		for _, name := range []string{"a", "b", "c"} {
			if rnd.IntN(2) == 0 {
				members = append(members, `"`+name+`":`+randomJSON(rnd, depth+1))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	case depth < 4 && n < 5 || depth == 0:
		var items []string
		for range rnd.IntN(4) {
			items = append(items, randomJSON(rnd, depth+1))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return []string{`1`, `-0.5`, `1e3`, `"x"`, `""`, `"\"q\""`, `"é😀"`, `true`, `false`, `null`}[rnd.IntN(10)]
}

func subsequence(part, of string) bool {
	for i := range len(of) {
		if part != "" && part[0] == of[i] {
			part = part[1:]
		}
	}
	return part == ""
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9\ud83d\ude00\\",true,false,null],"a":{}}`, `01`, `"\x"`, "\"\x01\"", `[1,]`, `{"a" 1}`, ``, `1 2`, "\x1e1", `{}{}`, `nulltrue`, "\"\xff\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseJSON(s)
		valid := json.Valid([]byte(s))
		if valid && err != nil && err != errTooMuch {
			t.Fatalf("%q is refused: %v", s, err)
		}
		if err != nil {
			return
		}
		if len(parsed.values) == 1 && !valid && json.Valid([]byte(strings.Trim(s, "\ufeff\x1e \t\r\n"))) == false {
			t.Fatalf("%q is taken", s)
		}
		for _, n := range parsed.values {
			piece := s[n.start:n.end]
			if !json.Valid([]byte(piece)) {
				t.Fatalf("%q of %q is no value", piece, s)
			}
			var want any
			d := json.NewDecoder(strings.NewReader(piece))
			d.UseNumber()
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			if utf8.ValidString(s) && !reflect.DeepEqual(parsed.tree(n), want) {
				t.Fatalf("%q: %#v, want %#v", piece, parsed.tree(n), want)
			}
		}
		for _, sc := range parsed.scalars {
			if sc.kind != '"' {
				continue
			}
			v := jsonString(s, sc.start, sc.end)
			if v.at != nil && (len(v.at) != len(v.text)+1 || v.at[0] != sc.start+1 || v.at[len(v.text)] != sc.end-1) {
				t.Fatalf("%q: offsets %v of %q", s, v.at, v.text)
			}
		}
	})
}

// FuzzBody puts anything through every rule at once: nothing panics, what was
// named is gone, and what is left is a text the rules find nothing in.
func FuzzBody(f *testing.F) {
	types := []string{"application/json", formType, "multipart/form-data; boundary=x", "text/plain", "", "image/png"}
	for i := range types {
		f.Add(byte(i), `{"pw":"1","b":"s3cret"}`)
		f.Add(byte(i), "pw=1&b=%733cret&&pw")
		f.Add(byte(i), "--x\r\nContent-Disposition: form-data; name=pw\r\n\r\ns3cret\r\n--x--")
	}
	docs := []string{
		`[{form: pw}, {jsonPath: $..pw}, {regex: 's3(c)ret', as: drop}, {regex: 's3cret'}]`,
		`[{form: pw, as: drop}, {jsonPath: $..pw, as: drop}, {query: pw, as: drop}, {cookie: pw, as: drop}]`,
		`[{form: pw, as: token}, {jsonPath: $..pw, as: token}, {regex: '[0-9]+', as: token}]`,
	}
	var compiled []*Rules
	for _, doc := range docs {
		compiled = append(compiled, rules(f, doc))
	}
	f.Fuzz(func(t *testing.T, which byte, body string) {
		contentType := types[int(which)%len(types)]
		for i, x := range compiled {
			h := http.Header{"Content-Type": {contentType}, "Cookie": {body}, "Set-Cookie": {body}, "Location": {body}, "Authorization": {body}, "X-Any": {body}}
			if contentType == "" {
				delete(h, "Content-Type")
			}
			m := &simulations.RequestMessage{Header: h, Trailer: h, Path: body, Query: body, Body: simulations.Body{Data: []byte(body), Size: int64(len(body))}}
			res := x.Request(m)
			if res.Withheld != "" && len(m.Body.Data) > 0 {
				t.Fatalf("%s: withheld, and here: %q", docs[i], m.Body.Data)
			}
			if i == 0 {
				for what, s := range map[string]string{"path": m.Path, "query": m.Query, "header": m.Header.Get("X-Any"), "cookie": m.Header.Get("Cookie"), "location": m.Header.Get("Location")} {
					if strings.Contains(s, "s3cret") {
						t.Fatalf("%q is left in the %s of %q", s, what, body)
					}
				}
				if contentType != "image/png" && strings.Contains(string(m.Body.Data), "s3cret") {
					t.Fatalf("%q is left of %q", m.Body.Data, body)
				}
			}
			var left any
			if i == 1 && json.Unmarshal(m.Body.Data, &left) == nil && contentType == "application/json" && hasName(left, "pw") {
				t.Fatalf("%s is left of %s", m.Body.Data, body)
			}
			if contentType == "application/json" && json.Valid([]byte(body)) && res.Withheld != "" && !strings.Contains(res.Withheld, "charset") {
				t.Fatalf("%q: withheld: %s", body, res.Withheld)
			}
			h2 := http.Header{"Content-Type": {contentType}}
			x.Matching(&matchers.Request{Header: h2, Path: body, RawQuery: body, Body: []byte(body)})
		}
	})
}

func hasName(v any, name string) bool {
	switch v := v.(type) {
	case map[string]any:
		for n, item := range v {
			if n == name || hasName(item, name) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if hasName(item, name) {
				return true
			}
		}
	}
	return false
}

// The pairs of a query against a naive split.
func FuzzQuery(f *testing.F) {
	f.Add("a=1&k=2&&k&%6b=3")
	f.Add("k")
	drop, mask := rules(f, "[{query: k, as: drop}]"), rules(f, "[{query: k}]")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "%+") {
			return // the oracle does not decode
		}
		var kept, masked []string
		for pair := range strings.SplitSeq(s, "&") {
			name, value, ok := strings.Cut(pair, "=")
			switch {
			case name != "k":
				kept, masked = append(kept, pair), append(masked, pair)
			case ok && value != "":
				masked = append(masked, "k=REDACTED")
			default:
				masked = append(masked, pair)
			}
		}
		if got, _ := drop.query(s); got != strings.Join(kept, "&") {
			t.Fatalf("%q: %q, want %q", s, got, strings.Join(kept, "&"))
		}
		if got, _ := mask.query(s); got != strings.Join(masked, "&") {
			t.Fatalf("%q: %q, want %q", s, got, strings.Join(masked, "&"))
		}
	})
}
