package matchers

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestConcurrentUse shares every operator among goroutines: what is compiled
// keeps nothing of a request.
func TestConcurrentUse(t *testing.T) {
	set := setOf(t,
		`{"id":"a","request":{"body":{"xpath":{"count(//b)":2,"//b[2]":"y","boolean(//b or //c)":true}}}}`,
		`{"id":"b","request":{"body":{"jsonPath":{"$..b":"y","$[?search(@.c, 'x')]":{"absent":true}},"jsonSchema":{"type":"object"},"json":{"value":{"b":"y"},"ignoreExtra":true}}}}`,
		`{"id":"c","request":{"body":{"form":{"b":{"any":["y",{"regex":"^z"}]}}}}}`,
		`{"id":"d","request":{"headers":{"X":{"jwt":{"$.sub":"alice"}}}}}`,
		`{"id":"e","request":{"headers":{"X":{"before":"now-1d"}}}}`,
	)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 100 {
				for _, tt := range []struct{ id, body, header string }{
					{"a", fmt.Sprintf("<a><b>%d</b><b>y</b></a>", g), ""},
					{"b", fmt.Sprintf(`{"b":"y","i":%d}`, i), ""},
					{"c", "b=zz", ""},
					{"d", "", "x.eyJzdWIiOiJhbGljZSJ9."},
					{"e", "", "2020-01-01"},
				} {
					r := &Request{Method: "POST", Path: "/", Body: []byte(tt.body), Header: http.Header{"X": {tt.header}}}
					if m, ok := set.Find(r, nil); !ok || m.Stub.ID != tt.id {
						t.Errorf("%s: found %s", tt.id, describe(m.Stub))
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// TestHostileInput has values that a careless engine would not end on. Each
// takes milliseconds; the limit leaves room for a busy machine.
func TestHostileInput(t *testing.T) {
	deep := strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999)
	bag := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	for _, tt := range []struct{ name, predicate, body string }{
		{"nested arrays as bags", `{json: {value: [[[[[[[[1]]]]]]]], ignoreOrder: true, ignoreExtra: true}}`, deep},
		{"bags of bags that are equal", `{json: {value: ` + bag(400, `["${json-unit.any-string}","${json-unit.any-number}"]`) + `, ignoreOrder: true, placeholders: true}}`, bag(400, `[1,"a"]`)},
		{"large bags", `{json: {value: ` + bag(3000, `{"a":1}`) + `, ignoreOrder: true, ignoreExtra: true}}`, bag(3000, `{"a":2}`)},
		{"bags that are equal", `{json: {value: ` + bag(3000, `{"a":[1,2]}`) + `, ignoreOrder: true}}`, bag(3000, `{"a":[2,1]}`)},
		{"descendants of descendants", `{jsonPath: {"$..*..*..*..*": x}}`, bag(300, `{"a":{"b":{"c":{"d":[1,2,3]}}}}`)},
		{"filters in filters", `{jsonPath: {"$..[?count($..*) > 1e9]": x}}`, bag(2000, `{"a":1}`)},
		{"deep JSON", `{jsonPath: {"$..[?@ == 1]": 1}, json: {a: 1}}`, deep},
		{"axes of axes", `{xpath: {"//*//*//*//*//*[count(//*//*//*) > 1]": x}}`, "<a>" + strings.Repeat("<b><c><d/></c></b>", 300) + "</a>"},
		{"counts of counts", `{xpath: {"count(//*[count(//*[count(//*[count(//*) > 1]) > 1]) > 1])": {number: {gt: 0}}}}`, "<a>" + strings.Repeat("<b/>", 300) + "</a>"},
		{"siblings of siblings", `{xpath: {"//*/following::*/preceding::*/following::*": x}}`, "<a>" + strings.Repeat("<b/>", 1000) + "</a>"},
		{"deep XML", `{xpath: {"//*[not(*)]": {absent: true}}, xml: "<a/>"}`, strings.Repeat("<a>", 9_000) + strings.Repeat("</a>", 9_000)},
		{"XML as bags", `{xml: {value: "<a>` + strings.Repeat("<b/>", 400) + `</a>", ignoreOrder: true}}`, "<a>" + strings.Repeat("<b/>", 399) + "<c/></a>"},
		{"an entity bomb", `{xml: "<a/>"}`, `<!DOCTYPE a [<!ENTITY b "xxxxxxxx"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>`},
		{"a schema of a deep value", `{jsonSchema: {type: object, items: {$ref: "#"}}}`, deep},
		{"regular expressions", `{regex: "^(a+)+$"}`, strings.Repeat("a", 100_000) + "b"},
		{"stars", `{glob: "*a*a*a*a*a*a*a*a*b"}`, strings.Repeat("a", 100_000)},
		{"huge exponents", `{number: {gt: 1e999999999}, jsonPath: {$: 1e-99999999999999999999}}`, "1e99999999999999999999999999"},
		{"many pairs", `{form: {a: {hasExactly: [{contains: x}, {contains: y}]}}}`, strings.Repeat("a=1&", 200_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pattern(t, "{body: "+tt.predicate+"}")
			start := time.Now()
			r := &Request{Body: []byte(tt.body)}
			if p.Match(r) && !strings.HasSuffix(tt.name, "equal") {
				t.Error("it matches")
			}
			p.Mismatches(r)
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v", d)
			} else {
				t.Log(d)
			}
		})
	}
}
