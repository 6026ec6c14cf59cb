package simulations

import (
	"fmt"
	"strconv"
	"time"
)

// Recording is what is known of the exchange that a response was made of: what
// playing it back in its own time needs, and nothing that the answer itself
// shows. Responses that differ in it only count as alike.
type Recording struct {
	// At is when the request came.
	At Timestamp `doc:"at" pack:"1"`
	// Latency is the time from the request to the response's header.
	Latency Duration `doc:"latency" pack:"2"`
	// Pieces are how the body arrived, for one that did not arrive at once: at
	// most [MaxChunks].
	Pieces []Piece `doc:"pieces" pack:"3"`
}

// Piece is one piece of a body as it arrived.
type Piece struct {
	// After is the time since the response's header.
	After Duration `doc:"after" pack:"1"`
	// Size is its length in bytes, as it was on the wire.
	Size int64 `doc:"size,required" pack:"2"`
}

// Pace is how an answer's body goes out, by exactly one of Chunks, BytesPerSecond
// and Recorded. No body is spread over more than [MaxDelay]: what is left then
// goes out at once.
type Pace struct {
	// Chunks is the number of equal pieces, the last of which is sent after Over.
	Chunks int      `doc:"chunks" pack:"1"`
	Over   Duration `doc:"over" pack:"2"`
	// BytesPerSecond is the rate at which bytes go out.
	BytesPerSecond int64 `doc:"bytesPerSecond" pack:"3"`
	// Recorded sends the pieces of the response's Recording in their times, where
	// it has some.
	Recorded *RecordedTiming `doc:"recorded" pack:"4"`
	// Force paces answers to shadow and synthetic traffic, too.
	Force bool `doc:"force" pack:"5"`
}

// Bounds of a [Pace].
const (
	MaxPaceChunks     = 10_000
	MaxBytesPerSecond = 1 << 40
)

// Timestamp is a moment in whole Unix seconds, 0 for none. It is written as RFC
// 3339 has it, in UTC.
type Timestamp int64

// Time is the moment as a time, in UTC.
func (t Timestamp) Time() time.Time { return time.Unix(int64(t), 0).UTC() }

// RecordedTiming takes a time from the response's Recording, multiplied.
type RecordedTiming struct {
	// Scale is the factor, 0 to [MaxScale]; nil is 1.
	Scale *float64 `doc:"scale" pack:"1"`
}

// MaxScale is the largest factor of a recorded time.
const MaxScale = 100

// Of is the recorded time d, scaled.
func (r *RecordedTiming) Of(d time.Duration) time.Duration {
	if r.Scale == nil {
		return d
	}
	return time.Duration(float64(d) * *r.Scale)
}

// ParseDelay reads a delay as a document has it, "20ms" or {fixed: 20ms}. The
// error is a *[Error].
func ParseDelay(text string) (*Delay, error) {
	v, err := Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	var d decoder
	out := new(Delay)
	if out.decodeDoc(&d, v); out.FixedTemplate != "" {
		d.fail(v, "a template is rendered in a response only")
	}
	return out, Invalid(d.faults)
}

// WithoutRecordings returns the document without the Recordings that no response
// asks to be played back by itself: the same traffic, recorded twice, then makes
// the same document.
func (doc *Document) WithoutRecordings() *Document {
	out := *doc
	out.Stubs = make([]*Stub, len(doc.Stubs))
	for i, s := range doc.Stubs {
		out.Stubs[i] = s.withoutRecordings()
	}
	return &out
}

// withoutRecordings returns the stub itself where there are none.
func (s *Stub) withoutRecordings() *Stub {
	idle := func(r *Response) bool { return r != nil && r.Recording != nil && !r.usesRecording() }
	some := idle(s.Response)
	for _, r := range s.Responses {
		some = some || idle(r)
	}
	if !some {
		return s
	}
	bare := func(r *Response) *Response {
		if !idle(r) {
			return r
		}
		out := *r
		out.Recording = nil
		return &out
	}
	out := *s
	out.Response = bare(s.Response)
	out.Responses = nil
	for _, r := range s.Responses {
		out.Responses = append(out.Responses, bare(r))
	}
	return &out
}

// usesRecording reports whether the response says itself that its Recording is
// played back.
func (r *Response) usesRecording() bool {
	return r.Delay != nil && r.Delay.Recorded != nil || r.Pace != nil && r.Pace.Recorded != nil || r.ShiftDates != nil && !r.ShiftDates.Off
}

func (p *Pace) check(report func(pointer, detail string)) {
	ways := 0
	for _, is := range []bool{p.Chunks != 0, p.BytesPerSecond != 0, p.Recorded != nil} {
		if is {
			ways++
		}
	}
	switch {
	case ways != 1:
		report("", "a pace is one of `{chunks: 5, over: 2s}`, `{bytesPerSecond: 1000}` and `{recorded: {}}`")
	case p.Chunks < 0 || p.Chunks > MaxPaceChunks:
		report("/chunks", fmt.Sprintf("a body has 1 to %d chunks", MaxPaceChunks))
	case p.Over != 0 && p.Chunks == 0:
		report("/over", "over goes with chunks")
	case p.Over > Duration(MaxDelay):
		report("/over", fmt.Sprintf("no body is spread over more than %s", MaxDelay))
	case p.BytesPerSecond < 0 || p.BytesPerSecond > MaxBytesPerSecond:
		report("/bytesPerSecond", fmt.Sprintf("a rate is 1 to %d bytes per second", int64(MaxBytesPerSecond)))
	}
}

func (r *Recording) check(report func(pointer, detail string)) {
	if len(r.Pieces) > MaxChunks {
		report("/pieces", fmt.Sprintf("at most %d pieces are kept: let the last one have the size of all that follow", MaxChunks))
		return
	}
	var before Duration
	var size int64
	for i, p := range r.Pieces {
		at := "/pieces/" + strconv.Itoa(i)
		switch {
		case p.Size < 1 || p.Size > maxRecordedSize-size:
			report(at+"/size", "a piece has 1 byte or more, all together 1 TiB at most")
			return
		case p.After < before:
			report(at+"/after", "the piece before came later")
		}
		before = p.After
		size += p.Size
	}
}

// maxRecordedSize bounds what the pieces of a body come to, in bytes.
const maxRecordedSize = 1 << 40

func (r *RecordedTiming) check(report func(pointer, detail string)) {
	if s := r.Scale; s != nil && !(*s >= 0 && *s <= MaxScale) {
		report("/scale", "a scale is 0 to 100: 0.5 is twice as fast as recorded")
	}
}

func (t *Timestamp) decodeDoc(d *decoder, v *Value) {
	if !d.want(v, String) {
		return
	}
	at, err := time.Parse(time.RFC3339, v.Text)
	switch {
	case err != nil:
		d.fail(v, "%q is no moment: write it as RFC 3339 has it, such as \"2026-01-31T12:00:00Z\"", v.Text)
	case at.Unix() <= 0:
		d.fail(v, "a moment is after 1970")
	}
	*t = Timestamp(at.Unix())
}

func (t Timestamp) encodeDoc() *Value {
	if t == 0 {
		return nil
	}
	return NewString(t.Time().Format(time.RFC3339))
}
