package jsonpath_test

import (
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
		{"$.store.book[?(@.category in ['reference'])]", 0, "the operator in is not understood"},
		{"$.store.book[?(@.category nin ['reference'])]", 0, "the operator nin"},
		{"$.store.book[?(@.tags subsetof ['a', 'b'])]", 0, "the operator subsetof"},
		{"$.store.book[?(@.tags anyof ['a'])]", 0, "the operator anyof"},
		{"$.store.book[?(@.tags noneof ['a'])]", 0, "the operator noneof"},
		{"$.store.book[?(@.tags size 2)]", 0, "the operator size"},
		{"$.store.book[?(@.tags empty false)]", 0, "the operator empty"},
		{"$.store.book[?(@.tags contains 'a')]", 0, "the operator contains"},
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
