package simulator

import (
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
)

// TestLookIsOneMoment: a search that passed over a stub whose turn comes meanwhile
// is told so, instead of finding nothing or what comes after it.
func TestLookIsOneMoment(t *testing.T) {
	step := func(id, requires, sets string, ttl time.Duration) *simulations.Stub {
		return &simulations.Stub{ID: id, Scenario: &simulations.Scenario{Name: "a", Requires: requires, Sets: sets, TTL: simulations.Duration(ttl)}}
	}
	first := stubOf(t, "first", step("first", simulations.ScenarioStart, "b", 0))
	second := stubOf(t, "second", step("second", "b", simulations.ScenarioStart, 0))
	short := stubOf(t, "short", step("short", simulations.ScenarioStart, "b", time.Second))
	other := stubOf(t, "other", &simulations.Stub{Times: 100, State: &simulations.State{Sets: map[string]string{"k": "v"}}})
	plain := stubOf(t, "plain", &simulations.Stub{})
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			what      string
			meanwhile func(s *sessions)
			stale     bool
		}{
			{"nothing", func(*sessions) {}, false},
			{"another stub's answer", func(s *sessions) { s.claim("x", other, answersOf(other), false, nil) }, false},
			{"its turn", func(s *sessions) { s.claim("x", first, answersOf(first), false, nil) }, true},
			{"its turn, and the turn after", func(s *sessions) {
				s.claim("x", first, answersOf(first), false, nil)
				s.claim("x", second, answersOf(second), false, nil)
			}, false},
			{"another session", func(s *sessions) { s.claim("y", first, answersOf(first), false, nil) }, false},
		} {
			for _, last := range []string{"none", "plain", "other"} {
				s := testSessions()
				var l look
				if _, blocked := s.claim("x", second, answersOf(second), false, &l); blocked == nil {
					t.Fatal("it is not blocked")
				}
				c.meanwhile(s)
				granted := false
				switch last {
				case "none":
					granted = s.settled("x", &l)
				case "plain":
					_, blocked := s.claim("x", plain, answersOf(plain), false, &l)
					granted = blocked == nil
				case "other":
					_, blocked := s.claim("x", other, answersOf(other), false, &l)
					granted = blocked == nil
				}
				if granted == c.stale || l.stale != c.stale || s.settled("x", &l) == c.stale {
					t.Errorf("after %s, %s is granted: %v", c.what, last, granted)
				}
			}
		}
		// Time moves it on too.
		s := testSessions()
		s.claim("x", short, answersOf(short), false, nil)
		var l look
		if _, blocked := s.claim("x", first, answersOf(first), false, &l); blocked == nil {
			t.Fatal("it is not blocked")
		}
		time.Sleep(time.Second)
		if s.settled("x", &l) {
			t.Error("what expired meanwhile is not seen")
		}
		// A session that was reset is another.
		s = testSessions()
		s.claim("x", first, answersOf(first), false, nil)
		l = look{}
		s.claim("x", first, answersOf(first), false, &l)
		if err := s.reset(t.Context(), memoryStore(t), "x"); err != nil {
			t.Fatal(err)
		}
		if s.settled("x", &l) {
			t.Error("a reset is not seen")
		}
	})
}
