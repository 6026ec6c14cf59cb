package simulations

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Callback is a request that understudy itself sends once an answer has been
// given, as the real service would: a webhook, the result of a job. Whether it
// may leave is decided when it is sent; see containment in package simulator.
// Of URL and Collaborator exactly one is set, of the three bodies at most one.
type Callback struct {
	// Method is the request's; "" is POST.
	Method string `doc:"method" pack:"1"`
	// URL is the whole address, http or https.
	URL string `doc:"url" pack:"2"`
	// Collaborator names the one whose upstream gets the request, at Path, which
	// may have a query and is put behind the upstream's own path.
	Collaborator string  `doc:"collaborator" pack:"3"`
	Path         string  `doc:"path" pack:"4"`
	Headers      Headers `doc:"headers" pack:"5"`
	Text         *string `doc:"text" pack:"6"`
	JSON         *Value  `doc:"json" pack:"7"`
	Base64       *Bytes  `doc:"base64" pack:"8"`
	// Template renders method, URL, path, headers and body as Handlebars, once,
	// when the answer has been given: they see the request and the answer.
	Template   bool              `doc:"template" pack:"9"`
	Dialect    Dialect           `doc:"dialect" pack:"10"`
	Parameters map[string]*Value `doc:"parameters" pack:"11"`
	// Delay is a wait between the answer and the first attempt, at most
	// [MaxDelay]. It holds after requests of every origin.
	Delay *Delay `doc:"delay" pack:"12"`
	// Timeout bounds one attempt, from the connection to the end of the answer;
	// 0 is the default, 10 s.
	Timeout Duration `doc:"timeout" pack:"13"`
	// Expect are the statuses that count as delivered; none is any of 2xx.
	Expect Results `doc:"expect" pack:"14"`
	// Retry says what is done about an attempt that failed; nil is nothing.
	Retry *Retry `doc:"retry" pack:"15"`
}

// Retry repeats a callback's attempt. The wait before the second is Backoff, and
// each wait after it is twice the one before, MaxBackoff at most.
type Retry struct {
	// Attempts is how many there are in all, the first one included.
	Attempts int `doc:"attempts,required" pack:"1"`
	// On are the results that are worth another attempt; none is no answer at
	// all, 408, 425, 429 and any of 5xx.
	On Results `doc:"on" pack:"2"`
	// Backoff is 0 for the default, 1 s, MaxBackoff for 1 min.
	Backoff    Duration `doc:"backoff" pack:"3"`
	MaxBackoff Duration `doc:"maxBackoff" pack:"4"`
	// Jitter is the part of each wait, 0 to 1, that is drawn by chance: the wait
	// is between 1-Jitter times itself and the whole.
	Jitter float64 `doc:"jitter" pack:"5"`
	// Within is how long after the first attempt another may begin; 0 is the
	// default, 10 min.
	Within Duration `doc:"within" pack:"6"`
}

// Results are ways in which an attempt of a callback ends: a status, written as
// a number, all of a class, "5xx", or no answer at all, [ResultError].
type Results []string

// ResultError is an attempt that got no answer: no connection, or none in time.
const ResultError = "error"

// Bounds of callbacks.
const (
	MaxCallbacks       = 16 // of one response
	MaxAttempts        = 20
	MaxCallbackTimeout = 5 * time.Minute
	MaxRetryWithin     = 24 * time.Hour
)

// Has reports whether an attempt's end is among the results; status is 0 where
// there was no answer.
func (x Results) Has(status int) bool {
	if status == 0 {
		return slices.Contains(x, ResultError)
	}
	text := strconv.Itoa(status)
	return slices.Contains(x, text) || slices.Contains(x, text[:1]+"xx")
}

func validResult(s string) bool {
	if s == ResultError {
		return true
	}
	if class, ok := strings.CutSuffix(s, "xx"); ok {
		return len(class) == 1 && class >= "2" && class <= "5"
	}
	n, err := strconv.Atoi(s)
	return err == nil && n >= 200 && n <= 599 && strconv.Itoa(n) == s
}

const resultRule = "a result is a status, 200 to 599, a class such as 5xx, or error for no answer at all"

func (x *Results) decodeDoc(d *decoder, v *Value) {
	one := func(v *Value) {
		switch {
		case v.Kind != String && v.Kind != Number:
			d.fail(v, "is %s: %s", v.Kind, resultRule)
		case !validResult(v.Text):
			d.fail(v, "is %q: %s", v.Text, resultRule)
		default:
			*x = append(*x, v.Text)
		}
	}
	if v.Kind != Array {
		one(v)
		return
	}
	for i, item := range v.Items {
		d.path.push("", i)
		one(item)
		d.path.pop()
	}
}

func (x Results) encodeDoc() *Value {
	if len(x) == 0 {
		return nil
	}
	out := &Value{Kind: Array}
	for _, s := range x {
		item := NewString(s)
		if n, err := strconv.Atoi(s); err == nil {
			item = NewInt(int64(n))
		}
		out.Items = append(out.Items, item)
	}
	if len(out.Items) == 1 {
		return out.Items[0]
	}
	return out
}

// CallbackResult is what became of a callback, as the journal shows it beside
// the request that was sent and its last answer.
type CallbackResult struct {
	// Cause is the ID of the exchange whose answer it followed.
	Cause uint64 `json:"cause"`
	// Number is its place among that answer's callbacks, from 1.
	Number int `json:"number"`
	// Attempts are those that were made, in order.
	Attempts []Attempt `json:"attempts,omitempty"`
}

// Attempt is one try at a callback.
type Attempt struct {
	Time time.Time `json:"time"`
	// Duration is the time to the end of the answer, or to the error.
	Duration time.Duration `json:"duration"`
	// Status is 0 where there was no answer; Error says why.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

// CallbackCounts are the callbacks since the start, by what became of them, and
// those that are under way.
type CallbackCounts struct {
	Sent    uint64 `json:"sent"`
	Failed  uint64 `json:"failed"`
	Refused uint64 `json:"refused"`
	Dropped uint64 `json:"dropped"`
	// Attempts counts requests, retries included.
	Attempts uint64 `json:"attempts"`
	// Waiting are those that are not due yet, or have no free place; Running are
	// being sent.
	Waiting int `json:"waiting"`
	Running int `json:"running"`
}
