package matchers

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

func jsonTestOf(t *testing.T, predicate string) *jsonTest {
	t.Helper()
	return pattern(t, "{body: "+predicate+"}").conditions[0].predicate.each[0].value.(*jsonTest)
}

func TestLikeness(t *testing.T) {
	const plain = `{json: {"op":"get","n":[1,2.50,{"x":"y"}],"none":{}}}`
	const loose = `{json: {value: {"id":"${json-unit.any-string}","note":"${json-unit.ignore-element}","n":[1,2]}, placeholders: true, ignoreOrder: true}}`
	for _, tt := range []struct {
		predicate, body string
		want            float64
	}{
		{plain, `{"none":{},"n":[1.0,2.5,{"x":"y"}],"op":"get"}`, 1},
		{plain, `{"none":{},"n":[1.0,2.5,{"x":"y"}],"op":"get","more":1}`, 1},
		{plain, `{"op":"get","n":[1,2,{"x":"y"}],"none":{}}`, (4 + 0.45*(1-0.5/5.5)) / 5},
		{plain, `{"op":"get","n":[1,2.5],"none":{"a":1}}`, 0.6},
		{plain, `{"op":"put","n":[2,1]}`, 0.1575},
		{plain, `{"op":"put","n":{"0":1},"none":null}`, 0.03},
		{plain, `7`, 0},
		{plain, `no JSON`, 0},
		{loose, `{"id":"7","n":[1,3]}`, 0.84375},
		{loose, `{"id":7,"n":[1,3],"note":8}`, 0.59375},
		{`{json: {"a":null,"b":null}}`, `{"a":null}`, 0.5},
	} {
		if got := jsonTestOf(t, tt.predicate).likeness(contentOf(&body{data: []byte(tt.body)}), &scope{}); math.Abs(got-tt.want) > 0.0001 {
			t.Errorf("%s and %s: %v, want %v", tt.predicate, tt.body, got, tt.want)
		}
	}
}

// TestLikenessIsBounded: of what is asked for a part is looked at, whatever its form.
func TestLikenessIsBounded(t *testing.T) {
	for name, value := range map[string]string{
		"wide":   "[" + strings.Repeat("1,", 100_000) + "1]",
		"bushes": "[" + strings.Repeat(strings.Repeat("[", 50)+strings.Repeat("]", 50)+",", 5000) + "1]",
		"both":   `{"a":[` + strings.Repeat(`{"b":[{},{}]},`, 50_000) + "1]}",
	} {
		test := jsonTestOf(t, "{json: "+value+"}")
		o := overlap{comparison: test.comparison()}
		o.count(test.want, nodeIn(t, value), true)
		if o.visited > maxOverlap+50 || o.there != float64(o.asked) || o.asked == 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// TestNearestOfALargeBody: the body's leaves are gathered once for all stubs, and
// what a near miss shows of the body is cut before it is made.
func TestNearestOfALargeBody(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, `"key-%d":%d,`, i, i)
	}
	large := []byte("{" + b.String() + `"z":1}`)
	for _, tt := range []struct {
		predicate, field, actual string
	}{
		{`"json":{"a":%d}`, "body $['a']", "absent"},
		{`"json":{"value":{"z":1,"n":%d},"ignoreExtra":true}`, "body $['n']", "absent"},
		{`"json":{"z":1}`, "body $['key-0']", "0"},
		{`"json":[%d]`, "body", `{"key-0":0,"key-1":1,"key-10":10,`},
		{`"jsonPath":{"$":%d}`, "body $", `{"key-0":0,"key-1":1,"key-10":10,`},
	} {
		set := NewSet(NewTail())
		for sim := range 3 {
			var stubs []*Stub
			for i := range 9 {
				text := fmt.Sprintf(`{"id":"s%d","request":{"method":"POST","path":"/p","body":{`+strings.ReplaceAll(tt.predicate, "%d", fmt.Sprint(i))+`}},"response":{}}`, i)
				stubs = append(stubs, compileTestStub(t, text, fmt.Sprint(sim), 1, uint32(i)))
			}
			set = set.With(fmt.Sprint(sim), indexOf(t, stubs...))
		}
		r := request("POST", "/p")
		r.Body = large
		if _, ok := set.Find(r, nil); ok {
			t.Fatalf("%s: found", tt.predicate)
		}
		near := set.Nearest(r, 3, nil) // gathers
		if w := r.Stats(); w.Bodies > 1 || w.Leaves > 1 {
			t.Errorf("%s: too much work: %+v", tt.predicate, w)
		}
		if m := near[0].Failed[0]; m.Field != tt.field || !strings.HasPrefix(m.Actual, tt.actual) || len(m.Actual) > 210 {
			t.Errorf("%s: %+v", tt.predicate, m)
		}
		if made := bytesAllocated(func() { set.Nearest(r, 3, nil) }); made > uint64(len(large)) {
			t.Errorf("%s: %d bytes are made for near misses of a body of %d", tt.predicate, made, len(large))
		}
	}
}

// TestPathsAreSoughtOnce: stubs that search a body with one path share what it finds,
// and a near miss searches once, with its own.
func TestPathsAreSoughtOnce(t *testing.T) {
	for predicate, want := range map[string]struct{ find, near int }{
		`"jsonPath":{"$..k":%d}`:            {1, 1},
		`"jsonPath":{"$..k%d":1}`:           {100, 100 + maxLed},
		`"jsonPath":{"$.a":1,"$..k%d":1}`:   {100, 100 + maxLed},
		`"not":{"jsonPath":{"$..a":1}}`:     {1, 1},
		`"jsonPath":{"$[?@.k == %d]":1}`:    {100, 100 + maxLed},
		`"jsonPath":{"$.k":%d,"$..k":"%d"}`: {0, 1},
	} {
		set := searched(t, 100, `"body":{`+predicate+`}`)
		r := request("POST", "/p")
		r.Body = []byte(`{"a":1,"k":-1}`)
		if _, ok := set.Find(r, nil); ok || r.Stats().Paths > want.find {
			t.Errorf("%s: found %v, %+v", predicate, ok, r.Stats())
		}
		if set.Nearest(r, 3, nil); r.Stats().Paths > want.near {
			t.Errorf("%s: near misses: %+v", predicate, r.Stats())
		}
	}
}

// bytesAllocated is how many bytes do allocates.
func bytesAllocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNumberSentAsText: among stubs that lack the same, the nearest is the one whose
// number was sent as a text, or the other way round, whether they are few or many.
func TestNumberSentAsText(t *testing.T) {
	for _, stubs := range []int{20, 3000} {
		for asked, sent := range map[string]string{
			`{"kind":"order","id":%d}`:             `{"kind":"order","id":"%d"}`,
			`{"kind":"order","id":"%d"}`:           `{"kind":"order","id":%d}`,
			`{"a":[1,{"open":true,"id":%d.0}]}`:    `{"a":[1,{"open":true,"id":"%d"}]}`,
			`{"a":[1,{"open":"true","id":"n%d"}]}`: `{"a":["1",{"open":true,"id":"n%d"}]}`,
		} {
			want := stubs - min(stubs/2, maxLikes/2) // the later ones come first
			set := searched(t, stubs, `"body":{"json":`+asked+`}`)
			r := request("POST", "/p")
			r.Body = fmt.Appendf(nil, sent, want)
			if _, ok := set.Find(r, nil); ok {
				t.Fatalf("%s is found", r.Body)
			}
			if near := set.Nearest(r, 1, nil); len(near) != 1 || !strings.HasSuffix(near[0].Stub, fmt.Sprintf("/s%d", want)) {
				t.Errorf("%d stubs, %s: %+v", stubs, r.Body, near)
			}
		}
	}
}

// TestCloseValues: among stubs that differ in one value the nearest is the one whose
// value is the closest.
func TestCloseValues(t *testing.T) {
	for _, pattern := range []string{`"query":{"n":"%d"}`, `"headers":{"N":"%d"}`, `"body":{"json":{"n":%d,"unit":"EUR"}}`} {
		set := searched(t, 9, pattern)
		r := request("POST", "/p")
		r.RawQuery, r.Body = "n=4.2", []byte(`{"n":4.2,"unit":"EUR"}`)
		r.Header.Set("N", "4.2")
		if near := set.Nearest(r, 1, nil); len(near) != 1 || near[0].Stub != "sim/s4" {
			t.Errorf("%s: %+v", pattern, near)
		}
	}
	for _, tt := range []struct{ closer, to, than string }{
		{"100", "101", "90000"}, {"100", "99.5", "5000"}, {"-1", "-2", "2"}, {"17", "17", "18"}, {"cat", "car", "dog"}, {"1e400", "1e400", "2"}, {"0", "0.0", "1"},
	} {
		if closeText(tt.closer, tt.to) <= closeText(tt.than, tt.to) {
			t.Errorf("%s is not closer to %s than %s: %v, %v", tt.closer, tt.to, tt.than, closeText(tt.closer, tt.to), closeText(tt.than, tt.to))
		}
	}
}

// TestCloseTextOfExtremes: a number that no float64 holds, or the sum of two that
// it does not, is still somewhere between as far as can be and equal.
func TestCloseTextOfExtremes(t *testing.T) {
	all := []string{"", "0", "-0", "1", "1e-400", "-1e-323", "1e308", "-1.7e308", "1e400", "-1e400", "9007199254740993e9007199254740992", "1e", "\xff"}
	for _, a := range all {
		for _, b := range all {
			got := closeText(a, b)
			if !(got >= 0 && got <= maxClose) {
				t.Errorf("%s is %v close to %s", a, got, b)
			}
			if back := closeText(b, a); back != got {
				t.Errorf("%s is %v close to %s, which is %v close to it", a, got, b, back)
			}
		}
	}
}
