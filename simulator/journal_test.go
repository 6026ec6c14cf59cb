package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"understudy/simulations"
)

// naive is a journal that forgets nothing but what it is told to.
type naive struct {
	all     []*simulations.Exchange // by id-1
	cleared uint64
}

// TestJournalAgainstSlice holds journals of several bounds against a slice.
func TestJournalAgainstSlice(t *testing.T) {
	for _, c := range []struct {
		entries int
		bytes   int64
		body    int // bodies have up to so many bytes
		shards  bool
	}{
		{50, 40_000, 3000, false},            // bytes bound it
		{50, 1 << 30, 3000, false},           // entries do
		{1, 1 << 16, 100, false},             // one entry
		{10, 1 << 16, 200_000, false},        // many are larger than all of it
		{3000, 64 << 20, 3000, true},         // several shards, bound by entries
		{100_000, 8 << 20, 60_000, true},     // by bytes
		{1000, 8 << 20, 60_000, true},        // by both
		{100_000, 8 << 20, 6 << 20, true},    // some are larger than a shard
		{minShardEntries, 1 << 30, 9, false}, // just one shard
	} {
		t.Run(fmt.Sprintf("%d entries, %d bytes, bodies of %d", c.entries, c.bytes, c.body), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(c.entries), uint64(c.body)))
			j := newJournal(c.entries, c.bytes)
			if (len(j.shards) > 1) != c.shards {
				t.Fatalf("%d shards", len(j.shards))
			}
			steps := int(min(3000, max(300, 4*c.bytes/int64(c.body))))
			if testing.Short() {
				steps /= 4
			}
			var all naive
			for range steps {
				switch r.IntN(100) {
				case 0:
					j.clear()
					all.cleared = uint64(len(all.all))
					if st := j.status(); st != (simulations.JournalStatus{Overwritten: st.Overwritten}) {
						t.Fatalf("after clear: %+v", st)
					}
				case 1, 2, 3:
					if n := len(all.all); n > 0 {
						id := uint64(n - r.IntN(min(n, c.entries+5)))
						amended := *all.all[id-1]
						amended.Error = string(make([]byte, r.IntN(300)))
						all.all[id-1] = &amended
						j.amend(id, func(x *simulations.Exchange) { x.Error = amended.Error })
					}
				default:
					x := &simulations.Exchange{
						Time: time.Unix(r.Int64N(1e9), 0).UTC(), Reason: fmt.Sprint(len(all.all)),
						Request: simulations.RequestMessage{Method: []string{"GET", "PUT"}[r.IntN(2)], Body: simulations.Body{Data: make([]byte, r.IntN(c.body))}},
					}
					all.all = append(all.all, x)
					j.append(x)
					if x.ID != uint64(len(all.all)) {
						t.Fatalf("id %d of the %dth", x.ID, len(all.all))
					}
				}
				checkBounds(t, j, c.entries, c.bytes, &all)
				if r.IntN(10) == 0 {
					checkReads(t, r, j, &all)
				}
			}

			// Nothing makes room that need not.
			if int64(c.body) > c.bytes/int64(16*len(j.shards)) {
				return
			}
			for i := 0; ; i++ {
				j.append(&simulations.Exchange{Request: simulations.RequestMessage{Body: simulations.Body{Data: make([]byte, c.body)}}})
				st := j.status()
				if st.Entries == c.entries || st.Bytes > c.bytes/2 {
					break
				}
				if int64(i)*int64(c.body) > 2*c.bytes {
					t.Fatalf("no more than %+v are kept", st)
				}
			}
		})
	}
}

// checkBounds: nothing is held beyond the bounds, and the books are true.
func checkBounds(t *testing.T, j *journal, entries int, maxBytes int64, all *naive) {
	t.Helper()
	st := j.status()
	n := uint64(len(all.all))
	if st.Entries > entries || st.Overwritten+uint64(st.Entries) > n {
		t.Fatalf("%+v of %d", st, n)
	}
	if st.Entries > 0 && (st.Last != n || st.First != n-uint64(st.Entries)+1 || st.First <= all.cleared) {
		t.Fatalf("%+v of %d, %d cleared", st, n, all.cleared)
	}
	var used int64
	for i := range j.shards {
		s := &j.shards[i]
		var held, bytes int64
		for _, c := range s.chunks {
			held += int64(cap(c.buf))
			bytes += int64(len(c.buf))
		}
		held += int64(cap(s.spare))
		if held != s.held || bytes != s.used {
			t.Fatalf("shard %d takes %d for %d, but counts %d for %d", i, held, bytes, s.held, s.used)
		}
		if held > maxBytes/int64(len(j.shards)) && len(s.chunks) > 1 {
			t.Fatalf("shard %d takes %d bytes in %d chunks", i, held, len(s.chunks))
		}
		used += s.used
	}
	if st.Bytes != used {
		t.Fatalf("%d bytes, not %d", st.Bytes, used)
	}
}

func checkReads(t *testing.T, r *rand.Rand, j *journal, all *naive) {
	t.Helper()
	n := uint64(len(all.all))
	first := n + 1
	if st := j.status(); st.Entries > 0 {
		first = st.First
	}
	fits := &filter{JournalFilter: simulations.JournalFilter{Method: []string{"", "GET"}[r.IntN(2)]}}
	after := r.Uint64N(n + 2)
	if r.IntN(50) == 0 {
		after = ^uint64(0) - r.Uint64N(2)
	}
	limit := 1 + r.IntN(300)

	var want []*simulations.Exchange
	at := min(n, max(after, first-1))
	for ; at < n; at++ {
		if len(want) == limit {
			break
		}
		if x := all.all[at]; fits.Method == "" || x.Request.Method == fits.Method {
			want = append(want, x)
		}
	}
	got, next, missed, more := j.after(t.Context(), after, limit, fits)
	sameEntries(t, got, want)
	wantNext, wantMore := max(at, after), len(want) == limit && at < n
	if next != wantNext || more != wantMore {
		t.Fatalf("after %d, limit %d: next %d, more %v; want %d, %v", after, limit, next, more, wantNext, wantMore)
	}
	wantMissed := uint64(0)
	if after < first-1 {
		wantMissed = first - 1 - after
	}
	if after < n && missed != wantMissed || after >= n && missed != 0 {
		t.Fatalf("missed %d, want %d", missed, wantMissed)
	}

	var last []*simulations.Exchange
	for id := n; id >= first && len(last) < limit; id-- {
		if x := all.all[id-1]; fits.Method == "" || x.Request.Method == fits.Method {
			last = append(last, x)
		}
	}
	slices.Reverse(last)
	got, next, missed = j.latest(t.Context(), limit, fits)
	sameEntries(t, got, last)
	if next != n || missed != first-1 {
		t.Fatalf("the latest: next %d, missed %d of %d", next, missed, n)
	}

	id := r.Uint64N(n + 2)
	x := j.get(id)
	if (x != nil) != (id >= first && id <= n) {
		t.Fatalf("get %d is %v, there are %d to %d", id, x, first, n)
	}
	if x != nil {
		sameEntries(t, []*simulations.Exchange{x}, all.all[id-1:id])
	}
}

func sameEntries(t *testing.T, got, want []*simulations.Exchange) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("entry %d is %.300s, want %.300s", i, fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", want[i]))
		}
	}
}

// TestJournalReadersSeeAll: while many write, a reader that follows gets every
// exchange once and in order, or is told how many it missed; and whoever wrote
// one finds it.
func TestJournalReadersSeeAll(t *testing.T) {
	const writers, most = 16, 2000
	for name, c := range map[string]struct {
		entries int
		bytes   int64
		body    int
		gaps    bool
	}{
		"all is kept":        {writers * most, 1 << 30, 10, false},
		"entries make room":  {1000, 1 << 30, 10, true},
		"bytes make room":    {writers * most, 8 << 20, 2000, true},
		"one shard is full":  {100, 1 << 16, 2000, true},
		"each fills a chunk": {2000, 8 << 20, 300_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJournal(c.entries, c.bytes)
			each := min(most, 64<<20/writers/c.body)
			if testing.Short() {
				each /= 4
			}
			total := uint64(writers * each)
			var all sync.WaitGroup
			var lost atomic.Uint64
			for range writers {
				all.Go(func() {
					x := &simulations.Exchange{Request: simulations.RequestMessage{Body: simulations.Body{Data: make([]byte, c.body)}}}
					for range each {
						j.append(x)
						if j.get(x.ID) == nil {
							lost.Add(1)
							if !c.gaps {
								t.Errorf("%d is not there", x.ID)
							}
						}
					}
				})
			}
			seen, last := uint64(0), uint64(0)
			for seen < total {
				select {
				case <-j.wait(last):
				case <-time.After(10 * time.Second):
					t.Fatalf("nothing comes after %d, and %d of %d are accounted for", last, seen, total)
				}
				entries, next, missed, _ := j.after(t.Context(), last, 100, nil)
				if missed > 0 && !c.gaps {
					t.Errorf("%d missed after %d", missed, last)
				}
				if uint64(len(entries))+missed != next-last {
					t.Fatalf("%d entries and %d missed from %d to %d", len(entries), missed, last, next)
				}
				seen += missed
				for _, x := range entries {
					if x.ID <= last || x.ID > next {
						t.Fatalf("%d after %d", x.ID, last)
					}
					last = x.ID
					seen++
				}
				last = next
			}
			all.Wait()
			if seen != total || last != total {
				t.Errorf("%d exchanges up to %d", seen, last)
			}
			st := j.status()
			if st.Overwritten+uint64(st.Entries) != total {
				t.Errorf("%+v", st)
			}
			t.Logf("%d shards, %d entries, %d bytes, %d lost at once", len(j.shards), st.Entries, st.Bytes, lost.Load())
		})
	}
}

// TestJournalShowsWhatIsSent: a header name without values is not sent.
func TestJournalShowsWhatIsSent(t *testing.T) {
	j := newJournal(10, 1<<20)
	j.append(&simulations.Exchange{Response: simulations.ResponseMessage{Header: http.Header{"Content-Type": nil, "A": {"1"}}}})
	if got, want := j.get(1).Response.Header, (http.Header{"A": {"1"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestJournalMany does everything at once, for the race detector and for what
// must hold at any moment.
func TestJournalMany(t *testing.T) {
	j := newJournal(2000, 8<<20)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			x := &simulations.Exchange{Request: simulations.RequestMessage{Body: simulations.Body{Data: make([]byte, 5000)}}}
			for i := range 3000 {
				j.append(x)
				switch {
				case i%50 == 0:
					j.amend(x.ID, func(x *simulations.Exchange) { x.Error = string(make([]byte, 9000)) })
				case i%500 == 1:
					j.clear()
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		st := j.status()
		if st.Bytes > 8<<20 || st.Entries > 2000 || st.Overwritten > 4*3000 {
			t.Fatalf("%+v", st)
		}
		page, next, _ := j.latest(t.Context(), 50, nil)
		for i, x := range page {
			if x.Error != "" && len(x.Error) != 9000 {
				t.Fatal(x.Error) // half an entry
			}
			if x.ID > next || i > 0 && x.ID <= page[i-1].ID {
				t.Fatalf("%d of a page up to %d", x.ID, next)
			}
		}
	}
	if st := j.status(); st.Last != 4*3000 && st.Entries > 0 {
		t.Errorf("%+v", st)
	}
}

// TestFollowerIsToldWhatItMissed: one that is slower than the journal learns how
// many exchanges it will not see, so that what it sees and what it misses add up.
func TestFollowerIsToldWhatItMissed(t *testing.T) {
	e := &Engine{journal: newJournal(10, 1<<20)}
	e.life, e.background = context.WithCancel(t.Context())
	defer e.background()
	put := func(n int) {
		for range n {
			e.journal.append(&simulations.Exchange{Outcome: simulations.OutcomeStub})
		}
	}
	exchanges, err := e.Follow(t.Context(), simulations.JournalFilter{})
	if err != nil {
		t.Fatal(err)
	}
	put(5)
	const total = 1000
	seen, missed, last, bursts := uint64(0), uint64(0), uint64(0), 0
	for x, gap := range exchanges {
		missed += gap
		if x != nil {
			seen++
			if last > 0 && x.ID != last+1+gap {
				t.Fatalf("after %d came %d, with %d missed", last, x.ID, gap)
			}
			last = x.ID
		}
		if bursts++; last < total {
			put(int(min(total-e.journal.next.Load()+1, 37)))
		}
		if last == total {
			break
		}
	}
	if seen+missed != total || missed == 0 {
		t.Errorf("%d seen and %d missed of %d", seen, missed, total)
	}
}
