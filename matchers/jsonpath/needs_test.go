package jsonpath_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"understudy/matchers/internal/decimal"
	"understudy/matchers/jsonpath"
)

// there reports whether a value has what is needed somewhere, and is itself a member
// or an item of a member of the name.
func there(need jsonpath.Need, name string, at any) bool {
	switch at := at.(type) {
	case map[string]any:
		for name, v := range at {
			if there(need, name, v) {
				return true
			}
		}
		return false
	case []any:
		for _, v := range at {
			if there(need, name, v) {
				return true
			}
		}
		return false
	}
	if need.Named && need.Name != name {
		return false
	}
	want, isNumber := need.Value.(json.Number)
	got, _ := at.(json.Number)
	if isNumber {
		return got != "" && decimal.Equal(string(got), string(want))
	}
	return at == need.Value
}

// TestNeeds: whatever a query finds something in has what the query needs, and the
// values of its last name.
func TestNeeds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	scalar := func() string { return pick(`1`, `1.0`, `2`, `"1"`, `"x"`, `"y"`, `true`, `null`) }
	var document func(depth int) string
	document = func(depth int) string {
		if depth == 0 || rnd.IntN(4) == 0 {
			return scalar()
		}
		if rnd.IntN(3) == 0 {
			return fmt.Sprintf(`[%s,%s]`, document(depth-1), document(depth-1))
		}
		return fmt.Sprintf(`{"a":%s,%q:%s}`, document(depth-1), pick("b", "c"), document(depth-1))
	}
	operand := func() string { return pick("@", "@.a", "@.b", "@['c']", "@[0]", "@.a.b", "$.a", "$") }
	var filter func(depth int) string
	filter = func(depth int) string {
		if depth > 0 && rnd.IntN(3) == 0 {
			return fmt.Sprintf("%s(%s %s %s)", pick("", "!"), filter(depth-1), pick("&&", "||"), filter(depth-1))
		}
		left, right := operand(), strings.ReplaceAll(scalar(), `"`, "'")
		if rnd.IntN(2) == 0 {
			left, right = right, left
		}
		return fmt.Sprintf("%s %s %s", left, pick("==", "==", "==", "!=", "<"), right)
	}
	segment := func() string {
		return pick(".a", ".b", "[*]", "[0]", "..a", "..*", "['a','b']", "[?"+filter(1)+"]", "[?("+filter(2)+")]", "..[?"+filter(0)+"]", "[?@.a, ?"+filter(0)+"]")
	}
	found, needed, named := 0, 0, 0
	rounds := 60_000
	if testing.Short() {
		rounds = 10_000
	}
	for range rounds {
		query := "$" + segment() + pick("", segment()) + pick("", segment())
		compile := jsonpath.Compile
		if rnd.IntN(2) == 0 {
			compile = jsonpath.CompileLenient
		}
		p, err := compile(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		root := decode(t, []byte(document(3)))
		values := p.Values(root)
		if len(values) == 0 {
			continue
		}
		found++
		for _, need := range p.Needs() {
			needed++
			if !there(need, "", root) {
				t.Fatalf("%s finds %v in %v without %+v", query, values, root, need)
			}
		}
		if name, is := p.Member(); is {
			for _, v := range values {
				switch v.(type) {
				case string, bool, json.Number:
					named++
					if !there(jsonpath.Need{Value: v, Name: name, Named: true}, "", root) {
						t.Fatalf("%s finds %v in %v as no member %s", query, v, root, name)
					}
				}
			}
		}
	}
	if found < rounds/12 || needed < rounds/300 || named < rounds/60 {
		t.Errorf("only %d found something, %d needed something, %d values were of members", found, needed, named)
	}
}

// TestWhatIsNeeded: it is what filters compare with, and not more.
func TestWhatIsNeeded(t *testing.T) {
	for query, want := range map[string]string{
		`$[?@.a == 'x']`:                 `[{x a true}]`,
		`$[?'x' == @.a.b]`:               `[{x b true}]`,
		`$.l[?(@ == 1 && @ != 2)]`:       `[{1  false}]`,
		`$[?@[0] == true][?@.b == 'y']`:  `[{true  false} {y b true}]`,
		`$[?@.a == 'x' || @.b == 'y']`:   `[]`,
		`$[?!(@.a == 'x')]`:              `[]`,
		`$[?@.a != 'x']`:                 `[]`,
		`$[?@.a == @.b]`:                 `[]`,
		`$[?@.a == null]`:                `[]`,
		`$[?@.a == 'x', 0]`:              `[]`,
		`$[?length(@.a) == 1]`:           `[]`,
		`$[?((@.a == 'x') && @.b == 2)]`: `[{x a true} {2 b true}]`,
	} {
		p, err := jsonpath.Compile(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got := fmt.Sprint(p.Needs()); got != want {
			t.Errorf("%s needs %s, not %s", query, got, want)
		}
	}
	p, err := jsonpath.CompileLenient(`$[?(@.a == '1' && @.b == 2 && @.c == 'x')]`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Needs()); got != `[{x c true}]` {
		t.Errorf("a text that may be a number is needed: %s", got)
	}
}
