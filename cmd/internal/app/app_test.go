package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
)

// loopback are options of an understudy beside others.
func loopback(t testing.TB) Options {
	t.Helper()
	o := DefaultOptions()
	o.Listen, o.AdminListen, o.InMemory = []string{"127.0.0.1:0"}, "127.0.0.1:0", true
	o.DrainTimeout = 5 * time.Second
	return o
}

func started(t testing.TB, o Options) *App {
	t.Helper()
	a, err := New(t.Context(), o, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// fetch returns status and body; the connection is not kept.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestAppServesWhatItImports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\nstubs: [{request: {path: /a}, response: {text: one}}]\n")
	o := loopback(t)
	o.Import = []string{dir}
	a := started(t, o)
	if status, body := fetch(t, "http://"+a.Addr()+"/a"); status != 200 || body != "one" {
		t.Errorf("%d %q", status, body)
	}
	if status, _ := fetch(t, "http://"+a.AdminAddr()+"/readyz"); status != 200 {
		t.Errorf("ready: %d", status)
	}
	// A change of the folder is served without a restart.
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\nstubs: [{request: {path: /a}, response: {text: two}}]\n")
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, body := fetch(t, "http://"+a.Addr()+"/a"); body == "two" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("still answers %q", body)
		}
		runtime.Gosched()
	}
}

// TestExplainKnowsPorts: what is asked of a collaborator's own port is explained as
// it is answered there.
func TestExplainKnowsPorts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), `understudy: v1
collaborators: {bank: {listen: "127.0.0.1:0"}, shop: {hosts: [127.0.0.1]}}
stubs:
  - {collaborator: bank, id: b, request: {path: /x}, response: {text: bank}}
  - {collaborator: shop, id: s, request: {path: /x}, response: {text: shop}}
`)
	o := loopback(t)
	o.Import = []string{dir}
	a := started(t, o)
	bank, err := a.Engine().Collaborator("bank")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{bank.Address: "bank", a.Addr(): "shop"} {
		url := "http://" + address + "/x"
		ex, err := a.Engine().Explain(t.Context(), &simulations.Ask{Method: "GET", URL: url})
		if _, body := fetch(t, url); err != nil || body != want || ex.Collaborator != want || ex.Outcome != simulations.OutcomeStub {
			t.Errorf("%s answers %q, and is explained as %+v, %v; want %s", url, body, ex, err, want)
		}
	}
}

func TestAppKeepsItsDataFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\nstubs: [{request: {path: /a}, response: {text: one}}]\n")
	o := loopback(t)
	o.InMemory, o.DataDir, o.Import = false, filepath.Join(dir, "data"), []string{filepath.Join(dir, "a.yaml")}
	first := started(t, o)
	ca := string(first.Engine().CACertificate())
	if _, err := New(t.Context(), o, quiet()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second one on the same folder: %v", err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Import = nil
	second := started(t, o)
	if _, body := fetch(t, "http://"+second.Addr()+"/a"); body != "one" {
		t.Errorf("after a restart: %q", body)
	}
	if string(second.Engine().CACertificate()) != ca {
		t.Error("after a restart the CA is another one")
	}
}

// What cannot start leaves nothing behind: neither listeners nor goroutines.
func TestAppUndoesAStartThatFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	before := runtime.NumGoroutine()
	for _, spoil := range []func(*Options){
		func(o *Options) { o.Listen = []string{taken.Addr().String()} },
		func(o *Options) { o.AdminListen = taken.Addr().String() },
		func(o *Options) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\nstubs: [{request: {path: {regex: '('}}, response: {}}]\n")
			o.Import = []string{dir}
		},
	} {
		o := loopback(t)
		spoil(&o)
		a, err := New(t.Context(), o, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err == nil {
			t.Error("started")
		}
		defer func() {
			if err := a.Stop(context.Background()); err != nil {
				t.Errorf("stop after a failed start: %v", err)
			}
		}()
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestAppWarnsOfAnOpenAdminPlane(t *testing.T) {
	t.Parallel()
	for address, warned := range map[string]bool{":0": true, "0.0.0.0:0": true, "192.0.2.1:0": true, "127.0.0.1:0": false, "localhost:0": false, "[::1]:0": false} {
		var logs bytes.Buffer
		o := loopback(t)
		o.AdminListen = address
		a, err := New(t.Context(), o, slog.New(slog.NewTextHandler(&logs, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(logs.String(), "--admin-token"); got != warned {
			t.Errorf("%s: warned %v\n%s", address, got, logs.String())
		}
	}
}

func TestAppStopsOnce(t *testing.T) {
	t.Parallel()
	a := started(t, loopback(t))
	var stops sync.WaitGroup
	for range 8 {
		stops.Go(func() {
			if err := a.Stop(t.Context()); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
	}
	stops.Wait()
	if _, err := net.Dial("tcp", a.Addr()); err == nil {
		t.Error("it still listens")
	}
}

func TestAppTellsEveryStopWhatWentWrong(t *testing.T) {
	t.Parallel()
	trouble := errors.New("trouble")
	a := &App{}
	a.undo.push("the store", time.Second, func(context.Context) error { return trouble })
	for range 2 {
		if err := a.Stop(t.Context()); !errors.Is(err, trouble) {
			t.Errorf("%v", err)
		}
	}
}

func TestNewRefusesOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	o := loopback(t)
	o.MissStatus, o.Origin = 1, "x"
	_, err := New(t.Context(), o, quiet())
	if err == nil || !strings.Contains(err.Error(), "miss-status") || !strings.Contains(err.Error(), "origin") {
		t.Errorf("%v", err)
	}
	o = loopback(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "c.pem"), "x")
	o.TLS, o.TLSCert, o.TLSKey = true, filepath.Join(dir, "c.pem"), filepath.Join(dir, "c.pem")
	if _, err := New(t.Context(), o, quiet()); err == nil || !strings.Contains(err.Error(), "tls-cert") {
		t.Errorf("a certificate that is none: %v", err)
	}
}

// Every example compiles.
func TestExamplesCompile(t *testing.T) {
	t.Parallel()
	docs, _, err := ReadPath("../../../simulations/examples", "", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if warnings, err := Inspect(d.Document); err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, %v", d.Path, warnings, err)
		}
	}
}
