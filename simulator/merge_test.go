package simulator_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
)

// TestMergeAtRest: of stubs that were put one by one, as recording does, the one
// that is nearest to a request is named once the edits rest, whatever its place, or
// at once when a collaborator ceases to record.
func TestMergeAtRest(t *testing.T) {
	for _, switched := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { mergedWhen(t, switched) })
	}
}

func mergedWhen(t *testing.T, switched bool) {
	e := newEngine(t)
	c := &simulations.Collaborator{Upstream: "http://127.0.0.1:1", Mode: simulations.ModeRecord}
	if _, _, err := e.PutCollaborator(t.Context(), "shop", c, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	for i := range 900 { // of which the tail names a few, whichever
		s, err := simulations.DecodeStub(fmt.Appendf(nil, `{"id":"s%d","request":{"method":"POST","path":"/orders","body":{"json":{"sku":"a%d","count":%d}}},"response":{"text":"%d"}}`, i, i, i, i))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := e.PutStub(t.Context(), "sim", s, simulations.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	ask := &simulations.Ask{Method: "POST", URL: "/orders", Body: `{"sku":"a27","count":9999}`}
	nearest := func() string {
		t.Helper()
		got, err := e.Explain(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.NearMisses) == 0 {
			t.Fatal("no near miss")
		}
		return got.NearMisses[0].Stub
	}
	if switched {
		if _, err := e.SetMode(t.Context(), "shop", simulations.ModeSimulate); err != nil {
			t.Fatal(err)
		}
	} else {
		time.Sleep(5 * time.Second)
	}
	synctest.Wait()
	if late := nearest(); late != "sim/s27" {
		t.Errorf("switched %v: the nearest is %s", switched, late)
	}
}
