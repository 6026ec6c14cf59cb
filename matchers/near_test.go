package matchers

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

func setOf(t testing.TB, texts ...string) *Set {
	var stubs []*Stub
	for i, text := range texts {
		stubs = append(stubs, compileTestStub(t, strings.TrimSuffix(text, "}")+`,"response":{}}`, "sim", 1, uint32(i)))
	}
	return NewSet(NewTail()).With("sim", indexOf(t, stubs...))
}

// TestSortTexts compares with a sort by the whole texts.
func TestSortTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 500 {
		head, tail := strings.Repeat("/h", r.IntN(8)), strings.Repeat("/t", r.IntN(8))
		texts := make([]string, 1+r.IntN(40))
		numbers := make([]uint32, len(texts))
		for i := range texts {
			middle := make([]byte, r.IntN(12))
			for j := range middle {
				middle[j] = "\x00a/é"[r.IntN(5)]
			}
			texts[i], numbers[i] = head+string(middle)+tail, uint32(i)
		}
		sorted := func(compare func(a, b string) int) []uint32 {
			return slices.SortedStableFunc(slices.Values(numbers), func(a, b uint32) int { return compare(texts[a], texts[b]) })
		}
		if got, want := sortTexts(texts, numbers, strings.Compare, sharedHead, headOf), sorted(strings.Compare); !slices.Equal(got, want) {
			t.Fatalf("%q: forward %v, want %v", texts, got, want)
		}
		if got, want := sortTexts(texts, numbers, compareBackward, sharedTail, tailOf), sorted(compareBackward); !slices.Equal(got, want) {
			t.Fatalf("%q: backward %v, want %v", texts, got, want)
		}
	}
}

// TestNearest has a request that nothing answers, and what a user would call
// the nearest stubs.
func TestNearest(t *testing.T) {
	var noise []string
	for i := range 500 {
		noise = append(noise, fmt.Sprintf(`{"id":"n%d","request":{"method":"GET","path":"/noise/%d","query":{"x":1}}}`, i, i))
	}
	set := setOf(t, append(noise,
		`{"id":"charge","request":{"method":"POST","path":"/v1/charges","headers":{"Accept":"application/json"},"body":{"jsonPath":{"$.currency":"EUR","$.amount":{"number":{"gt":0}}}}}}`,
		`{"id":"get","request":{"method":"GET","path":{"template":"/v1/charges/{id}"}}}`,
		`{"id":"users","request":{"method":"GET","path":"/v1/users"}}`,
		`{"id":"v2","request":{"method":"GET","path":"/api/v2/orders/list"}}`,
		`{"id":"times","times":1,"request":{"method":"DELETE","path":"/v1/charges"}}`,
		`{"id":"foreign","collaborator":"x","request":{"method":"GET","path":"/v1/charges/7/x"}}`,
	)...)
	for _, tt := range []struct {
		name string
		r    *Request
		body string
		want string
		why  string
	}{
		{"a body's field", request("POST", "/v1/charges", "Accept", "application/json"), `{"currency":"USD","amount":5}`, "charge", `[{body $.currency equals "EUR" "USD"}]`},
		{"a header", request("POST", "/v1/charges", "Accept", "text/html"), `{"currency":"EUR","amount":5}`, "charge", `[{headers.Accept equals application/json text/html}]`},
		{"the method", request("PATCH", "/v1/charges/7"), "", "get", `[{method equals GET PATCH}]`},
		{"a typing error in the path", request("GET", "/v1/usres"), "", "users", `[{path equals "/v1/users" "/v1/usres"}]`},
		{"a typing error at the beginning", request("GET", "/spi/v2/orders/list"), "", "v2", `[{path equals "/api/v2/orders/list" "/spi/v2/orders/list"}]`},
		{"a slash too many", request("GET", "/v1/users/"), "", "users", `[{path equals "/v1/users" "/v1/users/"}]`},
		{"used up", request("DELETE", "/v1/charges"), "", "times", `[{times number 1 1}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Body = []byte(tt.body)
			near := set.Nearest(tt.r, 3, func(s *Stub) (simulations.Mismatch, bool) {
				return simulations.Mismatch{Field: "times", Operator: "number", Expected: "1", Actual: "1"}, s.Model().Times > 0
			})
			if len(near) != 3 {
				t.Fatalf("%d near misses", len(near))
			}
			if near[0].Stub != "sim/"+tt.want {
				t.Errorf("nearest is %v", near)
			}
			why := strings.ReplaceAll(fmt.Sprint(near[0].Failed), `"`, "")
			if why != strings.ReplaceAll(tt.why, `"`, "") {
				t.Errorf("because of %s, want %s", why, tt.why)
			}
			named := map[string]bool{}
			for _, n := range near {
				if named[n.Stub] {
					t.Errorf("%s is named twice", n.Stub)
				}
				named[n.Stub] = true
				if n.Score < 0 || n.Score >= 1 || len(n.Failed) == 0 {
					t.Errorf("%+v", n)
				}
				if n.Stub == "sim/foreign" {
					t.Error("a stub of another collaborator")
				}
			}
		})
	}
}

// TestNearestOfACrowd: of many stubs of one path those come closest that ask for the
// least that the request has not, wherever they stand.
func TestNearestOfACrowd(t *testing.T) {
	var two, both, parts []string
	for i := range 200 {
		two = append(two, fmt.Sprintf(`{"id":"t-%d","request":{"method":"POST","path":"/orders","body":{"jsonPath":{"$.customer":"c-%d","$.region":"r-%d"}}}}`, i, i, i))
		both = append(both,
			fmt.Sprintf(`{"id":"o-%d","request":{"method":"POST","path":"/orders","body":{"jsonPath":{"$.customer":"c-%d"}}}}`, i, i),
			fmt.Sprintf(`{"id":"r-%d","request":{"method":"POST","path":"/orders","body":{"jsonPath":{"$.customer":"c-%d","$.rush":true}}}}`, i, i))
		parts = append(parts, fmt.Sprintf(`{"id":"q-%d","request":{"path":"/orders","query":{"a":"%d"},"headers":{"X-B":"%d"},"cookies":{"c":"%d"}}}`, i, i%7, i%11, i))
	}
	var whole []string
	for i := range 500 {
		header := ""
		if i > 250 {
			header = `"headers":{"X-T":"7"},`
		}
		whole = append(whole, fmt.Sprintf(`{"id":"w-%d","request":{"method":"POST","path":"/rpc",%s"body":{"json":{"op":"get","id":%d,"nested":{"k":[%d,5]},"more":{}}}}}`, i, header, i, i))
	}
	for _, tt := range []struct {
		name   string
		stubs  []string
		r      *Request
		body   string
		near   string
		missed int
	}{
		{"the other field", two, request("POST", "/orders"), `{"customer":"none","region":"r-1"}`, "t-1", 1},
		{"the dividing field", two, request("POST", "/orders"), `{"customer":"c-7","region":"none"}`, "t-7", 1},
		{"nothing", both, request("POST", "/orders"), `{"customer":"c-4x"}`, "o-", 1},
		{"two of three", parts, request("GET", "/orders?a=3", "X-B", "5"), ``, "q-192", 1},
		{"JSON", whole, request("POST", "/rpc"), `{"op":"get","id":4,"nested":{"k":[4,6]},"more":{}}`, "w-4", 1},
		{"JSON, and a header", whole, request("POST", "/rpc", "X-T", "7"), `{"op":"get","id":107,"nested":{"k":[107,5]}}`, "w-107", 1},
		{"JSON, and another path", whole, request("POST", "/rpd"), `{"op":"get","id":4,"nested":{"k":[4,5]},"more":{}}`, "w-4", 1},
		{"a field, and another path", both, request("POST", "/v1/orders"), `{"customer":"c-150"}`, "o-150", 1},
		{"one of three", parts, request("GET", "/orders?a=9", "X-B", "5"), ``, "q-", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Body = []byte(tt.body)
			near := setOf(t, tt.stubs...).Nearest(tt.r, 3, nil)
			if len(near) != 3 || !strings.HasPrefix(near[0].Stub, "sim/"+tt.near) || len(near[0].Failed) != tt.missed {
				t.Errorf("nearest are %+v", near)
			}
			if w := tt.r.Stats(); w.Bodies > 1 || w.Candidates > maxLed {
				t.Errorf("too much work: %+v", w)
			}
		})
	}
}

// TestNearestPathOfAnotherCase: among many paths those are found that differ in the
// case of letters.
func TestNearestPathOfAnotherCase(t *testing.T) {
	var stubs []string
	for i := range 1000 {
		stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/Orders/%d/Items"}}`, i, i))
	}
	set := setOf(t, stubs...)
	for _, path := range []string{"/orders/%d/items", "/ORDERS/%d/Items", "/Orders/%d/items", "/order/%d/ITEMS"} {
		for _, i := range []int{7, 77, 999} {
			if near := set.Nearest(request("GET", fmt.Sprintf(path, i)), 3, nil); len(near) == 0 || near[0].Stub != fmt.Sprint("sim/s", i) {
				t.Errorf("%s, %d: %+v", path, i, near)
			}
		}
	}
}

// TestNearestOfALargeCrowd: so it is wherever they stand among thousands, for what few
// of them ask for, and for the value that is closest where all ask for another.
func TestNearestOfALargeCrowd(t *testing.T) {
	const stubs = 5000
	many := func(pattern string) (out []string) {
		for i := range stubs {
			out = append(out, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p",%s}}`, i, strings.NewReplacer("%d", fmt.Sprint(i), "%m", fmt.Sprint(i%3), "%q", fmt.Sprint(i*10)).Replace(pattern)))
		}
		return out
	}
	for _, tt := range []struct {
		pattern, query, body string
		at                   []int // the numbers of the stubs; the request is of each
		missed               int
	}{
		{`"query":{"id":"%d","kind":"%m"}`, "id=%d&kind=none", "", []int{0, 1500, 3000, 4999}, 1},
		{`"query":{"id":"%d","kind":"%m"},"headers":{"X-No":"%m"}`, "id=%d&kind=%m", "", []int{7, 2500}, 1},
		{`"body":{"jsonPath":{"$.a.id":%d,"$.b":"B-%d"}}`, "", `{"a":{"id":%d},"b":"none"}`, []int{3, 4000}, 1},
		{`"body":{"jsonPath":{"$.a.id":%d,"$.b":"B-%d"}}`, "", `{"a":{"id":-1},"b":"B-%d"}`, []int{3, 4000}, 1},
		{`"body":{"json":{"id":%d,"kind":"%m","more":[1,2,3],"some":{"x":"y"}}}`, "", `{"id":%d,"kind":"%m","more":[1,2,3],"some":{"x":"z"}}`, []int{5, 1023, 1024, 4998}, 1},
		{`"query":{"n":"%q"}`, "n=%q.4", "", []int{0, 5, 700, 4999}, 1},
		{`"query":{"n":"item-%q-x"}`, "n=item-%q-y", "", []int{0, 12, 3456}, 1},
		{`"query":{"n":"Open-%q"}`, "n=oPEN-%q", "", []int{0, 12, 3456}, 1},
		{`"query":{"n":{"equalsIgnoreCase":"Open-%q"}}`, "n=oPEM-%q", "", []int{0, 12, 3456}, 1},
		{`"query":{"n":"%m-of-many-things-%q-x"}`, "n=%m-of-many-things-%q-y", "", []int{0, 12, 3456, 4999}, 1},
		{`"query":{"n":"a%q-ends-so"}`, "n=b%q-ends-so", "", []int{0, 12, 3456, 4999}, 1},
		{`"body":{"equals":"hello %q there"}`, "", "hello %q their", []int{0, 12, 3456, 4999}, 1},
		{`"body":{"text":"Hello %q there"}`, "", "hello %q there", []int{0, 12, 3456, 4999}, 1},
		{`"query":{"n":"%q","kind":"%m"}`, "n=%q.4&kind=%m", "", []int{9, 4500}, 1},
		{`"body":{"jsonPath":{"$.n":%q}}`, "", `{"n":%q.004}`, []int{1, 4321}, 1},
		{`"body":{"form":{"n":"%q"}}`, "", `n=%q.004`, []int{1, 4321}, 1},
	} {
		set := setOf(t, many(tt.pattern)...)
		for _, i := range tt.at {
			fill := strings.NewReplacer("%d", fmt.Sprint(i), "%m", fmt.Sprint(i%3), "%q", fmt.Sprint(i*10))
			r := request("GET", "/p?"+fill.Replace(tt.query))
			r.Body = []byte(fill.Replace(tt.body))
			near := set.Nearest(r, 3, nil)
			if len(near) != 3 || near[0].Stub != fmt.Sprint("sim/s", i) || len(near[0].Failed) != tt.missed {
				t.Errorf("%s, stub %d: nearest are %+v", tt.pattern, i, near)
			}
			if w := r.Stats(); w.Bodies > 1 || w.Candidates > maxLed {
				t.Errorf("%s: too much work: %+v", tt.pattern, w)
			}
		}
	}
}

// TestClosestThatAsks: of a crowd divided by a value those that ask for none there
// are among the near misses too, and some where the request has none.
func TestClosestThatAsks(t *testing.T) {
	var stubs []string
	for i := range 100 {
		stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","query":{"n":"%d"}}}`, i, i))
	}
	stubs = append(stubs, `{"id":"other","request":{"path":"/p","headers":{"X":{"regex":"[a-c]$"}}}}`)
	set := setOf(t, stubs...)
	for query, want := range map[string]string{"n=200": "sim/s99 sim/other", "n=-1": "sim/s0 sim/other"} {
		var got []string
		for _, m := range set.Nearest(request("GET", "/p?"+query), 8, nil) {
			got = append(got, m.Stub)
		}
		for _, stub := range strings.Fields(want) {
			if !slices.Contains(got, stub) {
				t.Errorf("%s: %v, without %s", query, got, stub)
			}
		}
	}
	if near := set.Nearest(request("GET", "/p"), 8, nil); len(near) != 8 {
		t.Errorf("without a value: %+v", near)
	}
}

func TestExplain(t *testing.T) {
	set := setOf(t,
		`{"id":"a","request":{"method":"GET","path":{"template":"/users/{id}"},"query":{"x":1}}}`,
		`{"id":"b","request":{"method":"GET","path":{"template":"/users/{id}"}}}`,
		`{"id":"c","request":{}}`,
	)
	ex := set.Explain(request("GET", "/users/a%2Fb"), nil)
	if ex.Stub == nil || ex.Stub.ID != "b" || !reflect.DeepEqual(ex.Params, map[string]string{"id": "a/b"}) {
		t.Fatalf("%+v", ex)
	}
	if want := "priority 0, a path template of 1 literal segments, 2 constrained fields, revision 1, position 1"; ex.Precedence != want {
		t.Errorf("precedence %q", ex.Precedence)
	}
	wantIndex := []string{"sim, any collaborator, GET, path template: 2 candidates", "sim, any collaborator, any method, no path: 1 candidates"}
	if !reflect.DeepEqual(ex.Index, wantIndex) {
		t.Errorf("index %q", ex.Index)
	}
	want := []simulations.Candidate{
		{Stub: "sim/a", Failed: []simulations.Mismatch{{Field: "query.x", Operator: "equals", Expected: "1", Actual: "absent"}}},
		{Stub: "sim/b", Matched: true},
		{Stub: "sim/c", Matched: true},
	}
	if !reflect.DeepEqual(ex.Candidates, want) {
		t.Errorf("candidates %+v", ex.Candidates)
	}
	ex = set.Explain(request("GET", "/users/1"), func(s *Stub) (simulations.Mismatch, bool) {
		return simulations.Mismatch{Field: "times"}, s.ID == "b"
	})
	if ex.Stub == nil || ex.Stub.ID != "c" || ex.Candidates[1].Matched || ex.Candidates[1].Failed[0].Field != "times" {
		t.Errorf("a refused claim: %+v", ex)
	}
	bigger := bigSet().Explain(&Request{Method: "POST", Path: "/query", RawQuery: "per=10&page=123"}, nil)
	if bigger.Stub == nil || !strings.Contains(strings.Join(bigger.Index, "\n"), "divided by query.page") {
		t.Errorf("%q", bigger.Index)
	}
}

// TestClosestAlternative: of alternatives the one that comes closest says what
// stops it, and a field that stops each of them is named alone.
func TestClosestAlternative(t *testing.T) {
	p := pattern(t, `{method: POST, any: [
		{headers: {Content-Type: text/xml}, body: {absent: false}},
		{headers: {Content-Type: application/json}, body: {jsonSchema: {properties: {price: {type: number}}}}}]}`)
	for _, tt := range []struct{ media, body, want string }{
		{"application/json", `{"price":"x"}`, `body jsonSchema`},
		{"application/json", ``, `body jsonSchema`},
		{"text/xml", ``, `body absent`},
		{"text/plain", `{"price":"x"}`, `headers.Content-Type equals: text/xml or application/json / text/plain`},
		{"application/json", `{"price":1}`, ``},
	} {
		r := request("POST", "/", "Content-Type", tt.media)
		r.Body = []byte(tt.body)
		score, failed := p.Mismatches(r)
		var got []string
		for _, m := range failed {
			got = append(got, fmt.Sprintf("%s %s: %s / %s", m.Field, m.Operator, m.Expected, m.Actual))
		}
		if text := strings.Join(got, "; "); !strings.HasPrefix(text, tt.want) || len(got) > 1 || (score == 1) != (tt.want == "") {
			t.Errorf("%s %s: score %v, %s; want %s", tt.media, tt.body, score, text, tt.want)
		}
	}
}
