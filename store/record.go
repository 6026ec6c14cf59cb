package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"understudy/simulations"
)

// The forms of a value, its first byte. A layout that changes gets new ones.
const (
	// formInline precedes what the value is.
	formInline = 1
	// formExternal precedes the same, with the hash of a body instead of the payload.
	formExternal = 2
	// formPacked and formPackedExternal are the same for a stub in the packed
	// form of [simulations.AppendPacked]. Under the first two its payload is JSON,
	// as it was written once; it is read as ever.
	formPacked         = 3
	formPackedExternal = 4
)

// errMalformed is a value that no understudy wrote.
var errMalformed = errors.New("malformed record")

// cursor reads a value piece by piece; a piece that is not there makes it bad,
// and everything read from then on is zero.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) bytes(n uint64) []byte {
	if c.bad || n > uint64(len(c.rest)) {
		c.bad = true
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if c.bad || n <= 0 {
		c.bad = true
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) digest() (d digest) {
	if b := c.bytes(uint64(len(d))); b != nil {
		copy(d[:], b)
	}
	return d
}

// digests reads a count and that many hashes.
func (c *cursor) digests() []digest {
	n := c.uvarint()
	if c.bad || n > uint64(len(c.rest)/len(digest{})) {
		c.bad = true
		return nil
	}
	var out []digest
	for range n {
		out = append(out, c.digest())
	}
	return out
}

// end reports whether all was read, and well.
func (c *cursor) end() error {
	if c.bad || len(c.rest) > 0 {
		return errMalformed
	}
	return nil
}

func appendDigests(b []byte, ds []digest) []byte {
	b = binary.AppendUvarint(b, uint64(len(ds)))
	for _, d := range ds {
		b = append(b, d[:]...)
	}
	return b
}

// payload is the variable part of a record: inline, as bytes or as a text, or a
// body's name.
type payload struct {
	data []byte
	text string
	body *digest
	// packed says that it is a stub in its packed form.
	packed bool
}

func (p payload) form() byte {
	switch {
	case p.packed && p.body != nil:
		return formPackedExternal
	case p.packed:
		return formPacked
	case p.body != nil:
		return formExternal
	}
	return formInline
}

func (p payload) appendTo(b []byte) []byte {
	if p.body != nil {
		return append(b, p.body[:]...)
	}
	return append(append(b, p.data...), p.text...)
}

// len is how many bytes are inline.
func (p payload) len() int { return len(p.data) + len(p.text) }

func (c *cursor) payload(form byte) (p payload) {
	switch form {
	case formInline:
		p.data = c.bytes(uint64(len(c.rest)))
	case formExternal:
		d := c.digest()
		p.body = &d
	default:
		c.bad = true
	}
	return p
}

// stubPayload is payload for the record of a stub.
func (c *cursor) stubPayload(form byte) (p payload) {
	switch form {
	case formPacked:
		p = c.payload(formInline)
		p.packed = true
	case formPackedExternal:
		p = c.payload(formExternal)
		p.packed = true
	default:
		p = c.payload(form)
	}
	return p
}

// counters are the numbers given out last.
type counters struct {
	revision, sequence, take, generation uint64
}

func (n counters) encode() []byte {
	b := append(make([]byte, 0, 24), formInline)
	for _, v := range []uint64{n.revision, n.sequence, n.take, n.generation} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func decodeCounters(b []byte) (n counters, err error) {
	c := cursor{rest: b}
	if c.byte() != formInline {
		return n, errMalformed
	}
	n = counters{c.uvarint(), c.uvarint(), c.uvarint(), c.uvarint()}
	return n, c.end()
}

// header is a simulation without its stubs.
type header struct {
	Revision uint64 `json:"revision"`
	// Base is the revision of the stubs that came with the whole simulation,
	// Generation where all its stubs are.
	Base         uint64   `json:"base"`
	Generation   uint64   `json:"generation"`
	Collaborator string   `json:"collaborator,omitempty"`
	Declares     []string `json:"declares,omitempty"`
}

func (h *header) encode() []byte {
	b := append(make([]byte, 0, 128), formInline)
	b = appendNumber(b, `{"revision":`, h.Revision)
	b = appendNumber(b, `,"base":`, h.Base)
	b = appendNumber(b, `,"generation":`, h.Generation)
	if h.Collaborator != "" {
		b = simulations.AppendJSONString(append(b, `,"collaborator":`...), h.Collaborator)
	}
	for i, name := range h.Declares {
		if i == 0 {
			b = append(b, `,"declares":[`...)
		} else {
			b = append(b, ',')
		}
		b = simulations.AppendJSONString(b, name)
	}
	if len(h.Declares) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

// stubRecord is a stub: its age, and the bodies it refers to beside its payload.
type stubRecord struct {
	// revision 0 stands for the header's Base.
	revision uint64
	position uint32
	refs     []digest
	payload  payload
}

func (s *stubRecord) encode() []byte {
	return s.appendTo(make([]byte, 0, 16+len(digest{})*(1+len(s.refs))+s.payload.len()))
}

func (s *stubRecord) appendTo(b []byte) []byte {
	b = append(b, s.payload.form())
	b = binary.AppendUvarint(b, s.revision)
	b = binary.AppendUvarint(b, uint64(s.position))
	b = appendDigests(b, s.refs)
	return s.payload.appendTo(b)
}

// decodeStub shares b.
func decodeStub(b []byte) (*stubRecord, error) {
	c := cursor{rest: b}
	form := c.byte()
	s := &stubRecord{revision: c.uvarint()}
	position := c.uvarint()
	s.position = uint32(position)
	c.bad = c.bad || position > 1<<32-1
	s.refs = c.digests()
	s.payload = c.stubPayload(form)
	return s, c.end()
}

// packedStub gives the stub that is a payload's content, packed, and sees that
// it calls itself id. What was written as JSON is packed here; what is packed is
// copied, and read by who wants what is in it.
func (p payload) packedStub(id, content []byte) (string, error) {
	var packed string
	if p.packed {
		packed = string(content)
	} else {
		s, err := simulations.ParseStub(content)
		if err != nil {
			return "", err
		}
		packed = string(simulations.AppendPacked(nil, s))
	}
	own, err := simulations.PackedID(packed)
	if err == nil && own != string(id) {
		err = fmt.Errorf("%w: it calls itself %.200q", errMalformed, own)
	}
	return packed, err
}

// collaboratorRecord is a collaborator with its revision.
type collaboratorRecord struct {
	revision uint64
	payload  payload
}

func (r *collaboratorRecord) encode() []byte {
	b := binary.AppendUvarint([]byte{r.payload.form()}, r.revision)
	return r.payload.appendTo(b)
}

// decodeCollaborator shares b.
func decodeCollaborator(b []byte) (*collaboratorRecord, error) {
	c := cursor{rest: b}
	form := c.byte()
	r := &collaboratorRecord{revision: c.uvarint()}
	r.payload = c.payload(form)
	return r, c.end()
}

// declaredRecord is what a simulation declares. It is not part of the
// header, which is written with every stub that is recorded.
type declaredRecord struct{ payload payload }

func (r *declaredRecord) encode() []byte {
	return r.payload.appendTo([]byte{r.payload.form()})
}

// decodeDeclared shares b.
func decodeDeclared(b []byte) (*declaredRecord, error) {
	c := cursor{rest: b}
	r := &declaredRecord{payload: c.payload(c.byte())}
	return r, c.end()
}

// takeRecord is a take as it is kept; Dropped marks one whose remains are still there.
type takeRecord struct {
	Collaborator string    `json:"collaborator"`
	Simulation   string    `json:"simulation"`
	Started      time.Time `json:"started"`
	// First and Last are the sequence numbers between which its exchanges are; 0
	// is as far as there are any.
	First     uint64 `json:"first,omitempty"`
	Last      uint64 `json:"last,omitempty"`
	Exchanges int    `json:"exchanges"`
	Requests  int    `json:"requests"`
	Cut       int    `json:"cut,omitempty"`
	Current   bool   `json:"current,omitempty"`
	Dropped   bool   `json:"dropped,omitempty"`
}

// encode writes what [encodeJSON] would. A transaction that records writes the
// take and the simulation's header, so these two are worth a hand.
func (t *takeRecord) encode() []byte {
	b := append(make([]byte, 0, 256), formInline)
	b = simulations.AppendJSONString(append(b, `{"collaborator":`...), t.Collaborator)
	b = simulations.AppendJSONString(append(b, `,"simulation":`...), t.Simulation)
	b = t.Started.AppendFormat(append(b, `,"started":"`...), time.RFC3339Nano)
	b = append(b, '"')
	if t.First != 0 {
		b = appendNumber(b, `,"first":`, t.First)
	}
	if t.Last != 0 {
		b = appendNumber(b, `,"last":`, t.Last)
	}
	b = appendNumber(b, `,"exchanges":`, t.Exchanges)
	b = appendNumber(b, `,"requests":`, t.Requests)
	if t.Cut != 0 {
		b = appendNumber(b, `,"cut":`, t.Cut)
	}
	if t.Current {
		b = append(b, `,"current":true`...)
	}
	if t.Dropped {
		b = append(b, `,"dropped":true`...)
	}
	return append(b, '}')
}

func appendNumber[T int | uint64](b []byte, name string, n T) []byte {
	if n < 0 {
		return strconv.AppendInt(append(b, name...), int64(n), 10)
	}
	return strconv.AppendUint(append(b, name...), uint64(n), 10)
}

func (t *takeRecord) take(id uint64) simulations.Take {
	return simulations.Take{
		ID: id, Collaborator: t.Collaborator, Simulation: t.Simulation, Started: t.Started,
		Exchanges: t.Exchanges, Requests: t.Requests, Cut: t.Cut, Current: t.Current,
	}
}

// encodeRefs is the value of an exchange in its take's list: the bodies that it
// refers to, so that the collector need not read exchanges.
func encodeRefs(refs []digest) []byte {
	return appendDigests([]byte{formInline}, refs)
}

func decodeRefs(b []byte) ([]digest, error) {
	c := cursor{rest: b}
	if c.byte() != formInline {
		return nil, errMalformed
	}
	refs := c.digests()
	return refs, c.end()
}

// manifest is a body: its chunks hold chunkSize bytes each, the last the rest.
type manifest struct {
	size   int64
	chunks []digest
}

func (m *manifest) encode() []byte {
	b := make([]byte, 0, 16+len(digest{})*len(m.chunks))
	b = binary.AppendUvarint(append(b, formInline), uint64(m.size))
	return appendDigests(b, m.chunks)
}

func decodeManifest(b []byte) (*manifest, error) {
	c := cursor{rest: b}
	if c.byte() != formInline {
		return nil, errMalformed
	}
	size := c.uvarint()
	m := &manifest{chunks: c.digests()}
	if c.bad || size > MaxBody || uint64(len(m.chunks)) != (size+chunkSize-1)/chunkSize {
		return nil, errMalformed
	}
	m.size = int64(size)
	return m, c.end()
}

// chunkLen is the length of chunk i.
func (m *manifest) chunkLen(i int) int {
	return int(min(chunkSize, m.size-int64(i)*chunkSize))
}

// encodeJSON and decodeJSON are for the records that are small or rare.
func encodeJSON(v any) ([]byte, error) {
	b := bytes.NewBuffer([]byte{formInline})
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write a record: %w", err)
	}
	return b.Bytes()[:b.Len()-1], nil // without the line's end
}

func decodeJSON(b []byte, v any) error {
	if len(b) == 0 || b[0] != formInline || json.Unmarshal(b[1:], v) != nil {
		return errMalformed
	}
	return nil
}
