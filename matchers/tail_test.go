package matchers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"understudy/simulations"
)

func stubFor(t testing.TB, simulation, id, path string, revision uint64) *Stub {
	return compileTestStub(t, fmt.Sprintf(`{"id":%q,"request":{"method":["GET","POST"],"path":%q},"response":{}}`, id, path), simulation, revision, 0)
}

// TestTail compares a tail with a map, over random edits.
func TestTail(t *testing.T) {
	w := world{rand.New(rand.NewPCG(1, 2))}
	tail, model := NewTail(), map[stubKey]*Stub{}
	tail.keeps = 20 << 10 // so that the tables are made anew now and then
	for range 3000 {
		k := stubKey{fmt.Sprint("sim", w.IntN(3)), fmt.Sprint("s", w.IntN(40))}
		switch w.IntN(10) {
		case 0, 1:
			tail.Edit(k.simulation, nil, []string{k.id})
			model[k] = gone
		default:
			text := fmt.Sprintf(`{"id":%q,"request":{"path":%s},"response":{}}`, k.id, w.path())
			s := compileTestStub(t, text, k.simulation, uint64(w.IntN(5)), 0)
			tail.Put(s)
			model[k] = s
		}
		st := tail.state.Load()
		listed := len(st.other)
		for _, s := range model {
			if s == gone {
				listed++
			}
		}
		some := 0
		st.some(20, func(s *Stub) {
			some++
			if model[stubKey{s.Simulation, s.ID}] != s {
				t.Fatalf("%s is not there", describe(s))
			}
		})
		if some != min(20, len(model)-listed+len(st.other)) {
			t.Fatalf("%d of %d stubs shown", some, len(model))
		}
		if !slices.IsSortedFunc(st.other, compareStubs) {
			t.Fatal("not in order of precedence")
		}
		for _, list := range st.in.paths.all(st.version) {
			if len(list) == 0 {
				t.Fatal("an empty list is kept")
			}
			if !slices.IsSortedFunc(list, compareStubs) {
				t.Fatal("not in order of precedence")
			}
			listed += len(list)
		}
		if listed != len(model) || st.len != len(model) {
			t.Fatalf("%d stubs listed, %d counted, want %d", listed, st.len, len(model))
		}
		for key, s := range model {
			if st.get(key) != s {
				t.Fatalf("%v is not there", key)
			}
		}
	}
}

// TestTailForgets replaces large stubs again and again: what was replaced does not
// stay, and a search that is under way sees what it began with.
func TestTailForgets(t *testing.T) {
	tail := NewTail()
	large := strings.Repeat("x", 256<<10)
	put := func(revision uint64) *Stub {
		s := compileTestStub(t, fmt.Sprintf(`{"id":"a","request":{"path":"/a"},"response":{"text":%q}}`, large), "sim", revision, 0)
		s.model.Packed = string(simulations.AppendPacked(nil, s.model.Stub))
		tail.Put(s)
		return s
	}
	first := put(1)
	underWay := tail.state.Load()
	for i := range uint64(500) {
		last := put(i + 2)
		st := tail.state.Load()
		if kept := st.in.ids.len * len(large); kept > maxStale+2*len(large) {
			t.Fatalf("%d bytes of replaced stubs are kept", kept)
		}
		if st.get(stubKey{"sim", "a"}) != last || st.len != 1 {
			t.Fatal("the last one is not there")
		}
	}
	if underWay.get(stubKey{"sim", "a"}) != first {
		t.Error("a search that is under way lost its stub")
	}
}

// TestTailHidesOlder follows one stub through its ages: in the index, replaced
// in the tail, taken out again.
func TestTailHidesOlder(t *testing.T) {
	old := stubFor(t, "sim", "a", "/old", 1)
	other := stubFor(t, "other", "a", "/old", 1)
	set := NewSet(NewTail()).With("sim", indexOf(t, old))
	find := func(s *Set, path string) *Stub {
		m, _ := s.Find(request("GET", path), nil)
		return m.Stub
	}
	if !same(find(set, "/old"), old) {
		t.Fatal("not found")
	}
	fresh := stubFor(t, "sim", "a", "/new", 2)
	set.Tail().Put(fresh)
	if find(set, "/new") != fresh || find(set, "/old") != nil {
		t.Error("the tail's stub does not hide the index's")
	}
	if near := set.Nearest(request("GET", "/old"), 5, nil); len(near) != 1 || near[0].Failed[0].Expected != "/new" {
		t.Errorf("near misses show what is hidden: %+v", near)
	}
	set.Tail().Put(other)
	if find(set, "/old") != other {
		t.Error("a stub of another simulation is hidden, or not found")
	}
	next := set.With("sim", indexOf(t, fresh)).WithTail(NewTail())
	if !same(find(next, "/new"), fresh) || find(next, "/old") != nil || find(set, "/old") != other {
		t.Error("sets are not independent")
	}
	set.Tail().Edit("sim", nil, []string{"a"})
	set.Tail().Edit("other", nil, []string{"a"})
	if find(set, "/old") != nil || find(set, "/new") != nil {
		t.Error("what the tail hides is found")
	}
	if near := set.Nearest(request("GET", "/old"), 5, nil); len(near) != 0 {
		t.Errorf("near misses show what is hidden: %+v", near)
	}
	if !same(find(set.WithTail(NewTail()), "/old"), old) {
		t.Error("what the tail hid is not found without it")
	}
	if find(set.Without("sim"), "/old") != nil {
		t.Error("found in a set without it")
	}
}

// TestTailUnderLoad puts stubs while others search: what was put is found from
// then on, and a stub that is always there is never missed while it is replaced.
func TestTailUnderLoad(t *testing.T) {
	set := NewSet(NewTail()).With("sim", indexOf(t, stubFor(t, "sim", "constant", "/constant", 1)))
	var done atomic.Bool
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !done.Load() {
				if _, ok := set.Find(request("GET", "/constant"), nil); !ok {
					t.Error("the constant stub was missed")
					return
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := range 300 {
				path := fmt.Sprintf("/w%d/%d", w, i)
				s := stubFor(t, "sim", fmt.Sprintf("w%d-%d", w, i), path, 2)
				set.Tail().Put(s)
				if m, _ := set.Find(request("POST", path), nil); m.Stub != s {
					t.Errorf("%s was put and is not found", path)
				}
				set.Tail().Put(stubFor(t, "sim", "constant", "/constant", uint64(3+i)))
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
	if n := set.Tail().state.Load().len; n != 1201 {
		t.Errorf("%d stubs in the tail", n)
	}
}
