package coding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// codec is one content coding.
type codec struct {
	name   string
	decode func(src []byte, limit int64) (out []byte, truncated bool, err error)
	encode func(src []byte) ([]byte, error)
}

// codecs are the codings by name; x-gzip is gzip (RFC 9110 section 8.4.1.3).
var codecs = func() map[string]*codec {
	gz := &codec{"gzip", decodeGzip, encodeGzip}
	return map[string]*codec{
		"gzip":    gz,
		"x-gzip":  gz,
		"deflate": {"deflate", decodeDeflate, encodeDeflate},
		"br":      {"br", decodeBrotli, encodeBrotli},
		"zstd":    {"zstd", decodeZstd, encodeZstd},
	}
}()

var errTrailing = errors.New("bytes behind the end of the data")

// guess is a first capacity for the decoded form of text.
func guess(src []byte) int { return 4 * len(src) }

func decodeGzip(src []byte, limit int64) ([]byte, bool, error) {
	r, err := gzip.NewReader(bytes.NewReader(src)) // reads all members
	if err != nil {
		return nil, false, err
	}
	return readAll(r, limit, guess(src))
}

func encodeGzip(src []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	return finish(&b, w, src)
}

// decodeDeflate reads the zlib format, which RFC 9110 section 8.4.1.2 means by
// deflate, and the raw format that some senders take it for, as browsers do.
func decodeDeflate(src []byte, limit int64) ([]byte, bool, error) {
	if !looksZlib(src) {
		return decodeRaw(src, limit)
	}
	out, truncated, err := decodeZlib(src, limit)
	if err != nil {
		if out, truncated, err := decodeRaw(src, limit); err == nil {
			return out, truncated, nil
		}
	}
	return out, truncated, err
}

func decodeZlib(src []byte, limit int64) ([]byte, bool, error) {
	in := bytes.NewReader(src)
	r, err := zlib.NewReader(in)
	if err != nil {
		return nil, false, err
	}
	out, truncated, err := readAll(r, limit, guess(src))
	if err == nil && !truncated && in.Len() > 0 {
		err = errTrailing
	}
	return out, truncated, err
}

func decodeRaw(src []byte, limit int64) ([]byte, bool, error) {
	in := bytes.NewReader(src)
	out, truncated, err := readAll(flate.NewReader(in), limit, guess(src))
	if err == nil && !truncated && in.Len() > 0 {
		err = errTrailing
	}
	return out, truncated, err
}

// looksZlib tests the header of RFC 1950 section 2.2: method 8 and the check bits.
func looksZlib(src []byte) bool {
	return len(src) >= 2 && src[0]&0x0f == 8 && (int(src[0])<<8|int(src[1]))%31 == 0
}

func encodeDeflate(src []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	return finish(&b, w, src)
}

func decodeBrotli(src []byte, limit int64) ([]byte, bool, error) {
	return readAll(brotli.NewReader(bytes.NewReader(src)), limit, guess(src))
}

func encodeBrotli(src []byte) ([]byte, error) {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, 5) // its default, 6, costs more for next to nothing
	return finish(&b, w, src)
}

// maxWindow is the largest zstd window: RFC 9659 section 3 bounds it for HTTP.
const maxWindow = 8 << 20

// zstdReaders are decoders at rest. With concurrency 1 they have no goroutines,
// so that the garbage collector may take them.
var zstdReaders sync.Pool

func decodeZstd(src []byte, limit int64) ([]byte, bool, error) {
	d, _ := zstdReaders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		if d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)); err != nil {
			return nil, false, err
		}
	}
	defer func() {
		if d.Reset(nil) == nil { // lets go of src
			zstdReaders.Put(d)
		}
	}()
	// Not a *bytes.Buffer, which the decoder would decode whole, without bound.
	if err := d.Reset(bytes.NewReader(src)); err != nil {
		return nil, false, err
	}
	return readAll(d, limit, guess(src))
}

// zstdWriter encodes whole blocks; EncodeAll may be called concurrently.
var zstdWriter = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow/8), zstd.WithLowerEncoderMem(true))
})

func encodeZstd(src []byte) ([]byte, error) {
	w, err := zstdWriter()
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(src, nil), nil
}

func finish(b *bytes.Buffer, w io.WriteCloser, src []byte) ([]byte, error) {
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
