package jsonpath_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"understudy/matchers/jsonpath"
)

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		query  string
		offset int
		detail string
	}{
		{"", 0, "begins with $, not with the end"},
		{"a.b", 0, "begins with $, not with 'a'"},
		{"$.a[", 4, "a selector must follow"},
		{"$.a]", 3, "']' cannot stand here"},
		{"$[01]", 2, "01 is no integer"},
		{"$['a]", 2, "the string has no end"},
		{"$[?@.a = 1]", 7, "',' or ']' must follow"},
		{"$[?(@.length-1)]", 12, "')' must follow"},
		{"$[?nope(@)]", 3, "RFC 9535 has no function nope()"},
		{"$[?length(@)]", 3, "gives a value, which must be compared"},
		{"$[?@.a == foo]", 10, "no literal: text is quoted, a field of the current node is @.foo"},
		{"$[?@.* == 1]", 3, "may find several nodes"},
		{"$[?count(1) == 1]", 9, "takes a query here"},
		{"$[9007199254740992]", 2, "out of range"},
		{"$['\\x']", 4, "cannot be escaped"},
		{"$\xff", 0, "not valid UTF-8"},
		{"$" + strings.Repeat(".a", 6000), 0, "longer than 10000 bytes"},
		{"$[?" + strings.Repeat("(", 200), 103, "nested deeper than 100"},
		{strings.Repeat("$[?", 200), 150, ""},
	} {
		_, err := jsonpath.Compile(tt.query)
		se, ok := errors.AsType[*jsonpath.SyntaxError](err)
		if !ok {
			t.Errorf("%.40s: %v is no SyntaxError", tt.query, err)
			continue
		}
		if !strings.Contains(se.Detail, tt.detail) || tt.detail != "" && se.Offset != tt.offset {
			t.Errorf("%.40s: at %d: %s; want at %d: %s", tt.query, se.Offset, se.Detail, tt.offset, tt.detail)
		}
	}
}

// TestExactNumbers is beyond the compliance suite, whose numbers are those of
// float64.
func TestExactNumbers(t *testing.T) {
	root := decode(t, []byte(`[9007199254740993, 9007199254740992, 1.0, 1e400, 0.1, "1", -0]`))
	for query, want := range map[string]int{
		"$[?@ == 9007199254740993]": 1, "$[?@ > 9007199254740992]": 2, "$[?@ == 1]": 1, "$[?@ == 10e399]": 1, "$[?@ == 0.10]": 1, "$[?@ == 0]": 1, "$[?@ < 0.1]": 1,
	} {
		p, err := jsonpath.Compile(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(p.Select(root)); got != want {
			t.Errorf("%s: %d nodes, want %d", query, got, want)
		}
	}
}

func TestLocate(t *testing.T) {
	root := decode(t, []byte(`{"cards":[{"number":"1"},{"number":"2","it's":{"number":3}}]}`))
	p, err := jsonpath.Compile("$..number")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range p.Locate(root) {
		got = append(got, l.String())
		// A location leads to the value, step by step.
		var v any = root
		for _, s := range l {
			if s.IsIndex {
				v = v.([]any)[s.Index]
			} else {
				v = v.(map[string]any)[s.Name]
			}
		}
		if v == nil {
			t.Errorf("%s leads nowhere", l)
		}
		q, err := jsonpath.Compile(l.String())
		if err != nil || !q.Singular() || q.Normalized() != l.String() {
			t.Errorf("%s is no normalized path: %v", l, err)
			continue
		}
		if w, ok := q.Get(root); !ok || !reflect.DeepEqual(w, v) {
			t.Errorf("%s finds %v, not %v", l, w, v)
		}
	}
	want := []string{"$['cards'][0]['number']", "$['cards'][1]['number']", `$['cards'][1]['it\'s']['number']`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNormalized(t *testing.T) {
	for query, want := range map[string]string{
		"$": "$", "$.a['b'][0]": "$['a']['b'][0]", `$["a"]`: "$['a']", "$[-1]": "$[-1]", "$.*": "$.*", "$.a..b": "$.a..b",
	} {
		p, err := jsonpath.Compile(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Normalized(); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// TestBudget runs queries that would take for ever.
func TestBudget(t *testing.T) {
	wide := make([]any, 3000)
	for i := range wide {
		wide[i] = json.Number("1")
	}
	for _, query := range []string{"$[?count($[?count($[?@ > 0]) > 0]) > 0]", "$..[*,*,*,*,*,*,*,*]..[*,*,*,*,*,*]"} {
		p, err := jsonpath.Compile(query)
		if err != nil {
			t.Fatal(err)
		}
		root := any(wide)
		if strings.HasPrefix(query, "$..") {
			for range 12 {
				root = []any{root, root}
			}
		}
		p.Select(root)
		if got := p.Locate(root); len(got) != 1 || len(got[0]) != 0 {
			t.Errorf("%s: %d locations, want the root alone", query, len(got))
		}
	}
	// A deep document is no danger.
	deep := any(json.Number("7"))
	for range 10_000 {
		deep = []any{deep}
	}
	p, _ := jsonpath.Compile("$..[?@ == 7]")
	if got := p.Select(deep); len(got) != 1 || len(got[0].Location()) != 10_000 {
		t.Errorf("%d nodes", len(got))
	}
}

// FuzzSelect compiles anything, and holds what is accepted to what it promises.
func FuzzSelect(f *testing.F) {
	for _, s := range []string{"$", "$.a.b", "$..*", "$[?@.a==1 && !(@.b < 'x') || count(@.*) > 1]", "$[1:5:-2]", "$['\\u00e9',\"b\",*]", "$[?match(@.a, 'a.[.]')]", "$[?search(@, $.b)]", "$[?value(@..x) == null]", "$[-1]"} {
		f.Add(s, `{"a":{"b":[1,2,{"x":null}]},"b":"a+"}`)
	}
	f.Fuzz(func(t *testing.T, query, document string) {
		p, err := jsonpath.Compile(query)
		if err != nil {
			if _, ok := errors.AsType[*jsonpath.SyntaxError](err); !ok {
				t.Errorf("%v is no SyntaxError", err)
			}
			return
		}
		dec := json.NewDecoder(strings.NewReader(document))
		dec.UseNumber()
		var root any
		if dec.Decode(&root) != nil || len(document) > 1000 {
			return
		}
		nodes := p.Select(root)
		again := p.Values(root)
		if len(nodes) != len(again) {
			t.Fatalf("%s: %d nodes, then %d", query, len(nodes), len(again))
		}
		if p.Singular() && len(nodes) > 1 {
			t.Errorf("%s is singular and finds %d nodes", query, len(nodes))
		}
		for i, n := range nodes {
			if !reflect.DeepEqual(n.Value, again[i]) {
				t.Errorf("%s: node %d differs", query, i)
			}
			at, err := jsonpath.Compile(n.Location().String())
			if err != nil {
				t.Fatalf("%s: location %s: %v", query, n.Location(), err)
			}
			if v, ok := at.Get(root); !ok || !reflect.DeepEqual(v, n.Value) {
				t.Errorf("%s: location %s leads elsewhere", query, n.Location())
			}
		}
	})
}
