package simulations

import (
	"math/rand/v2"
	"testing"
)

// oddTexts are texts that are right in some places and wrong in others.
var oddTexts = []string{
	"", "*", "/a", "/a?b", "GET", "G T", "Content-Type", "content-type", "X\n", "caf\xe9", "caf\xe8", "ok", "a b", "\ufeff", "{",
	"sequence", "Connection", "Content-Length", "name", "-name", "日本", "connection-reset",
}

// oddStub is anything that a stub of a recording could be, and more.
func oddStub(r *rand.Rand) *Stub {
	text := func() string { return oddTexts[r.IntN(len(oddTexts))] }
	// Mostly what is right: a stub of which all is odd is never sound.
	pick := func(right string) string {
		if r.IntN(12) == 0 {
			return text()
		}
		return right
	}
	sometimes := func() bool { return r.IntN(12) == 0 }
	var value func(depth int) *Value
	value = func(depth int) *Value {
		switch k := r.IntN(6); {
		case k == 0 && depth > 0:
			v := NewArray()
			for range r.IntN(4) {
				v.Items = append(v.Items, value(depth-1))
			}
			return v
		case k == 1 && depth > 0:
			v := &Value{Kind: Object}
			for i := range r.IntN(22) {
				v.Names = append(v.Names, pick(string(rune('a'+i))))
				v.Items = append(v.Items, value(depth-1))
			}
			return v
		case k == 2:
			return NewBool(true)
		case k == 3:
			return NewInt(r.Int64N(1000))
		case k == 4 && sometimes():
			v := NewBool(false)
			for range MaxDepth - 12 + r.IntN(12) {
				v = NewArray(v)
			}
			return v
		}
		return NewString(text())
	}
	predicate := func() *Predicate {
		if r.IntN(2) == 0 {
			return nil
		}
		return &Predicate{Value: value(3)}
	}
	predicates := func() map[string]Predicate {
		out := map[string]Predicate{}
		for _, name := range []string{"Accept", "A"}[:r.IntN(3)] {
			out[pick(name)] = Predicate{Value: value(2)}
		}
		return out
	}
	headers := func() Headers {
		out := Headers{}
		for _, name := range []string{"Content-Type", "Location"}[:r.IntN(3)] {
			out[pick(name)] = []string{pick("v"), pick("w")}[:r.IntN(3)]
		}
		return out
	}
	response := func() *Response {
		out := &Response{Status: 200 + r.IntN(400), Headers: headers(), Trailers: headers()}
		if sometimes() {
			out.Status = r.IntN(1200) - 100
		}
		switch s := text(); r.IntN(4) {
		case 0:
			out.Text = &s
		case 1:
			b := Bytes(s)
			out.Base64 = &b
		case 2:
			out.Stored = &BodyRef{ID: pick("id"), Size: 1}
		}
		if sometimes() {
			s := "second"
			out.Text = &s
		}
		if sometimes() {
			out.Repeat, out.Weight = r.IntN(5)-2, r.IntN(5)-2
		}
		if sometimes() {
			out.Fault = Fault(text())
		}
		if sometimes() {
			out.Template = r.IntN(2) == 0
			out.Dialect = Dialect(pick("hoverfly"))
			out.Parameters, out.Variables = map[string]*Value{text(): value(2)}, map[string]string{text(): text()}
		}
		if sometimes() {
			out.Delay = &Delay{Fixed: Duration(r.IntN(100) - 20), Force: sometimes()}
		}
		return out
	}
	s := &Stub{
		ID: pick("id"), Collaborator: pick("pay"), Labels: []string{text()},
		Request: Pattern{
			Method: Strings{pick("GET")}, Path: &Predicate{Value: NewString(pick("/a"))}, Host: predicate(), Body: predicate(),
			Session: predicate(), Origin: predicate(), Query: predicates(), Headers: predicates(), Cookies: predicates(), ExactQuery: true,
			Authority: predicate(), URL: predicate(), Params: predicates(), Join: text(),
		},
		Response: response(),
	}
	if sometimes() {
		s.Request.Any, s.Request.None = []Pattern{{Method: Strings{pick("GET")}}}, []Pattern{{Path: predicate()}}
	}
	if sometimes() {
		s.State = &State{Requires: predicates(), Sets: map[string]string{text(): "v"}, Removes: []string{text()}}
	}
	if sometimes() {
		s.Priority, s.Specificity = r.IntN(1<<33)-1<<32, r.IntN(1<<33)-1<<31
	}
	if r.IntN(3) == 0 {
		s.Response, s.Responses, s.Order = nil, []*Response{response(), response()}, Order(pick("sequence"))
	}
	if sometimes() {
		s.Scenario = &Scenario{Name: text()}
	}
	if sometimes() {
		s.Times = r.IntN(5) - 2
	}
	return s
}

// TestSound: what is called sound can be written and read, and much of what can
// is called sound.
func TestSound(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	sound, readable := 0, 0
	for range 6000 {
		s := oddStub(r)
		b, err := AppendStub(nil, s)
		if err == nil {
			_, err = ParseStub(b)
		}
		if err == nil {
			readable++
		}
		if !s.Sound() {
			continue
		}
		sound++
		if err != nil {
			t.Fatalf("%s is called sound, but %v", b, err)
		}
	}
	if sound < readable/3 || readable < 1000 {
		t.Errorf("%d are readable, %d called sound", readable, sound)
	}
}

func BenchmarkSound(b *testing.B) {
	text := string(make([]byte, 600))
	s := &Stub{
		ID: "POST-v1-charges-0123456789abcdef", Collaborator: "payments", Labels: []string{"recorded"},
		Request:  Pattern{Method: Strings{"POST"}, Path: &Predicate{Value: NewString("/v1/charges")}, Headers: map[string]Predicate{"Content-Type": {Value: NewString("application/json")}}, ExactQuery: true},
		Response: &Response{Status: 201, Headers: Headers{"Content-Type": {"application/json"}, "Location": {"/v1/charges/1"}}, Text: &text},
	}
	b.ReportAllocs()
	for b.Loop() {
		if !s.Sound() {
			b.Fatal("not sound")
		}
	}
}
