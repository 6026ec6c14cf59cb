package matchers

import (
	"fmt"
	"strings"
	"testing"
)

// TestNearestTemplate: a template whose parameters come before, behind and between what
// is wrong in the path is named first, among many alike.
func TestNearestTemplate(t *testing.T) {
	var texts []string
	for i := range 300 {
		texts = append(texts,
			fmt.Sprintf(`{"id":"things-%d","request":{"method":"GET","path":{"template":"/api/tenant-%d/things/{id}"}}}`, i, i),
			fmt.Sprintf(`{"id":"orders-%d","request":{"method":"GET","path":{"template":"/shops/%d/orders/{order}/lines/{line}"}}}`, i, i),
			fmt.Sprintf(`{"id":"act-%d","request":{"method":"GET","path":{"template":"/hooks/{id}/act-%d"}}}`, i, i))
	}
	for _, name := range []string{"users", "orders", "x"} {
		texts = append(texts, fmt.Sprintf(`{"id":%q,"request":{"method":"GET","path":{"template":"/v1/%s/{id}/lines"}}}`, name, name))
	}
	set := setOf(t, append(texts,
		`{"id":"ping","request":{"method":"GET","path":"/ping"}}`,
		`{"id":"q","request":{"method":"GET","path":"/q"}}`,
		`{"id":"file","request":{"method":"GET","path":{"template":"/v1/files/{path...}"}}}`)...)
	for path, want := range map[string]string{
		"/tenant-121/things/5":           "things-121", // the base is missing
		"/v2/api/tenant-121/things/5":    "things-121", // there is one too many
		"/apis/tenant-121/things/5":      "things-121",
		"/api/tenant-121/thing/5":        "things-121",
		"/api/tenant-121/things":         "things-121",
		"/api/tenant-121/things/5/x":     "things-121",
		"/api/Tenant-121/thinks/5":       "things-121",
		"/shop/17/orders/5/lines/6":      "orders-17",
		"/shops/17/order/5/lines/6":      "orders-17",
		"/shops/17/orders/5/line/6":      "orders-17",
		"/17/orders/5/lines/6":           "orders-17",
		"/shops/17/orders/5/lines/6/7":   "orders-17",
		"/users/5/lines":                 "users",
		"/v1/user/5/lines":               "users",
		"/v2/orders/5/lines":             "orders",
		"/v1/orders/a-long-id-0815/line": "orders",
		"/hooks/h-5/act-121-now":         "act-121",
		"/hooks/h-5/act-121/":            "act-121",
		"/v2/files/a/b/c":                "file",
		"/pong":                          "ping",
	} {
		near := set.Nearest(&Request{Method: "GET", Path: path}, 3, nil)
		if len(near) == 0 || near[0].Stub != "sim/"+want {
			t.Errorf("%s: nearest are %+v, want %s", path, near, want)
		}
	}
}

// TestPathLikeness: a path that fits a template is wholly like it, and one that does
// not is the less so the more of its literal segments differ.
func TestPathLikeness(t *testing.T) {
	for _, c := range []struct{ text, path string }{
		{"/a/{id}", "/a/5"}, {"/{x}", "/"}, {"/{x}/b/{y}", "/1/b/2"}, {"/v{n}/x", "/v2/x"}, {"/a/{rest...}", "/a/b/c"}, {"/a", "/a"},
	} {
		if got := pathLikeness(c.text, c.path); got != 1 {
			t.Errorf("%s is like %s: %v", c.path, c.text, got)
		}
	}
	// Of "/api/users/lines", 17 bytes with the '/' around {id}, "api/" is missing.
	if got := pathLikeness("/api/users/{id}/lines", "/users/5/lines"); got != 13.0/17 {
		t.Errorf("without its base: %v", got)
	}
	last := 2.0
	for _, path := range []string{"/api/users/5/lines", "/api/users/5/line", "/api/user/5/rows", "/x/y/5/z", ""} {
		got := pathLikeness("/api/users/{id}/lines", path)
		if got >= last || got < 0 {
			t.Errorf("%s: %v, after %v", path, got, last)
		}
		last = got
	}
}

// TestForms: only the segments of parameters are passed over, from either side, and of
// many forms those that most templates have.
func TestForms(t *testing.T) {
	text, head, tail := nameless("/a/{x}/b/v{y}")
	if got := head.fromHead("/1/2/3/4/5"); got != "/1/{}/3/{}/5" {
		t.Error(got)
	}
	if got := tail.fromTail("/1/2/3/4/5"); got != "/1/2/{}/4/{}" {
		t.Error(got)
	}
	if text != "/a/{}/b/{}" {
		t.Error(text)
	}
	long := strings.Repeat("/s", 80)
	_, head, tail = nameless(long + "/{x}/t")
	if head != 0 || tail != 2 {
		t.Errorf("far behind: %b, %b", head, tail)
	}
	if got := tail.fromTail(long); got != long[:len(long)-3]+"{}/s" {
		t.Error(got)
	}
	// A path of very many segments is not taken apart for each form.
	n := neighbours{heads: []params{2}, tails: []params{2}}
	taken := func(path string) float64 { return testing.AllocsPerRun(10, func() { n.each(path, func(uint32) {}) }) }
	if short, long := taken("/a/b"), taken(strings.Repeat("/", 60_000)); short < 4 || long > short-4 {
		t.Errorf("%v allocations for a short path, %v for one of many segments", short, long)
	}
	all := make(forms)
	for i := range params(40) {
		all[i+1] = int(i) % 10
	}
	if got := all.most(); fmt.Sprint(got) != "[10 20 30 40 9 19 29 39]" {
		t.Error(got)
	}
}

func BenchmarkNameless(b *testing.B) {
	for b.Loop() {
		nameless("/v1/shops/123456/orders/{order}")
	}
}
