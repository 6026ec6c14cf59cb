package matchers

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"understudy/simulations"
)

// recorded is a stub as recording makes them, with whatever may stand in one.
func (w world) recorded(id int) string {
	field := func() string {
		return w.pick(`"x"`, `"1"`, `""`, `{"hasExactly":["x","y"]}`, `{"hasExactly":[]}`, `{"startsWith":"x"}`, `1`)
	}
	body := w.pick(
		`{"absent":true}`, `{"json":`+w.document()+`}`, `{"json":{"value":`+w.document()+`}}`, `{"equals":"x"}`, `{"equals":""}`, `{"base64":"eA=="}`,
		`{"xml":"<a>x</a>"}`, `{"form":{"a":"x"}}`, `{"json":{"value":1,"ignoreOrder":true}}`, `{"json":{"value":{"a":1},"b":2}}`,
	)
	return fmt.Sprintf(
		`{"id":"s%d","collaborator":%q,"request":{"method":%q,"path":%q,"exactQuery":true,"redacted":%v,"query":{"p":%s},"headers":{%q:%s},"body":%s},"response":{}}`,
		id, w.pick("k", "l"), w.pick("GET", "POST"), w.pick(worldPaths...), w.chance(20), field(), w.pick("X-A", "x-b"), field(), body,
	)
}

// TestShelved: stubs that are kept packed until they are led to are found,
// explained and hidden as those that are compiled at once are.
func TestShelved(t *testing.T) {
	w := world{rand.New(rand.NewPCG(3, 4))}
	shelvedAll, found := 0, 0
	for range 300 {
		plain, packed := NewSet(NewTail()), NewSet(NewTail())
		for range 40 {
			text := w.stub(w.IntN(30), true)
			if w.chance(70) {
				text = w.recorded(w.IntN(30))
			}
			s := compileTestStub(t, text, "sim", uint64(w.IntN(4)), uint32(w.IntN(4)))
			s.model.Packed = string(simulations.AppendPacked(nil, s.model.Stub))
			other := s
			if Certain(s.model.Stub) {
				other = Shelve("sim", s.model, openStub)
				if !slices.Equal(exactKeys(s), exactKeys(other)) || !s.Exact() || !other.Exact() {
					t.Fatalf("%s has other keys", text)
				}
				shelvedAll++
			}
			plain.Tail().Put(s)
			packed.Tail().Put(other)
			if other.Packed() != s.Packed() {
				t.Fatalf("%s is packed otherwise", text)
			}
			if w.chance(10) {
				id := []string{fmt.Sprint("s", w.IntN(30))}
				plain.Tail().Edit("sim", nil, id)
				packed.Tail().Edit("sim", nil, id)
			}
		}
		for range 30 {
			r := w.request()
			a, _ := plain.Find(r, nil)
			b, _ := packed.Find(r, nil)
			if !same(a.Stub, b.Stub) {
				t.Fatalf("%s is found, not %s", describe(b.Stub), describe(a.Stub))
			}
			if b.Stub != nil {
				found++
				if again, _ := packed.Find(r, nil); again.Stub != b.Stub {
					t.Fatal("a stub is made ready twice")
				}
			}
			if x, y := plain.Explain(r, nil), packed.Explain(r, nil); !reflect.DeepEqual(x.Candidates, y.Candidates) || x.Precedence != y.Precedence {
				t.Fatalf("explained as %+v, not %+v", y, x)
			}
			if x, y := plain.Nearest(r, 3, nil), packed.Nearest(r, 3, nil); !reflect.DeepEqual(x, y) {
				t.Fatalf("near is %+v, not %+v", y, x)
			}
		}
	}
	if shelvedAll < 1000 || found < 500 {
		t.Errorf("only %d stubs were shelved, %d found", shelvedAll, found)
	}
}

// FuzzCertain: what is called certain compiles, and with the keys that it is
// shelved by.
func FuzzCertain(f *testing.F) {
	w := world{rand.New(rand.NewPCG(5, 6))}
	for i := range 60 {
		f.Add([]byte(w.recorded(i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := simulations.DecodeStub(data)
		if err != nil || !Certain(s) {
			return
		}
		stored := &simulations.StoredStub{Stub: s, Packed: string(simulations.AppendPacked(nil, s))}
		made, faults := openStub("sim", simulations.PackedStub{Packed: stored.Packed})
		if len(faults) > 0 {
			t.Fatalf("it does not compile: %+v", faults)
		}
		if made.pattern.path.kind != exactPath || !slices.Equal(exactKeys(made), exactKeys(Shelve("sim", stored, openStub))) {
			t.Fatal("it has other keys")
		}
	})
}
