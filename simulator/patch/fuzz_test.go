package patch_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator/patch"
)

// naiveMerge is the pseudocode of RFC 7396 section 2, on what encoding/json decodes.
func naiveMerge(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out := map[string]any{}
	if t, ok := target.(map[string]any); ok {
		for k, v := range t {
			out[k] = v
		}
	}
	for k, v := range p {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = naiveMerge(out[k], v)
		}
	}
	return out
}

// naiveFill is Fill on what encoding/json decodes.
func naiveFill(target, defaults any) any {
	t, isObject := target.(map[string]any)
	d, areObject := defaults.(map[string]any)
	if !isObject || !areObject {
		return target
	}
	out := map[string]any{}
	for k, v := range d {
		out[k] = v
	}
	for k, v := range t {
		if out[k] = v; d[k] != nil {
			out[k] = naiveFill(v, d[k])
		}
	}
	return out
}

// FuzzPatch: whatever the document and the patch, nothing panics, the document
// is not written to, the result is JSON within the bounds, and a merge is what
// the RFC's own pseudocode makes of it.
func FuzzPatch(f *testing.F) {
	for _, doc := range []string{`{"a":{"b":[1,{"c":null}]},"":0}`, `[1,2,[3]]`, `{"~/":1e400,"a":"ü"}`} {
		f.Add(doc, `{"a":{"b":null},"x":{"y":null}}`)
		f.Add(doc, `[{"op":"add","path":"/a/b/-","value":{"a":1}},{"op":"test","path":"/a/b/0","value":1.0}]`)
		f.Add(doc, `[{"op":"move","from":"/a","path":"/b"},{"op":"copy","from":"/b","path":"/b/b/0"},{"op":"remove","path":"/~0~1"}]`)
		f.Add(doc, `[{"op":"replace","path":"","value":[]},{"op":"add","path":"/0","value":0}]`)
	}
	f.Fuzz(func(t *testing.T, text, change string) {
		doc, err := simulations.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		p, err := simulations.ParseJSON([]byte(change))
		if err != nil {
			return
		}
		docBefore, patchBefore := doc.String(), p.String()
		merged := patch.Merge(doc, p)
		if want := naiveMerge(doc.Interface(), p.Interface()); !reflect.DeepEqual(merged.Interface(), want) {
			t.Errorf("%s merged with %s: %s, want %v", text, change, merged, want)
		}
		if operations, err := patch.Parse(p); err == nil {
			if out, err := operations.Apply(doc); err == nil && !json.Valid(out.AppendJSON(nil)) {
				t.Errorf("%s patched with %s is no JSON", text, change)
			}
		}
		if filled, want := patch.Fill(doc, p), naiveFill(doc.Interface(), p.Interface()); !reflect.DeepEqual(filled.Interface(), want) {
			t.Errorf("%s filled with %s: %s, want %v", text, change, filled, want)
		}
		if doc.String() != docBefore || p.String() != patchBefore {
			t.Errorf("%s or %s was written to", text, change)
		}
	})
}

// FuzzPointer: a pointer that is read is written the same way.
func FuzzPointer(f *testing.F) {
	for _, s := range []string{"", "/", "/a~1b/~01/0/-", "/~", "a", "//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := patch.ParsePointer(s)
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q is written %q", s, p)
		}
		if len(p) > 0 && !strings.Contains(s, "\x00") {
			v, err := p.Set(nil, simulations.NewInt(1))
			if err != nil || p.Get(v) == nil || p.Remove(v) == v {
				t.Errorf("%q: %v %v", s, v, err)
			}
		}
	})
}
