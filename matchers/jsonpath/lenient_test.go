package jsonpath_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"understudy/matchers/jsonpath"
)

// TestOlderDialects goes through what documents of Jayway and Kubernetes write:
// each finds as many values as there, or is refused with a reason.
func TestOlderDialects(t *testing.T) {
	root := decode(t, []byte(`{
		"store": {"book": [
			{"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
			{"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99, "isbn": "1"},
			{"category": "fiction", "author": "Herman Melville", "title": "Moby", "price": 8.99, "tags": ["a", "b"]}],
			"bicycle": {"color": "red", "price": 19.95}},
		"expensive": 10, "items": [{"name": "x", "n": 1}, {"name": "y", "n": 2}], "list": [3, 1, 2], "a.b": "dot", "nul": null, "t": "abc"}`))
	for _, c := range []struct {
		query string
		finds int
		error string
	}{
		// The examples of Jayway's documentation.
		{"$.store.book[*].author", 3, ""},
		{"$..author", 3, ""},
		{"$.store.*", 2, ""},
		{"$.store..price", 4, ""},
		{"$..book[2]", 1, ""},
		{"$..book[-2]", 1, ""},
		{"$..book[0,1]", 2, ""},
		{"$..book[:2]", 2, ""},
		{"$..book[1:2]", 1, ""},
		{"$..book[-2:]", 2, ""},
		{"$..book[2:]", 1, ""},
		{"$..book[?(@.isbn)]", 1, ""},
		{"$.store.book[?(@.price < 10)]", 2, ""},
		{"$..book[?(@.price < 10)]", 2, ""},
		{"$..book[?(@.price <= $['expensive'])]", 2, ""},
		{"$..book[?(@.author =~ /.*REES/i)]", 1, ""},
		{"$..book.length()", 0, "a function of what the path finds"},
		// Filters.
		{"$..book[?(!@.isbn)]", 2, ""},
		{"$..book[?(@.category == 'fiction' && @.price > 10)]", 1, ""},
		{"$.store.book[?(@.price > 100 || @.isbn)].title", 1, ""},
		{"$.store.book[?(@['price'] == 8.95)]", 1, ""},
		{"$.store.book[?(@.title =~ /S.*/)].title", 2, ""},
		{"$.store.book[?(@.title =~ /s.*/)].title", 0, ""},
		{"$.store.book[?(@.title =~ /ayings/)].title", 0, ""}, // the whole
		{"$.store.book[?(@.tags.size() == 2)]", 1, ""},
		{"$.store.book[?(@.tags.length() > 1)]", 1, ""},
		{"$.store.bicycle[?(@.color == 'red')]", 1, ""}, // the object itself
		{"$.items[?(@.n == '1')]", 1, ""},
		{"$.items[?(1 == @.n)]", 1, ""},
		{`$.items[?(@.name=="x")].n`, 1, ""},
		{"$.list[?(@ > 1)]", 2, ""},
		{"$.items[?(@.name == x)]", 0, "text is quoted"},
		// What Jayway has beside the comparisons.
		{"$.store.book[?(@.category in ['reference', 'x'])]", 1, ""},
		{"$.store.book[?(@.category IN ['fiction'])]", 2, ""},
		{"$.store.book[?(@.category in [])]", 0, ""},
		{"$.items[?(@.n in ['1', 3])].name", 1, ""}, // a text equals the number that it writes
		{"$.items[?(@.n in $.list)]", 2, ""},
		{"$.items[?(@.n in $.none)]", 0, ""},
		{"$.items[?(@.none in ['a'])]", 0, ""},
		{"$.store.book[?(@.category nin ['reference'])]", 2, ""},
		{"$.store.book[?(@.isbn nin ['1'])]", 2, ""}, // those that have none, too
		{"$.store.book[?(@.tags subsetof ['a', 'b', 'c'])]", 1, ""},
		{"$.store.book[?(@.tags subsetof ['a'])]", 0, ""},
		{"$.store.book[?(@.title subsetof ['Moby'])]", 0, ""},
		{"$.store.book[?(@.tags anyof ['x', 'a'])]", 1, ""},
		{"$.store.book[?(@.tags anyof ['x'])]", 0, ""},
		{"$.store.book[?(@.tags noneof ['x'])]", 1, ""}, // those that have none are no lists
		{"$.store.book[?(@.tags noneof ['a'])]", 0, ""},
		{"$.store.book[?(@.tags all ['b', 'a'])]", 1, ""},
		{"$.store.book[?(@.tags all ['b', 'c'])]", 0, ""},
		{"$.store.book[?(@.tags size 2)]", 1, ""},
		{"$.store.book[?(@.title size 5)]", 1, ""},
		{"$.store.book[?(@.price size 4)]", 0, ""},
		{"$.store.book[?(@.tags empty false)]", 1, ""},
		{"$.store.book[?(@.tags empty true)]", 0, ""},
		{"$.store.book[?(@.tags contains 'a')]", 1, ""},
		{"$.store.book[?(@.title contains 'o')]", 2, ""},
		{"$.store.book[?(@.title contains 'o' && @.price in [12.990])]", 1, ""},
		{"$.store.book[?(!(@.category in ['fiction']))]", 1, ""},
		{"$.store.book[?(!@.category in ['fiction'])]", 0, "not before a comparison"},
		{"$.store.book[?(@.category in ['fiction')]", 0, "',' or ']' must follow"},
		{"$.store.book[?(@.category in [@.title])]", 0, "a list holds literals"},
		{"$.store.book[?(@.category in)]", 0, "an expression must follow"},
		{"$.store.book[?(@..x in ['a'])]", 0, "several nodes"},
		{"$.store.book[?(@.category inside ['a'])]", 0, "must follow"},
		// The size of the one value that a path names.
		{"$.list.length()", 1, ""},
		{"$.store.size()", 1, ""},
		{"$.items.[0].length()", 1, ""},
		{"$.none.length()", 0, ""},
		{"$.t.length()", 0, ""}, // Jayway's is of lists and objects
		// Without the root.
		{"store.book[*].title", 3, ""},
		{"['store']['book'][0]", 1, ""},
		{"items[?(@.n == 2)]", 1, ""},
		{"list.size()", 1, ""},
		{"", 0, "begins with $"},
		{"*", 0, "begins with $"},
		// Functions of what is found.
		{"$.store.book[*].length()", 0, "write the path alone"},
		{"$.list.min()", 0, "write the path alone"},
		{"$.list.max()", 0, "write the path alone"},
		{"$.list.avg()", 0, "write the path alone"},
		{"$.list.sum()", 0, "write the path alone"},
		{"$.list.stddev()", 0, "write the path alone"},
		{"$.store.keys()", 0, "write the path alone"},
		{"$.list.first()", 0, "write the path alone"},
		{"$.list.index(1)", 0, "write the path alone"},
		// Quoting, spaces, and dots before brackets.
		{"$['store']['book'][0]['title']", 1, ""},
		{`$["a.b"]`, 1, ""},
		{"$['a.b']", 1, ""},
		{"$.items.[0].name", 1, ""},
		{"$.items[ 0 ]", 1, ""},
		{"$.items[*]['name','n']", 4, ""},
		{"$.nul", 1, ""},
		{"$.none", 0, ""},
		{"$", 1, ""},
		// Kubernetes: what is within the braces; the readers take them off.
		{"$.items[*].name", 2, ""},
		{"$.items[-1:].name", 1, ""},
		{"$.items[0:2:1].name", 2, ""},
		{`$.items[?(@.name=="y")].n`, 1, ""},
		{"$.items[(@.length-1)].name", 0, "[-1] for the last"},
		{"{.items[*].name}", 0, "begins with $"},
	} {
		p, err := jsonpath.CompileLenient(c.query)
		switch {
		case c.error == "" && err != nil:
			t.Errorf("%s: %v", c.query, err)
		case c.error == "":
			if got := len(p.Select(root)); got != c.finds {
				t.Errorf("%s finds %d values, want %d", c.query, got, c.finds)
			}
		case err == nil:
			t.Errorf("%s is not refused", c.query)
		case !strings.Contains(err.Error(), c.error):
			t.Errorf("%s: %v, want %q", c.query, err, c.error)
		}
	}
}

// TestSizeOfPath holds what a size is to the value, and the path to what the index
// of stubs is told of it.
func TestSizeOfPath(t *testing.T) {
	root := decode(t, []byte(`{"list": [1, 2, 3], "o": {"a": 1, "length()": 7}, "none": []}`))
	for query, want := range map[string]any{
		"$.list.length()": json.Number("3"), "$.o.size()": json.Number("2"), "none.length()": json.Number("0"),
		"$.o['length()']": json.Number("7"),
	} {
		p, err := jsonpath.CompileLenient(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Values(root); len(got) != 1 || got[0] != want {
			t.Errorf("%s gives %v, want %v", query, got, want)
		}
		if v, ok := p.Get(root); !ok || v != want {
			t.Errorf("%s gets %v, want %v", query, v, want)
		}
		sized := query[len(query)-1] == ')'
		if _, is := p.Member(); is == sized {
			t.Errorf("%s finds members of a name: %v", query, is)
		}
		if p.Singular() == sized || p.String() != query {
			t.Errorf("%s is singular: %v, and written %s", query, p.Singular(), p)
		}
		if _, _, ok := p.GetText([]byte(`{"list":[]}`)); ok == sized {
			t.Errorf("%s can be read from the text: %v", query, ok)
		}
	}
	if _, err := jsonpath.Compile("$[?(@.a in ['b'])]"); err == nil {
		t.Error("RFC 9535 has no operator in")
	}
}

// TestLongLists: two lists that are as long as bodies may be are compared to the bound
// of an evaluation, and no further. Without it this takes minutes.
func TestLongLists(t *testing.T) {
	list := func(item string) string { return "[" + strings.Repeat(item+",", 299_999) + item + "]" }
	root := decode(t, []byte(`{"x":{"a":`+list("1")+`},"b":`+list("2")+`}`))
	for _, op := range []string{"anyof", "subsetof", "all", "in", "contains"} {
		p, err := jsonpath.CompileLenient("$.x[?(@.a " + op + " $.b)]")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Values(root); len(got) != 0 {
			t.Errorf("%s: %d values", op, len(got))
		}
	}
}

// FuzzLenient compiles anything as the older dialects, and holds what is accepted to
// giving the same however it is asked.
func FuzzLenient(f *testing.F) {
	for _, s := range []string{"$.a.[0]", "$..b[?(@.a in ['x', 1, [null]] && @.b nin $.l)]", "l.length()", "$[?(@.a =~ /x\\/y/i)]", "['a'].size()", "$[?(@.l contains 'x' || @.l.size() ALL [])]", "$[?(@.a empty true)]"} {
		f.Add(s, `{"a":["x",1,{"x":null}],"l":[],"b":"a+"}`)
	}
	f.Fuzz(func(t *testing.T, query, document string) {
		p, err := jsonpath.CompileLenient(query)
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
		values := p.Values(root)
		first, ok := p.Get(root)
		if ok != (len(values) > 0) || ok && !reflect.DeepEqual(first, values[0]) || len(p.Select(root)) != len(values) {
			t.Errorf("%s gives %v, and first %v", query, values, first)
		}
		if p.String() != query || p.Singular() && len(values) > 1 {
			t.Errorf("%s is written %s and gives %v", query, p, values)
		}
	})
}
