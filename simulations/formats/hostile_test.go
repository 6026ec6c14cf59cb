package formats

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"understudy/simulations"
)

// hostile are, by format, a document with a place for a list of entries, %s,
// and a smallest entry with a place for a value that is text or JSON.
var hostile = map[string]struct{ whole, entry string }{
	"understudy-yaml":    {`{"understudy":"v1","stubs":[%s]}`, `{"request":{"body":{"json":%s}},"response":{}}`},
	"understudy-json":    {`{"understudy":"v1","stubs":[%s]}`, `{"request":{"body":{"json":%s}},"response":{}}`},
	"hoverfly":           {`{"data":{"pairs":[%s]},"meta":{"schemaVersion":"v5.3"}}`, `{"request":{"body":[{"matcher":"json","value":%s}]},"response":{"status":200}}`},
	"hoverfly-first":     {`{"data":{"pairs":[%s]},"meta":{"schemaVersion":"v5.3"}}`, `{"request":{"body":[{"matcher":"jsonpartial","value":%s}]},"response":{"status":200}}`},
	"hoverfly-webserver": {`{"data":{"pairs":[%s]},"meta":{"schemaVersion":"v5.3"}}`, `{"request":{"path":[{"matcher":"exact","value":%s}]},"response":{"status":200}}`},
	"wiremock":           {`{"mappings":[%s]}`, `{"request":{"bodyPatterns":[{"matchesJsonSchema":%s}]},"response":{"status":200}}`},
	"go-vcr":             {`{"version":2,"interactions":[%s]}`, `{"request":{"url":"http://a/","body":%s},"response":{"body":"x","code":200}}`},
	"go-vcr-anyhost":     {`{"version":2,"interactions":[%s]}`, `{"request":{"url":"http://a/","method":"GET"},"response":{"body":%s,"code":200}}`},
	"go-vcr-bodies":      {`{"version":2,"interactions":[%s]}`, `{"request":{"url":"http://a/","method":"POST","headers":{"Content-Type":["application/json"]},"body":%s},"response":{"body":"x","code":200}}`},
	"har":                {`{"log":{"version":"1.2","entries":[%s]}}`, `{"request":{"method":"POST","url":"http://a/","postData":{"mimeType":"application/json","text":%s}},"response":{"status":200}}`},
	"har-anyhost":        {`{"log":{"version":"1.2","entries":[%s]}}`, `{"request":{"method":"GET","url":"http://a/"},"response":{"status":200,"content":{"text":%s}}}`},
	"mountebank":         {`{"protocol":"http","stubs":[%s]}`, `{"predicates":[{"equals":{"body":%s}}],"responses":[{"is":{"statusCode":200}}]}`},
	"postman":            {`{"info":{},"item":[%s]}`, `{"request":{"url":"/","body":{"mode":"raw","raw":%s}},"response":[{"code":200}]}`},
	"smocker":            {`[{"request":{"path":"/"},"response":{}},%s]`, `{"request":{"body":{"a":%s}},"response":{}}`},
	"openapi":            {`{"openapi":"3.1.0","paths":{"/a":{"post":{"parameters":[%s],"responses":{"200":{"$ref":"#/paths/~1a/post/parameters/0"}}}}}}`, `{"name":"q","in":"query","schema":{"const":1},"content":{"application/json":{"schema":%s}}}`},
	"mockoon":            {`{"endpointPrefix":"","routes":[%s]}`, `{"method":"get","endpoint":"a","responses":[{"body":%s}]}`},
	"microcks":           {`{"apiVersion":"mocks.microcks.io/v1alpha1","kind":"APIExamples","metadata":{},"operations":{"POST /a":{"e":{"request":[%s],"response":{"body":"x"}}}}}`, `{"a":%s}`},
	"pact":               {`{"consumer":{},"provider":{},"interactions":[%s]}`, `{"request":{"path":"/","body":{"a":%s},"matchingRules":{"$.body":{"match":"type"}}},"response":{"status":200}}`},
}

// TestHostile gives every format files that are made to hurt: each is refused,
// or read within bounds, and nothing outside of it is opened.
func TestHostile(t *testing.T) {
	const many, deep = 50_000, 1_000_000
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`{"const":"the secret"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"a reference to a file":         `{"$ref":"file://` + secret + `"}`,
		"many nested lists":             strings.Repeat("[", many) + strings.Repeat("]", many),
		"the same as text":              `"` + strings.Repeat("[", many) + strings.Repeat("]", many) + `"`,
		"a million nested lists":        strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"a million as text":             `"` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `"`,
		"a million nested objects":      strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep),
		"five hundred nested lists":     strings.Repeat("[", 490) + strings.Repeat("]", 490),
		"the same with a neighbour":     strings.Repeat("[", 490) + "1" + strings.Repeat(",1]", 490),
		"a number of many digits":       strings.Repeat("9", many),
		"a number with a huge exponent": "1e999999999",
		"many short texts":              `["` + strings.Repeat(`a","`, many) + `a"]`,
		"a text of many lines":          `"` + strings.Repeat(`\n`, many) + `"`,
		"many open templates":           `"` + strings.Repeat(`{{`, many) + `"`,
		"not Unicode":                   "\"\xff\xfe\"",
		"half a surrogate":              `"\ud800"`,
		"an expression that is nested":  `"` + strings.Repeat("(", 5000) + "a" + strings.Repeat(")*", 5000) + `"`,
	}
	// Aliases that multiply: each line is ten of the one before.
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for n := 1; n < 12; n++ {
		fmt.Fprintf(&laughs, "a%d: &a%[1]d [%s*a%d]\n", n, strings.Repeat(fmt.Sprintf("*a%d, ", n-1), 9), n-1)
	}
	for _, f := range builtin {
		t.Run(f.Name(), func(t *testing.T) {
			shape, ok := hostile[f.Name()]
			if !ok {
				t.Fatal("the format has no place in the table above")
			}
			read := func(what, text string, entries int) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				doc, _, err := f.Decode([]byte(text))
				runtime.ReadMemStats(&after)
				switch {
				case err == nil && strings.Contains(doc.Value().String(), "the secret"):
					t.Errorf("%s: the file was opened", what)
				case err == nil && what == "many numbers for entries" && len(doc.Stubs) > 1:
					t.Errorf("a number was taken for a stub")
				case err != nil && simulations.CodeOf(err) == simulations.CodeInternal:
					t.Errorf("%s: %v", what, err)
				case err != nil && len(err.Error()) > 1<<20:
					t.Errorf("%s: the error has %d bytes", what, len(err.Error()))
				}
				// What is made in reading, for good and for the moment.
				if made, bound := after.TotalAlloc-before.TotalAlloc, uint64(64<<20+1000*len(text)+4<<10*entries); made > bound {
					t.Errorf("%s: %d MB are made of %d KB", what, made>>20, len(text)>>10)
				}
			}
			for what, value := range values {
				read(what, fmt.Sprintf(shape.whole, fmt.Sprintf(shape.entry, value)), 1)
			}
			read("aliases that multiply", laughs.String()+"data: *a11\nlog: *a11\nstubs: *a11\n", 1)
			read("a million nested lists in YAML", "a: "+values["a million nested lists"]+"\n", 1)
			read("many numbers for entries", fmt.Sprintf(shape.whole, strings.Repeat("1,", many)+"1"), many)
			if testing.Short() {
				return
			}
			const stubs = 5_000
			entry := fmt.Sprintf(shape.entry, `"x"`)
			read("many small entries", fmt.Sprintf(shape.whole, strings.Repeat(entry+",", stubs)+entry), stubs)
			read("many empty entries", fmt.Sprintf(shape.whole, strings.Repeat("{},", stubs)+"{}"), stubs)
		})
	}
}
