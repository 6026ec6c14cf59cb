package matchers

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// TestDocumentInAField: stubs that ask for a document in a header are told apart by what
// a header has, not by what a body would.
func TestDocumentInAField(t *testing.T) {
	for _, pattern := range []string{`{"json":{"id":%d}}`, `{"jsonPath":{"$.id":%d}}`} {
		var stubs []string
		for i := range 20 {
			stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-Data":`+pattern+`}}}`, i, i))
		}
		m, ok := setOf(t, stubs...).Find(request("GET", "/p", "X-Data", `{"id":7}`), nil)
		if !ok || m.Stub.ID != "s7" {
			t.Errorf("%s: found %s", pattern, describe(m.Stub))
		}
	}
	var stubs []string
	for i := range 20 {
		stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-Data":{"form":{"id":%d}}}}}`, i, i))
	}
	if m, ok := setOf(t, stubs...).Find(request("GET", "/p", "X-Data", "id=7"), nil); !ok || m.Stub.ID != "s7" {
		t.Errorf("form: found %s", describe(m.Stub))
	}
}

// TestKeysAreNecessary: what an index tells stubs apart by is in every request that a
// stub fits, in places where it may seem not to be.
func TestKeysAreNecessary(t *testing.T) {
	for _, tt := range []struct {
		pattern string // %d is the number of the stub, %b whether it is the third
		path    string
		body    string
		header  []string
	}{
		{`"body":{"xpath":{"/o/active":%b,"/o/n":{"text":"%d"}}}`, "/p", "<o><active>true</active><n>3</n></o>", nil},
		{`"body":{"xpath":{"/o/active":%b}}`, "/p", "<o><active>true</active></o>", nil},
		{`"body":{"xpath":{"/o/n = %d":true}}`, "/p", "<o><n>3</n></o>", nil},
		{`"body":{"json":{"value":10%d,"anywhere":true}}`, "/p", `{"tags":103}`, nil},
		{`"body":{"json":{"value":[10%d,2],"anywhere":true}}`, "/p", `{"tags":[103,2]}`, nil},
		{`"body":{"json":{"value":{"a":"#{json-unit.any-string}","b":"#{json-unit.regex}x%d"},"placeholders":true}}`, "/p", `{"a":"y","b":"x3"}`, nil},
		{`"body":{"xml":{"value":"<a>x<b/>y%d</a>","ignoreOrder":true}}`, "/p", "<a>y3<b/>x</a>", nil},
		{`"body":{"xml":"<a>x y%d</a>"}`, "/p", "<a><!-- a -->x <!-- b -->y<![CDATA[3]]></a>", nil},
		{`"body":{"jsonPath":{"$.a.[-1]":"v%d","lenient":true}}`, "/p", `{"a":["x","v3"]}`, nil},
		{`"body":{"jsonPath":{"$` + strings.Repeat(".a", 4000) + `":%d}}`, "/p", strings.Repeat(`{"a":`, 4000) + "3" + strings.Repeat("}", 4000), nil},
		{`"headers":{"X-A":{"base64":"YSxi%d"}},"join":","`, "/p", "", nil}, // see below
		{`"headers":{"X-A":{"list":{"items":["a",";b%d"],"separator":";;"}}},"join":";;"`, "/p", "", []string{"a;", "b3"}},
		{`"headers":{"X-A":{"regex":"^\\x{FFFD}%d"}}`, "/p", "", []string{"\xff3"}},
		{`"headers":{"X-A":{"regex":"\\x{FFFD}\\x{FFFD}%d"}}`, "/p", "", []string{"\xff\xfe3"}},
		{`"headers":{"X-A":{"any":["x%d",{"startsWith":"y%d"}]}}`, "/p", "", []string{"y3z"}},
		{`"headers":{"X-A":{"any":[{"equalsIgnoreCase":"X%d"},"y%d"]}}`, "/p", "", []string{"y3"}},
		{`"body":{"any":["x%d",{"json":{"n":%d}}]}`, "/p", `{"n":3}`, nil},
	} {
		var stubs []string
		for i := range 14 {
			stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p",%s}}`, i, strings.NewReplacer("%d", fmt.Sprint(i), "%b", fmt.Sprint(i == 3)).Replace(tt.pattern)))
		}
		if strings.Contains(tt.pattern, `"base64"`) {
			for i := range stubs {
				encoded := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "a,b%d", i))
				stubs[i] = fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-A":{"base64":%q}},"join":","}}`, i, encoded)
			}
			tt.header = []string{"a", "b3"}
		}
		r := request("GET", tt.path)
		r.Body = []byte(tt.body)
		r.Header["X-A"] = tt.header
		if m, ok := setOf(t, stubs...).Find(r, nil); !ok || m.Stub.ID != "s3" {
			t.Errorf("%.200s: found %s", tt.pattern, describe(m.Stub))
		}
	}
}

// TestAskedOnce: a stub that a request leads to by several alternatives is tried and
// claimed once, however many ways there are.
func TestAskedOnce(t *testing.T) {
	for _, values := range []int{2, 3 * maxRuns} {
		var stubs []string
		for i := range 100 {
			stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-A":{"any":["x%d","y%d","z%d"]}}}}`, i, i, i, i/2))
		}
		r := request("GET", "/p")
		for i := range values {
			r.Header["X-A"] = append(r.Header["X-A"], fmt.Sprint("x", i), fmt.Sprint("y", i), fmt.Sprint("z", i/2))
		}
		asked := map[string]int{}
		setOf(t, stubs...).Find(r, func(s *Stub) bool { asked[s.ID]++; return false })
		for id, times := range asked {
			if times != 1 {
				t.Errorf("%d values: %s was asked %d times", values, id, times)
			}
		}
		if len(asked) != values {
			t.Errorf("%d values: %d stubs were asked", values, len(asked))
		}
	}
}
