package simulator

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"understudy/simulations"
)

// rhythm says which bytes of a body go out together, and when.
type rhythm interface {
	// next looks at the bytes that follow offset at, at least one, and says how
	// many of them go out together, at least one, and when, after the header.
	// Offsets never go back.
	next(at int64, ahead []byte) (n int64, due time.Duration)
}

// rhythm is that of an answer with a body of this size, nil for one that goes
// out at once: the response's own pace, else the collaborator's. A stream of
// events goes out event by event, and, where nothing else is said, as it was
// recorded. known says that the answer can tell its length beforehand.
func (x *exchange) rhythm(res *response, size int64) (r rhythm, known bool) {
	p := res.Pace
	if p == nil && x.collaborator != nil {
		p = x.collaborator.config.Pace
	}
	events := res.events()
	if p == nil && !events || size == 0 || x.r.Method == http.MethodHead {
		return nil, true
	}
	if p == nil {
		p = &asRecorded
	}
	if p.Force || x.slowed() {
		r, known = newRhythm(p, res.Recording, size)
	}
	if events && res.coding == "" {
		return eventwise{r}, false
	}
	return r, known || r == nil
}

// asRecorded is the pace of streams of events. Shared so do not mutate.
var asRecorded = simulations.Pace{Recorded: &simulations.RecordedTiming{}}

func newRhythm(p *simulations.Pace, recording *simulations.Recording, size int64) (r rhythm, known bool) {
	switch {
	case p.Chunks > 0:
		return &evenly{size: size, chunks: min(int64(p.Chunks), size), over: time.Duration(p.Over)}, false
	case p.BytesPerSecond > 0:
		return throttled(p.BytesPerSecond), true
	case recording != nil && len(recording.Pieces) > 0:
		return newPlayed(recording.Pieces, p.Recorded, size), false
	}
	return nil, true
}

// evenly is a number of pieces of one size, but for a byte, each at the end of
// its part of the time.
type evenly struct {
	size, chunks int64
	over         time.Duration
}

func (e *evenly) next(at int64, _ []byte) (int64, time.Duration) {
	i := ((at+1)*e.chunks - 1) / e.size // the piece that has the byte: it begins at size·i/chunks, rounded down
	end := e.size * (i + 1) / e.chunks
	return end - at, time.Duration(float64(e.over) * float64(i+1) / float64(e.chunks))
}

// throttled is a rate in bytes per second.
type throttled int64

// throttledTick is how often a throttled body goes on, unless one byte takes longer.
const throttledTick = 50 * time.Millisecond

func (rate throttled) next(at int64, ahead []byte) (int64, time.Duration) {
	n := min(max(int64(rate)*int64(throttledTick)/int64(time.Second), 1), int64(len(ahead)))
	seconds := float64(at+n) / float64(rate)
	return n, time.Duration(min(seconds, simulations.MaxDelay.Seconds()) * float64(time.Second))
}

// played is a body in its recorded pieces. Where it has not the recorded size,
// since its coding was undone or something in it replaced, they are as many, at
// the same shares of it.
type played struct {
	rest   []simulations.Piece
	timing *simulations.RecordedTiming
	// recorded is the size of all pieces, taken that of those before rest.
	size, recorded, taken int64
}

func newPlayed(pieces []simulations.Piece, timing *simulations.RecordedTiming, size int64) *played {
	p := &played{rest: pieces, timing: timing, size: size}
	for _, piece := range pieces {
		p.recorded += piece.Size
	}
	return p
}

func (p *played) next(at int64, _ []byte) (int64, time.Duration) {
	for {
		end := p.size
		if len(p.rest) > 1 {
			end = int64(float64(p.taken+p.rest[0].Size) / float64(p.recorded) * float64(p.size))
			if p.size == p.recorded {
				end = p.taken + p.rest[0].Size
			}
		}
		if end > at {
			return end - at, min(p.timing.Of(time.Duration(p.rest[0].After)), simulations.MaxDelay)
		}
		p.taken += p.rest[0].Size
		p.rest = p.rest[1:]
	}
}

// eventwise lets no two events of a text/event-stream go out together, in the
// rhythm of another one, which may be nil.
type eventwise struct{ inner rhythm }

func (e eventwise) next(at int64, ahead []byte) (n int64, due time.Duration) {
	n = int64(len(ahead))
	if e.inner != nil {
		n, due = e.inner.next(at, ahead)
	}
	if end := eventEnd(ahead[:min(n, int64(len(ahead)))]); end > 0 {
		n = int64(end)
	}
	return n, due
}

// eventEnd is the length of the first event of a stream with the empty line that
// ends it, 0 where it does not end here. Lines end with CR, LF or both.
func eventEnd(b []byte) int {
	for i := 0; i < len(b); {
		line := bytes.IndexAny(b[i:], "\r\n")
		if line < 0 {
			return 0
		}
		end := i + line + 1
		if b[end-1] == '\r' && end < len(b) && b[end] == '\n' {
			end++
		}
		if line == 0 && i > 0 {
			return end
		}
		i = end
	}
	return 0
}

// events reports whether the answer is a stream of server-sent events.
func (res *response) events() bool {
	if res.render == nil {
		return res.stream
	}
	return isEventStream(res.header)
}

func isEventStream(h http.Header) bool {
	t := h["Content-Type"]
	return len(t) == 1 && strings.HasPrefix(t[0], "text/event-stream")
}

// paceWindow is how much of a paced body is looked at, and sent, at a time.
const paceWindow = 32 << 10

// writePaced sends a body of that size in its rhythm, each piece as soon as it is
// due, and commits the exchange before the last byte. It returns when the client
// has left or the body ends early. The header has been written.
func (x *exchange) writePaced(body io.Reader, size int64, r rhythm) error {
	start := time.Now()
	x.out.Flush()
	ahead := bufio.NewReaderSize(body, int(min(size, paceWindow)))
	for at := int64(0); at < size; {
		window, err := ahead.Peek(int(min(size-at, int64(ahead.Size()))))
		if err != nil {
			return err
		}
		n, due := r.next(at, window)
		n = min(n, int64(len(window)))
		if !x.idle(time.Until(start.Add(due))) {
			return x.r.Context().Err()
		}
		if at+n == size {
			_, err = x.out.Write(window[:n-1])
			x.out.size++ // the journal comes before the last byte
			x.commit()
			x.out.size--
			if err == nil {
				_, err = x.out.Write(window[n-1 : n])
			}
		} else {
			_, err = x.out.Write(window[:n])
		}
		if err != nil {
			return err
		}
		x.out.Flush()
		if _, err := ahead.Discard(int(n)); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// idle is pause in the middle of an answer.
func (x *exchange) idle(d time.Duration) bool {
	if d > 0 && x.r.ProtoMajor >= 2 {
		_ = x.out.rc.SetWriteDeadline(time.Time{}) // it is for a client that takes nothing, not for one that is given nothing
	}
	return pause(x.r, d)
}
