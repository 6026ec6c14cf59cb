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

// TestEventsAsRecorded: a recorded stream of events is played back with the
// pauses that it had, and without them where that is asked for; in either case
// each event arrives by itself.
func TestEventsAsRecorded(t *testing.T) {
	const pause = 300 * time.Millisecond
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(pause) // what the real service does between two events
		}
	}))
	d := start(t)
	d.collaborator("events", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	// pieces reads what comes, each with its time.
	pieces := func() (all []string, took []time.Duration) {
		t.Helper()
		began := time.Now()
		res, err := plain().Get(d.url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for b := make([]byte, 1000); ; {
			n, err := res.Body.Read(b)
			if n > 0 {
				all, took = append(all, string(b[:n])), append(took, time.Since(began))
			}
			if err == io.EOF {
				return all, took
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	pieces()
	d.mode("events", "simulate")
	all, took := pieces()
	if strings.Join(all, "|") != "data: 0\n\n|data: 1\n\n|data: 2\n\n" || took[0] > pause || took[2] < 2*pause-10*time.Millisecond {
		t.Errorf("as recorded: %q after %s", all, took)
	}
	d.collaborator("events", fmt.Sprintf(`{"upstream":%q,"pace":{"recorded":{"scale":0}}}`, upstream))
	res, err := plain().Get(d.url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	began := time.Now()
	if got := text(res); got != "data: 0\n\ndata: 1\n\ndata: 2\n\n" || time.Since(began) > pause || res.ContentLength >= 0 {
		t.Errorf("at once: %q after %s, length %d", got, time.Since(began), res.ContentLength)
	}
}
