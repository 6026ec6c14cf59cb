package test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestHostileTemplates: templates that mean harm are accepted, since they are
// templates, and end within their bounds: 500 and the reason, in bounded memory,
// and who asks for something else is served.
func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	d := start(t)
	nested := func(n int, open, inside, closing string) string {
		return strings.Repeat(open, n) + inside + strings.Repeat(closing, n)
	}
	hostile := map[string]string{
		"range":        "{{size (range 1 1000000000)}}",
		"loops":        "{{#each (range 1 3000)}}{{#each (range 1 3000)}}x{{/each}}{{/each}}",
		"output":       "{{#each (range 1 100000)}}" + strings.Repeat("0123456789", 100) + "{{/each}}",
		"repeat":       "{{repeat 'xx' 1000000000}}",
		"doubling":     "{{assign 'x' 'abcdefgh'}}" + strings.Repeat("{{assign 'x' (concat x x)}}", 60),
		"deep value":   "{{assign 'x' (array)}}{{#each (range 1 10000)}}{{assign 'x' (array x)}}{{/each}}{{json x}}",
		"regex":        "{{assign 'x' (repeat 'ab' 1000000)}}{{#each (range 1 10000)}}{{matches x '(a|b)*c$'}}{{/each}}",
		"faker":        "{{#each (range 1 100000)}}{{faker 'paragraph'}}{{/each}}",
		"tables":       nested(4, "{{#each (table 'big')}}", "x", "{{/each}}"),
		"table growth": "{{#each (range 1 400000)}}{{tableAdd 'big' a=1}}{{/each}}",
		"journal":      "{{#each (range 1 400000)}}{{size (journal count=1000)}}{{/each}}",
		"counters":     "{{#each (range 1 400000)}}{{counter (repeat this 60)}}{{/each}}",
		"hashes":       "{{assign 's' (repeat 'x' 10000000)}}{{#each (range 1 1000)}}{{hash 'sha512' s}}{{/each}}",
		"JSON growth":  "{{assign 'x' (array 1 2 3 4)}}" + strings.Repeat("{{assign 'x' (array x x)}}", 60) + "{{json x}}",
		"XPath":        "{{assign 'x' (concat '<a>' (repeat '<b/>' 3000) '</a>')}}{{xPath x '//b[count(//b[count(//b) > 1]) > 1]'}}",
	}
	doc := &simulations.Document{Understudy: simulations.Version, Tables: map[string]*simulations.Table{"big": {Rows: [][]string{{"a"}}}}}
	for i := range 200 {
		doc.Tables["big"].Rows = append(doc.Tables["big"].Rows, []string{fmt.Sprint(i)})
	}
	add := func(path, source string) {
		text := source
		doc.Stubs = append(doc.Stubs, &simulations.Stub{
			Request:  simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString(path)}},
			Response: &simulations.Response{Text: &text, Template: true},
		})
	}
	for name, source := range hostile {
		add("/"+strings.ReplaceAll(name, " ", "-"), source)
	}
	add("/fine", "{{request.method}}")
	text, err := simulations.Encode(doc, simulations.JSON)
	if err != nil {
		t.Fatal(err)
	}
	d.put("hostile", string(text))
	for name := range hostile {
		res, b := d.ask("GET", "/"+strings.ReplaceAll(name, " ", "-"), "", "")
		var problem struct{ Type, Detail, Place string }
		if err := json.Unmarshal([]byte(b), &problem); err != nil || res.StatusCode != 500 || problem.Type != "urn:understudy:problem:template" || problem.Place != "the body" {
			t.Errorf("%s: %s %.300s", name, res.Status, b)
		}
		if res, b := d.ask("GET", "/fine", "", ""); res.StatusCode != 200 || b != "GET" {
			t.Errorf("after %s: %s %.300s", name, res.Status, b)
		}
	}
	const most = 768 << 20 // a rendering makes 64 MiB and writes 16 MiB, and the collector lags behind
	if peak := peakMemory(t, d); peak > most && !raceEnabled {
		t.Errorf("resident memory peaked at %d MiB", peak>>20)
	}
}
