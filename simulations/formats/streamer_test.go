package formats

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulations/formats/har"
)

// TestStreamer: a beginning is recognised as what the whole is, where that is read
// piece by piece, and as nothing otherwise.
func TestStreamer(t *testing.T) {
	r := Default()
	for _, c := range []struct {
		head, name string
		want       Streamer
	}{
		{`{"log":{"pages":[`, "", har.Hosts},
		{`{"log":{"pages":[`, "har", har.Hosts},
		{`{"log":{"pages":[`, "HAR-anyhost", har.AnyHost},
		{`{"log":{"pages":[`, "hoverfly", nil},
		{`{"log":{"pages":[`, "no such format", nil},
		{`{"understudy":"v1","log":{"pages":[`, "", nil},
		{`{"x":`, "har", nil},
		{"log:\n  entries:\n", "har", nil},
		{"", "", nil},
	} {
		if got := r.Streamer([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q as %q: %v, want %v", c.head, c.name, got, c.want)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		f, err := r.Recognise(data)
		_, pieces := f.(Streamer)
		if got := r.Streamer(data, ""); (got != nil) != (err == nil && pieces) || got != nil && got.Name() != f.Name() {
			t.Errorf("%s is recognised as %v, its beginning as %v", file, f, got)
		}
	}
}

// TestDecompressed holds reading piece by piece to reading at once.
func TestDecompressed(t *testing.T) {
	text := strings.Repeat(nativeText, 1000)
	whole := squeezed(t, text)
	for what, data := range map[string][]byte{
		"plain": []byte(text), "compressed": whole, "cut": whole[:len(whole)-9], "no gzip": []byte("\x1f\x8b no"), "one byte": {0x1f}, "nothing": nil,
	} {
		for _, limit := range []int64{int64(len(text)), int64(len(text)) - 1} {
			want, wrong := Decompress(data, limit)
			if wrong == nil && int64(len(want)) > limit { // what is not compressed is its reader's to hold
				wrong = simulations.Errorf(simulations.CodeTooLarge, "")
			}
			var got []byte
			from, err := Decompressed(bytes.NewReader(data), limit)
			if err == nil {
				got, err = io.ReadAll(from)
			}
			if (err == nil) != (wrong == nil) || what != "cut" && simulations.CodeOf(err) != simulations.CodeOf(wrong) || err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s, at most %d: %d bytes, %v; want %d, %v", what, limit, len(got), err, len(want), wrong)
			}
		}
	}
}
