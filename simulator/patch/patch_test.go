package patch_test

import (
	"errors"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator/patch"
)

func value(t testing.TB, text string) *simulations.Value {
	t.Helper()
	// In a list: at the top simulations.Parse would take scalars for YAML.
	v, err := simulations.ParseJSON([]byte("[" + text + "]"))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v.Items[0]
}

// TestMergeExamples are the cases of RFC 7396 appendix A, and the example of section 3.
func TestMergeExamples(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{
			`{"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},"tags":["example","sample"],"content":"This will be unchanged"}`,
			`{"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},"tags":["example"]}`,
			`{"title":"Hello!","author":{"givenName":"John"},"tags":["example"],"content":"This will be unchanged","phoneNumber":"+01-123-456-7890"}`,
		},
		// Beyond the RFC: digits and the order of members stay.
		{`{"z":1.10,"a":12345678901234567890123}`, `{"a":1e400,"m":-0}`, `{"z":1.10,"a":1e400,"m":-0}`},
	} {
		target := value(t, c[0])
		if got := patch.Merge(target, value(t, c[1])).String(); got != c[2] {
			t.Errorf("%s merged with %s: %s, want %s", c[0], c[1], got, c[2])
		}
		if target.String() != c[0] {
			t.Errorf("%s was written to: %s", c[0], target)
		}
	}
}

// TestOperationExamples are the cases of RFC 6902 appendix A; a want that begins
// with '!' is the reason that nothing is applied.
func TestOperationExamples(t *testing.T) {
	for _, c := range []struct{ name, doc, patch, want string }{
		{"A.1 adding an object member", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"foo":"bar","baz":"qux"}`},
		{"A.2 adding an array element", `{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`},
		{"A.3 removing an object member", `{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`},
		{"A.4 removing an array element", `{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`},
		{"A.5 replacing a value", `{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`},
		{
			"A.6 moving a value", `{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`,
			`[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`, `{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`,
		},
		{"A.7 moving an array element", `{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`},
		{
			"A.8 testing a value: success", `{"baz":"qux","foo":["a",2,"c"]}`,
			`[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2,"c"]}`,
		},
		{"A.9 testing a value: error", `{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, `!test`},
		{"A.10 adding a nested member object", `{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"foo":"bar","child":{"grandchild":{}}}`},
		{"A.11 ignoring unrecognized elements", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","xyz":123}]`, `{"foo":"bar","baz":"qux"}`},
		{"A.12 adding to a nonexistent target", `{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, `!unfit`},
		// A.13 is a patch with a member twice, which is no JSON here: see TestDuplicateMembers.
		{"A.14 escape ordering", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`},
		{"A.15 comparing strings and numbers", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":"10"}]`, `!test`},
		{"A.16 adding an array value", `{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`},

		// What the sections say beside the examples.
		{"numbers are equal by value (4.6)", `{"a":1,"b":12345678901234567890}`, `[{"op":"test","path":"/a","value":1.0},{"op":"test","path":"/b","value":12345678901234567890.0}]`, `{"a":1,"b":12345678901234567890}`},
		{"large numbers do not round (4.6)", `{"a":9007199254740993}`, `[{"op":"test","path":"/a","value":9007199254740992}]`, `!test`},
		{"objects are equal in any order (4.6)", `{"a":{"x":1,"y":[null]}}`, `[{"op":"test","path":"/a","value":{"y":[null],"x":1}}]`, `{"a":{"x":1,"y":[null]}}`},
		{"a missing member is not null (4.6)", `{"a":1}`, `[{"op":"test","path":"/b","value":null}]`, `!test`},
		{"the whole (4.1, 4.3)", `{"a":1}`, `[{"op":"test","path":"","value":{"a":1}},{"op":"replace","path":"","value":{"b":2}}]`, `{"b":2}`},
		{"an index has no leading zeros (RFC 6901 4)", `{"a":[1,2]}`, `[{"op":"replace","path":"/a/01","value":5}]`, `!unfit`},
		{"an index is not negative (RFC 6901 4)", `{"a":[1,2]}`, `[{"op":"replace","path":"/a/-1","value":5}]`, `!unfit`},
		{"an index is at most the length (4.1)", `{"a":[1,2]}`, `[{"op":"add","path":"/a/3","value":5}]`, `!unfit`},
		{"'-' can only be added (RFC 6901 4)", `{"a":[1,2]}`, `[{"op":"remove","path":"/a/-"}]`, `!unfit`},
		{"nothing moves into itself (4.4)", `{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`, `!unfit`},
		{"moving to where it is (4.4)", `{"a":1,"b":2}`, `[{"op":"move","from":"/a","path":"/a"}]`, `{"a":1,"b":2}`},
		{"copying (4.5)", `{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/c"},{"op":"add","path":"/c/d","value":2}]`, `{"a":{"b":1},"c":{"b":1,"d":2}}`},
		{"all or nothing (5)", `{"a":1}`, `[{"op":"add","path":"/b","value":2},{"op":"remove","path":"/c"}]`, `!unfit`},
		{"no operation of that name", `{}`, `[{"op":"spam","path":"/b"}]`, `!malformed`},
		{"no path", `{}`, `[{"op":"remove"}]`, `!malformed`},
		{"no value", `{}`, `[{"op":"add","path":"/b"}]`, `!malformed`},
		{"no from", `{}`, `[{"op":"copy","path":"/b"}]`, `!malformed`},
		{"no pointer", `{}`, `[{"op":"remove","path":"b"}]`, `!malformed`},
		{"a bad escape", `{"~2":1}`, `[{"op":"remove","path":"/~2"}]`, `!malformed`},
		{"no list", `{}`, `{"op":"remove","path":"/b"}`, `!malformed`},
	} {
		doc := value(t, c.doc)
		if got := apply(doc, value(t, c.patch)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if doc.String() != c.doc {
			t.Errorf("%s: the document was written to: %s", c.name, doc)
		}
	}
}

func apply(doc, operations *simulations.Value) string {
	p, err := patch.Parse(operations)
	var out *simulations.Value
	if err == nil {
		out, err = p.Apply(doc)
	}
	if e, ok := errors.AsType[*patch.Error](err); ok {
		return map[patch.Reason]string{patch.Malformed: "!malformed", patch.Unfit: "!unfit", patch.TestFailed: "!test", patch.TooLarge: "!large"}[e.Reason]
	}
	if err != nil {
		return err.Error()
	}
	return out.String()
}

// TestDuplicateMembers is RFC 6902 A.13: such text is refused before it is a patch.
func TestDuplicateMembers(t *testing.T) {
	if _, err := simulations.ParseJSON([]byte(`[{"op":"add","path":"/baz","value":"qux","op":"remove"}]`)); err == nil {
		t.Error("accepted")
	}
}

// TestBounds: what a patch can make is bounded, however small it is itself.
func TestBounds(t *testing.T) {
	double := `{"op":"copy","from":"","path":"/x/-"}`
	if got := apply(value(t, `{"x":[1,2,3]}`), value(t, "["+strings.TrimSuffix(strings.Repeat(double+",", 64), ",")+"]")); got != "!large" {
		t.Errorf("doubled 64 times: %.80s", got)
	}
	nest := `{"op":"move","from":"","path":"/a"}`
	if got := apply(value(t, `{}`), value(t, "["+nest+"]")); got != "!unfit" {
		t.Errorf("the whole moved into itself: %.80s", got)
	}
	var deep []string
	for i := range 600 {
		deep = append(deep, `{"op":"add","path":"`+strings.Repeat("/a", i+1)+`","value":{}}`)
	}
	if got := apply(value(t, `{}`), value(t, "["+strings.Join(deep, ",")+"]")); got != "!large" {
		t.Errorf("600 levels: %.80s", got)
	}
	if got := apply(value(t, `{}`), value(t, "["+strings.TrimSuffix(strings.Repeat(double+",", patch.MaxOperations+1), ",")+"]")); got != "!large" {
		t.Errorf("too many operations: %.80s", got)
	}
}

func TestPlaces(t *testing.T) {
	v := value(t, `{"a":{"b":[1,2]},"c":null}`)
	at := func(s string) patch.Pointer {
		p, err := patch.ParsePointer(s)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != s {
			t.Errorf("%q is written %q", s, p)
		}
		return p
	}
	for _, c := range []struct{ place, want string }{
		{"/a/b/1", `{"a":{"b":[1,7]},"c":null}`},
		{"/d/e", `{"a":{"b":[1,2]},"c":null,"d":{"e":7}}`},
		{"/a~1b", `{"a":{"b":[1,2]},"c":null,"a/b":7}`},
		{"/c", `{"a":{"b":[1,2]},"c":7}`},
	} {
		out, err := at(c.place).Set(v, value(t, "7"))
		if err != nil || out.String() != c.want {
			t.Errorf("set %s: %v %v", c.place, out, err)
		}
	}
	for _, place := range []string{"/c/d", "/a/b/2", "/a/b/x"} {
		if out, err := at(place).Set(v, value(t, "7")); err == nil {
			t.Errorf("set %s: %s", place, out)
		}
	}
	if got := at("/a/b/0").Remove(v).String(); got != `{"a":{"b":[2]},"c":null}` {
		t.Error(got)
	}
	if got := at("/a/x").Remove(v); got != v {
		t.Error(got)
	}
	if got := patch.Fill(v, value(t, `{"a":{"b":1,"z":2},"c":3,"n":{}}`)).String(); got != `{"a":{"b":[1,2],"z":2},"c":null,"n":{}}` {
		t.Error(got)
	}
	if got := patch.Assign(v, value(t, `{"a":{"z":2},"n":null}`)).String(); got != `{"a":{"z":2},"c":null,"n":null}` {
		t.Error(got)
	}
	if got := patch.WithoutNulls(value(t, `{"a":null,"b":{"c":null,"d":[null]}}`)).String(); got != `{"b":{"d":[null]}}` {
		t.Error(got)
	}
	if v.String() != `{"a":{"b":[1,2]},"c":null}` {
		t.Errorf("written to: %s", v)
	}
}
