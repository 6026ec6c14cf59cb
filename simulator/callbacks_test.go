package simulator

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	"understudy/simulator/redact"
	"understudy/simulator/schedule"
)

// TestAgain holds the waits between attempts against their definition.
func TestAgain(t *testing.T) {
	const second, minute = simulations.Duration(time.Second), simulations.Duration(time.Minute)
	for _, c := range []struct {
		retry  *simulations.Retry
		status int
		chance float64
		since  time.Duration
		want   string // the waits after 1, 2, 3 … attempts
	}{
		{nil, 500, 0, 0, ""},
		{&simulations.Retry{Attempts: 4}, 500, 0, 0, "1s 2s 4s"},
		{&simulations.Retry{Attempts: 20}, 0, 0, 0, "1s 2s 4s 8s 16s 32s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s 1m0s"},
		{&simulations.Retry{Attempts: 5, Backoff: 3 * second, MaxBackoff: 10 * second}, 503, 0, 0, "3s 6s 10s 10s"},
		{&simulations.Retry{Attempts: 3, Backoff: 2 * minute}, 503, 0, 0, "2m0s 2m0s"},
		{&simulations.Retry{Attempts: 4, Jitter: 0.5}, 500, 1, 0, "500ms 1s 2s"},
		{&simulations.Retry{Attempts: 4, Jitter: 1}, 500, 1, 0, "0s 0s 0s"},
		{&simulations.Retry{Attempts: 4, Jitter: 1}, 500, 0.25, 0, "750ms 1.5s 3s"},
		{&simulations.Retry{Attempts: 4, Within: 3 * second}, 500, 0, time.Second, "1s 2s"},
		{&simulations.Retry{Attempts: 4}, 400, 0, 0, ""},
		{&simulations.Retry{Attempts: 2}, 429, 0, 0, "1s"},
		{&simulations.Retry{Attempts: 2, On: simulations.Results{"400"}}, 400, 0, 0, "1s"},
		{&simulations.Retry{Attempts: 2, On: simulations.Results{"400"}}, 0, 0, 0, ""},
		{&simulations.Retry{Attempts: 2, On: simulations.Results{"error"}}, 0, 0, 0, "1s"},
	} {
		cb := &callback{Callback: &simulations.Callback{Retry: c.retry}}
		var got []string
		for n := 1; ; n++ {
			wait, more := cb.again(n, c.status, c.since, func() float64 { return c.chance })
			if !more {
				break
			}
			got = append(got, wait.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v after %d: %q, want %q", c.retry, c.status, got, c.want)
		}
	}
}

func TestHops(t *testing.T) {
	for want, values := range map[int][][]string{
		0:       {nil, {}, {"0"}},
		3:       {{"3"}},
		200:     {{"200"}},
		maxHops: {{"5"}, {"-1"}, {"x"}, {""}, {"1", "2"}, {"99999"}, {"+1"}},
	} {
		for _, v := range values {
			if got := hopsOf(http.Header{hopsHeader: v}); got != want {
				t.Errorf("%q are %d hops, want %d", v, got, want)
			}
		}
	}
}

// piped is a collaborator whose upstream is answered in memory, so that time can
// stand still.
func piped(t *testing.T, answer func(n int) (status int, after time.Duration)) *collaborator {
	t.Helper()
	c, faults := compileCollaborator("shop", 1, &simulations.Collaborator{Upstream: "http://shop.example/base"}, Options{RedactionKey: make([]byte, 32)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	n := 0
	c.upstream.transport.DisableKeepAlives = true
	c.upstream.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		n++
		status, after := answer(n)
		if status == 0 && after == 0 {
			return nil, fmt.Errorf("no way")
		}
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			r, err := http.ReadRequest(bufio.NewReader(far))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(after)
			_, _ = fmt.Fprintf(far, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n", status)
		}()
		return near, nil
	}
	return c
}

// calling is an engine that knows this collaborator only, and a callback that is
// ready to be sent.
func calling(t *testing.T, to *collaborator, c *simulations.Callback) (*Engine, *call) {
	t.Helper()
	e := &Engine{journal: newJournal(100, 1<<20)}
	e.snapshot.Store(&snapshot{directory: &directory{byName: map[string]*collaborator{to.name: to}}})
	e.callbacks = &callbacks{engine: e, elsewhere: to.upstream, queue: schedule.New(schedule.Limits{Jobs: 1, Bytes: 1 << 20, Running: 1})}
	compiled, faults := compileCallback(c)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	m, err := compiled.render(&renderer{ctx: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	builtin, _ := redact.Compile(nil, make([]byte, 32))
	job := &call{callbacks: e.callbacks, config: compiled, rules: builtin}
	job.take(m, &exchange{r: &http.Request{}, entry: &simulations.Exchange{}})
	return e, job
}

// TestCallbackTimes: delay, timeout, backoff and the bounds of both, by a clock
// that does not wait.
func TestCallbackTimes(t *testing.T) {
	const second = simulations.Duration(time.Second)
	for _, c := range []struct {
		name     string
		callback simulations.Callback
		answer   func(n int) (int, time.Duration)
		outcome  simulations.Outcome
		attempts string // when, after the answer, and the status
	}{
		{"at once", simulations.Callback{}, func(int) (int, time.Duration) { return 200, 0 }, simulations.OutcomeCallbackSent, "0s 200"},
		{"delayed", simulations.Callback{Delay: &simulations.Delay{Fixed: 90 * second}}, func(int) (int, time.Duration) { return 200, 0 }, simulations.OutcomeCallbackSent, "1m30s 200"},
		{"slow, but in time", simulations.Callback{}, func(int) (int, time.Duration) { return 200, 9 * time.Second }, simulations.OutcomeCallbackSent, "0s 200"},
		{"too slow", simulations.Callback{}, func(int) (int, time.Duration) { return 200, 11 * time.Second }, simulations.OutcomeCallbackFailed, "0s 0"},
		{
			"too slow, then in time",
			simulations.Callback{Timeout: 3 * second, Retry: &simulations.Retry{Attempts: 3}},
			func(n int) (int, time.Duration) { return 200, time.Duration(5-2*n) * time.Second * 2 }, simulations.OutcomeCallbackSent, "0s 0, 4s 200",
		},
		{
			"backs off",
			simulations.Callback{Retry: &simulations.Retry{Attempts: 5, Backoff: 2 * second, MaxBackoff: 5 * second}},
			func(n int) (int, time.Duration) { return []int{503, 0, 500, 429, 200}[n-1], 0 }, simulations.OutcomeCallbackSent, "0s 503, 2s 0, 6s 500, 11s 429, 16s 200",
		},
		{
			"gives up in time",
			simulations.Callback{Retry: &simulations.Retry{Attempts: 20, Backoff: 10 * second, Within: 45 * second}},
			func(int) (int, time.Duration) { return 503, 0 }, simulations.OutcomeCallbackFailed, "0s 503, 10s 503, 30s 503",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.callback.Collaborator, c.callback.Path = "shop", "/in"
				e, job := calling(t, piped(t, c.answer), &c.callback)
				began, wait := time.Now(), time.Duration(0)
				if d := job.message.delay; d != nil {
					wait = time.Duration(d.Fixed)
				}
				e.callbacks.queue.Add(job, 1, wait)
				e.callbacks.queue.Close(t.Context())
				time.Sleep(time.Minute) // the receivers end
				x := e.journal.get(1)
				if x == nil || x.Outcome != c.outcome || x.Request.Path != "/base/in" || x.Collaborator != "shop" {
					t.Fatalf("the journal has %+v", x)
				}
				var got []string
				for _, a := range x.Callback.Attempts {
					got = append(got, fmt.Sprintf("%s %d", a.Time.Sub(began), a.Status))
				}
				if strings.Join(got, ", ") != c.attempts {
					t.Errorf("%q, want %s: %s", got, c.attempts, x.Reason)
				}
			})
		})
	}
}

// TestContainIsAskedAtEachAttempt: a collaborator that is gone when another
// attempt is due gets none.
func TestContainIsAskedAtEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked sync.WaitGroup
		asked.Add(1)
		shop := piped(t, func(n int) (int, time.Duration) {
			if n == 1 {
				asked.Done()
			}
			return 503, 0
		})
		e, job := calling(t, shop, &simulations.Callback{Collaborator: "shop", Path: "/", Retry: &simulations.Retry{Attempts: 3}})
		e.callbacks.queue.Add(job, 1, 0)
		asked.Wait()
		e.snapshot.Store(&snapshot{directory: &directory{}})
		e.callbacks.queue.Close(t.Context())
		x := e.journal.get(1)
		if x == nil || x.Outcome != simulations.OutcomeCallbackRefused || len(x.Callback.Attempts) != 1 {
			t.Errorf("the journal has %+v", x)
		}
	})
}

// TestResults: a document's results are read, written and compared alike.
func TestResults(t *testing.T) {
	r := simulations.Results{"204", "4xx", "error"}
	for status, want := range map[int]bool{204: true, 200: false, 404: true, 499: true, 500: false, 0: true} {
		if r.Has(status) != want {
			t.Errorf("%v has %d: %v", r, status, !want)
		}
	}
}
