package har

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestStream reads archives entry by entry and whole: those of the corpus, and
// random ones.
func TestStream(t *testing.T) {
	corpus := os.Getenv("UNDERSTUDY_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*.har"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d archives are in the corpus", len(files))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sameAsTree(t, Hosts, data)
		sameAsTree(t, AnyHost, data)
	}
	for seed := range uint64(500) {
		sameAsTree(t, Hosts, randomArchive(rand.New(rand.NewPCG(seed, 1))))
	}
}

// shuffled writes an object with its members in random order.
func shuffled(r *rand.Rand, members ...string) string {
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, []string{",", ", ", ",\n  "}[r.IntN(3)]) + "}"
}

// randomArchive is an archive with its members in any order, with requests that
// come again, with what is warned about and, now and then, what is refused.
func randomArchive(r *rand.Rand) []byte {
	some := func(list ...string) string { return list[r.IntN(len(list))] }
	var entries []string
	for range r.IntN(40) {
		request := []string{
			`"method":"` + some("GET", "GET", "POST", "get", "CONNECT") + `"`, `"url":"` + some("http://a/1", "http://a/2?x=1&y=%20", "http://a/2?y=%20&x=1", "https://b/#f") + `"`,
			`"headers":[{"name":":path","value":"/"}]`,
		}
		if r.IntN(3) == 0 {
			request = append(request, `"postData":`+shuffled(r, `"mimeType":"`+some("application/json", "multipart/form-data", "text/plain")+`"`, `"text":"{\"a\": 1}"`))
		}
		content := []string{`"size":3`, `"mimeType":"text/plain"`}
		if r.IntN(4) > 0 {
			content = append(content, some(`"text":"abc"`, `"text":"äöü"`, `"text":"/w==","encoding":"base64"`))
		}
		response := []string{`"status":` + some("200", "200", "204", "404", "0"), `"headers":[{"value":"v","name":"` + some("A", "bad name", "Content-Length") + `"}]`, `"content":` + shuffled(r, content...)}
		entries = append(entries, shuffled(r, `"request":`+shuffled(r, request...), `"response":`+shuffled(r, response...), `"time":1.5`, `"cache":{}`))
	}
	if r.IntN(20) == 0 {
		entries = append(entries, some(`7`, `{"request":{"url":"x"},"response":{"status":200}}`, `{"request":{"method":"NO METHOD","url":"http://a/"},"response":{"status":200}}`))
	}
	log := []string{`"version":"` + some("1.1", "1.2", "3") + `"`, `"creator":{"name":"x","version":"1"}`, `"pages":[{"id":"1"},{"id":[2]}]`, `"entries":[` + strings.Join(entries, ",") + `]`, `"comment":"entries"`}
	return []byte(some("", "\ufeff", "\n") + shuffled(r, `"log":`+shuffled(r, log...), `"entries":[1,2]`, `"x":null`) + some("", "\n"))
}

// manyEntries writes an archive of about size bytes as it is read: answers of an
// API of 1 to 4 KB, some of 100 KB, and some files of 1 MB in base64.
func manyEntries(size int64) io.Reader {
	from, to := io.Pipe()
	go func() {
		r := rand.New(rand.NewPCG(1, 2))
		_, _ = io.WriteString(to, `{"log":{"version":"1.2","entries":[`)
		raw := make([]byte, 1<<20)
		for i, n := 0, int64(0); n < size; i++ {
			text, encoding := strings.Repeat("x", 1000+r.IntN(3000)), ""
			switch {
			case i%500 == 7:
				for j := range raw {
					raw[j] = byte(r.Uint32())
				}
				text, encoding = base64.StdEncoding.EncodeToString(raw), "base64"
			case i%50 == 3:
				text = strings.Repeat("y", 100_000)
			}
			body, _ := json.Marshal(fmt.Sprintf(`{"n":%d,"text":"%s"}`, i, text))
			if encoding != "" {
				body, _ = json.Marshal(text)
			}
			entry := fmt.Sprintf(`{"request":{"method":"GET","url":"http://a/%d"},"response":{"status":200,"content":{"size":1,"encoding":%q,"text":%s}}}`, i, encoding, body)
			if i > 0 {
				entry = ",\n" + entry
			}
			written, err := io.WriteString(to, entry)
			if err != nil {
				return // nobody reads it any more
			}
			n += int64(written)
		}
		_, err := io.WriteString(to, `]}}`)
		_ = to.CloseWithError(err)
	}()
	return from
}

// TestStreamHolds: of an archive of 40 MB no more is held at any time than some
// entries, and what the stubs need besides their content.
func TestStreamHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 40 MB")
	}
	live := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, most, kept := live(), int64(0), 0
	draft, _, err := Hosts.Stream(manyEntries(40<<20), func(r *simulations.Response) error {
		if kept++; kept%500 == 0 {
			most = max(most, live()-before)
		}
		content := r.Base64
		if r.Text != nil {
			text := simulations.Bytes(*r.Text)
			content = &text
		}
		r.Text, r.Base64 = nil, nil
		r.Stored = &simulations.BodyRef{ID: fmt.Sprintf("%x", sha256.Sum256(*content)), Size: int64(len(*content))}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if draft.Len != kept || kept < 5000 {
		t.Errorf("%d stubs of %d answers", draft.Len, kept)
	}
	// An entry of a file has 1.4 MB, several times over while it is read.
	if bound := int64(16 << 20); most > bound || most == 0 {
		t.Errorf("up to %d KB were held, want %d at most", most>>10, bound>>10)
	}
	t.Logf("up to %d KB were held", most>>10)
}

// TestManyValues: what an archive holds besides what is read of it is passed
// over without being built, wherever it stands, and an entry has a bound on its values.
func TestManyValues(t *testing.T) {
	zeros := "[" + strings.Repeat("0,", 1_500_000) + "0]"
	for text, want := range map[string]simulations.Code{
		`{"log":{"creator":{"a":` + zeros + `},"entries":[]}}`: "",
		`{"log":{"entries":[]},"x":` + zeros + `}`:             "",
		`{"log":` + zeros + `}`:                                simulations.CodeInvalid,
		`[` + zeros + `]`:                                      simulations.CodeInvalid,
		`{"log":{"version":` + zeros + `,"entries":[]}}`:       simulations.CodeInvalid,
		`{"log":{"entries":[{"x":` + zeros + `}]}}`:            simulations.CodeTooLarge,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Hosts.Stream(strings.NewReader(text), nil)
		runtime.ReadMemStats(&after)
		if err == nil && want != "" || err != nil && simulations.CodeOf(err) != want {
			t.Errorf("%.40s…: %v, want %q", text, err, want)
		}
		// An item that is passed leaves some bytes of garbage, a value 80 that stay.
		if made := after.TotalAlloc - before.TotalAlloc; want != simulations.CodeTooLarge && made > uint64(20*len(text)) {
			t.Errorf("%.40s…, %d bytes: %d bytes were allocated", text, len(text), made)
		}
	}
}

// TestBegins: an archive is known by its beginning, whatever comes first in it.
func TestBegins(t *testing.T) {
	for head, want := range map[string]bool{
		`{"log":{"version":"1.2","pages":[`: true, "\ufeff \n{ \"log\" :{": true, `{"x":{"log":1},"log":`: true,
		`{"x":{"log":1}`: false, `{"log`: false, "log:\n  entries:\n": false, `[{"log":1}]`: false, ``: false,
	} {
		if Hosts.Begins([]byte(head)) != want {
			t.Errorf("%q: %v", head, !want)
		}
	}
	if _, _, err := Hosts.Stream(bytes.NewReader(nil), nil); simulations.CodeOf(err) != simulations.CodeInvalid {
		t.Error(err)
	}
}
