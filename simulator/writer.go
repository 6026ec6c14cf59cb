package simulator

import (
	"io"
	"net/http"
	"time"

	"understudy/simulations"
)

// stall is how long a client may neither send nor take a byte of a body.
const stall = time.Minute

// writer is the answer on its way to the client: it bounds how long a client
// may stall, and keeps what the journal shows.
type writer struct {
	http.ResponseWriter
	x      *exchange
	rc     *http.ResponseController
	wrote  bool
	status int
	size   int64
	kept   []byte
	// shared says that kept is the stub's own body, which must not be written to.
	shared bool
	// statusText is the upstream's reason phrase.
	statusText string
}

// Unwrap serves http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.x.rest()
		w.wrote, w.status = true, status
		if h := w.Header(); h["Content-Type"] == nil {
			h["Content-Type"] = nil // net/http would guess one
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	w.size += int64(len(p))
	if room := journalBody + 1 - len(w.kept); room > 0 && !w.shared {
		w.kept = append(w.kept, p[:min(room, len(p))]...)
	}
	if w.x.r.ProtoMajor >= 2 {
		// One stream can stall while its connection does not, see conn.Write.
		_ = w.rc.SetWriteDeadline(time.Now().Add(stall)) // where it is not supported nothing can stall
	}
	return w.ResponseWriter.Write(p)
}

// Flush serves http.Flusher.
func (w *writer) Flush() { _ = w.rc.Flush() }

// whole commits the exchange and writes a body that nobody changes any more.
func (w *writer) whole(status int, body []byte) error {
	w.kept, w.shared = body, true
	w.wrote, w.status = true, status
	w.x.commit()
	w.WriteHeader(status)
	if len(body) == 0 {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// capture tells the journal what was answered. The message shares the live
// header, names without values, which are not sent, and all.
func (w *writer) capture(m *simulations.ResponseMessage) {
	if !w.wrote {
		return
	}
	m.Status, m.StatusText = w.status, w.statusText
	m.Header = w.Header()
	m.Body = simulations.Body{Data: w.kept, Size: max(w.size, int64(len(w.kept)))}
	m.Body.Truncated = int64(len(w.kept)) < m.Body.Size
}

// guardBody bounds how long a read of the request's body may stall.
func (w *writer) guardBody(body io.ReadCloser) io.ReadCloser {
	return &guardedBody{body: body, rc: w.rc}
}

type guardedBody struct {
	body io.ReadCloser
	rc   *http.ResponseController
}

func (g *guardedBody) Read(p []byte) (int, error) {
	_ = g.rc.SetReadDeadline(time.Now().Add(stall)) // where it is not supported nothing can stall
	n, err := g.body.Read(p)
	if err != nil {
		_ = g.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (g *guardedBody) Close() error { return g.body.Close() }
