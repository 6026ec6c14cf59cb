package resource

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"understudy/simulations"
)

// keyedRequest is a request with a key; header is nil for one without.
func keyedRequest(method, target, body string, keys ...string) *Request {
	return &Request{Method: method, Target: target, Body: []byte(body), Header: http.Header{"Idempotency-Key": keys}, AtItem: method == "PATCH"}
}

// TestClaims: a key stands for one request, by collection, for a day; what has no
// room is refused before anything is done, and all of it is given back.
func TestClaims(t *testing.T) {
	cs := compile(t, "  a: {path: /a, idempotencyKey: true}\n  b: {path: /b, idempotencyKey: {header: Idempotency-Key, required: true}, methods: [GET, POST]}\n  c: {path: /c}")
	budget := NewBudget(1 << 30)
	o := NewOverlay(budget)
	now := time.Unix(1e9, 0)
	answer := func() *Kept { return &Kept{Status: 201, Header: http.Header{"A": {"1"}}, Body: []byte("x")} }
	for _, step := range []struct {
		name, collection string
		q                *Request
		claims, known    bool
		refused          int
		release          bool
	}{
		{"no key", "a", keyedRequest("POST", "/a", "1"), false, false, 0, false},
		{"no key where one is asked for", "b", keyedRequest("POST", "/b", "1"), false, false, 400, false},
		{"no option", "c", keyedRequest("POST", "/c", "1", "k"), false, false, 0, false},
		{"an empty key", "a", keyedRequest("POST", "/a", "1", ""), false, false, 400, false},
		{"a long key", "a", keyedRequest("POST", "/a", "1", strings.Repeat("k", 256)), false, false, 400, false},
		{"two keys", "a", keyedRequest("POST", "/a", "1", "k", "l"), false, false, 400, false},
		{"PUT", "a", keyedRequest("PUT", "/a/1", "1", "k"), false, false, 0, false},
		{"a method that is not served", "b", keyedRequest("PATCH", "/b/1", "1", "k"), false, false, 0, false},
		{"the longest key", "a", keyedRequest("POST", "/a", "1", strings.Repeat("k", 255)), true, false, 0, false},
		{"given back", "a", keyedRequest("POST", "/a", "1", "k"), true, false, 0, true},
		{"the first", "a", keyedRequest("POST", "/a", "1", "k"), true, false, 0, false},
		{"again", "a", keyedRequest("POST", "/a", "1", "k"), false, true, 0, false},
		{"with another body", "a", keyedRequest("POST", "/a", "2", "k"), false, false, 422, false},
		{"with another target", "a", keyedRequest("POST", "/a?1", "", "k"), false, false, 422, false},
		{"with another method", "a", keyedRequest("PATCH", "/a", "1", "k"), false, false, 422, false},
		{"in another collection", "b", keyedRequest("POST", "/a", "1", "k"), true, false, 0, false},
	} {
		claim, kept, r := cs[step.collection].Claim(step.q, o, now)
		refused := 0
		if r != nil {
			refused = r.Status
		}
		if claim != nil != step.claims || kept != nil != step.known || refused != step.refused {
			t.Errorf("%s: claim %v, kept %v, refused %d", step.name, claim != nil, kept != nil, refused)
		}
		if !step.release {
			claim.Keep(answer())
		}
		claim.Release() // after Keep it does nothing
	}
	a := cs["a"]
	// One that does nothing sees what is kept, and keeps nothing.
	dry := keyedRequest("POST", "/a", "1", "dry")
	dry.Dry = true
	if claim, kept, r := a.Claim(dry, o, now); claim != nil || kept != nil || r != nil {
		t.Errorf("dry: %v %v %v", claim, kept, r)
	}
	dry.Header.Set("Idempotency-Key", "k")
	if _, kept, _ := a.Claim(dry, o, now); kept == nil {
		t.Error("dry: the answer of before is not seen")
	}
	// While one is under way nobody else does it.
	claim, _, _ := a.Claim(keyedRequest("POST", "/a", "1", "slow"), o, now)
	for _, dry.Dry = range []bool{false, true} {
		dry.Header.Set("Idempotency-Key", "slow")
		if other, kept, r := a.Claim(dry, o, now); other != nil || kept != nil || r == nil || r.Status != 409 {
			t.Errorf("while it is under way, dry %v: %v %v", dry.Dry, kept, r)
		}
	}
	claim.Release()
	// An answer that is too large leaves that the request was done.
	claim, _, _ = a.Claim(keyedRequest("POST", "/a", "1", "large"), o, now)
	claim.Keep(&Kept{Status: 200, Body: make([]byte, simulations.MaxKeptAnswer+1)})
	if _, kept, r := a.Claim(keyedRequest("POST", "/a", "1", "large"), o, now); kept != nil || r == nil || r.Status != 409 {
		t.Errorf("large: %v %v", kept, r)
	}
	// After a day it is another request's, and after all nothing is held.
	if claim, kept, r := a.Claim(keyedRequest("POST", "/a", "2", "k"), o, now.Add(keyLife)); claim == nil || kept != nil || r != nil {
		t.Errorf("after a day: %v %v", kept, r)
	} else {
		claim.Release()
	}
	if o.bytes != 0 || budget.Used() != 0 || len(o.keys.kept)+len(o.keys.claimed) != 0 {
		t.Errorf("%d bytes, %d of the budget, %d keys are left", o.bytes, budget.Used(), len(o.keys.kept))
	}
	// No room for any answer: it is not done at all.
	if _, _, r := a.Claim(keyedRequest("POST", "/a", "1", "k"), NewOverlay(NewBudget(claimBytes-1)), now); r == nil || r.Status != 507 {
		t.Errorf("without room: %v", r)
	}
	for i := range MaxKeys {
		claim, _, r := a.Claim(keyedRequest("POST", "/a", "", fmt.Sprint(i)), o, now)
		if r != nil {
			t.Fatal(i, r)
		}
		claim.Keep(answer())
	}
	if _, _, r := a.Claim(keyedRequest("POST", "/a", "", "one more"), o, now); r == nil || r.Status != 507 {
		t.Errorf("more keys than there may be: %v", r)
	}
	o.Close()
	if budget.Used() != 0 {
		t.Errorf("%d bytes are held by nobody", budget.Used())
	}
}

// TestClaimsAtOnce: of any number of requests with a key at once one does it; the
// others are told that it is under way, or get its answer.
func TestClaimsAtOnce(t *testing.T) {
	c := compile(t, "  a: {path: /a, idempotencyKey: true}")["a"]
	o := NewOverlay(NewBudget(1 << 30))
	var done atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for {
				claim, kept, r := c.Claim(keyedRequest("POST", "/a", "", "k"), o, time.Unix(1e9, 0))
				switch {
				case claim != nil:
					claim.Keep(&Kept{Status: 200, Body: fmt.Append(nil, done.Add(1))})
				case kept != nil:
					if string(kept.Body) != "1" {
						t.Errorf("another answer: %s", kept.Body)
					}
					return
				case r.Status != 409:
					t.Errorf("refused with %d", r.Status)
					return
				}
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("it was done %d times", done.Load())
	}
}

// TestKeysSurvive: what is kept under keys is the same after a restart and by way
// of a fixture, also where some have expired in between, and its bytes are counted
// alike.
func TestKeysSurvive(t *testing.T) {
	c := compile(t, "  a: {path: /a, idempotencyKey: true}")["a"]
	shown := func(o *Overlay, now int64) string {
		b, err := json.Marshal(o.Freeze(now))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		now := time.Unix(1e9, 0)
		o, store := NewOverlay(NewBudget(1<<30)), map[string][]byte{}
		for range 30 {
			now = now.Add(time.Duration(r.IntN(3)) * time.Hour)
			claim, _, _ := c.Claim(keyedRequest("POST", "/a", fmt.Sprint(r.IntN(2)), fmt.Sprint(r.IntN(20))), o, now)
			claim.Keep(&Kept{Status: 200 + r.IntN(2), Header: http.Header{"A": {fmt.Sprint(r.Int())}}, Body: []byte{byte(r.IntN(256))}})
			if r.IntN(3) == 0 {
				changes, _ := o.Changes()
				for _, e := range changes {
					if store[e.Key] = e.Value; e.Value == nil {
						delete(store, e.Key)
					}
				}
			}
		}
		changes, _ := o.Changes()
		for _, e := range changes {
			if store[e.Key] = e.Value; e.Value == nil {
				delete(store, e.Key)
			}
		}
		restarted := NewOverlay(NewBudget(1 << 30))
		for _, v := range store {
			if err := restarted.Restore(v); err != nil {
				t.Fatal(err)
			}
		}
		at := now.UnixNano()
		thawed, faults := Thaw(NewBudget(1<<30), o.Freeze(at), at)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for name, again := range map[string]*Overlay{"a restart": restarted, "a fixture": thawed} {
			again.Expire(at)
			if got, want := shown(again, at), shown(o, at); got != want || again.Bytes() != o.Bytes() {
				t.Fatalf("seed %d: after %s there are %d bytes,\n%s, want %d,\n%s", seed, name, again.Bytes(), got, o.Bytes(), want)
			}
		}
	}
}
