package hoverfly_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats"
	"understudy/simulator"
	"understudy/simulator/mitm"
	"understudy/store/memory"
)

// newEngine is a double in memory that listens nowhere.
func newEngine(t testing.TB) *simulator.Engine {
	t.Helper()
	ca, err := mitm.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	st := memory.Open(log)
	e, err := simulator.New(context.Background(), simulator.Options{
		Store: st, CA: ca, Logger: log, MissStatus: 501, MaxBody: 1 << 20, RecordBody: 1 << 16, JournalEntries: 100, JournalBytes: 1 << 20,
		SessionIdle: time.Hour, MaxSessions: 1000, UpstreamTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := st.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestCases plays testdata/cases.txt: blocks of pairs, each followed by requests
// and what Hoverfly answers, as far as it was observed. A line of a block is
//
//	pair REQUEST     a pair that answers its number, from 1
//	whole PAIR       a pair as it stands
//	simulation FILE  a whole simulation
//	format NAME      how it is read
//	warned POINTER: TEXT, refused POINTER: TEXT
//	METHOD URL [Header=value]… [body=…] -> ANSWER
//
// where the answer is a body, or "miss". Requests of a block share a session.
func TestCases(t *testing.T) {
	f, err := os.Open("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := newEngine(t)
	played := 0
	var block []string
	first := 0
	run := func() {
		if len(block) > 0 {
			played += playBlock(t, e, first, block)
		}
		block = nil
	}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		switch line := strings.TrimSpace(sc.Text()); {
		case line == "":
			run()
		case !strings.HasPrefix(line, "#"):
			if len(block) == 0 {
				first = n
			}
			block = append(block, line)
		}
	}
	run()
	t.Logf("%d requests, warnings and refusals", played)
	if played < 120 {
		t.Errorf("only %d cases", played)
	}
}

func playBlock(t *testing.T, e *simulator.Engine, line int, block []string) (played int) {
	t.Helper()
	name, whole := "", ""
	var pairs, said []string
	for _, l := range block {
		word, rest, _ := strings.Cut(l, " ")
		switch word {
		case "pair":
			pairs = append(pairs, fmt.Sprintf(`{"request":%s,"response":{"status":200,"body":"%d"}}`, rest, len(pairs)+1))
		case "whole":
			pairs = append(pairs, rest)
		case "simulation":
			whole = rest
		case "format":
			name = rest
		case "warned", "refused":
			said = append(said, l)
		}
	}
	if whole == "" {
		whole = `{"data":{"pairs":[` + strings.Join(pairs, ",") + `]},"meta":{"schemaVersion":"v5.3"}}`
	}
	doc, warnings, _, err := formats.Default().Decode([]byte(whole), name)
	if err == nil {
		doc.Name = "case"
		_, err = e.PutDocument(t.Context(), "case", doc, simulations.Condition{})
	}
	for _, s := range said {
		played++
		word, rest, _ := strings.Cut(s, " ")
		pointer, text, _ := strings.Cut(rest, ": ")
		if word == "refused" {
			if err == nil || !strings.Contains(err.Error(), pointer) || !strings.Contains(err.Error(), text) {
				t.Errorf("line %d: %s, but: %v", line, s, err)
			}
			err = nil
			doc = nil
			continue
		}
		found := false
		for _, w := range warnings {
			found = found || w.Pointer == pointer && strings.Contains(w.Detail, text)
		}
		if !found {
			t.Errorf("line %d: %s, but: %v", line, s, warnings)
		}
	}
	if err != nil {
		t.Errorf("line %d: %v", line, err)
	}
	if doc == nil {
		return played
	}
	for _, l := range block {
		left, want, is := strings.Cut(l, " -> ")
		if !is || strings.HasPrefix(l, "pair ") || strings.HasPrefix(l, "whole ") || strings.HasPrefix(l, "simulation ") {
			continue
		}
		played++
		if got := ask(t, e, left, fmt.Sprintf("block-%d", line)); got != want {
			t.Errorf("line %d: %s: %q, want %q", line, left, got, want)
		}
	}
	return played
}

// ask sends a request as the cases write it and returns the answer's body.
func ask(t *testing.T, e *simulator.Engine, text, session string) string {
	t.Helper()
	text, body, _ := strings.Cut(text, " body=")
	words := strings.Fields(text)
	url := words[1]
	if strings.HasPrefix(url, "/") {
		url = "http://localhost" + url
	}
	r := httptest.NewRequest(words[0], url, strings.NewReader(body))
	r.Header.Set("Understudy-Session", session)
	for _, h := range words[2:] {
		name, value, _ := strings.Cut(h, "=")
		r.Header.Add(name, strings.ReplaceAll(value, "_", " "))
	}
	r.RequestURI = url // as a forward proxy is asked
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	res := w.Result()
	if o := res.Header.Get("Understudy-Outcome"); o == "miss" || o == "refused" {
		return "miss" // a miss for a host that nothing declares is a refusal
	}
	out := w.Body.String()
	if res.StatusCode != http.StatusOK {
		out = fmt.Sprintf("%d %s", res.StatusCode, out)
	}
	for name, values := range res.Header {
		if strings.HasPrefix(name, "X-Set") {
			out += fmt.Sprintf(" %s=%s", name, strings.Join(values, ","))
		}
	}
	return strings.TrimSpace(out)
}
