package matchers

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"understudy/simulations"
)

// patient is a context that ends after it was asked so often, and counts that.
type patient struct{ left, asked int }

func (p *patient) Err() error {
	if p.asked++; p.asked > p.left {
		return io.EOF
	}
	return nil
}

// searched is many stubs of one path, none of which the index tells apart.
func searched(t *testing.T, n int, pattern string) *Set {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p",%s}}`, i, strings.ReplaceAll(pattern, "%d", fmt.Sprint(i))))
	}
	return setOf(t, texts...)
}

// TestSearchesEndWithTheContext counts what is tried after the client has left.
func TestSearchesEndWithTheContext(t *testing.T) {
	const left, stubs = 5, 500
	for name, pattern := range map[string]string{
		"paths":        `"body":{"jsonPath":{"$..k%d":{"number":{"gt":0}}}}`,
		"documents":    `"body":{"json":{"value":[null,[]],"ignoreOrder":true}}`,
		"expressions":  `"body":{"regex":"[0-9]$"}`,
		"headers":      `"headers":{"X":{"regex":"[0-9]$"}}`,
		"alternatives": `"any":[{"body":{"jsonPath":{"$..k%d":{"number":{"gt":0}}}}},{"body":{"jsonPath":{"$..l%d":{"number":{"gt":0}}}}}]`,
		"two":          `"body":{"all":[{"jsonPath":{"$..a":1}},{"jsonPath":{"$..k%d":{"number":{"gt":0}}}}]}`,
	} {
		set := searched(t, stubs, pattern)
		for search, do := range map[string]func(r *Request) (tried int){
			"find": func(r *Request) int {
				if m, ok := set.Find(r, nil); ok {
					t.Errorf("%s: found %s", name, describe(m.Stub))
				}
				return r.Stats().Candidates
			},
			"explain": func(r *Request) int { return len(set.Explain(r, nil).Candidates) },
			"nearest": func(r *Request) int { return len(set.Nearest(r, stubs, nil)) },
		} {
			r, ctx := request("POST", "/p", "X", "x"), &patient{left: left}
			r.Body = []byte(`[{"a":1}]`)
			r.EndWith(ctx)
			if tried := do(r); !r.GivenUp() || tried > left+2 || ctx.asked != left+1 {
				t.Errorf("%s, %s: %d tried, the context was asked %d times, given up %v", search, name, tried, ctx.asked, r.GivenUp())
			}
		}
	}
}

// TestCheapSearchesEndWithTheContext: where no test is dear the context is looked
// at now and then.
func TestCheapSearchesEndWithTheContext(t *testing.T) {
	set := searched(t, 500, `"headers":{"X":{"not":{"contains":"x"}}}`)
	r, ctx := request("POST", "/p", "X", "x"), &patient{left: 2}
	r.EndWith(ctx)
	if _, ok := set.Find(r, nil); ok || !r.GivenUp() || r.Stats().Candidates != 3*polled {
		t.Errorf("%+v, given up %v", r.Stats(), r.GivenUp())
	}
}

// TestNothingIsClaimedForWhoLeft: a stub that matches only because its tests were
// given up is not claimed, and none after it.
func TestNothingIsClaimedForWhoLeft(t *testing.T) {
	set := searched(t, 20, `"body":{"not":{"jsonPath":{"$..a%d":1}}}`)
	r := request("POST", "/p")
	for i := range 20 {
		r.Body = fmt.Appendf(r.Body, `,"a%d":1`, i)
	}
	r.Body[0] = '{'
	r.Body = append(r.Body, '}')
	r.EndWith(&patient{left: 3})
	m, ok := set.Find(r, func(s *Stub) bool {
		t.Errorf("%s is claimed", s.ID)
		return false
	})
	if ok || !r.GivenUp() {
		t.Errorf("found %s, given up %v", describe(m.Stub), r.GivenUp())
	}
	r.scope = scope{ctx: &patient{left: 3}}
	set.Nearest(r, 3, func(s *Stub) (simulations.Mismatch, bool) {
		t.Errorf("%s is asked about", s.ID)
		return simulations.Mismatch{}, false
	})
	if !r.GivenUp() {
		t.Error("the near misses were not given up")
	}
}

// TestConditionsEndWithTheContext: of one stub that asks for much no more is tried
// and explained, either.
func TestConditionsEndWithTheContext(t *testing.T) {
	var headers []string
	for i := range 300 {
		headers = append(headers, fmt.Sprintf(`"X-%d":{"regex":"[a-z][0-9]$"}`, i))
	}
	set := setOf(t, `{"id":"much","request":{"path":"/p","headers":{`+strings.Join(headers, ",")+`}}}`)
	const left = 5
	for search, do := range map[string]func(r *Request){
		"explain": func(r *Request) { set.Explain(r, nil) },
		"nearest": func(r *Request) { set.Nearest(r, 3, nil) },
	} {
		r := request("POST", "/p")
		for i := range 300 {
			r.Header.Set(fmt.Sprintf("X-%d", i), "x")
		}
		r.EndWith(&patient{left: left})
		if do(r); r.Stats().Regexes > 2*left {
			t.Errorf("%s: %+v", search, r.Stats())
		}
	}
}

// TestPlainStubsAskNoContext: what answers at once costs no look at the context, and
// a pattern that is asked for itself has nothing to do with it.
func TestPlainStubsAskNoContext(t *testing.T) {
	set := setOf(t,
		`{"id":"plain","request":{"method":"POST","path":"/p"}}`,
		`{"id":"exact","request":{"method":"POST","path":"/q","headers":{"X":"x"},"query":{"a":"b"}}}`,
	)
	route := pattern(t, `{path: {glob: "/p*"}, body: {jsonPath: {$.a: 1}}}`)
	for _, target := range []string{"/p", "/q?a=b"} {
		r, ctx := request("POST", target, "X", "x"), &patient{}
		r.Body = []byte(`{"a":1}`)
		r.EndWith(ctx)
		if _, ok := set.Find(r, nil); !ok || ctx.asked > 0 {
			t.Errorf("%s: found %v, the context was asked %d times", target, ok, ctx.asked)
		}
		if fits := route.Match(r); fits != (target == "/p") || r.GivenUp() {
			t.Errorf("%s: a pattern fits %v, given up %v", target, fits, r.GivenUp())
		}
	}
}
