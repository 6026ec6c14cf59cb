package simulator_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

// TestConversations plays the files of testdata/conversations: what a client
// sends and what it gets.
//
// The first line names the document that answers. A line that begins with '>' is
// of a request (method and path, headers, an empty line, the body), one with '<'
// of the answer: the status, headers, and the body, each as far as it stands
// there; "<" alone is an answer without a body. `*` in an answer is any text.
// `$name` as a header of an answer keeps its value, in a request it stands for
// it; a header whose value is "-" must not be there. Other lines are remarks.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(string(data), "\n")
			e := newEngine(t)
			putFile(t, e, filepath.Join("..", "simulations", "examples"), strings.TrimSpace(strings.TrimPrefix(first, "document:")))
			front := httptest.NewServer(e)
			defer front.Close()
			kept := map[string]string{}
			for i, x := range conversation(rest) {
				x.play(t, front.URL, kept, fmt.Sprintf("exchange %d, %s", i+1, x.send[0]))
			}
		})
	}
}

// putFile gives an engine a document of a folder.
func putFile(t testing.TB, e *simulator.Engine, folder, name string) {
	t.Helper()
	loaded, err := simulations.Load(os.DirFS(folder), name, simulations.ReadNative)
	if err != nil {
		t.Fatal(err)
	}
	doc := loaded.Document
	if _, err := e.PutDocument(t.Context(), doc.Name, doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// spoken is one exchange of a conversation.
type spoken struct{ send, want []string }

func conversation(text string) []spoken {
	var out []spoken
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		rest, _ := strings.CutPrefix(line[min(1, len(line)):], " ")
		switch {
		case strings.HasPrefix(line, ">"):
			if len(out) == 0 || len(out[len(out)-1].want) > 0 {
				out = append(out, spoken{})
			}
			out[len(out)-1].send = append(out[len(out)-1].send, rest)
		case strings.HasPrefix(line, "<") && len(out) > 0:
			out[len(out)-1].want = append(out[len(out)-1].want, rest)
		}
	}
	return out
}

func (x spoken) play(t *testing.T, url string, kept map[string]string, name string) {
	t.Helper()
	method, path, _ := strings.Cut(x.send[0], " ")
	header, body := http.Header{}, ""
	for i, line := range x.send[1:] {
		if line == "" {
			body = strings.Join(x.send[i+2:], "\n")
			break
		}
		k, v, _ := strings.Cut(line, ": ")
		if strings.HasPrefix(v, "$") {
			v = kept[v]
		}
		header.Add(k, v)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "crm"
	r.Header = header
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // it was read to its end
	if fmt.Sprint(res.StatusCode) != x.want[0] {
		t.Fatalf("%s: status %d, want %s: %s", name, res.StatusCode, x.want[0], got)
	}
	for _, line := range x.want[1:] {
		k, v, isHeader := strings.Cut(line, ": ")
		switch {
		case line == "":
			if len(got) > 0 {
				t.Errorf("%s: a body: %s", name, got)
			}
		case strings.HasPrefix(line, "{") || strings.HasPrefix(line, "["):
			if !fits(line, string(bytes.TrimSpace(got))) {
				t.Errorf("%s:\n got %s\nwant %s", name, got, line)
			}
		case isHeader && v == "-":
			if res.Header.Values(k) != nil {
				t.Errorf("%s: %s is %q", name, k, res.Header[k])
			}
		case isHeader && strings.HasPrefix(v, "$"):
			kept[v] = res.Header.Get(k)
			if kept[v] == "" {
				t.Errorf("%s: no %s", name, k)
			}
		case isHeader:
			if g := strings.Join(res.Header.Values(k), ", "); !fits(v, g) {
				t.Errorf("%s: %s is %q, want %q", name, k, g, v)
			}
		default:
			t.Fatalf("%s: what is %q?", name, line)
		}
	}
}

// fits holds a text against a pattern in which '*' is any text.
func fits(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$").MatchString(text)
}
