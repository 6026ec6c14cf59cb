package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// part is a run of bytes of a body.
type part struct{ start, length int64 }

// contentRange is the value of Content-Range for a part of a body of that size.
func (p part) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", p.start, p.start+p.length-1, size)
}

// errRanges says that a request asks for ranges which the body does not have, or
// which are none.
var errRanges = errors.New("no such ranges")

// parseRanges reads a Range header for a body of that size (RFC 9110 section
// 14.1.2): the parts that are in it. nil without an error is the whole: of another
// unit than bytes a server need know nothing.
func parseRanges(header string, size int64) ([]part, error) {
	unit, list, _ := strings.Cut(header, "=")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return nil, nil
	}
	var out []part
	some := false
	for spec := range strings.SplitSeq(list, ",") {
		spec = textproto.TrimString(spec)
		if spec == "" {
			continue
		}
		some = true
		first, last, ok := strings.Cut(spec, "-")
		if !ok {
			return nil, errRanges
		}
		p, err := parsePart(textproto.TrimString(first), textproto.TrimString(last), size)
		if err != nil {
			return nil, err
		}
		if p.length > 0 {
			out = append(out, p)
		}
	}
	if some && len(out) == 0 {
		return nil, errRanges
	}
	return out, nil
}

// parsePart reads one range; it has no length where none of it is in the body.
func parsePart(first, last string, size int64) (part, error) {
	if first == "" { // the last bytes
		n, err := parsePosition(last)
		n = min(n, size)
		return part{size - n, n}, err
	}
	start, err := parsePosition(first)
	if err != nil || start >= size {
		return part{}, err
	}
	end := size - 1
	if last != "" {
		if end, err = parsePosition(last); err != nil || end < start {
			return part{}, errRanges
		}
		end = min(end, size-1)
	}
	return part{start, end - start + 1}, nil
}

// parsePosition reads digits; what is too large for a body is the largest one.
func parsePosition(s string) (int64, error) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, errRanges
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1, nil
	}
	return n, nil
}

// ranged is an answer to a request for parts of a body.
type ranged struct {
	res   *response
	parts []part
	// heads stand before the parts, and tail at the end, where there are several.
	heads []string
	tail  string
	// size is that of the answer's body.
	size int64
}

// ranges are the parts of a body of that size that the request asks for, of an
// answer which says that it has some; nil for the whole.
func (x *exchange) ranges(res *response, size int64) *ranged {
	if !res.ranges || x.r.Method != http.MethodGet || res.status != http.StatusOK || size == 0 {
		return nil
	}
	header := x.r.Header["Range"]
	if len(header) != 1 || !sameVersion(x.r.Header.Get("If-Range"), res.header) {
		return nil
	}
	parts, err := parseRanges(header[0], size)
	if err == nil && parts == nil {
		return nil
	}
	out := *res
	out.header = res.header.Clone()
	if err != nil {
		out.status = http.StatusRequestedRangeNotSatisfiable
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Length", "Etag", "Last-Modified"} {
			out.header.Del(name)
		}
		out.header.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return &ranged{res: &out}
	}
	r := &ranged{res: &out, parts: parts}
	for _, p := range parts {
		r.size += p.length
	}
	if r.size > size {
		return nil // it asks for more than there is: the whole is less to send (section 14.2)
	}
	out.status = http.StatusPartialContent
	if len(parts) == 1 {
		out.header.Set("Content-Range", parts[0].contentRange(size))
		return r
	}
	var random [15]byte
	_, _ = rand.Read(random[:]) // never fails, crypto/rand
	boundary := hex.EncodeToString(random[:])
	kind := out.header["Content-Type"]
	out.header.Set("Content-Type", "multipart/byteranges; boundary="+boundary)
	between := ""
	for _, p := range parts {
		head := between + "--" + boundary + "\r\nContent-Range: " + p.contentRange(size) + "\r\n"
		if len(kind) > 0 {
			head += "Content-Type: " + kind[0] + "\r\n"
		}
		r.heads = append(r.heads, head+"\r\n")
		r.size += int64(len(r.heads[len(r.heads)-1]))
		between = "\r\n"
	}
	r.tail = "\r\n--" + boundary + "--\r\n"
	r.size += int64(len(r.tail))
	return r
}

// sameVersion reports whether If-Range, where it is there, names this answer: by
// a strong ETag, or exactly by Last-Modified (section 13.1.5).
func sameVersion(ifRange string, header http.Header) bool {
	switch {
	case ifRange == "":
		return true
	case strings.HasPrefix(ifRange, `"`):
		return ifRange == header.Get("Etag")
	case strings.HasPrefix(ifRange, "W/"):
		return false
	}
	asked, err1 := http.ParseTime(ifRange)
	is, err2 := http.ParseTime(header.Get("Last-Modified"))
	return err1 == nil && err2 == nil && asked.Equal(is)
}

// acceptsRanges reports whether an answer says that parts of it can be had.
func acceptsRanges(h http.Header) bool {
	return slices.ContainsFunc(h["Accept-Ranges"], func(v string) bool { return strings.EqualFold(strings.TrimSpace(v), "bytes") })
}

// body is the answer's body; open reads a part of the whole one.
func (r *ranged) body(open func(part) (io.ReadCloser, error)) io.ReadCloser {
	return &rangedBody{ranged: r, open: open}
}

// rangedBody reads one part after another, and opens each when its turn comes.
type rangedBody struct {
	*ranged
	open func(part) (io.ReadCloser, error)
	next int
	// text is what stands before the part, from the part itself.
	text io.Reader
	from io.ReadCloser
}

func (b *rangedBody) Read(p []byte) (int, error) {
	for {
		if b.text != nil {
			n, err := b.text.Read(p)
			if err == nil {
				return n, nil
			}
			b.text = nil
		}
		if b.from != nil {
			n, err := b.from.Read(p)
			if n > 0 || err != io.EOF {
				return n, err
			}
			_ = b.from.Close() // it was only read
			b.from = nil
		}
		switch {
		case b.next < len(b.parts):
			from, err := b.open(b.parts[b.next])
			if err != nil {
				return 0, err
			}
			b.from = from
			if b.heads != nil {
				b.text = strings.NewReader(b.heads[b.next])
			}
			b.next++
		case b.next == len(b.parts) && b.tail != "":
			b.text = strings.NewReader(b.tail)
			b.next++
		default:
			return 0, io.EOF
		}
	}
}

// Close closes the part that is open.
func (b *rangedBody) Close() error {
	if b.from == nil {
		return nil
	}
	return b.from.Close()
}
