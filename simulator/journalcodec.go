package simulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"understudy/simulations"
)

// The journal keeps exchanges as bytes, which the garbage collector need not
// look into. The form is that of this process only: it is never written
// anywhere, so its fields have no numbers and it has no version. It has two
// parts, so that a filter can read the first alone:
//
//   - the head, what filters compare: collaborator, session, origin, outcome,
//     method and path;
//   - everything else, in the order of the fields.
//
// Numbers are varints. Texts and bytes follow their length. Lists follow their
// number of elements plus one; 0 stands for nil. Headers follow a byte, 0 for
// nil, and their number in four bytes. The exchange's id is not part of it: a
// shard keeps it beside.

// appendExchange appends the journal's form of x to b. It reads x and keeps
// nothing of it, so x may share what is changed later.
//
// Header names without a list of values are left out: that is how a handler
// tells net/http not to send a header, so they are no part of the message.
func appendExchange(b []byte, x *simulations.Exchange) []byte {
	b = appendText(b, x.Collaborator)
	b = appendText(b, x.Session)
	b = appendText(b, string(x.Origin))
	b = appendText(b, string(x.Outcome))
	b = appendText(b, x.Request.Method)
	b = appendText(b, x.Request.Path)

	b = appendTime(b, x.Time)
	b = appendText(b, x.OriginBy)
	b = appendText(b, x.Transaction)
	b = appendText(b, string(x.Mode))
	b = appendText(b, x.Reason)
	b = appendText(b, x.Stub)
	b = binary.AppendUvarint(b, x.Take)
	b = binary.AppendVarint(b, int64(x.Latency))
	b = binary.AppendVarint(b, int64(x.Duration))
	b = appendText(b, x.Error)

	q := &x.Request
	b = appendText(b, q.Host)
	b = appendText(b, q.Query)
	b = appendText(b, q.Proto)
	b = appendHeader(b, q.Header)
	b = appendHeader(b, q.Trailer)
	b = appendBody(b, &q.Body)

	s := &x.Response
	b = binary.AppendVarint(b, int64(s.Status))
	b = appendText(b, s.StatusText)
	b = appendText(b, s.Proto)
	b = appendHeader(b, s.Header)
	b = appendHeader(b, s.Trailer)
	b = appendBody(b, &s.Body)
	b = appendCount(b, len(s.Chunks), s.Chunks == nil)
	for _, c := range s.Chunks {
		b = binary.AppendVarint(b, int64(c.After))
		b = binary.AppendVarint(b, c.Size)
	}

	b = appendCount(b, len(x.Differences), x.Differences == nil)
	for i := range x.Differences {
		d := &x.Differences[i]
		b = appendText(b, d.Path)
		b = appendText(b, d.Kind)
		b = appendText(b, d.Stub)
		b = appendText(b, d.Upstream)
	}
	b = appendCount(b, len(x.NearMisses), x.NearMisses == nil)
	for i := range x.NearMisses {
		m := &x.NearMisses[i]
		b = appendText(b, m.Stub)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m.Score))
		b = appendCount(b, len(m.Failed), m.Failed == nil)
		for k := range m.Failed {
			f := &m.Failed[k]
			b = appendText(b, f.Field)
			b = appendText(b, f.Operator)
			b = appendText(b, f.Expected)
			b = appendText(b, f.Actual)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	if len(s) < 0x80 { // a varint too
		return append(append(b, byte(len(s))), s...)
	}
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendCount(b []byte, n int, isNil bool) []byte {
	if isNil {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(n)+1)
}

func appendFlag(b []byte, set bool) []byte {
	if set {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendHeader(b []byte, h http.Header) []byte {
	if h == nil {
		return append(b, 0)
	}
	// The number is known behind the names: walking the map is what costs most.
	at := len(b) + 1
	b = append(b, 1, 0, 0, 0, 0)
	n := uint32(0)
	for name, values := range h {
		if values == nil {
			continue
		}
		n++
		b = appendText(b, name)
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			b = appendText(b, v)
		}
	}
	binary.LittleEndian.PutUint32(b[at:], n)
	return b
}

func appendBody(b []byte, m *simulations.Body) []byte {
	b = append(appendCount(b, len(m.Data), m.Data == nil), m.Data...)
	b = appendFlag(b, m.Stored != nil)
	if m.Stored != nil {
		b = binary.AppendVarint(appendText(b, m.Stored.ID), m.Stored.Size)
	}
	return appendFlag(binary.AppendVarint(b, m.Size), m.Truncated)
}

// The zones of a time.
const (
	zoneUTC = iota
	zoneLocal
	zoneFixed // its name and its offset follow
)

// appendTime keeps the instant to the nanosecond and the zone's offset; the
// reading of the monotonic clock means nothing to a reader.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	b = binary.AppendUvarint(b, uint64(t.Nanosecond()))
	switch t.Location() {
	case time.UTC:
		return append(b, zoneUTC)
	case time.Local:
		return append(b, zoneLocal)
	}
	name, offset := t.Zone()
	return binary.AppendVarint(appendText(append(b, zoneFixed), name), int64(offset))
}

// decodeExchange reads what appendExchange wrote. Its texts share p, its bodies
// do not: those can be written to.
func decodeExchange(p string) (*simulations.Exchange, error) {
	x := new(simulations.Exchange)
	c := formCursor{rest: p}
	c.head(x)
	c.remainder(x)
	return x, c.end()
}

// errForm is a form that appendExchange did not write.
var errForm = errors.New("malformed journal entry")

// formCursor reads the journal's form piece by piece; a piece that is not there
// makes it bad, and everything read from then on is zero.
type formCursor struct {
	rest string
	bad  bool
}

func (c *formCursor) end() error {
	if c.bad || c.rest != "" {
		return errForm
	}
	return nil
}

func (c *formCursor) fail() { c.bad, c.rest = true, "" }

// head fills in what filters compare.
func (c *formCursor) head(x *simulations.Exchange) {
	x.Collaborator = c.text()
	x.Session = c.text()
	x.Origin = simulations.Origin(c.text())
	x.Outcome = simulations.Outcome(c.text())
	x.Request.Method = c.text()
	x.Request.Path = c.text()
}

// remainder fills in what follows the head.
func (c *formCursor) remainder(x *simulations.Exchange) {
	x.Time = c.time()
	x.OriginBy = c.text()
	x.Transaction = c.text()
	x.Mode = simulations.Mode(c.text())
	x.Reason = c.text()
	x.Stub = c.text()
	x.Take = c.uvarint()
	x.Latency = time.Duration(c.varint())
	x.Duration = time.Duration(c.varint())
	x.Error = c.text()

	q := &x.Request
	q.Host = c.text()
	q.Query = c.text()
	q.Proto = c.text()
	q.Header = c.header()
	q.Trailer = c.header()
	c.body(&q.Body)

	s := &x.Response
	s.Status = int(c.varint())
	s.StatusText = c.text()
	s.Proto = c.text()
	s.Header = c.header()
	s.Trailer = c.header()
	c.body(&s.Body)
	if n, ok := c.count(2); ok {
		s.Chunks = make([]simulations.Chunk, n)
		for i := range s.Chunks {
			s.Chunks[i] = simulations.Chunk{After: time.Duration(c.varint()), Size: c.varint()}
		}
	}

	if n, ok := c.count(4); ok {
		x.Differences = make([]simulations.Difference, n)
		for i := range x.Differences {
			x.Differences[i] = simulations.Difference{Path: c.text(), Kind: c.text(), Stub: c.text(), Upstream: c.text()}
		}
	}
	if n, ok := c.count(10); ok {
		x.NearMisses = make([]simulations.NearMiss, n)
		for i := range x.NearMisses {
			m := &x.NearMisses[i]
			m.Stub, m.Score = c.text(), math.Float64frombits(c.fixed(8))
			if n, ok := c.count(4); ok {
				m.Failed = make([]simulations.Mismatch, n)
				for k := range m.Failed {
					m.Failed[k] = simulations.Mismatch{Field: c.text(), Operator: c.text(), Expected: c.text(), Actual: c.text()}
				}
			}
		}
	}
}

func (c *formCursor) take(n uint64) string {
	if n > uint64(len(c.rest)) {
		c.fail()
		return ""
	}
	s := c.rest[:n]
	c.rest = c.rest[n:]
	return s
}

func (c *formCursor) byte() byte {
	if s := c.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (c *formCursor) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(c.rest) && i < binary.MaxVarintLen64; i++ {
		b := c.rest[i]
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break // more than 64 bits
			}
			c.rest = c.rest[i+1:]
			return v | uint64(b)<<(7*i)
		}
		v |= uint64(b&0x7f) << (7 * i)
	}
	c.fail()
	return 0
}

func (c *formCursor) varint() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// fixed reads a little-endian number of n bytes.
func (c *formCursor) fixed(n uint64) (v uint64) {
	s := c.take(n)
	for i := len(s) - 1; i >= 0; i-- {
		v = v<<8 | uint64(s[i])
	}
	return v
}

func (c *formCursor) flag() bool {
	b := c.byte()
	if b > 1 {
		c.fail()
	}
	return b == 1
}

func (c *formCursor) text() string { return c.take(c.uvarint()) }

// count reads the number of elements that take at least size bytes each, so
// that nobody makes room for more than are there; false stands for nil.
func (c *formCursor) count(size int) (int, bool) {
	n := c.uvarint()
	if n == 0 {
		return 0, false
	}
	if n--; n > uint64(len(c.rest)/size) {
		c.fail()
		return 0, false
	}
	return int(n), true
}

func (c *formCursor) header() http.Header {
	if !c.flag() {
		return nil
	}
	n := uint32(c.fixed(4))
	if int64(n) > int64(len(c.rest)/2) {
		c.fail()
		return nil
	}
	h := make(http.Header, n)
	for range n {
		name := c.text()
		k := c.uvarint()
		if k > uint64(len(c.rest)) { // a value takes a byte at least
			c.fail()
			return h
		}
		values := make([]string, k)
		for i := range values {
			values[i] = c.text()
		}
		h[name] = values
	}
	return h
}

func (c *formCursor) body(m *simulations.Body) {
	if n, ok := c.count(1); ok {
		m.Data = []byte(c.take(uint64(n)))
	}
	if c.flag() {
		m.Stored = &simulations.BodyRef{ID: c.text(), Size: c.varint()}
	}
	m.Size = c.varint()
	m.Truncated = c.flag()
}

func (c *formCursor) time() time.Time {
	sec, nsec := c.varint(), c.uvarint()
	if nsec >= uint64(time.Second) {
		c.fail()
	}
	t := time.Unix(sec, int64(nsec%uint64(time.Second)))
	switch c.byte() {
	case zoneUTC:
		return t.UTC()
	case zoneLocal:
		return t
	case zoneFixed:
		name, offset := c.text(), c.varint()
		if offset < -maxOffset || offset > maxOffset {
			c.fail()
			return time.Time{}
		}
		return t.In(time.FixedZone(name, int(offset)))
	default:
		c.fail()
		return time.Time{}
	}
}

// maxOffset is more than any zone is away from UTC, in seconds; a time that is
// further away has no text.
const maxOffset = 24*60*60 - 1

// unreadable stands in for an entry whose form is broken, which only a defect
// of understudy can bring about: better said than left out.
func unreadable(id uint64, err error) *simulations.Exchange {
	return &simulations.Exchange{ID: id, Error: fmt.Sprintf("understudy cannot read this entry of its journal: %v", err)}
}
