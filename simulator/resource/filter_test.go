package resource

import (
	"fmt"
	"strings"
	"testing"

	"understudy/matchers"
)

// TestFiltersAndOrders: which items a query finds, and in which order.
func TestFiltersAndOrders(t *testing.T) {
	a := compile(t, `
  a:
    path: /a
    writeOnly: [/secret]
    items:
      - {id: 1, n: 10, s: b, tags: [x, y], secret: p, o: {k: 2}}
      - {id: 2, n: 9.50, s: B, tags: [], ok: true, o: {k: 1}}
      - {id: 3, n: 12345678901234567890, s: "10", ok: false}
      - {id: 4, n: 12345678901234567891, s: null}
    list:
      sorting: {order: dir}
      filterHeader: X-Filter
      filters:
        n: /n
        above: {field: /n, is: gt}
        below: {field: /n, is: lte}
        s: /s
        from: {field: /s, is: gte}
        like: {field: /s, is: contains}
        starts: {field: /s, is: startsWith}
        not: {field: /s, is: not}
        in: {field: /n, is: in}
        tag: /tags
        ok: /ok
        secret: /secret
`)["a"]
	for _, c := range []struct{ query, header, want string }{
		{"", "", "1234"},
		{"n=10.0", "", "1"},
		{"n=9.5&n=10", "", "12"},
		{"n=12345678901234567891", "", "4"},
		{"above=12345678901234567890", "", "4"},
		{"above=9.5", "", "134"},
		{"below=10", "", "12"},
		{"s=10", "", "3"},
		{"s=b", "", "1"},
		{"s=null", "", "4"},
		{"from=b", "", "14"},
		{"like=0", "", "3"},
		{"starts=B", "", "2"},
		{"not=b", "", "234"},
		{"in=10,9.5", "", "12"},
		{"tag=y", "", "1"},
		{"ok=true", "", "2"},
		{"secret=p", "", ""},
		{"unknown=1", "", "1234"},
		{"n=10&s=B", "", ""},
		{"", `{"n": 9.5}`, "2"},
		{"", `{"tags": "x"}`, "1"},
		{"", `{"tags": []}`, "2"},
		{"", `{"o": {"k": 1}, "ok": true}`, "2"},
		{"", `{"secret": "p"}`, ""},
		{"", `[1]`, "400"},
		{"sort=n", "", "2134"},
		{"sort=-n", "", "4312"},
		{"sort=n&dir=desc", "", "4312"},
		{"sort=-n&dir=desc", "", "2134"},
		{"sort=o.k", "", "3421"},
		{"sort=ok,-n", "", "4132"},
		{"sort=secret,-id", "", "4321"},
	} {
		q := &Request{Method: "GET", Header: map[string][]string{}, Query: matchers.ParseQuery(c.query)}
		if c.header != "" {
			q.Header["X-Filter"] = []string{c.header}
		}
		got := a.Serve(q, nil)
		var ids strings.Builder
		if got.Refusal != nil {
			fmt.Fprint(&ids, got.Refusal.Status)
		}
		for part := range strings.SplitSeq(string(got.Body), `{"id":`) {
			if part != "" && part != "[" && part != "[]" {
				ids.WriteByte(part[0])
			}
		}
		if ids.String() != c.want {
			t.Errorf("?%s %s: %s, want %s", c.query, c.header, &ids, c.want)
		}
	}
}
