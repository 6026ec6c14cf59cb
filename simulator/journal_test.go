package simulator

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
)

func everything(*simulations.Exchange) bool { return true }

// TestJournalAgainstSlice holds the ring against a slice that forgets nothing.
func TestJournalAgainstSlice(t *testing.T) {
	j := newJournal(50, 40_000)
	var all []*simulations.Exchange
	cleared := uint64(0)
	for i := range 5000 {
		switch rand.IntN(50) {
		case 0:
			j.clear()
			cleared = uint64(len(all))
		default:
			x := &simulations.Exchange{Reason: fmt.Sprint(i), Request: simulations.RequestMessage{Body: simulations.Body{Data: make([]byte, rand.IntN(3000))}}}
			all = append(all, x)
			j.append(x)
			if x.ID != uint64(len(all)) {
				t.Fatalf("id %d of the %dth", x.ID, len(all))
			}
		}
		st := j.status()
		if st.Bytes > 40_000 || st.Entries > 50 {
			t.Fatalf("over its bounds: %+v", st)
		}
		after := uint64(rand.IntN(len(all) + 2))
		limit := 1 + rand.IntN(60)
		got, next, missed, more := j.after(after, limit, everything)
		first := uint64(len(all)) + 1
		if st.Entries > 0 {
			first = st.First
		}
		if first <= cleared {
			t.Fatalf("%d is kept, cleared up to %d", first, cleared)
		}
		want := all[min(uint64(len(all)), max(after, first-1)):]
		if wantMore := len(want) > limit; more != wantMore {
			t.Fatalf("more %v, want %v", more, wantMore)
		}
		want = want[:min(limit, len(want))]
		if len(got) != len(want) {
			t.Fatalf("after %d, limit %d: %d entries, want %d", after, limit, len(got), len(want))
		}
		for k := range got {
			if got[k] != want[k] {
				t.Fatalf("entry %d is %d, want %d", k, got[k].ID, want[k].ID)
			}
		}
		if len(got) > 0 && next != got[len(got)-1].ID {
			t.Fatalf("next %d after %d", next, got[len(got)-1].ID)
		}
		if after < first-1 && missed != first-1-after {
			t.Fatalf("missed %d, want %d", missed, first-1-after)
		}
	}
}

// TestJournalReadersSeeAll: a reader that pages by id while others write gets
// every exchange once, or is told how many it missed.
func TestJournalReadersSeeAll(t *testing.T) {
	j := newJournal(1000, 1<<30)
	const writers, each = 8, 2000
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				j.append(&simulations.Exchange{})
			}
		})
	}
	seen, last := uint64(0), uint64(0)
	for seen < writers*each {
		select {
		case <-j.wait(last):
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing comes after %d, and %d of %d are accounted for", last, seen, writers*each)
		}
		entries, next, missed, _ := j.after(last, 100, everything)
		seen += missed
		for _, x := range entries {
			if x.ID <= last {
				t.Fatalf("%d after %d", x.ID, last)
			}
			last = x.ID
			seen++
		}
		last = max(last, next)
	}
	all.Wait()
	if seen != writers*each || last != writers*each {
		t.Errorf("%d exchanges up to %d", seen, last)
	}
}
