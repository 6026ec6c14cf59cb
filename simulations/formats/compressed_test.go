package formats

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"understudy/simulations"
)

const nativeText = "understudy: v1\nstubs: [{id: a, response: {text: hi}}]\n"

func squeezed(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// archiveOf is a zip archive of names and contents in turn; a name that begins
// with @ is a link.
func archiveOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		h := &zip.FileHeader{Name: strings.TrimPrefix(pairs[i], "@"), Method: zip.Deflate}
		if h.Name != pairs[i] {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGzip(t *testing.T) {
	got, err := Decompress(squeezed(t, nativeText), 1000)
	if err != nil || string(got) != nativeText {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Decompress([]byte(nativeText), 1); err != nil || string(got) != nativeText {
		t.Errorf("what is not compressed: %q, %v", got, err)
	}
	if _, err := Decompress(squeezed(t, strings.Repeat(" ", 5000)), 4999); simulations.CodeOf(err) != simulations.CodeTooLarge {
		t.Errorf("beyond the bound: %v", err)
	}
	for _, broken := range [][]byte{{0x1f, 0x8b}, squeezed(t, nativeText)[:30]} {
		if _, err := Decompress(broken, 1000); simulations.CodeOf(err) != simulations.CodeInvalid {
			t.Errorf("broken: %v", err)
		}
	}
}

func TestZip(t *testing.T) {
	long := strings.Repeat("#", 5000) + "\n"
	for _, c := range []struct {
		what  string
		data  []byte
		names string
		wrong string
	}{
		{"a folder", archiveOf(t, "a.yaml", nativeText, "b/c.json.gz", string(squeezed(t, `{"understudy":"v1"}`)), "readme.txt", "x"), "a c", ""},
		{"a HAR", archiveOf(t, "a.yaml", nativeText, "shop.har", `{"log":{"version":"1.2","entries":[]}}`), "a shop", ""},
		{"one folder in it", archiveOf(t, "sims/a.yaml", nativeText, "sims/b.yml", nativeText), "a b", ""},
		{"a body beside", archiveOf(t, "s/a.yaml", "understudy: v1\nstubs: [{response: {file: b.txt}}]", "s/b.txt", "body"), "a", ""},
		{"mappings of WireMock", archiveOf(t, "wm/mappings/a.json", `{"request":{},"response":{"bodyFileName":"x"}}`, "wm/__files/x", "body"), "case", ""},
		{"mappings alone", archiveOf(t, "mappings/a.json", `{"request":{},"response":{}}`), "case", ""},
		{"nothing", archiveOf(t), "", "no document in the archive"},
		{"a way out", archiveOf(t, "../a.yaml", nativeText), "", "leads out"},
		{"a way from the root", archiveOf(t, "/a.yaml", nativeText), "", "leads out"},
		{"a way with backslashes", archiveOf(t, `..\a.yaml`, nativeText), "", "leads out"},
		{"a link", archiveOf(t, "a.yaml", nativeText, "@b.yaml", "/etc/passwd"), "", "is a link"},
		{"too much", archiveOf(t, "a.yaml", long, "b.yaml", long), "", "larger than the 8000 bytes"},
		{"cut", archiveOf(t, "a.yaml", nativeText)[:40], "", "cannot be read"},
		{"a document that is wrong", archiveOf(t, "a.yaml", "understudy: v2\n"), "", "a.yaml"},
	} {
		docs, err := Default().LoadZip(bytes.NewReader(c.data), int64(len(c.data)), "case", "", 8000)
		var names []string
		for _, d := range docs {
			names = append(names, d.Document.Name)
		}
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) || c.wrong == "" && (err != nil || strings.Join(names, " ") != c.names) {
			t.Errorf("%s: %v, %v", c.what, names, err)
		}
	}
}

// TestZipThatLies: an entry that says that it is small is held to that.
func TestZipThatLies(t *testing.T) {
	data := archiveOf(t, "a.yaml", strings.Repeat("#", 50_000))
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	size := []byte{byte(r.File[0].UncompressedSize64), byte(r.File[0].UncompressedSize64 >> 8), 0, 0}
	at := bytes.LastIndex(data, size) // in the directory at the end
	copy(data[at:], []byte{100, 0, 0, 0})
	if _, err := Default().LoadZip(bytes.NewReader(data), int64(len(data)), "case", "", 1000); err == nil {
		t.Error("an entry of 50,000 bytes was read as one of 100")
	}
}

// TestZipTogether: the files of an archive are held together to what one document
// may cost, whatever each of them is.
func TestZipTogether(t *testing.T) {
	values := strings.Repeat("0,", simulations.MaxParseCost/300/4)
	mappings := `{"mappings":[{"request":{"url":"/a"},"response":{"jsonBody":[` + values + `0]}}]}`
	native := `{"understudy":"v1","stubs":[{"response":{"json":[` + values + `0]}}]}`
	for name, pair := range map[string][2]string{"mappings": {"mappings/%.json", mappings}, "documents": {"%.json", native}} {
		var pairs []string
		for i := range 6 {
			pairs = append(pairs, strings.Replace(pair[0], "%", string(rune('a'+i)), 1), pair[1])
		}
		data := archiveOf(t, pairs...)
		_, err := Default().LoadZip(bytes.NewReader(data), int64(len(data)), "shop", "", simulations.MaxDocumentBytes)
		if err == nil || !strings.Contains(err.Error(), "values together") || strings.Count(err.Error(), "values together") > 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestZipEntries: the entries of an archive are counted before any is made of them.
func TestZipEntries(t *testing.T) {
	pairs := make([]string, 2*(maxArchiveEntries+1))
	for i := range maxArchiveEntries + 1 {
		pairs[2*i] = strconv.Itoa(i)
	}
	data := archiveOf(t, pairs...)
	if n, err := archiveEntries(bytes.NewReader(data), int64(len(data))); err != nil || n != maxArchiveEntries+1 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := Default().LoadZip(bytes.NewReader(data), int64(len(data)), "shop", "", 1<<30); err == nil || simulations.CodeOf(err) != simulations.CodeTooLarge {
		t.Errorf("%v", err)
	}
	if cost := ZipCost(data); cost != 0 {
		t.Errorf("it costs %d", cost)
	}
}
