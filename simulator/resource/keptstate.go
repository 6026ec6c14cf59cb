package resource

import (
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
)

// What follows the names and the number of an entry of a key, which is when it
// expires, are the digest of the request, the status, the headers, the trailers
// and the body. Headers are their number, and each its name, the number of its
// values and these, every text after its length.

func (k *keptKey) appendState(b []byte) []byte {
	b = append(b, k.request[:]...)
	b = binary.AppendUvarint(b, uint64(k.Status))
	for _, h := range []http.Header{k.Header, k.Trailer} {
		b = binary.AppendUvarint(b, uint64(len(h)))
		for _, name := range slices.Sorted(maps.Keys(h)) {
			b = appendText(b, name)
			b = binary.AppendUvarint(b, uint64(len(h[name])))
			for _, v := range h[name] {
				b = appendText(b, v)
			}
		}
	}
	return append(b, k.Body...)
}

// parseKept reads what appendState wrote.
func parseKept(b []byte) (*keptKey, error) {
	k := &keptKey{Kept: &Kept{}}
	if len(b) < len(k.request) {
		return nil, errEntry
	}
	r := stateReader{rest: b[copy(k.request[:], b):]}
	status := r.number()
	k.Header, k.Trailer = r.header(), r.header()
	if r.damaged || status != 0 && (status < 200 || status > 599) {
		return nil, errEntry
	}
	k.Status, k.Body = int(status), slices.Clone(r.rest)
	return k, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// stateReader reads numbers and texts; after the first that is none it is
// damaged, and gives zeros.
type stateReader struct {
	rest    []byte
	damaged bool
}

func (r *stateReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if r.damaged = r.damaged || size <= 0; r.damaged {
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *stateReader) text() string {
	n := r.number()
	if r.damaged = r.damaged || n > uint64(len(r.rest)); r.damaged {
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// header reads one; nil where it is empty.
func (r *stateReader) header() http.Header {
	var h http.Header
	for n := r.number(); n > 0 && !r.damaged; n-- {
		name, values := r.text(), []string{}
		for m := r.number(); m > 0 && !r.damaged; m-- {
			values = append(values, r.text())
		}
		if _, twice := h[name]; twice {
			r.damaged = true
		}
		if h == nil {
			h = http.Header{}
		}
		h[name] = values
	}
	return h
}
