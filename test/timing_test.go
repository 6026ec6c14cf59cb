package test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// exported is a simulation as a document, with or without the recordings' times.
func (d *double) exported(name, query string) (*simulations.Document, string) {
	d.t.Helper()
	out := text(d.call("GET", "/simulations/"+name+query, "", nil))
	doc, err := simulations.Decode([]byte(out))
	if err != nil {
		d.t.Fatalf("%v in %s", err, out)
	}
	return doc, out
}

// TestLatencyAsRecorded: a recording knows how long its answers took, gives them
// at once, or in their time where it is told to, and shows it where it is asked.
func TestLatencyAsRecorded(t *testing.T) {
	const took = 300 * time.Millisecond
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(took) // what the real service takes
		}
		_, _ = io.WriteString(w, "done")
	}))
	d := start(t)
	config := fmt.Sprintf(`{"upstream":%q,"mode":%%q%%s}`, upstream)
	d.collaborator("real", fmt.Sprintf(config, "record", ""))
	fetch := func(path string) time.Duration {
		t.Helper()
		began := time.Now()
		res, err := plain().Get(d.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got := text(res); got != "done" {
			t.Fatalf("%s: %q", path, got)
		}
		return time.Since(began)
	}
	fetch("/slow")
	fetch("/slow") // no other answer for having taken another time
	_, first := d.exported("real-recorded", "")
	d.mode("real", "simulate")
	d.mode("real", "record")
	fetch("/slow")
	if _, again := d.exported("real-recorded", ""); again != first || strings.Contains(again, `"recorded":`) {
		t.Errorf("the same traffic makes\n%s\nand then\n%s", first, again)
	}
	doc, _ := d.exported("real-recorded", "?timing=true")
	if doc.Stubs[0].Response == nil {
		t.Fatal("equal answers are a sequence")
	}
	r := doc.Stubs[0].Response.Recording
	if r == nil || time.Duration(r.Latency) < took || time.Since(r.At.Time()) > time.Minute {
		t.Fatalf("the recording is %+v", r)
	}
	d.collaborator("real", fmt.Sprintf(config, "simulate", `,"delay":{"recorded":{"scale":2}}`))
	if got := fetch("/slow"); got < 2*took {
		t.Errorf("played back twice as slow it took %s", got)
	}
	d.collaborator("real", fmt.Sprintf(config, "simulate", `,"delay":{"recorded":{"scale":0}}`))
	if got := fetch("/slow"); got >= took {
		t.Errorf("played back at once it took %s", got)
	}
}
