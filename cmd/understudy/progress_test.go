package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"understudy/cmd/internal/client"
)

// TestImportIsMeasured: of every file all bytes are counted while it is checked,
// whether it is read whole or piece by piece, half of them as they are read.
func TestImportIsMeasured(t *testing.T) {
	dir := t.TempDir()
	entry := `{"request":{"method":"GET","url":"http://a/"},"response":{"status":200,"content":{"text":"` + strings.Repeat("x", 999) + `"}}},`
	for name, text := range map[string]string{
		"whole.yaml": "understudy: v1\nstubs: [{response: {text: a}}, {request: {path: /b}, response: {text: b}}]\n",
		"small.har":  `{"log":{"entries":[` + strings.TrimSuffix(entry, ",") + `]}}`,
		"large.har":  `{"log":{"entries":[` + strings.Repeat(entry, 2000) + entry[:len(entry)-1] + `]}}`,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := newCLI(strings.NewReader(""), io.Discard, io.Discard)
		m := c.meter("check", sizeOf([]string{file}))
		parcels, err := c.readDocuments(t.Context(), []string{file}, reading{}, m)
		m.end()
		if err != nil || len(parcels) != 1 {
			t.Fatalf("%s: %d parcels, %v", name, len(parcels), err)
		}
		defer parcels[0].close()
		if streamed := parcels[0].file != nil; streamed != (name == "large.har") {
			t.Errorf("%s is read piece by piece: %v", name, streamed)
		}
		if called := parcels[0].name + filepath.Ext(name); called != name {
			t.Errorf("%s is called %s", name, called)
		}
		// What is shared among stubs is rounded down.
		if n := m.done(); n > int64(len(text)) || n < int64(len(text))-8 {
			t.Errorf("%s: %d bytes were counted, of %d", name, n, len(text))
		}
	}

	// An interrupt ends the checking.
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	c := newCLI(strings.NewReader(""), io.Discard, io.Discard)
	if _, err := c.readDocuments(ctx, []string{filepath.Join(dir, "large.har")}, reading{}, c.meter("check", 0)); err == nil {
		t.Error("the checking went on")
	}
}

// TestProgressHasOneUnit: what is done and all of it are told alike.
func TestProgressHasOneUnit(t *testing.T) {
	for want, n := range map[string][2]int64{
		"check: 4.6 of 25.3 MiB\n":   {4676 << 10, 26527445},
		"check: 97.7 of 267.0 MiB\n": {102450006, 280e6},
		"check: 0.0 of 4.0 GiB\n":    {1, 4 << 30},
		"check: 0.5 of 1023.0 KiB\n": {512, 1023 << 10},
		"check: 1.0 MiB\n":           {1 << 20, 0},
		"check: 1024.0 of 3.0 TiB\n": {1 << 50, 3 << 40},
	} {
		var said strings.Builder
		c := newCLI(nil, nil, &said)
		m := c.meter("check", n[1])
		m.next = time.Now().Add(-lineEvery)
		m.add(int(n[0]))
		m.end()
		if said.String() != want {
			t.Errorf("%d of %d: %q, want %q", n[0], n[1], said.String(), want)
		}
	}
}

// TestSendsFileAsItIs: a file that is read piece by piece goes as it is, by its
// format and of a length that is known, and under the name that it is given.
func TestSendsFileAsItIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my shop.har")
	text := `{"log":{"comment":"` + strings.Repeat("x", 2<<20) + `","entries":[]}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var sent string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing is seen
		if r.URL.Path != "/api/v1/simulations/shop" || r.URL.RawQuery != "format=har-anyhost" || r.ContentLength != int64(len(text)) {
			t.Errorf("%s?%s with %d bytes", r.URL.Path, r.URL.RawQuery, r.ContentLength)
		}
		sent = string(body)
		_, _ = io.WriteString(w, `{"name":"shop","revision":1}`)
	}))
	defer s.Close()
	c := newCLI(strings.NewReader(""), io.Discard, io.Discard)
	cl, err := client.New(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	parcels, err := c.readDocuments(t.Context(), []string{file}, reading{format: "har-anyhost", name: "shop"}, c.meter("check", 0))
	if err != nil {
		t.Fatal(err)
	}
	defer parcels[0].close()
	if err := c.send(t.Context(), cl, parcels); err != nil {
		t.Fatal(err)
	}
	if sent != text {
		t.Errorf("%d bytes were sent, of %d", len(sent), len(text))
	}
}
