package test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiskFull: when the disk is full, recording still answers the client,
// says that it does not record, and stubs in memory go on.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noise := make([]byte, 24<<10) // a store that compresses must not get away with it
		_, _ = rand.Read(noise)
		body := fmt.Sprintf("real %s %x", r.URL.Path, noise)
		if r.URL.Query().Get("length") != "unknown" {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		}
		_, _ = io.WriteString(w, body)
	}))
	d := start(t, "--data", filepath.Join(dir, "data"))
	d.collaborator("api", fmt.Sprintf(`{"hosts":["api"],"upstream":%q,"mode":"record"}`, upstream))
	const mine = "understudy: v1\ncollaborator: mine\ncollaborators: {mine: {hosts: [mine]}}\nstubs: [{request: {path: /mine}, response: {text: mine}}]\n"
	d.put("main", mine)
	if res, _ := d.ask("GET", "/first", "", "", "Host", "api"); res.Header.Get("Understudy-Outcome") != "recorded" {
		t.Fatalf("the first is not recorded: %v", res.Header)
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<16); err == nil; {
		_, err = fill.Write(block)
	}
	failed := false
	for i := range 2000 {
		path := fmt.Sprintf("/full/%d", i)
		res, b := d.ask("GET", path, "", "", "Host", "api")
		if res.StatusCode != 200 || !strings.HasPrefix(b, "real "+path) {
			t.Fatalf("with a full disk the client gets %s %.200s", res.Status, b)
		}
		if res.Header.Get("Understudy-Outcome") == "forwarded" {
			failed = true
			break
		}
	}
	if !failed {
		t.Fatal("the disk never was full")
	}
	for i := range 20 {
		d.ask("GET", fmt.Sprint("/more/", i), "", "", "Host", "api")
	}
	// A stream's header is gone before it is known; the store's state is known.
	if res, _ := d.ask("GET", "/stream?length=unknown", "", "", "Host", "api"); res.StatusCode != 200 || res.Header.Get("Understudy-Outcome") != "forwarded" {
		t.Errorf("a stream on a full disk: %s %v, trailer %v", res.Status, res.Header, res.Trailer)
	}
	if out := text(d.call("GET", "/journal?outcome=forwarded", "", nil)); !strings.Contains(out, "not recorded") {
		t.Errorf("the journal does not say it: %.500s", out)
	}
	res, err := http.Get(strings.TrimSuffix(d.admin, "/api/v1") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	if m := text(res); strings.Contains(m, "understudy_record_failures_total 0") {
		t.Errorf("the metrics do not say it")
	}
	_ = res.Body.Close()
	if n := strings.Count(d.log.String(), "could not be recorded"); n < 1 || n > 3 {
		t.Errorf("the log says it %d times", n)
	}
	if res, b := d.ask("GET", "/mine", "", "", "Host", "mine"); res.StatusCode != 200 || b != "mine" {
		t.Errorf("a stub in memory: %s %.100s", res.Status, b)
	}
	// An edit that cannot be made durable is refused, and changes nothing.
	if res := d.call("PUT", "/simulations/main", strings.Replace(mine, "text: mine", "text: yours", 1), nil); res.StatusCode != http.StatusServiceUnavailable {
		t.Logf("an edit on a full disk: %s", res.Status)
	} else if _, b := d.ask("GET", "/mine", "", "", "Host", "mine"); b != "mine" {
		t.Errorf("a refused edit is served: %s", b)
	}
	// A start needs room, and says so; with it everything is there that was
	// acknowledged.
	d.kill()
	again := exec.Command(binary, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	if out, err := again.CombinedOutput(); err == nil || !strings.Contains(string(out), "make room there and start again") {
		t.Errorf("a start on a full disk: %v %.600s", err, out)
	}
	_ = fill.Close()
	_ = os.Remove(fill.Name())
	d = start(t, "--data", filepath.Join(dir, "data"))
	d.mode("api", "simulate")
	if _, b := d.ask("GET", "/first", "", "", "Host", "api"); !strings.HasPrefix(b, "real /first") {
		t.Errorf("after a restart: %.100s", b)
	}
}
