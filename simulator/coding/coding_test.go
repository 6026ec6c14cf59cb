package coding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"understudy/simulations"
)

var text = []byte(strings.Repeat("the same old story, told again; ", 500))

func TestRoundTrip(t *testing.T) {
	for _, encoding := range []string{
		"", "identity", "gzip", "x-gzip", "GZIP", "br", "deflate", "zstd", " gzip ", "gzip, br", "br,gzip",
		"gzip, identity, zstd", "gzip, deflate, br", ",gzip,",
	} {
		for _, body := range [][]byte{{}, []byte("x"), text} {
			enc, err := Encode(encoding, body)
			if err != nil {
				t.Fatalf("%q: %v", encoding, err)
			}
			got, truncated, err := Decode(encoding, enc, int64(len(body)))
			if err != nil || truncated || !bytes.Equal(got, body) {
				t.Errorf("%q of %d bytes: %d bytes, truncated %v, %v", encoding, len(body), len(got), truncated, err)
			}
			if len(body) > 0 {
				got, truncated, err = Decode(encoding, enc, int64(len(body)-1))
				if err != nil || !truncated || !bytes.Equal(got, body[:len(body)-1]) {
					t.Errorf("%q, one byte too many: %d bytes, truncated %v, %v", encoding, len(got), truncated, err)
				}
			}
		}
	}
}

// The order of a stack, told with other libraries' hands.
func TestStackOrder(t *testing.T) {
	var gz, br bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(text)
	w.Close()
	b := brotli.NewWriter(&br)
	b.Write(gz.Bytes())
	b.Close()
	h := http.Header{"Content-Encoding": {"gzip", "br"}} // gzip was applied first
	got, _, err := Decode(Of(h), br.Bytes(), 1<<20)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, _, err := Decode("br, gzip", br.Bytes(), 1<<20); err == nil {
		t.Error("the wrong order was read")
	}
}

func TestDeflateRawAndZlib(t *testing.T) {
	var raw, zl bytes.Buffer
	f, _ := flate.NewWriter(&raw, 6)
	f.Write(text)
	f.Close()
	z := zlib.NewWriter(&zl)
	z.Write(text)
	z.Close()
	// A raw stream that begins like zlib: a stored block of one byte, then an
	// empty final one.
	odd := []byte{0x78, 1, 0, 0xfe, 0xff, 'x', 1, 0, 0, 0xff, 0xff}
	if got, _, err := Decode("deflate", odd, 1<<16); err != nil || string(got) != "x" || !looksZlib(odd) {
		t.Errorf("raw that looks like zlib: %q, %v", got, err)
	}
	for name, body := range map[string][]byte{"raw": raw.Bytes(), "zlib": zl.Bytes()} {
		got, _, err := Decode("deflate", body, 1<<20)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestFaults(t *testing.T) {
	gz, _ := Encode("gzip", text)
	for _, c := range []struct {
		encoding string
		body     []byte
		says     string
	}{
		{"lzma", gz, `"lzma" is not known`},
		{"gzip, aws-chunked", gz, `"aws-chunked" is not known`},
		{"gzip, gzip, gzip, gzip", gz, "more than 3"},
		{"gzip", []byte("plain"), "gzip"},
		{"gzip", gz[:len(gz)-5], "unexpected EOF"},
		{"gzip", append(bytes.Clone(gz), 'x'), "gzip"},
		{"br", []byte("plain text, not brotli"), "br"},
		{"zstd", []byte("plain"), "zstd"},
		{"deflate", []byte{0x78, 0x9c, 1}, "deflate"},
		{strings.Repeat("x", 1000), gz, "is not known"},
	} {
		_, _, err := Decode(c.encoding, c.body, 1<<20)
		if err == nil || !strings.Contains(err.Error(), c.says) || simulations.CodeOf(err) != simulations.CodeInvalid || len(err.Error()) > 300 {
			t.Errorf("%.40q: %v", c.encoding, err)
		}
	}
	for _, encoding := range []string{"br", "deflate", "zstd"} {
		enc, _ := Encode(encoding, text)
		if _, _, err := Decode(encoding, append(enc, "tail"...), 1<<20); err == nil {
			t.Errorf("%s: bytes behind the end passed", encoding)
		}
		if _, _, err := Decode(encoding, enc[:len(enc)-2], 1<<20); err == nil {
			t.Errorf("%s: a cut body passed", encoding)
		}
	}
	// What could be read stays at hand.
	if got, _, err := Decode("gzip", gz[:len(gz)-5], 1<<20); err == nil || !bytes.HasPrefix(text, got) || len(got) == 0 {
		t.Errorf("%d bytes of a cut body, %v", len(got), err)
	}
	if Known("gzip, lzma") || !Known("gzip, br") || !Known("") {
		t.Error("Known")
	}
}

// A body that unfolds a thousandfold costs what the limit allows.
func TestBombs(t *testing.T) {
	const limit = 64 << 10
	zeros := make([]byte, 1<<20)
	for _, encoding := range []string{"gzip", "br", "deflate", "zstd"} {
		var b bytes.Buffer
		w := writer(encoding, &b)
		for range 64 {
			w.Write(zeros)
		}
		w.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, truncated, err := Decode(encoding, b.Bytes(), limit)
		runtime.ReadMemStats(&after)
		if err != nil || !truncated || len(got) != limit {
			t.Errorf("%s: %d bytes, truncated %v, %v", encoding, len(got), truncated, err)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 25<<20 {
			t.Errorf("%s: %d bytes of %d allocated %d MiB", encoding, limit, b.Len(), spent>>20)
		}
		outer, err := Encode("gzip", b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got, truncated, err := Decode(encoding+", gzip", outer, limit); err != nil || !truncated || len(got) != limit {
			t.Errorf("%s in gzip: %d bytes, truncated %v, %v", encoding, len(got), truncated, err)
		}
	}
}

// Empty gzip members unfold into nothing, but there can be any number of them.
func TestInnerLayerIsBounded(t *testing.T) {
	var member, outer bytes.Buffer
	gzip.NewWriter(&member).Close()
	w := gzip.NewWriter(&outer)
	for range 4 << 20 / member.Len() {
		w.Write(member.Bytes())
	}
	w.Close()
	_, _, err := Decode("gzip, gzip", outer.Bytes(), 1<<10)
	if !errors.Is(err, errLayer) {
		t.Errorf("got %v", err)
	}
}

func writer(encoding string, to io.Writer) io.WriteCloser {
	switch encoding {
	case "gzip":
		return gzip.NewWriter(to)
	case "br":
		return brotli.NewWriterLevel(to, 1)
	case "zstd":
		w, _ := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
		return w
	}
	return zlib.NewWriter(to)
}

// A window beyond HTTP's bound (RFC 9659) is refused, not allocated.
func TestZstdWindow(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(64<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text)
	w.Flush()
	w.Write(text)
	w.Close()
	if _, _, err := Decode("zstd", b.Bytes(), 1<<20); err == nil || !strings.Contains(err.Error(), "window") {
		t.Errorf("got %v", err)
	}
}

// Decoders are reused; one body must not show up in another.
func TestConcurrentUse(t *testing.T) {
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 20 {
				body := bytes.Repeat(fmt.Appendf(nil, "%d/%d ", i, j), 1000+i*j)
				for _, encoding := range []string{"zstd", "br", "gzip, zstd"} {
					enc, _ := Encode(encoding, body)
					if j%3 == 0 {
						Decode(encoding, enc[:len(enc)/2], 1<<20)
					}
					if got, _, err := Decode(encoding, enc, 1<<20); err != nil || !bytes.Equal(got, body) {
						t.Errorf("%s: %v", encoding, err)
					}
				}
			}
		})
	}
	wg.Wait()
	// One that is done may still be on its way out.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		accept, coding string
		want           bool
	}{
		{"", "gzip", false},
		{"", "identity", true},
		{"", "", true},
		{"gzip", "gzip", true},
		{"gzip", "x-gzip", true},
		{"X-GZIP", "gzip", true},
		{"gzip", "br", false},
		{"gzip", "", true},
		{"gzip, br;q=0.5", "br", true},
		{"gzip;q=0", "gzip", false},
		{"gzip;q=0.000", "gzip", false},
		{"gzip;q=0.001", "gzip", true},
		{"gzip ; Q=1.0", "gzip", true},
		{"gzip;q=2", "gzip", false},
		{"gzip;q=", "gzip", false},
		{"gzip;q=-1", "gzip", false},
		{"gzip;q=1.5", "gzip", false},
		{"gzip;x=y", "gzip", true},
		{"*", "br", true},
		{"*;q=0", "br", false},
		{"*;q=0", "identity", false},
		{"*;q=0, identity", "identity", true},
		{"br;q=0, *", "br", false},
		{"br;q=0, *", "gzip", true},
		{"identity;q=0", "", false},
		{"identity;q=0", "identity", false},
		{"identity;q=oops", "identity", true},
		{"*;q=0.1", "identity", true},
		{"gzip, br", "gzip, br", true},
		{"gzip", "gzip, br", false},
		{"gzip;q=0, gzip", "gzip", false},
		{",, gzip ,", "gzip", true},
	} {
		if got := Accepts(c.accept, c.coding); got != c.want {
			t.Errorf("Accepts(%q, %q) = %v", c.accept, c.coding, got)
		}
	}
}

// FuzzDecode holds gzip and deflate to the standard library, and every coding
// to its bound and to its own round trip.
func FuzzDecode(f *testing.F) {
	for i, encoding := range encodings {
		enc, _ := Encode(encoding, text)
		f.Add(byte(i), enc, uint16(100))
		f.Add(byte(i), enc[:len(enc)/2], uint16(10000))
	}
	f.Fuzz(func(t *testing.T, which byte, body []byte, bound uint16) {
		encoding, limit := encodings[int(which)%len(encodings)], int64(bound)
		got, truncated, err := Decode(encoding, body, limit)
		if int64(len(got)) > limit || truncated && int64(len(got)) != limit {
			t.Fatalf("%s: %d bytes of %d, truncated %v", encoding, len(got), limit, truncated)
		}
		if encoding == "gzip" && len(body) > 0 {
			var want []byte
			r, werr := gzip.NewReader(bytes.NewReader(body))
			if werr == nil {
				want, werr = io.ReadAll(io.LimitReader(r, limit+1))
			}
			if over := int64(len(want)) > limit; werr == nil && (err != nil || truncated != over || !bytes.Equal(got, want[:min(len(want), int(limit))])) || werr != nil && !over && err == nil {
				t.Fatalf("%d bytes, truncated %v, %v; the library: %d bytes, %v", len(got), truncated, err, len(want), werr)
			}
		}
		enc, err := Encode(encoding, body)
		if err != nil {
			t.Fatal(err)
		}
		back, truncated, err := Decode(encoding, enc, int64(len(body)))
		if err != nil || truncated || !bytes.Equal(back, body) {
			t.Fatalf("%s: %d bytes came back as %d, truncated %v, %v", encoding, len(body), len(back), truncated, err)
		}
	})
}

var encodings = []string{"gzip", "br", "deflate", "zstd", "gzip, br", "zstd, deflate"}

func FuzzAccepts(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0", "gzip")
	f.Fuzz(func(t *testing.T, accept, coding string) {
		got := Accepts(accept, coding)
		if got != Accepts(strings.ToUpper(accept), strings.ToLower(coding)) && strings.EqualFold(strings.ToUpper(accept), accept) {
			t.Fatalf("%q %q: letter case counts", accept, coding)
		}
		Decode(coding, []byte(accept), 100)
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		enc, _ := Encode(encoding, text)
		b.Run(encoding, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, _, err := Decode(encoding, enc, 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
