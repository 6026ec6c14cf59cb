package badger

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
)

// manyStubs are n of what large simulations are made of: a POST on an exact
// path and an answer of 600 bytes.
func manyStubs(n int) []simulations.PackedStub {
	out := make([]simulations.PackedStub, n)
	for i := range out {
		text := fmt.Sprintf("%0600d", i)
		out[i].Packed = string(simulations.AppendPacked(nil, &simulations.Stub{
			ID:      fmt.Sprintf("stub-%07d", i),
			Request: simulations.Pattern{Method: simulations.Strings{"POST"}, Path: &simulations.Predicate{Value: simulations.NewString(fmt.Sprintf("/v1/charges/%07d", i))}},
			Response: &simulations.Response{
				Status:  201,
				Headers: simulations.Headers{"Content-Type": {"application/json"}, "X-Request-Id": {fmt.Sprint(i)}},
				Text:    &text,
			},
		}))
	}
	return out
}

// BenchmarkReplace writes a large simulation, durably, and BenchmarkLoad reads
// one again from a folder that was closed.
func BenchmarkReplace(b *testing.B) {
	whole := &simulations.Simulation{Name: "big", Stubs: manyStubs(100_000)}
	for b.Loop() {
		b.StopTimer()
		s, err := Open(b.Context(), b.TempDir(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := s.Apply(b.Context(), &simulations.Change{Replace: whole}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(strings.TrimSuffix(fmt.Sprint(n), "000")+"k", func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "data")
			s, err := Open(b.Context(), dir, nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Apply(b.Context(), &simulations.Change{Replace: &simulations.Simulation{Name: "big", Stubs: manyStubs(n)}}); err != nil {
				b.Fatal(err)
			}
			if err := s.Close(b.Context()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s, err := Open(b.Context(), dir, nil)
				if err != nil {
					b.Fatal(err)
				}
				c, err := s.Load(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if got := len(c.Simulations["big"].Stubs); got != n {
					b.Fatalf("%d stubs, want %d", got, n)
				}
				if err := s.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
