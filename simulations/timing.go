package simulations

import "time"

// Recording is what is known of the exchange that a response was made of: what
// playing it back in its own time needs, and nothing that the answer itself
// shows. Responses that differ in it only count as alike.
type Recording struct {
	// At is when the request came.
	At Timestamp `doc:"at" pack:"1"`
	// Latency is the time from the request to the response's header.
	Latency Duration `doc:"latency" pack:"2"`
}

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
	return r.Delay != nil && r.Delay.Recorded != nil
}

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
