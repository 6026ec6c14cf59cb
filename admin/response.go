package admin

import (
	"net/http"
	"strconv"
	"time"
)

// response is the ResponseWriter of every admin request. It notes what was
// sent, for the access log, and gives every write a deadline of its own, so
// that a client that reads nothing is let go while a slow one is not.
type response struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	// route is the operation's id, "" before it is known.
	route  string
	status int
	bytes  int64
}

func newResponse(w http.ResponseWriter, stall time.Duration) *response {
	return &response{ResponseWriter: w, control: http.NewResponseController(w), stall: stall}
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) began() bool { return w.status != 0 }

// hold renews the deadline of the next write.
func (w *response) hold() {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.stall)) // writers that have none need none
}

func (w *response) WriteHeader(status int) {
	if w.began() {
		return
	}
	w.status = status
	w.hold()
	w.ResponseWriter.WriteHeader(status)
}

// writeChunk is how much goes out under one deadline.
const writeChunk = 256 << 10

func (w *response) Write(b []byte) (int, error) {
	if !w.began() {
		w.WriteHeader(http.StatusOK)
	}
	var written int
	for first := true; first || written < len(b); first = false {
		w.hold()
		n, err := w.ResponseWriter.Write(b[written:min(written+writeChunk, len(b))])
		written += n
		w.bytes += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// flush sends what was written on its way.
func (w *response) flush() error {
	w.hold()
	return w.control.Flush()
}

// send answers with a whole body.
func (w *response) send(status int, mediaType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone is nobody's failure
}
