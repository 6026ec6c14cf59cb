package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	"understudy/simulator/resource"
	inmemory "understudy/store/memory"
)

// testSessions are sessions with nothing special about them.
func testSessions() *sessions {
	return newSessions(sessionOptions{idle: time.Hour, max: 1000, now: time.Now})
}

// memoryStore is a store that ends with the test.
func memoryStore(t *testing.T) Store {
	st := inmemory.Open(slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := st.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return st
}

// TestStatesAndValuesExpire: what was set for a time is there until then, not
// longer, over a restart too, and setting it again begins the time anew.
func TestStatesAndValuesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memoryStore(t)
		s := testSessions()
		lock := stubOf(t, "lock", &simulations.Stub{
			Scenario: &simulations.Scenario{Name: "door", Requires: simulations.ScenarioStart, Sets: "locked", TTL: simulations.Duration(time.Minute)},
			State:    &simulations.State{Sets: map[string]string{"by": "ada"}, TTL: simulations.Duration(30 * time.Second)},
		})
		claim := func() bool {
			_, blocked := s.claim("x", lock, answersOf(lock), false, nil)
			return blocked == nil
		}
		shows := func(door, by string) {
			t.Helper()
			info, err := s.get("x")
			if err != nil || info.Scenarios["door"] != door || info.Values["by"] != by {
				t.Errorf("after a while: %+v, %v, want door %q by %q", info, err, door, by)
			}
			if _, ok := info.Expires.Values["by"]; ok != (by != "") {
				t.Errorf("what expires is %+v", info.Expires)
			}
			if v, ok := s.memory("x", false, nil).Get("by"); v != by || ok != (by != "") {
				t.Errorf("a template sees %q, %v", v, ok)
			}
		}
		if !claim() || claim() {
			t.Fatal("a lock is not one")
		}
		shows("locked", "ada")
		time.Sleep(30*time.Second - time.Nanosecond)
		shows("locked", "ada")
		time.Sleep(time.Nanosecond)
		shows("locked", "")
		if err := s.flush(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		restart := func() {
			s = testSessions()
			if err := s.load(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		restart()
		shows("locked", "")
		time.Sleep(30*time.Second - time.Nanosecond)
		if claim() {
			t.Error("unlocked too early")
		}
		time.Sleep(time.Nanosecond)
		shows("", "")
		if !claim() {
			t.Error("still locked")
		}
		shows("locked", "ada")
		// Without a time it stays, whatever was before.
		if err := s.setValue(t.Context(), st, "x", "by", "grace", 0); err != nil {
			t.Fatal(err)
		}
		held := s.budget.Used()
		time.Sleep(2 * time.Minute)
		s.expire()
		if s.budget.Used() >= held {
			t.Error("what has expired is still counted")
		}
		restart()
		info, err := s.get("x")
		if err != nil || info.Values["by"] != "grace" || len(info.Scenarios)+len(info.Expires.Values)+len(info.Expires.Scenarios) > 0 {
			t.Errorf("%+v, %v", info, err)
		}
		// A counter goes on with the time that it has.
		if err := s.setValue(t.Context(), st, "x", "hits", "1", time.Minute); err != nil {
			t.Fatal(err)
		}
		for want := int64(2); want <= 4; want++ {
			time.Sleep(15 * time.Second)
			if n, err := s.memory("x", false, nil).Add("hits", 1); err != nil || n != want {
				t.Errorf("the counter is %d, %v, want %d", n, err, want)
			}
		}
		time.Sleep(15 * time.Second)
		if n, err := s.memory("x", false, nil).Add("hits", 1); err != nil || n != 1 {
			t.Errorf("the counter is %d, %v, and begins anew", n, err)
		}
		// One that expired while nothing ran is not there, and leaves the store.
		if err := s.setValue(t.Context(), st, "x", "late", "v", time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		restart()
		if info, err := s.get("x"); err != nil || len(info.Values) != 2 || !info.LastUsed.Equal(time.Now()) {
			t.Errorf("%+v, %v", info, err)
		}
		if err := s.flush(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		for e := range st.RangeState(t.Context(), sessionKey("x")+"v/late") {
			t.Errorf("the store has %q", e.Key)
		}
	})
}

// TestKeptForms: whatever text a state or a value has, it is read as it was
// written, and what versions of before wrote is read too.
func TestKeptForms(t *testing.T) {
	for _, kind := range []byte{memoScenario, memoValue} {
		for _, text := range []string{"paid", "", "=", "@5=x", "\x005=x", "\x00", "-", "a=b", "ä"} {
			for _, until := range []int64{0, 1, 1 << 60} {
				want := kept{text, until}
				if got, ok := parseKept(kind, string(want.appendTo(nil, kind))); got != want || ok != (text != "" || kind == memoValue || until != 0) {
					t.Errorf("%c: %+v is read as %+v, %v", kind, want, got, ok)
				}
			}
		}
	}
	for text, ok := range map[string]bool{"=x": true, "-": false, "": false, "@x=": false, "@": false, "@-1=x": false, "?": false} {
		if _, got := parseKept(memoValue, text); got != ok {
			t.Errorf("%q is a value: %v", text, got)
		}
	}
}

// TestKeysFitTheStore: no id and no key of a client's is too long for the store,
// which would keep everybody's states from being written.
func TestKeysFitTheStore(t *testing.T) {
	st := memoryStore(t)
	s := testSessions()
	ids := []string{strings.Repeat("/", 200), strings.Repeat("%", 199) + "~", "%~" + strings.Repeat("a", 100), "a/b%2F"}
	key := strings.Repeat("/", simulations.MaxStateKey)
	for _, id := range ids {
		if err := s.setValue(t.Context(), st, id, key, id, 0); err != nil {
			t.Fatal(err)
		}
	}
	s = testSessions()
	if err := s.load(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if info, err := s.get(id); err != nil || info.Values[key] != id {
			t.Errorf("%q: %+v, %v", id, info, err)
		}
	}
}

// TestRememberedIsCounted: whatever happens to it, a session's bytes are those of
// what it holds, and the budget's those of all.
func TestRememberedIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memoryStore(t)
		s := testSessions()
		r := rand.New(rand.NewPCG(1, 2))
		id := func() string { return fmt.Sprint(r.IntN(5)) }
		name := func() string { return fmt.Sprint("n", r.IntN(6)) }
		text := func() string { return strings.Repeat("x", 1+r.IntN(50)) }
		for range 3000 {
			switch r.IntN(8) {
			case 0:
				_ = s.remove(t.Context(), st, id()) // it need not be there
			case 1:
				_ = s.removeValue(t.Context(), st, id(), name())
			case 2:
				if err := s.reset(t.Context(), st, id()); err != nil {
					t.Fatal(err)
				}
			case 3:
				if err := s.setValue(t.Context(), st, id(), name(), text(), time.Duration(r.IntN(3))*time.Second); err != nil {
					t.Fatal(err)
				}
			case 4:
				if err := s.setScenario(t.Context(), st, id(), name(), text(), time.Duration(r.IntN(3))*time.Second); err != nil {
					t.Fatal(err)
				}
			case 5:
				stub := stubOf(t, name(), &simulations.Stub{Times: 1000, State: &simulations.State{Sets: map[string]string{name(): text(), "own": text()}, Removes: []string{"other", "other"}}})
				s.claim(id(), stub, answersOf(stub), false, nil)
			case 6:
				if _, err := s.memory(id(), false, nil).Add("counter", 1000); err != nil {
					t.Fatal(err)
				}
			case 7:
				time.Sleep(time.Second / 2)
				s.expire()
			}
			var all int64
			for i := range s.shards {
				for _, se := range s.shards[i].byID {
					var held int64
					for _, m := range []memos{se.scenarios, se.values} {
						for name, k := range m {
							held += weigh(name, k.text)
						}
					}
					for name := range se.answers {
						held += weigh(name, "")
					}
					if held != se.bytes {
						t.Fatalf("the session %s counts %d bytes and holds %d", se.id, se.bytes, held)
					}
					all += held
				}
			}
			if used := s.budget.Used(); used != all {
				t.Fatalf("the budget counts %d bytes, and %d are held", used, all)
			}
		}
	})
}

// TestSessionIsFull: a session that can remember no more says so, and stays as it
// was; others go on.
func TestSessionIsFull(t *testing.T) {
	st := memoryStore(t)
	s := testSessions()
	value := strings.Repeat("x", simulations.MaxStateValue)
	var err error
	n := 0
	for ; err == nil && n < 1<<12; n++ {
		err = s.memory("x", false, nil).Set(fmt.Sprint(n), value)
	}
	if want := maxRemembered / simulations.MaxStateValue; err == nil || n < want-16 || n > want {
		t.Fatalf("%d values of 32 KiB fit, the error is %v", n, err)
	}
	stub := stubOf(t, "s", &simulations.Stub{Times: 10, Scenario: &simulations.Scenario{Name: "a", Sets: "moved"}, State: &simulations.State{Sets: map[string]string{"more": value, "most": value}}})
	c, blocked := s.claim("x", stub, answersOf(stub), false, nil)
	if blocked != nil || c.err == nil || !strings.Contains(c.err.Error(), "64 MiB") {
		t.Errorf("the claim of a full session: %+v, %+v", c, blocked)
	}
	info, _ := s.get("x")
	if len(info.Answers)+len(info.Scenarios) > 0 || info.Values["more"] != "" {
		t.Errorf("a claim that was refused moved %v %v", info.Answers, info.Scenarios)
	}
	if err := s.setValue(t.Context(), st, "x", "more", value+"", 0); simulations.CodeOf(err) != simulations.CodeTooLarge {
		t.Errorf("the admin plane sets %v", err)
	}
	if c, _ := s.claim("y", stub, answersOf(stub), false, nil); c.err != nil {
		t.Error(c.err)
	}
	if err := s.reset(t.Context(), st, "x"); err != nil {
		t.Fatal(err)
	}
	if c, _ := s.claim("x", stub, answersOf(stub), false, nil); c.err != nil {
		t.Error(c.err)
	}
}

// TestBytesMakeRoom: past what all sessions may hold the longest idle go, and the
// default one and those in use stay.
func TestBytesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 16 << 20
		s := newSessions(sessionOptions{idle: time.Hour, max: 1 << 20, bytes: limit, now: time.Now})
		value := strings.Repeat("x", simulations.MaxStateValue)
		set := func(id string) {
			t.Helper()
			time.Sleep(time.Millisecond)
			for i := range 8 {
				if err := s.memory(id, false, nil).Set(fmt.Sprint(i), value); err != nil {
					t.Fatal(err)
				}
			}
			if used := s.budget.Used(); used > limit {
				t.Fatalf("%d bytes are held", used)
			}
		}
		set(defaultSession)
		for i := range 500 {
			set(fmt.Sprint(i))
		}
		if _, err := s.get(defaultSession); err != nil {
			t.Error(err)
		}
		for i := 490; i < 500; i++ {
			if _, err := s.get(fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
		if n, made := s.count(), s.made.Load(); n+int(made) != 501 || n < 32 {
			t.Errorf("%d sessions, %d made room", n, made)
		}
	})
}

// TestDrawsFollowTheSession: a fresh session of the same name draws the same, in
// any process, others draw differently; a dry claim sees what comes.
func TestDrawsFollowTheSession(t *testing.T) {
	var responses []*simulations.Response
	for i := range 5 {
		responses = append(responses, &simulations.Response{Status: 200 + i, Weight: 1 + i})
	}
	random := stubOf(t, "r", &simulations.Stub{Order: simulations.OrderRandom, Responses: responses})
	draws := func(s *sessions, id string) (out string) {
		for range 50 {
			foreseen, _ := s.claim(id, random, answersOf(random), true, nil)
			c, _ := s.claim(id, random, answersOf(random), false, nil)
			if foreseen.response != c.response {
				t.Error("a dry claim saw another response")
			}
			out += fmt.Sprint(c.response.status - 200)
		}
		return out
	}
	s := testSessions()
	first := draws(s, "a")
	if again := draws(testSessions(), "a"); again != first {
		t.Errorf("a fresh session draws %s after %s", again, first)
	}
	st := memoryStore(t)
	if err := s.reset(t.Context(), st, "a"); err != nil {
		t.Fatal(err)
	}
	if again := draws(s, "a"); again != first {
		t.Errorf("after a reset it draws %s after %s", again, first)
	}
	if other := draws(s, "b"); other == first {
		t.Error("two sessions draw the same")
	}
	if other := draws(newSessions(sessionOptions{idle: time.Hour, max: 10, seed: 1, now: time.Now}), "a"); other == first {
		t.Error("two seeds draw the same")
	}
	// What is promised to hold over versions.
	if got, want := first, "12230413244323341314133444404224332423340330231213"; got != want {
		t.Errorf("it draws %s, and drew %s", got, want)
	}
}

// TestDrawnIsEven: the numbers of one session and of many are spread evenly
// (chi-squared with 9 degrees of freedom: 33.7 is passed once in 10,000 times).
func TestDrawnIsEven(t *testing.T) {
	check := func(what string, draw func(i int) int) {
		const n = 20_000
		var seen [10]float64
		for i := range n {
			seen[draw(i)]++
		}
		chi := 0.0
		for _, k := range seen {
			chi += (k - n/10) * (k - n/10) / (n / 10)
		}
		if chi > 33.7 {
			t.Errorf("%s: %v", what, seen)
		}
	}
	check("of one session", func(i int) int { return drawn(0, "a", "s/x", i, 10) })
	check("the first of many", func(i int) int { return drawn(0, fmt.Sprint(i), "s/x", 0, 10) })
	check("of many seeds", func(i int) int { return drawn(uint64(i), "a", "s/x", 3, 10) })
}

// TestFilterOfSessions: each member of a filter chooses.
func TestFilterOfSessions(t *testing.T) {
	st := memoryStore(t)
	s := testSessions()
	for _, id := range []string{"run-1/a", "run-1/b", "run-2/a", "x[1]"} {
		if err := s.setValue(t.Context(), st, id, "k", "v", 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.setScenario(t.Context(), st, "run-1/b", "door", "open", 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    simulations.SessionFilter
		want string
	}{
		{simulations.SessionFilter{}, "run-1/a run-1/b run-2/a x[1]"},
		{simulations.SessionFilter{ID: "run-1*"}, "run-1/a run-1/b"},
		{simulations.SessionFilter{ID: "*/a"}, "run-1/a run-2/a"},
		{simulations.SessionFilter{ID: "x[1]"}, "x[1]"},
		{simulations.SessionFilter{ID: "run-?/a"}, ""},
		{simulations.SessionFilter{After: "run-1/b"}, "run-2/a x[1]"},
		{simulations.SessionFilter{Scenario: "door"}, "run-1/b"},
		{simulations.SessionFilter{Scenario: "door", State: "open"}, "run-1/b"},
		{simulations.SessionFilter{Scenario: "door", State: "shut"}, ""},
		{simulations.SessionFilter{Scenario: "door", State: simulations.ScenarioStart}, "run-1/a run-2/a x[1]"},
	} {
		c.f.Limit = 100
		var got []string
		for _, info := range s.list(c.f).Sessions {
			got = append(got, info.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v chooses %q, want %q", c.f, got, c.want)
		}
	}
	if page := s.list(simulations.SessionFilter{Limit: 2}); len(page.Sessions) != 2 || !page.More {
		t.Errorf("a page of two: %+v", page)
	}
}

// TestBudgetRefuses: what all may hold cannot be passed, not even for a moment.
func TestBudgetRefuses(t *testing.T) {
	b := resource.NewBudget(100)
	if !b.Take(100) || b.Take(1) || b.Used() != 100 || !b.Take(-1) || !b.Take(1) {
		t.Errorf("%d of %d are taken", b.Used(), b.Limit())
	}
	b.Give(100)
	r := newRemembered(b)
	if err := r.reserve(101); err == nil || !errors.As(err, new(*simulations.Error)) || b.Used() != 0 {
		t.Errorf("%v, and %d are taken", err, b.Used())
	}
}
