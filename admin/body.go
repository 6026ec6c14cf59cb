package admin

import (
	"bufio"
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
	if err := c.checkType(); err != nil {
		return nil, err
	}
	from := http.MaxBytesReader(c.w, c.stream(), c.opts.MaxBody)
	data, err := c.read(from)
	switch {
	case err != nil:
		return nil, c.readError(err)
	case len(data) == 0:
		return nil, simulations.Errorf(simulations.CodeInvalid, "the request has no body")
	}
	return data, nil
}

// stream returns the body as it comes, without a bound on its size. A sender
// that stands still is given up.
func (c *call) stream() io.ReadCloser {
	return &steadyReader{body: c.r.Body, control: c.w.control, stall: c.stall}
}

var errTooLarge = errors.New("too large")

func (c *call) read(from io.Reader) ([]byte, error) {
	announced := c.r.ContentLength // -1 where it is not known
	switch encoding := strings.ToLower(strings.TrimSpace(c.r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		// A file that is compressed is one, whether or not that is said of it.
		head := bufio.NewReader(from)
		from = head
		if begins, _ := head.Peek(2); formats.IsGzip(begins) { // a short body is none
			z, err := gzip.NewReader(from)
			if err != nil {
				return nil, err
			}
			from, announced = z, -1
		}
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, err
		}
		from, announced = z, -1
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "the content coding %q is not read here: send gzip or none", cut(encoding)).with("Accept-Encoding", "gzip")
	}
	// What is held grows with what has come, not with what was announced.
	data := make([]byte, 0, 4<<10)
	if !c.take(int64(cap(data))) {
		return nil, errBusy
	}
	for {
		if len(data) == cap(data) {
			if int64(len(data)) > c.opts.MaxBody {
				return nil, errTooLarge
			}
			grow := growth(len(data), announced)
			if !c.take(int64(grow)) {
				return nil, errBusy
			}
			data = append(make([]byte, 0, cap(data)+grow), data...)
		}
		n, err := from.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > c.opts.MaxBody {
			return nil, errTooLarge
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
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

func (c *call) take(n int64) bool {
	if !c.bodies.take(n) {
		return false
	}
	c.taken += n
	return true
}

var errBusy = simulations.Errorf(simulations.CodeUnavailable, "too many large bodies are being read now: send it again in a moment")

// readError says what was wrong with a body that could not be read.
func (c *call) readError(err error) error {
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, new(*http.MaxBytesError)):
		return simulations.Errorf(simulations.CodeTooLarge, "the body is larger than %d bytes, the most that is read here", c.opts.MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "no more of the body came for %s", c.stall)
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
