package matchers

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const scale = 100_000

// bigSet is 100,000 stubs of every kind in one simulation.
var bigSet = sync.OnceValue(func() *Set {
	kinds := []string{
		`"path":"/exact/%d"`,
		`"path":{"template":"/template/{id}/of/%d"}`,
		`"path":"/header","headers":{"X-Key":"k%d"}`,
		`"path":"/query","query":{"page":%d,"per":10}`,
		`"path":"/json","body":{"jsonPath":{"$.kind":"order","$.id":%d}}`,
		`"path":"/whole","body":{"json":{"id":%d,"x":[1,2]}}`,
		`"path":{"regex":"^/regex/%d/[a-z]+$"}`,
		`"path":{"glob":"/glob/%d/*"}`,
		`"path":"/form","body":{"form":{"id":%d}}`,
		`"path":"/two","query":{"a":"x","b":%d}`,
		`"headers":{"X-Only":"h%d"}`,
	}
	stubs := make([]*Stub, 0, scale)
	for i := range scale {
		text := fmt.Sprintf(`{"id":"s%d","request":{"method":"POST",%s},"response":{}}`, i, fmt.Sprintf(kinds[i%len(kinds)], i/len(kinds)))
		stubs = append(stubs, compileTestStub(new(testing.T), text, "big", 1, uint32(i)))
	}
	return NewSet(NewTail()).With("big", indexOf(new(testing.T), stubs...))
})

// TestWork holds the work of a search to small constants at 100,000 stubs.
func TestWork(t *testing.T) {
	set := bigSet()
	post := func(path, query, body string, header ...string) *Request {
		r := &Request{Method: "POST", Path: path, RawQuery: query, Body: []byte(body), Header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
	for _, tt := range []struct {
		name string
		r    *Request
		want string
	}{
		{"exact", post("/exact/77", "", ""), "s847"},
		{"template", post("/template/xyz/of/50", "", ""), "s551"},
		{"header", post("/header", "", "", "X-Key", "k8000"), "s88002"},
		{"query", post("/query", "per=10&page=123", ""), "s1356"},
		{"query by value", post("/query", "per=1e1&page=1.23e2", ""), "s1356"},
		{"JSON field", post("/json", "", `{"kind":"order","id":9000}`), "s99004"},
		{"JSON field by value", post("/json", "", `{"kind":"order","id":9e3}`), "s99004"},
		{"JSON body", post("/whole", "", `{"x":[1,2.0],"id":4}`), "s49"},
		{"regex", post("/regex/12/abc", "", ""), "s138"},
		{"glob", post("/glob/12/abc", "", ""), "s139"},
		{"form", post("/form", "", "x=y&id=3"), "s41"},
		{"two parameters", post("/two", "b=6&a=x", ""), "s75"},
		{"header only", post("/anything", "", "", "X-Only", "h5"), "s65"},
		{"miss by path", post("/nothing", "", ""), ""},
		{"miss by field", post("/json", "", `{"kind":"order","id":-1}`), ""},
		{"miss by method", &Request{Method: "GET", Path: "/exact/77"}, ""},
		{"miss by template", post("/template/x/of/-", "", ""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, ok := set.Find(tt.r, nil)
			if ok != (tt.want != "") || ok && m.Stub.ID != tt.want {
				t.Errorf("found %v, want %q", describe(m.Stub), tt.want)
			}
			w := tt.r.Stats()
			if w.Candidates > 4 || w.Bodies > 1 || w.Regexes > 2 {
				t.Errorf("too much work: %+v", w)
			}
			if ok {
				return
			}
			near := set.Nearest(tt.r, 3, nil)
			if len(near) != 3 {
				t.Errorf("%d near misses", len(near))
			}
			if w := tt.r.Stats(); w.Bodies > 3 || w.Regexes > 2*nearByIndex+maxCompared {
				t.Errorf("too much work for near misses: %+v", w)
			}
		})
	}
}

// TestWorkOfPieces holds the work to the same constants for patterns of paths
// that begin alike, or with nothing literal at all, and differ in their end or
// in between.
func TestWorkOfPieces(t *testing.T) {
	for _, tt := range []struct{ pattern, path string }{
		{`{"regex":"^/shops/[a-z]+/%d$"}`, "/shops/abc/%d"},
		{`{"regex":"^/shops/[a-z]+/%d/items"}`, "/shops/abc/%d/items/7"},
		{`{"regex":"/orders/%d/"}`, "/v1/orders/%d/items"},
		{`{"glob":"/shops/*/orders/%d"}`, "/shops/abc/orders/%d"},
		{`{"glob":"/**/orders-%d/**"}`, "/a/b/orders-%d/c"},
		{`{"endsWith":"/%d.json"}`, "/any/%d.json"},
		{`{"contains":"/id-%d/"}`, "/any/id-%d/x"},
		{`{"startsWith":"/id-%d/"}`, "/id-%d/x"},
		{`{"equalsIgnoreCase":"/ID-%d"}`, "/id-%d"},
		{`{"text":"/id-%d"}`, "/id-%d"},
	} {
		var stubs []*Stub
		const n = 5000
		for i := range n {
			text := fmt.Sprintf(`{"id":"s%d","request":{"path":%s},"response":{}}`, i, fmt.Sprintf(tt.pattern, i))
			stubs = append(stubs, compileTestStub(t, text, "sim", 1, uint32(i)))
		}
		set := NewSet(NewTail()).With("sim", indexOf(t, stubs...))
		for _, i := range []int{0, 7, 123, n - 1, n} {
			r := request("GET", fmt.Sprintf(tt.path, i))
			m, ok := set.Find(r, nil)
			if ok != (i < n) || ok && m.Stub.ID != fmt.Sprint("s", i) {
				t.Errorf("%s, %d: found %s", tt.pattern, i, describe(m.Stub))
			}
			if w := r.Stats(); w.Candidates > 4 || w.Regexes > 2 {
				t.Errorf("%s, %d: too much work: %+v", tt.pattern, i, w)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	set := bigSet()
	for _, tt := range []struct{ name, path, query, body string }{
		{"exact", "/exact/77", "", ""},
		{"template", "/template/xyz/of/50", "", ""},
		{"query", "/query", "per=10&page=123", ""},
		{"json", "/json", "", `{"kind":"order","id":9000}`},
		{"miss", "/nothing", "", ""},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := &Request{Method: "POST", Path: tt.path, RawQuery: tt.query, Body: []byte(tt.body)}
				set.Find(r, nil)
			}
		})
	}
}

func BenchmarkNearest(b *testing.B) {
	set := bigSet()
	for b.Loop() {
		r := &Request{Method: "POST", Path: "/exact/nothing", Body: []byte(`{"id":1}`)}
		set.Nearest(r, 3, nil)
	}
}

func BenchmarkBuildIndex(b *testing.B) {
	x := bigSet().indexes[0]
	b.ReportAllocs()
	for b.Loop() {
		next := NewBuilder("big", openStub, answerNothing)
		next.Reuse(x, func(string) bool { return true })
		next.Build()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(x.Len()), "µs/stub")
}

// BenchmarkOpenStub makes packed stubs ready, as a request does that asks for one
// of a million.
func BenchmarkOpenStub(b *testing.B) {
	x := bigSet().indexes[0]
	for _, id := range []string{"s847", "s551", "s88002", "s99004"} {
		n, _ := x.Find(id)
		if x.kept != nil && x.kept[n] != nil {
			b.Fatal(id, " is kept")
		}
		b.Run(id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.make(n)
			}
		})
	}
}

func BenchmarkCompileStub(b *testing.B) {
	s := compileTestStub(b, `{"id":"s","request":{"method":"POST","path":"/v1/charges","query":{"a":"b"},"headers":{"Accept":"application/json"},"body":{"json":{"a":1,"b":[1,2,3],"c":{"d":"e"}}}},"response":{}}`, "sim", 1, 1)
	b.ReportAllocs()
	for b.Loop() {
		CompileStub(s.Model(), "sim")
	}
}

// TestWorkOfReadings holds the work to the same constants for stubs of one path that
// ask for a text but for the case of its letters, for one as it was sent, or for all
// the values of a field.
func TestWorkOfReadings(t *testing.T) {
	for _, tt := range []struct{ pattern, query, body, header string }{
		{`"query":{"id":{"equalsIgnoreCase":"K-%d"}}`, "id=k-%d", "", ""},
		{`"path":{"equalsIgnoreCase":"/P"},"query":{"id":{"equalsIgnoreCase":"K-%d"}},"foldQuery":true`, "ID=k-%d", "", ""},
		{`"query":{"id":{"hasExactly":[{"equalsIgnoreCase":"K-%d"}]}},"exactQuery":true`, "id=k-%d", "", ""},
		{`"query":{"id":{"hasExactly":["a","k-%d"]}}`, "id=k-%d&id=a", "", ""},
		{`"query":{"id":{"hasItem":"k-%d"}}`, "id=k-%d&id=a", "", ""},
		{`"headers":{"X-Id":{"equalsIgnoreCase":"K-%d"}}`, "", "", "k-%d"},
		{`"headers":{"X-Id":{"text":"%d"}}`, "", "", "%d"},
		{`"body":{"equalsIgnoreCase":"Text %d"}`, "", "tEXT %d", ""},
		{`"body":{"text":"text %d"}`, "", "text %d", ""},
		{`"body":{"jsonPath":{"$.order.id":{"equalsIgnoreCase":"K-%d"},"$.n":{"equalsIgnoreCase":1}}}`, "", `{"order":{"id":"k-%d"},"n":1}`, ""},
		{`"body":{"jsonPath":{"$.id":{"text":"%d"}}}`, "", `{"id":%d}`, ""},
		{`"body":{"form":{"id":{"equalsIgnoreCase":"K-%d"}}}`, "", "id=k-%d", ""},
		{`"body":{"json":{"value":{"kind":"order","order":"o-%d"},"ignoreExtra":true}}`, "", `{"more":{},"order":"o-%d","kind":"order"}`, ""},
		{`"body":{"json":{"value":{"order":"o-%d"},"anywhere":true,"ignoreExtra":true}}`, "", `{"in":[{"order":"o-%d","n":1}]}`, ""},
		{`"body":{"json":{"value":{"tags":["t","t-%d"]},"ignoreOrder":true}}`, "", `{"tags":["t-%d","t"]}`, ""},
		{`"body":{"json":{"value":{"id":"${json-unit.any-string}","n":%d},"placeholders":true}}`, "", `{"id":"x","n":%d.0}`, ""},
		{`"body":{"jsonPath":{"$.items[*].id":"i-%d"}}`, "", `{"items":[{"id":"x"},{"id":"i-%d"}]}`, ""},
		{`"body":{"jsonPath":{"$..id":"i-%d"}}`, "", `{"items":[{"id":"x"},{"id":"i-%d"}]}`, ""},
		{`"body":{"jsonPath":"$.items[?(@.id == 'i-%d')]"}`, "", `{"items":[{"id":"x"},{"id":"i-%d"}]}`, ""},
		{`"body":{"jsonPath":{"lenient":true,"$[?(@.order == 'o-%d' && @.n > 0)]":{"absent":false}}}`, "", `{"order":"o-%d","n":1}`, ""},
		{`"body":{"jsonPath":{"$.order[?(@ == 'o-%d')]":{"absent":false}}}`, "", `{"order":["x","o-%d"]}`, ""},
		{`"body":{"xpath":{"/order/id":%d}}`, "", `<order><id>%d</id></order>`, ""},
		{`"body":{"xpath":{"localNames":true,"asXML":true,"//id/text()":{"text":"%d"}}}`, "", `<o:order xmlns:o="urn:o"><o:id>%d</o:id></o:order>`, ""},
		{`"body":{"xpath":{"namespaces":{"a,\"b":"urn:\no"},"//@id":"i-%d"}}`, "", `<order id="i-%d"/>`, ""},
		{`"body":{"xml":"<order><id>%d</id></order>"}`, "", `<order> <id>%d</id> </order>`, ""},
		{`"body":{"contains":"<id>%d</id>"}`, "", `<order><id>%d</id></order>`, ""},
		{`"body":{"contains":"order %d of all those orders"}`, "", `<order %d of all those orders>`, ""},
		{`"body":{"regex":"id=%d;"}`, "", `x; id=%d; y`, ""},
		{`"body":{"startsWith":"%d,"}`, "", `%d,x`, ""},
		{`"query":{"id":{"glob":"k%d-*"}}`, "id=k%d-x", "", ""},
		{`"query":{"id":{"glob":"k%d-*"}},"foldQuery":true,"join":";"`, "id=k%d-x&ID=y", "", ""},
		{`"query":{"id":{"list":{"items":["a","%d"],"separator":";"}}},"foldQuery":true,"join":";"`, "id=a&id=%d", "", ""},
		{`"headers":{"X-Id":{"hasItem":{"contains":"-k%d-"}}}`, "", "", "x-k%d-y"},
		{`"headers":{"X-Id":{"regex":"^Bearer k%d[.]"}}`, "", "", "Bearer k%d.x"},
		{`"headers":{"X-Id":{"endsWith":"/%d"}}`, "", "", "urn/%d"},
		{`"headers":{"X-Id":{"list":["a","k-%d"]}}`, "", "", "a, k-%d"},
		{`"headers":{"X-Id":{"any":["a-%d","b-%d"]}}`, "", "", "b-%d"},
		{`"query":{"id":{"any":[%d,"x-%d"]}}`, "id=%d.0", "", ""},
		{`"any":[{"path":{"equalsIgnoreCase":"/P/K%d/x"}},{"path":{"equalsIgnoreCase":"/q%d"}}]`, "", "", ""},
		{`"any":[{"path":"/q%d"},{"path":"/p/k%d/x"}]`, "", "", ""},
		{`"any":[{"query":{"id":"a%d","of":"x"}},{"query":{"of":"y","id":"b%d"}}]`, "id=b%d&of=y", "", ""},
		{`"headers":{"X-Id":{"any":["common",{"equals":"b-%d"}]}}`, "", "", "b-%d"},
		{`"body":{"any":[{"json":{"id":"a-%d"}},{"json":{"id":"b-%d"}}]}`, "", `{"id":"b-%d"}`, ""},
		{`"headers":{"X-Id":{"regex":"(?is)^BEARER k%d[.]"}}`, "", "", "Bearer K%d.x"},
		{`"headers":{"X-Id":{"regex":"(?is)-K%d-"}}`, "", "", "a-k%d-B"},
		{`"path":{"regex":"(?i)^/P/K%d/"},"query":{"a":{"regex":"(?i)z%d$"}}`, "a=Z%d", "", ""},
		{`"body":{"regex":"(?i)order%d$"}`, "", "xx ORDER%d", ""},
	} {
		var stubs []*Stub
		const n = 1500
		fill := func(text string, i int) string { return strings.ReplaceAll(text, "%d", strconv.Itoa(i)) }
		for i := range n {
			text := fmt.Sprintf(`{"id":"s%d","request":{"method":"POST",%s},"response":{}}`, i, fill(tt.pattern, i))
			stubs = append(stubs, compileTestStub(t, text, "sim", 1, uint32(i)))
		}
		set := NewSet(NewTail()).With("sim", indexOf(t, stubs...))
		for _, i := range []int{0, 7, 123, n - 1, n} {
			path := "/p"
			if strings.Contains(strings.ToLower(tt.pattern), "/p/k") {
				path = fill("/p/k%d/x", i)
			}
			r := request("POST", path+"?"+fill(tt.query, i), "X-Id", fill(tt.header, i))
			r.Body = []byte(fill(tt.body, i))
			m, ok := set.Find(r, nil)
			if ok != (i < n) || ok && m.Stub.ID != fmt.Sprint("s", i) {
				t.Errorf("%s, %d: found %s", tt.pattern, i, describe(m.Stub))
			}
			if w := r.Stats(); w.Candidates > 4 || w.Bodies > 1 || w.Regexes > 2 {
				t.Errorf("%s, %d: too much work: %+v", tt.pattern, i, w)
			}
			if i == n {
				if near := set.Nearest(r, 3, nil); len(near) != 3 || near[0].Score < 0.2 {
					t.Errorf("%s: nearest are %+v", tt.pattern, near)
				}
			}
		}
	}
}

// TestPieceOfALargeBody: a long body is looked through where stubs are many, or their
// tests dear; else it leads to all, which are tried in order of precedence.
func TestPieceOfALargeBody(t *testing.T) {
	const long = 32 << 10
	few, many := searched(t, 100, `"body":{"contains":"<%d>"}`), searched(t, 1000, `"body":{"contains":"<%d>"}`)
	folded := searched(t, 100, `"body":{"regex":"(?i)<X%d>"}`)
	r := request("POST", "/p")
	r.Body = []byte(strings.Repeat("<x> ", long) + "<7><8><x9>")
	for _, set := range []*Set{many, folded} {
		if m, ok := set.Find(r, nil); !ok || m.Stub.ID != "s8" && m.Stub.ID != "s9" {
			t.Errorf("found %s", describe(m.Stub))
		}
	}
	if w := r.Stats(); w.Candidates > 3 || w.Regexes > 1 {
		t.Errorf("too much work where stubs are many: %+v", w)
	}
	set := few
	for _, size := range []int{0, long, 128 * long} {
		r := request("POST", "/p")
		r.Body = []byte(strings.Repeat(" ", size) + "<7><8>")
		if m, ok := set.Find(r, nil); !ok || m.Stub.ID != "s8" { // the later one comes first
			t.Errorf("%d: found %s", size, describe(m.Stub))
		}
		if w := r.Stats(); (w.Candidates > 2) != (size > long) {
			t.Errorf("%d: %+v", size, w)
		}
		if near := set.Nearest(request("POST", "/p"), 3, nil); len(near) != 3 {
			t.Errorf("%d: %d near misses", size, len(near))
		}
	}
}
