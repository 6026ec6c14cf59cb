package formats

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"understudy/simulations"
)

// made counts the bytes that do makes, for good and for the moment.
func made(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBomb gives every format a list of millions of numbers for entries, which is
// some kilobytes of gzip. Below the bound on values a value costs what it takes in
// memory, once; above it the file costs no more.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 13 MB in every format")
	}
	registry := Default()
	for _, f := range builtin {
		t.Run(f.Name(), func(t *testing.T) {
			for _, c := range []struct {
				numbers int
				most    uint64 // MiB
			}{{1_000_000, 160}, {5_500_000, 560}} {
				text := []byte(fmt.Sprintf(hostile[f.Name()].whole, strings.Repeat("0,", c.numbers)+"0"))
				var doc *simulations.Document
				var err error
				bytes := made(func() { doc, _, _, err = registry.Decode(text, f.Name()) })
				if err == nil && len(doc.Stubs) > 1 || err != nil && simulations.CodeOf(err) == simulations.CodeInternal {
					t.Errorf("%d numbers: %v", c.numbers, err)
				}
				if bytes>>20 > c.most {
					t.Errorf("%d MiB are made of %d MiB of numbers, want %d at most", bytes>>20, len(text)>>20, c.most)
				}
				t.Logf("%d numbers: %d MiB", c.numbers, bytes>>20)
				if c.numbers > 3_000_000 { // than YAML may have
					bytes := made(func() { _, _, _, err = registry.Decode(append([]byte("--- "), text...), f.Name()) })
					if simulations.CodeOf(err) != simulations.CodeTooLarge || bytes>>20 > uint64(2*len(text)>>20) {
						t.Errorf("%d MiB are made of %d numbers in YAML: %v", bytes>>20, c.numbers, err)
					}
				}
				// What no format knows is not built to say so.
				text = append([]byte(`{"services":[`), strings.Repeat("0,", c.numbers)+"0]}"...)
				if bytes := made(func() { _, err = registry.Recognise(text) }); err == nil || bytes > 1<<20 {
					t.Errorf("%d KiB are made to recognise nothing: %v", bytes>>10, err)
				}
			}
		})
	}
}
