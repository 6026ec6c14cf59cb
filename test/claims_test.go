package test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// ring are the states of a scenario that goes round, one stub for each.
var ring = []string{"started", "second", "third", "fourth"}

// claimed is a simulation whose stubs are claimed: a long sequence, a long chain
// of states and a ring of them, a stub that answers ten times and what follows it, and a cycle.
// generation makes documents differ in what does not count.
func claimed(steps, generation int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"understudy":"v1","stubs":[{"id":"other","request":{"path":"/other"},"response":{"text":"%d"}},`, generation)
	b.WriteString(`{"id":"ten","priority":1,"times":10,"request":{"path":"/times"},"response":{"text":"limited"}},{"id":"rest","request":{"path":"/times"},"response":{"text":"rest"}},`)
	b.WriteString(`{"id":"cycle","order":"cycle","request":{"path":"/cycle"},"responses":[{"text":"a"},{"text":"b","repeat":2},{"text":"c"}]},`)
	for i, state := range ring {
		fmt.Fprintf(&b, `{"id":"ring-%[1]d","request":{"path":"/ring"},"scenario":{"name":"ring","requires":%[2]q,"sets":%[3]q},"response":{"text":"%[1]d"}},`, i, state, ring[(i+1)%len(ring)])
	}
	for i := range steps {
		requires := fmt.Sprint("s", i)
		if i == 0 {
			requires = "started"
		}
		fmt.Fprintf(&b, `{"id":"step-%d","request":{"path":"/chain"},"scenario":{"name":"chain","requires":%q,"sets":"s%d"},"response":{"text":"%d"}},`, i, requires, i+1, i)
	}
	fmt.Fprintf(&b, `{"id":"over","request":{"path":"/chain"},"scenario":{"name":"chain","requires":"s%d"},"response":{"text":"over"}},`, steps)
	b.WriteString(`{"id":"sequence","request":{"path":"/sequence"},"responses":[`)
	for i := range steps {
		fmt.Fprintf(&b, `{"text":"%d"},`, i)
	}
	b.WriteString(`{"text":"over"}]}]}`)
	return b.String()
}

// TestClaimsOverSockets: of 100,000 requests on 64 connections each step of a
// sequence and of a scenario is given to exactly one, a stub answers as often as
// it may, and no request finds nothing, be the simulation edited meanwhile or not.
func TestClaimsOverSockets(t *testing.T) {
	requests, steps := 100_000, 200 // a number of requests that five paths share, each by four
	if testing.Short() || raceEnabled {
		requests = 8000
	}
	for _, edited := range []bool{false, true} {
		t.Run(fmt.Sprintf("edited=%v", edited), func(t *testing.T) {
			d := start(t)
			d.put("claimed", claimed(steps, 0))
			var editor sync.WaitGroup
			done := make(chan struct{})
			if edited {
				editor.Go(func() {
					for n := 1; ; n++ {
						select {
						case <-done:
							return
						default:
						}
						d.put("claimed", claimed(steps, n))
						d.call("PUT", "/simulations/claimed/stubs/cycle", `{"id":"cycle","order":"cycle","request":{"path":"/cycle"},"responses":[{"text":"a"},{"text":"b","repeat":2},{"text":"c"}],"labels":["edited"]}`, nil)
						d.call("DELETE", "/simulations/claimed/stubs/other", "", nil)
					}
				})
			}
			paths := []string{"/sequence", "/chain", "/times", "/cycle", "/ring"}
			transport := &http.Transport{MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64}
			defer transport.CloseIdleConnections()
			var next atomic.Int64
			var clients sync.WaitGroup
			counts := make([]map[string]int, 64)
			for c := range counts {
				counts[c] = make(map[string]int)
				clients.Go(func() {
					for {
						i := int(next.Add(1)) - 1
						if i >= requests {
							return
						}
						path := paths[i%len(paths)]
						res, err := (&http.Client{Transport: transport}).Get(d.url + path)
						if err != nil {
							t.Error(err)
							return
						}
						body, err := io.ReadAll(res.Body)
						res.Body.Close()
						if err != nil {
							t.Error(err)
							return
						}
						if res.StatusCode != http.StatusOK {
							body = []byte(res.Status)
						}
						counts[c][path+" "+string(body)]++
					}
				})
			}
			clients.Wait()
			close(done)
			editor.Wait()
			got := make(map[string]int)
			for _, own := range counts {
				for what, n := range own {
					got[what] += n
				}
			}
			each := requests / len(paths)
			want := map[string]int{
				"/times limited": 10, "/times rest": each - 10,
				"/cycle a": each / 4, "/cycle b": each / 2, "/cycle c": each / 4,
				"/sequence over": each - steps, "/chain over": each - steps,
			}
			for i := range ring {
				want[fmt.Sprint("/ring ", i)] = each / len(ring)
			}
			for i := range steps {
				want[fmt.Sprint("/sequence ", i)], want[fmt.Sprint("/chain ", i)] = 1, 1
			}
			for what, n := range want {
				if got[what] != n {
					t.Errorf("%s was given %d times, want %d", what, got[what], n)
				}
				delete(got, what)
			}
			if len(got) > 0 {
				t.Errorf("and there was %v", got)
			}
		})
	}
}
