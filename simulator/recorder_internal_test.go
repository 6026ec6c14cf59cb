package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
)

// TestFoldOfOldLog: exchanges that were logged when answers had other ids fold
// into the runs that they always made, with newer ones among them too.
func TestFoldOfOldLog(t *testing.T) {
	tk := &take{requests: map[string]*request{}}
	latency := func(date string) time.Duration { return time.Duration(date[0]) * time.Millisecond }
	exchange := func(id, body, date string) *simulations.Recorded {
		x := &simulations.Exchange{Latency: latency(date), Response: simulations.ResponseMessage{
			Status: 200, Header: http.Header{"X-A": {"a"}, "X-Request-Id": {date}}, Body: simulations.Body{Data: []byte(body), Size: int64(len(body))},
		}}
		if id == "" {
			id = answerID(distillResponse(&x.Response, false))
		}
		return &simulations.Recorded{StubID: "s", Answer: id, Exchange: x}
	}
	for _, r := range []*simulations.Recorded{
		exchange("00ff", "one", "1"), exchange("00ff", "one", "2"), exchange("", "one", "3"),
		exchange("11ff", "two", "4"), exchange("", "two", "5"),
		exchange("", "one", "6"), exchange("00ff", "one", "7"),
	} {
		tk.add(r)
	}
	stub, err := foldStub("s", "c", &simulations.Pattern{}, tk.requests["s"].runs)
	if err != nil {
		t.Fatal(err)
	}
	if len(stub.Responses) != 3 {
		t.Fatalf("%d runs", len(stub.Responses))
	}
	for i, want := range []struct {
		text   string
		repeat int
		first  string // exchange of the run, whose time the run has
	}{{"one", 3, "1"}, {"two", 2, "4"}, {"one", 0, "6"}} {
		r := stub.Responses[i]
		if *r.Text != want.text || r.Repeat != want.repeat || r.Headers["X-A"] == nil {
			t.Errorf("run %d is %s %d times, want %s %d times", i, *r.Text, r.Repeat, want.text, want.repeat)
		}
		if r.Recording == nil || time.Duration(r.Recording.Latency) != latency(want.first) {
			t.Errorf("run %d has been recorded as %+v", i, r.Recording)
		}
	}
}

// TestSequencesAreBounded: of answers that always differ a sequence holds what can
// be written anew with each of them.
func TestSequencesAreBounded(t *testing.T) {
	for size, want := range map[int]int{10: maxRuns, 60_000: maxRunBytes/60_512 + 1} {
		tk := &take{requests: map[string]*request{}}
		for i := range maxRuns + 10 {
			body := fmt.Appendf(make([]byte, 0, size), "%0*d", size, i)
			x := &simulations.Exchange{Response: simulations.ResponseMessage{Status: 200, Body: simulations.Body{Data: body, Size: int64(size)}}}
			tk.add(&simulations.Recorded{StubID: "s", Answer: fmt.Sprint(i), Exchange: x})
		}
		if n := len(tk.requests["s"].runs); n != want {
			t.Errorf("%d answers of %d bytes, want %d", n, size, want)
		}
	}
}

// TestPatience: what waits for the disk gives up, but not before its time.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p patience
		for range 5 {
			asked := time.Now()
			ctx := p.context(asked)
			if again := p.context(time.Now()); again != ctx {
				t.Error("at one time there are two contexts, and two timers")
			}
			time.Sleep(patienceStep - 1)
			late := time.Now()
			if p.context(late) != ctx {
				t.Error("within a step there are two contexts")
			}
			<-ctx.Done()
			if d := time.Since(late); d < recordTimeout {
				t.Errorf("it gave up after %s", d)
			}
			if d := time.Since(asked); d > recordTimeout+patienceStep {
				t.Errorf("it waited for %s", d)
			}
			if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				t.Error(context.Cause(ctx))
			}
		}
	})
}
