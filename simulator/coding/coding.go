// Package coding undoes and applies HTTP content codings (RFC 9110 section
// 8.4) in memory, with bounds: gzip, br, deflate, zstd, and stacks of them.
package coding

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"understudy/simulations"
)

// MaxStack is how many codings may lie on one body; identity does not count.
const MaxStack = 3

// slack is what one layer of a stack may put out beyond the limit before the
// layer beneath it: the encoded form of something that fits is hardly larger.
const slack = 1 << 20

// errLayer ends the decoding of a stack whose inner layers are out of bounds.
var errLayer = errors.New("an encoded layer is over the limit")

// Of returns the Content-Encoding of a message, all its lines as one list.
func Of(h http.Header) string {
	lines := h["Content-Encoding"]
	if len(lines) == 1 {
		return lines[0]
	}
	return strings.Join(lines, ",")
}

// Decode undoes the codings of a Content-Encoding value, the last applied
// first, and returns at most limit bytes; truncated says that there are more.
// It costs memory for limit bytes and a constant per coding (at most 24 MiB,
// for br and zstd by the window they ask for), whatever the body claims, and
// time for limit bytes more than the body per coding. Without a coding the
// result is body itself, or its head.
//
// The error is a *simulations.Error of code invalid that names the coding:
// one that is not known, too many, or a body that is not what it is said to
// be, bytes behind its end included. With it decoded holds what could be read
// before.
func Decode(encoding string, body []byte, limit int64) (decoded []byte, truncated bool, err error) {
	limit = max(limit, 0)
	layers, err := parse(encoding)
	if err != nil {
		return nil, false, err
	}
	if len(layers) == 0 {
		if int64(len(body)) > limit {
			return body[:limit:limit], true, nil
		}
		return body, false, nil
	}
	if len(body) == 0 {
		return body, false, nil // an answer to HEAD, or an empty body that names a coding anyway
	}
	src := body
	for i := len(layers) - 1; i > 0; i-- {
		// Layers are undone one after another, each bounded, so that a body
		// that unfolds into gigabytes that unfold into nothing costs no more.
		mid, over, err := layers[i].undo(src, limit+slack)
		if err != nil {
			return nil, false, err
		}
		if over {
			return nil, false, &simulations.Error{Code: simulations.CodeInvalid, Detail: fmt.Sprintf("content coding %q: more than %d bytes", layers[i].name, limit+slack), Err: errLayer}
		}
		src = mid
	}
	return layers[0].undo(src, limit)
}

// Encode applies the codings of a Content-Encoding value in their order. The
// error is as Decode's.
func Encode(encoding string, body []byte) ([]byte, error) {
	layers, err := parse(encoding)
	if err != nil {
		return nil, err
	}
	for _, c := range layers {
		if body, err = c.encode(body); err != nil {
			return nil, fmt.Errorf("content coding %q: %w", c.name, err)
		}
	}
	return body, nil
}

// Known reports whether Decode knows every coding of a Content-Encoding value.
func Known(encoding string) bool {
	_, err := parse(encoding)
	return err == nil
}

// parse resolves a Content-Encoding value; names are case-insensitive.
func parse(encoding string) ([]*codec, error) {
	if encoding == "" {
		return nil, nil
	}
	var layers []*codec
	for name := range strings.SplitSeq(encoding, ",") {
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name == "" || name == "identity" {
			continue
		}
		c, ok := codecs[name]
		if !ok {
			return nil, simulations.Errorf(simulations.CodeInvalid, "content coding %.40q is not known: known are gzip, br, deflate, zstd and identity", name)
		}
		if len(layers) == MaxStack {
			return nil, simulations.Errorf(simulations.CodeInvalid, "more than %d content codings on one body", MaxStack)
		}
		layers = append(layers, c)
	}
	return layers, nil
}

// undo decodes src into at most limit bytes.
func (c *codec) undo(src []byte, limit int64) (out []byte, truncated bool, err error) {
	out, truncated, err = c.decode(src, limit)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		err = &simulations.Error{Code: simulations.CodeInvalid, Detail: fmt.Sprintf("content coding %q: %s", c.name, err), Err: err}
	}
	return out, truncated, err
}

// readAll reads at most limit bytes and tells whether there are more. size is
// a first guess of the result's length.
func readAll(r io.Reader, limit int64, size int) (out []byte, truncated bool, err error) {
	out = make([]byte, 0, min(limit, int64(max(size, 512))))
	for {
		if len(out) == cap(out) {
			if int64(len(out)) == limit {
				var one [1]byte
				n, err := io.ReadFull(r, one[:])
				if n == 1 || err == io.EOF {
					err = nil
				}
				return out, n == 1, err
			}
			grown := make([]byte, len(out), min(limit, int64(2*cap(out))))
			copy(grown, out)
			out = grown
		}
		n, err := r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		if err == io.EOF {
			return out, false, nil
		}
		if err != nil {
			return out, false, err
		}
	}
}
