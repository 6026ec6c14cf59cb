package test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFirstEventArrives: a stream's first event reaches the client within 50 ms
// of being sent, while the stream goes on.
func TestFirstEventArrives(t *testing.T) {
	sent := make(chan time.Time, 1)
	release := make(chan struct{})
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		sent <- time.Now()
		_, _ = io.WriteString(w, "data: first\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, "data: last\n\n")
	}))
	d := start(t)
	d.collaborator("events", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	for _, mode := range []string{"record", "spy", "learn", "forward", "diff"} {
		d.mode("events", mode)
		// The best of three: the machine may be busy, the path must not be.
		best := time.Hour
		for i := range 3 {
			res, err := plain().Get(fmt.Sprintf("%s/%s/%d", d.url, mode, i))
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(res.Body)
			line, err := lines.ReadString('\n')
			if err != nil || line != "data: first\n" {
				t.Fatalf("%s: %q %v", mode, line, err)
			}
			best = min(best, time.Since(<-sent))
			release <- struct{}{}
			rest, err := io.ReadAll(lines)
			if err != nil || string(rest) != "\ndata: last\n\n" {
				t.Fatalf("%s: the rest is %q %v", mode, rest, err)
			}
			_ = res.Body.Close()
		}
		if best > 50*time.Millisecond {
			t.Errorf("%s: the first event took %s", mode, best)
		}
	}
	d.mode("events", "simulate")
	res, err := plain().Get(d.url + "/record/0")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(res); got != "data: first\n\ndata: last\n\n" {
		t.Errorf("played back: %q", got)
	}
	_ = res.Body.Close()
}

// TestStreamsOutliveTheEnd: event streams that are open when understudy is ended
// are recorded as far as they came, as one that its client leaves is.
func TestStreamsOutliveTheEnd(t *testing.T) {
	t.Parallel()
	// Enough of them that writing takes longer than closing.
	events := strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n\n", 500)
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, events)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	data := t.TempDir()
	d := start(t, "--data", data, "--drain-timeout", "50ms")
	d.collaborator("events", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	h2 := &http.Transport{Protocols: new(http.Protocols)}
	h2.Protocols.SetUnencryptedHTTP2(true)
	defer h2.CloseIdleConnections()
	var paths []string
	for i := range 10 {
		paths = append(paths, fmt.Sprintf("/http1/%d", i), fmt.Sprintf("/http2/%d", i))
	}
	for _, path := range paths {
		client := plain()
		if strings.HasPrefix(path, "/http2") {
			client = &http.Client{Transport: h2}
		}
		res, err := client.Get(d.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if n, err := io.CopyN(io.Discard, res.Body, int64(len(events))); err != nil || res.Header.Get("Understudy-Outcome") != "recorded" {
			t.Fatalf("%s: %d bytes, %v, %v", path, n, err, res.Header)
		}
	}
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-d.ended
	if d.err == nil || !strings.Contains(d.log.String(), "still under way") || strings.Contains(d.log.String(), "could not be recorded") {
		t.Errorf("ended with %v:\n%s", d.err, d.log)
	}

	d = start(t, "--data", data)
	d.mode("events", "simulate")
	for _, path := range paths {
		res, body := d.ask("GET", path, "", "")
		if body != events || res.Header.Get("Understudy-Outcome") != "stub" {
			t.Errorf("%s is played back as %d bytes, %s", path, len(body), res.Header.Get("Understudy-Outcome"))
		}
	}
	d.stop()
}

// TestLargeDownload takes 1 GiB through record mode: memory stays bounded; by
// default the exchange is marked as cut and makes no stub, and with the bound
// raised it is kept in chunks and played back byte for byte.
func TestLargeDownload(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 3 GiB")
	}
	const size = 1 << 30
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		block := make([]byte, 1<<20)
		for i := range size / len(block) {
			for j := 0; j < len(block); j += 4096 {
				copy(block[j:], strconv.Itoa(i*len(block)+j))
			}
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	get := func(d *double) (sum string, n int64, header http.Header) {
		client := plain()
		client.Timeout = 5 * time.Minute
		res, err := client.Get(d.url + "/big")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		h := sha256.New()
		n, err = io.Copy(h, res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(h.Sum(nil)), n, res.Header
	}

	d := start(t, "--data", t.TempDir())
	d.collaborator("files", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	want, n, _ := get(d)
	if n != size {
		t.Fatalf("%d bytes", n)
	}
	if rss := peakMemory(t, d); rss > 256<<20 && !raceEnabled {
		t.Errorf("cut: resident memory peaked at %d MiB", rss>>20)
	}
	var page struct {
		Entries []struct {
			Reason   string
			Response struct {
				Body struct {
					Size      int64
					Truncated bool
				}
			}
		}
	}
	d.call("GET", "/journal", "", &page)
	if len(page.Entries) != 1 || !page.Entries[0].Response.Body.Truncated || page.Entries[0].Response.Body.Size != size || !strings.Contains(page.Entries[0].Reason, "in part only") {
		t.Errorf("the journal says %+v", page)
	}
	d.mode("files", "simulate")
	if res, err := plain().Get(d.url + "/big"); err != nil || res.StatusCode != 501 {
		t.Errorf("a cut exchange is played back: %v %v", res, err)
	}
	d.stop()

	d = start(t, "--data", t.TempDir(), "--record-body-bytes", "2GiB")
	d.collaborator("files", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	if sum, n, _ := get(d); sum != want || n != size {
		t.Fatalf("recorded: %d bytes, sum %s, want %s", n, sum, want)
	}
	d.mode("files", "simulate")
	sum, n, header := get(d)
	if sum != want || n != size || header.Get("Understudy-Outcome") != "stub" {
		t.Errorf("played back: %d bytes, sum %s, want %s, outcome %s", n, sum, want, header.Get("Understudy-Outcome"))
	}
	if rss := peakMemory(t, d); rss > 256<<20 && !raceEnabled {
		t.Errorf("in chunks: resident memory peaked at %d MiB", rss>>20)
	}
	d.stop()
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory is the process's highest resident memory, in bytes.
func peakMemory(t testing.TB, d *double) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		t.Skipf("resident memory cannot be read here: %v", err)
	}
	m := peak.FindSubmatch(b)
	if m == nil {
		t.Skip("resident memory is not told here")
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("resident memory peaked at %d MiB", kb>>10)
	return kb << 10
}
