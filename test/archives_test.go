package test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// trafficSize is how large the archive is that is imported here.
const trafficSize = 40 << 20

// traffic is seeded traffic with an API of a host, of any length: most answers
// have 1 to 4 KB, one of 100 has 100 KB, and one of 1000 is a picture of 1 MB.
type traffic struct{ seed uint64 }

func (x traffic) path(i int) string { return fmt.Sprintf("/v1/items/%d?of=%d", i, i%7) }

func (x traffic) answer(i int) []byte {
	r := rand.New(rand.NewPCG(x.seed, uint64(i)))
	if i%1000 == 7 {
		picture := make([]byte, 1<<20)
		for at := range picture {
			picture[at] = byte(r.Uint32())
		}
		return picture
	}
	n := 1000 + r.IntN(3000)
	if i%100 == 3 {
		n = 100_000
	}
	return fmt.Appendf(nil, `{"id": %d, "text": "%s \"quoted\" ü"}`, i, strings.Repeat(string(rune('a'+r.IntN(26))), n))
}

// write writes an archive of at least size bytes, whose last entry is last where
// that is not "", and returns how many exchanges it has.
func (x traffic) write(t testing.TB, file string, size int, last string) (entries int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	n, _ := io.WriteString(w, `{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"entries":[`)
	for ; n < size; entries++ {
		content := x.answer(entries)
		kind, text, encoding := "application/json", string(content), ""
		if entries%1000 == 7 {
			kind, text, encoding = "image/png", base64.StdEncoding.EncodeToString(content), "base64"
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if entries > 0 {
			_, _ = io.WriteString(w, ",\n") // Flush says whether it could be written
		}
		k, _ := fmt.Fprintf(w, `{"startedDateTime":"2026-01-01T00:00:00.000Z","time":1,"request":{"method":"GET","url":"http://api.test%s","headers":[{"name":"Accept","value":"*/*"}]},"response":{"status":200,"headers":[{"name":"Content-Type","value":%q}],"content":{"mimeType":%[2]q,"size":%d,"encoding":%q,"text":%s}}}`,
			x.path(entries), kind, len(content), encoding, quoted)
		n += k
	}
	if last != "" {
		_, _ = io.WriteString(w, ","+last)
	}
	_, _ = io.WriteString(w, `],"pages":[]}}`)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return entries
}

// played asks for a hundred of the exchanges.
func (x traffic) played(t *testing.T, d *double, entries int) {
	t.Helper()
	client := plain()
	for n := range 100 {
		i := n * entries / 100
		if n < entries/1000 {
			i = n*1000 + 7 // the pictures
		}
		r, err := http.NewRequest(http.MethodGet, d.url+x.path(i), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "api.test"
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !bytes.Equal(got, x.answer(i)) {
			t.Fatalf("%s: %s, %d bytes, %v", x.path(i), res.Status, len(got), err)
		}
	}
}

// ran runs the command line against a double.
func ran(d *double, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(binary, append(args, "--admin", strings.TrimSuffix(d.admin, "/api/v1"))...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}

// TestLargeArchive imports an archive that nobody holds whole, as a file and
// compressed, and plays it, also after a restart.
func TestLargeArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("imports 40 MB")
	}
	x, dir := traffic{1}, t.TempDir()
	file := filepath.Join(dir, "shop.har")
	entries := x.write(t, file, trafficSize, `{"request":{"method":"GET","url":"http://api.test/"},"response":{"status":0}}`)
	d := start(t, "--data", filepath.Join(dir, "data"))

	if out, said, err := ran(d, "import", "--strict", file); err == nil || out != "" || !strings.Contains(said, fmt.Sprintf("/log/entries/%d/response/status: the exchange has no answer", entries)) {
		t.Errorf("--strict: %v\n%s\n%s", err, out, said)
	}
	var list struct{ Simulations []struct{ Name string } }
	if d.call("GET", "/simulations", "", &list); len(list.Simulations) > 0 {
		t.Errorf("--strict has imported %v", list.Simulations)
	}
	out, said, err := ran(d, "import", file)
	if err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), fmt.Sprintf("shop 1 %d 0", entries)) || strings.Count(said, "the exchange has no answer") != 1 {
		t.Fatalf("import: %v\n%s\n%s", err, out, said)
	}
	x.played(t, d, entries)
	d.stop()
	d = start(t, "--data", filepath.Join(dir, "data"))
	x.played(t, d, entries)

	// The same again, compressed, is no change.
	zipped := filepath.Join(dir, "shop.har.gz")
	squeeze(t, file, zipped)
	if out, said, err := ran(d, "import", "--format", "har", zipped); err != nil || !strings.Contains(out, "unchanged") {
		t.Errorf("import: %v\n%s\n%s", err, out, said)
	}
	valid, err := exec.Command(binary, "validate", zipped).CombinedOutput()
	if err != nil || !strings.Contains(string(valid), fmt.Sprintf("valid: simulation shop, %d stubs", entries)) {
		t.Errorf("validate: %v\n%s", err, valid)
	}

	// A fault at the very end is told with its place before anything is sent.
	other := filepath.Join(dir, "other.har")
	entries = x.write(t, other, 3<<20, `{"request":{"method":"GET","url":"nowhere"},"response":{"status":200}}`)
	if out, said, err := ran(d, "import", other); err == nil || out != "" || !strings.Contains(said, fmt.Sprintf("/log/entries/%d/request/url: \"nowhere\" is no http or https URL", entries)) {
		t.Errorf("a fault at the end: %v\n%s\n%s", err, out, said)
	}
}

func squeeze(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, in); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestArchiveHalfWay: an import that the sender or a kill ends half way has changed
// nothing.
func TestArchiveHalfWay(t *testing.T) {
	x, dir := traffic{2}, t.TempDir()
	file := filepath.Join(dir, "half.har")
	x.write(t, file, 8<<20, "")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := start(t, "--data", filepath.Join(dir, "data"))
	d.put("half", `{"understudy":"v1","stubs":[{"request":{"path":"/before"},"response":{"text":"before"}}]}`)
	before := func() {
		t.Helper()
		var list struct {
			Simulations []struct{ Stubs, Revision int }
		}
		d.call("GET", "/simulations", "", &list)
		if len(list.Simulations) != 1 || list.Simulations[0].Stubs != 1 || list.Simulations[0].Revision != 1 {
			t.Errorf("there is %+v", list.Simulations)
		}
		res, err := http.Get(d.url + "/before")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got := text(res); got != "before" {
			t.Errorf("it answers %q", got)
		}
	}
	// half sends a part of it, until the other side has taken most of that in.
	half := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(d.admin, "http://"), "/api/v1"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "PUT /api/v1/simulations/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", len(data)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(data[:len(data)-100]); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	if err := half().Close(); err != nil {
		t.Fatal(err)
	}
	before()
	conn := half()
	d.kill()
	_ = conn.Close() // nobody is there any more
	d = start(t, "--data", filepath.Join(dir, "data"))
	before()
	d.call("PUT", "/simulations/half", string(data), &struct{}{})
}
