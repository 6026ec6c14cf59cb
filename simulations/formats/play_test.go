package formats

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
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

// shorthands are, by file of cases, the words that make a part of a document of
// a line, and the document of the parts.
var shorthands = map[string]struct {
	parts map[string]string // with %s for the line's rest, %d for its number
	whole string
	least int
}{
	"hoverfly": {
		map[string]string{"pair": `{"request":%s,"response":{"status":200,"body":"%d"}}`, "whole": "%s"},
		`{"data":{"pairs":[%s]},"meta":{"schemaVersion":"v5.3"}}`, 120,
	},
	"wiremock": {
		map[string]string{"request": `{"request":%s,"response":{"body":"%d"}}`, "mapping": "%s"},
		`{"mappings":[%s]}`, 60,
	},
	"go-vcr": {map[string]string{"interaction": "%s"}, `{"version":2,"interactions":[%s]}`, 15},
	"mountebank": {
		map[string]string{"predicates": `{"predicates":%s,"responses":[{"is":{"statusCode":200,"body":"%d"}}]}`, "stub": "%s"},
		`{"protocol":"http","stubs":[%s],"defaultResponse":{"statusCode":404}}`, 160,
	},
	"openapi": {
		map[string]string{"paths": `"openapi":"3.0.3","paths":%s`, "components": `"components":%s`, "document": "%s"},
		"{%s}", 100,
	},
	"har": {map[string]string{"entry": "%s"}, `{"log":{"version":"1.2","entries":[%s]}}`, 15},
	"mockoon": {
		map[string]string{
			"route":    `{"method":"get","endpoint":"a","responses":[%s]}`,
			"rules":    `{"method":"all","endpoint":"a/:id","responses":[{"rulesOperator":"OR","rules":%s,"body":"%d"},{"default":true,"statusCode":404}]}`,
			"all":      `{"method":"all","endpoint":"a/:id","responses":[{"rulesOperator":"AND","rules":%s,"body":"%d"},{"default":true,"statusCode":404}]}`,
			"template": `{"method":"all","endpoint":"t/:id","responses":[{"body":%s}]}`, "part": "%s",
		},
		`{"name":"shop","endpointPrefix":"api","routes":[%s],"data":[{"id":"b1","name":"users","value":"[{\"id\":1,\"name\":\"Ann\"}]"}]}`, 150,
	},
	"microcks": {
		map[string]string{"operations": "%s", "document": "%s"},
		`{"apiVersion":"mocks.microcks.io/v1alpha1","kind":"APIExamples","metadata":{"name":"a","version":"1"},"operations":%s}`, 15,
	},
	"pact": {
		map[string]string{"request": `{"request":%s,"response":{"status":200,"body":"%d"}}`, "answer": `{"request":{"path":"/"},"response":%s}`, "interaction": "%s"},
		`{"consumer":{"name":"shop"},"provider":{"name":"pay"},"interactions":[%s]}`, 150,
	},
	"smocker": {
		map[string]string{"request": `{"request":%s,"response":{"body":"%d"}}`, "mock": "%s"},
		`[%s]`, 80,
	},
}

// TestCases plays testdata/cases: blocks of parts of a document, each followed
// by requests and what the tool answers, as far as it was observed. A line is
//
//	WORD PART        one of the shorthands, such as `pair REQUEST` for a pair
//	                 that answers its number, from 1
//	simulation TEXT  a whole document
//	example FILE     one of testdata/examples
//	format NAME      how it is read
//	warned POINTER: TEXT, refused POINTER: TEXT
//	METHOD URL [Header=value]… [body=…] -> ANSWER
//
// where the answer is a body with ⏎ for a new line, or "miss". Requests of a block share a session.
func TestCases(t *testing.T) {
	for name, short := range shorthands {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open("testdata/cases/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			e := newEngine(t)
			played, first := 0, 0
			var block []string
			run := func() {
				if len(block) > 0 {
					played += playBlock(t, e, name, first, block)
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
			if played < short.least {
				t.Errorf("only %d cases", played)
			}
		})
	}
}

func playBlock(t *testing.T, e *simulator.Engine, file string, line int, block []string) (played int) {
	t.Helper()
	short := shorthands[file]
	name, whole := "", ""
	var parts, said []string
	for _, l := range block {
		word, rest, _ := strings.Cut(l, " ")
		switch word {
		case "simulation":
			whole = rest
		case "example":
			data, err := os.ReadFile(filepath.Join("testdata", "examples", rest))
			if err != nil {
				t.Fatal(err)
			}
			whole = string(data)
		case "format":
			name = rest
		case "warned", "refused":
			said = append(said, l)
		default:
			if part, ok := short.parts[word]; ok {
				part = strings.Replace(part, "%s", rest, 1)
				parts = append(parts, strings.Replace(part, `"%d"`, fmt.Sprintf(`"%d"`, len(parts)+1), 1))
			}
		}
	}
	if whole == "" {
		whole = strings.Replace(short.whole, "%s", strings.Join(parts, ","), 1)
	}
	doc, warnings, _, err := Default().Decode([]byte(whole), name)
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
		word, _, _ := strings.Cut(l, " ")
		if _, part := short.parts[word]; !is || part || word == "simulation" {
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
	r := httptest.NewRequest(words[0], url, strings.NewReader(body))
	if strings.HasPrefix(url, "/") {
		r.Host = "localhost" // understudy itself
	}
	r.Header.Set("Understudy-Session", session)
	for _, h := range words[2:] {
		name, value, _ := strings.Cut(h, "=")
		r.Header.Add(name, strings.ReplaceAll(value, "_", " "))
	}
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
	if out == "" {
		return "200"
	}
	return strings.ReplaceAll(strings.TrimSpace(out), "\n", "⏎")
}

// TestProviderStates: of interactions with one request each is had by the state
// of a session's scenario, as the warning of reading says.
func TestProviderStates(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "examples", "pact-v2.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, _, _, err := Default().Decode(data, "")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	if _, err := e.PutDocument(t.Context(), "pact", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	const order = "GET /orders/1 Accept=application/json"
	for _, c := range []struct{ state, want string }{
		{"", `{"id":42,"lines":[{"sku":"A-1"}]}`},
		{"there is no order", "404"},
		{"there is an order", `{"id":42,"lines":[{"sku":"A-1"}]}`},
	} {
		if c.state != "" {
			if err := e.SetScenario(t.Context(), "s", "provider-state", c.state, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := ask(t, e, order, "s"); got != c.want {
			t.Errorf("in the state %q: %s, want %s", c.state, got, c.want)
		}
	}
	if got := ask(t, e, order, "other"); got == "404" {
		t.Error("the state of one session is another's")
	}
}
