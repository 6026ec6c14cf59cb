package admin

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// acceptedTypes are the media types that text of a document may be sent as,
// besides those that end in +json or +yaml: what it is, it says itself. A
// request without a type is taken too, and curl's --data calls everything a form.
var acceptedTypes = []string{
	"application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/json",
	"text/plain", "application/octet-stream", "application/gzip", "application/zip", "application/x-www-form-urlencoded",
}

// checkType refuses content that cannot be meant as text of a document.
func (c *call) checkType() error {
	sent := c.r.Header.Get("Content-Type")
	if sent == "" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(sent)
	if err == nil && (slices.Contains(acceptedTypes, mediaType) || strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+yaml")) {
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "a body of type %q is not read here: send JSON or YAML (application/json, application/yaml)", cut(sent))
}

// body reads the request's body, decompressed. It is held to MaxBody both as
// sent and decompressed, and to what all bodies may take together.
func (c *call) body() ([]byte, error) {
	u, err := c.upload(c.opts.MaxBody)
	if err != nil {
		return nil, err
	}
	return u.whole()
}

// stream returns the body as it comes, without a bound on its size. A sender
// that stands still is given up.
func (c *call) stream() io.ReadCloser {
	return &steadyReader{body: c.r.Body, control: c.w.control, stall: c.stall}
}

// upload is a request's body on its way in.
type upload struct {
	*call
	// from is the body, decompressed; announced how long it is, -1 where that is
	// not known.
	from      io.Reader
	announced int64
	// data is what was read, and held.
	data []byte
	// most bounds the body, as it is sent and decompressed.
	most int64
}

var errTooLarge = errors.New("too large")

// upload opens the request's body.
func (c *call) upload(most int64) (*upload, error) {
	if err := c.checkType(); err != nil {
		return nil, err
	}
	u := &upload{call: c, announced: c.r.ContentLength, most: most}
	u.from = http.MaxBytesReader(c.w, c.stream(), most)
	switch encoding := strings.ToLower(strings.TrimSpace(c.r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		// A file that is compressed is one, whether or not that is said of it.
		head := bufio.NewReader(u.from)
		u.from = head
		if begins, _ := head.Peek(2); !formats.IsGzip(begins) { // a short body is none
			return u, nil
		}
	case "gzip", "x-gzip":
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "the content coding %q is not read here: send gzip or none", cut(encoding)).with("Accept-Encoding", "gzip")
	}
	z, err := gzip.NewReader(u.from)
	if err != nil {
		return nil, u.readError(err)
	}
	u.from, u.announced = z, -1
	return u, nil
}

// whole reads all of the body, which is held to MaxBody, and waits for its turn to
// be parsed.
func (u *upload) whole() ([]byte, error) {
	u.most = u.opts.MaxBody
	ended, err := u.fill(u.most)
	switch {
	case err == nil && !ended:
		err = errTooLarge
	case err == nil && len(u.data) == 0:
		return nil, simulations.Errorf(simulations.CodeInvalid, "the request has no body")
	}
	if err != nil {
		return nil, u.readError(err)
	}
	return u.data, u.admit(bodyCost(u.data))
}

// fill reads until more than n bytes are held, or to the end.
func (u *upload) fill(n int64) (ended bool, err error) {
	if u.data == nil {
		// What is held grows with what has come, not with what was announced.
		u.data = make([]byte, 0, 4<<10)
		if !u.take(int64(cap(u.data))) {
			return false, errBusy
		}
	}
	for int64(len(u.data)) <= n {
		if len(u.data) == cap(u.data) {
			grow := growth(len(u.data), min(u.announced, n)) // of more than n nothing is held
			if !u.take(int64(grow)) {
				return false, errBusy
			}
			u.data = append(make([]byte, 0, cap(u.data)+grow), u.data...)
		}
		got, err := u.from.Read(u.data[len(u.data):cap(u.data)])
		u.data = u.data[:len(u.data)+got]
		if err == io.EOF {
			return int64(len(u.data)) <= n, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// rest is all of the body, of which a part may be held, to be read piece by piece.
func (u *upload) rest() io.Reader {
	return formats.Limit(io.MultiReader(bytes.NewReader(u.data), u.from), u.most)
}

// growth is by how much a buffer grows that n bytes have filled: by as much as it
// has, 16 MiB at most. Once a quarter of what was announced has come, the rest is
// believed, and all that has come is copied one last time.
func growth(n int, announced int64) int {
	if rest := announced - int64(n); rest > 0 && rest <= 3*int64(n) {
		return int(rest) + 1 // a byte to see the end in
	}
	return min(n, 16<<20)
}

var errBusy = simulations.Errorf(simulations.CodeUnavailable, "too many large bodies are being read now: send it again in a moment")

// readError says what was wrong with a body that could not be read.
func (u *upload) readError(err error) error {
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, new(*http.MaxBytesError)):
		return simulations.Errorf(simulations.CodeTooLarge, "the body is larger than %d bytes, the most that is read here", u.most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "no more of the body came for %s", u.stall)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return simulations.Errorf(simulations.CodeInvalid, "the body is cut off, or not compressed as its Content-Encoding says")
	}
	if _, ok := errors.AsType[*protocolError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*simulations.Error](err); ok {
		return err
	}
	return simulations.Errorf(simulations.CodeInvalid, "the body cannot be read: %w", err)
}

// steadyReader gives each read a deadline of its own.
type steadyReader struct {
	body    io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

func (s *steadyReader) Read(b []byte) (int, error) {
	_ = s.control.SetReadDeadline(time.Now().Add(s.stall)) // connections that have none need none
	n, err := s.body.Read(b)
	if err != nil {
		// The server goes on reading, to see the client leave; that has no end.
		_ = s.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (s *steadyReader) Close() error { return s.body.Close() }
