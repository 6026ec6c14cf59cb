package simulator

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// TestRhythms: whatever a rhythm does, all bytes of the body go out, in order, no
// piece is empty and none is due before the one before it; and the pieces are
// those of a naive division.
func TestRhythms(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := 1 + r.Int64N(1<<r.IntN(18))
		over := time.Duration(r.Int64N(int64(time.Minute)))
		p := &simulations.Pace{}
		recording := &simulations.Recording{}
		var want []int64 // the ends of the pieces
		last := over
		switch r.IntN(3) {
		case 0:
			p.Chunks, p.Over = 1+r.IntN(50), simulations.Duration(over)
			n := min(int64(p.Chunks), size)
			for i := range n {
				want = append(want, size*(i+1)/n)
			}
		case 1:
			p.BytesPerSecond = 1 + r.Int64N(1<<r.IntN(20))
			last = time.Duration(float64(size) / float64(p.BytesPerSecond) * float64(time.Second))
			step := max(p.BytesPerSecond/20, 1)
			for end := step; end < size; end += step {
				want = append(want, end)
			}
			want = append(want, size)
		default:
			scale := r.Float64() * 2
			p.Recorded = &simulations.RecordedTiming{Scale: &scale}
			after, end := time.Duration(0), int64(0)
			for end < size {
				n := min(1+r.Int64N(size), size-end)
				end += n
				after += time.Duration(r.Int64N(int64(time.Second)))
				recording.Pieces = append(recording.Pieces, simulations.Piece{After: simulations.Duration(after), Size: n})
				want = append(want, end)
			}
			last = time.Duration(float64(after) * scale)
		}
		rhythm, _ := newRhythm(p, recording, size)
		var got []int64
		due := time.Duration(0)
		body := make([]byte, size)
		for at := int64(0); at < size; {
			n, then := rhythm.next(at, body[at:])
			if n < 1 || at+n > size || then < due {
				t.Fatalf("seed %d: %d bytes at %s, behind %d at %s of %d", seed, n, then, at, due, size)
			}
			at, due = at+n, then
			got = append(got, at)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: %+v cuts %d bytes at %v, want %v", seed, p, size, got, want)
		}
		if d := due - min(last, simulations.MaxDelay); d < -time.Microsecond || d > time.Microsecond {
			t.Fatalf("seed %d: %+v ends after %s, want %s", seed, p, due, last)
		}
	}
}

// TestPlayedAtAnotherSize: a body that is not as long as it was recorded keeps
// its pieces and their times.
func TestPlayedAtAnotherSize(t *testing.T) {
	pieces := []simulations.Piece{{Size: 10}, {After: 1, Size: 20}, {After: 2, Size: 70}}
	for size, want := range map[int64]string{100: "[10 30 100]", 10: "[1 3 10]", 1000: "[100 300 1000]", 1: "[1]"} {
		r := newPlayed(pieces, &simulations.RecordedTiming{}, size)
		var ends []int64
		for at := int64(0); at < size; {
			n, _ := r.next(at, nil)
			at += n
			ends = append(ends, at)
		}
		if fmt.Sprint(ends) != want {
			t.Errorf("%d bytes end at %v, want %s", size, ends, want)
		}
	}
}

func TestEventEnd(t *testing.T) {
	for text, want := range map[string]string{
		"data: a\n\ndata: b\n\n":      "data: a\n\n",
		"data: a\r\n\r\ndata: b":      "data: a\r\n\r\n",
		"data: a\r\rdata: b":          "data: a\r\r",
		"id: 1\ndata: a\n\n":          "id: 1\ndata: a\n\n",
		": beat\n\n":                  ": beat\n\n",
		"data: a\r\ndata: b\r\n\r\nx": "data: a\r\ndata: b\r\n\r\n",
		"data: a\n":                   "",
		"data":                        "",
		"":                            "",
	} {
		if got := text[:eventEnd([]byte(text))]; got != want {
			t.Errorf("%q ends after %q, want %q", text, got, want)
		}
	}
}

// FuzzEventwise: a stream cut by events is the stream, and no piece holds more
// than one event.
func FuzzEventwise(f *testing.F) {
	f.Add([]byte("data: a\n\ndata: b\r\n\r\n: c\r\r"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var out bytes.Buffer
		for at := 0; at < len(stream); {
			n, _ := eventwise{}.next(int64(at), stream[at:])
			if n < 1 || n > int64(len(stream)-at) {
				t.Fatalf("%d bytes of %d", n, len(stream)-at)
			}
			piece := stream[at : at+int(n)]
			whole := strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(piece)), "\n")
			if i := strings.Index(strings.TrimLeft(whole, "\n"), "\n\n"); i >= 0 {
				t.Fatalf("two events in %q", piece)
			}
			out.Write(piece)
			at += int(n)
		}
		if got, _ := io.ReadAll(&out); !bytes.Equal(got, stream) {
			t.Fatalf("%q became %q", stream, got)
		}
	})
}
