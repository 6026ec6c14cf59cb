package simulations

import (
	"encoding/binary"
	"errors"
	"math"
	"net/http"
	"time"
)

// The form of an exchange is what the journal keeps in memory and the log on
// disk. Unlike JSON it is written and read without reflection and holds every
// byte: HTTP allows header values and targets that are no UTF-8 (RFC 9110
// section 5.5), JSON strings do not hold them.
//
// A struct is its fields that are not zero, each as its number and its value,
// and a 0 behind them. A field's number is never used again for another; a new
// field gets a new one, so that what was written before stays readable. A number
// that is not known was written by a newer understudy and is an error. Integers
// are varints, zigzag where they may be negative. Texts and bytes follow their
// length, lists their number of elements. A list that is empty but not nil is
// written, with 0 elements.

// Fields of an exchange. The numbers up to headFields are those that filters of
// the journal look at; they come first.
const (
	exchangeCollaborator = iota + 1
	exchangeSession
	exchangeOrigin
	exchangeOutcome
	exchangeMethod // the request's
	exchangePath   // the request's
	exchangeTime
	exchangeOriginBy
	exchangeTransaction
	exchangeMode
	exchangeReason
	exchangeStub
	exchangeTake
	exchangeLatency
	exchangeDuration
	exchangeError
	exchangeRequest
	exchangeResponse
	exchangeDifferences
	exchangeNearMisses

	headFields = exchangePath

	exchangeCallback = 40
)

// Fields of a message; the first ones of both kinds are the same.
const (
	messageProto = iota + 1
	messageHeader
	messageTrailer
	messageBody
	requestHost
	requestQuery
	responseStatus
	responseStatusText
	responseChunks
)

// Fields of a body.
const (
	bodyData = iota + 1
	bodyStored
	bodySize
	bodyTruncated
)

// AppendExchange appends the form of x, but for its ID, to b. It keeps nothing
// of x, so x may share what is changed later.
func AppendExchange(b []byte, x *Exchange) []byte {
	b = formText(b, exchangeCollaborator, x.Collaborator)
	b = formText(b, exchangeSession, x.Session)
	b = formText(b, exchangeOrigin, string(x.Origin))
	b = formText(b, exchangeOutcome, string(x.Outcome))
	b = formText(b, exchangeMethod, x.Request.Method)
	b = formText(b, exchangePath, x.Request.Path)
	if !x.Time.IsZero() {
		b = formTime(append(b, exchangeTime), x.Time)
	}
	b = formText(b, exchangeOriginBy, x.OriginBy)
	b = formText(b, exchangeTransaction, x.Transaction)
	b = formText(b, exchangeMode, string(x.Mode))
	b = formText(b, exchangeReason, x.Reason)
	b = formText(b, exchangeStub, x.Stub)
	if x.Take != 0 {
		b = binary.AppendUvarint(append(b, exchangeTake), x.Take)
	}
	b = formInt(b, exchangeLatency, int64(x.Latency))
	b = formInt(b, exchangeDuration, int64(x.Duration))
	b = formText(b, exchangeError, x.Error)

	q := &x.Request
	b = append(b, exchangeRequest)
	b = formMessage(b, q.Proto, q.Header, q.Trailer, &q.Body)
	b = formText(b, requestHost, q.Host)
	b = formText(b, requestQuery, q.Query)
	b = append(b, 0)

	s := &x.Response
	b = append(b, exchangeResponse)
	b = formMessage(b, s.Proto, s.Header, s.Trailer, &s.Body)
	b = formInt(b, responseStatus, int64(s.Status))
	b = formText(b, responseStatusText, s.StatusText)
	if s.Chunks != nil {
		b = formCount(append(b, responseChunks), len(s.Chunks))
		for _, c := range s.Chunks {
			b = binary.AppendVarint(b, int64(c.After))
			b = binary.AppendVarint(b, c.Size)
		}
	}
	b = append(b, 0)

	if x.Differences != nil {
		b = formCount(append(b, exchangeDifferences), len(x.Differences))
		for i := range x.Differences {
			d := &x.Differences[i]
			b = formTexts(b, d.Path, d.Kind, d.Stub, d.Upstream)
		}
	}
	if x.NearMisses != nil {
		b = formCount(append(b, exchangeNearMisses), len(x.NearMisses))
		for i := range x.NearMisses {
			b = formNearMiss(b, &x.NearMisses[i])
		}
	}
	if c := x.Callback; c != nil {
		b = binary.AppendUvarint(append(b, exchangeCallback), c.Cause)
		b = formAttempts(binary.AppendVarint(b, int64(c.Number)), c.Attempts)
	}
	return append(b, 0)
}

func formMessage(b []byte, proto string, header, trailer http.Header, body *Body) []byte {
	b = formText(b, messageProto, proto)
	if header != nil {
		b = formHeader(append(b, messageHeader), header)
	}
	if trailer != nil {
		b = formHeader(append(b, messageTrailer), trailer)
	}
	b = append(b, messageBody)
	if body.Data != nil {
		b = append(formCount(append(b, bodyData), len(body.Data)), body.Data...)
	}
	if ref := body.Stored; ref != nil {
		b = binary.AppendVarint(formTexts(append(b, bodyStored), ref.ID), ref.Size)
	}
	b = formInt(b, bodySize, body.Size)
	if body.Truncated {
		b = append(b, bodyTruncated)
	}
	return append(b, 0)
}

// formNearMiss writes one of a list. What is a list's element has no numbers:
// another kind of element would be another field.
func formNearMiss(b []byte, m *NearMiss) []byte {
	b = formTexts(b, m.Stub)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m.Score))
	if m.Failed == nil {
		return append(b, 0)
	}
	b = formCount(append(b, 1), len(m.Failed))
	for i := range m.Failed {
		f := &m.Failed[i]
		b = formTexts(b, f.Field, f.Operator, f.Expected, f.Actual)
	}
	return b
}

// formAttempts writes their number plus one; 0 stands for a nil list.
func formAttempts(b []byte, all []Attempt) []byte {
	if all == nil {
		return append(b, 0)
	}
	b = formCount(b, len(all)+1)
	for i := range all {
		a := &all[i]
		b = binary.AppendVarint(formTime(b, a.Time), int64(a.Duration))
		b = formTexts(binary.AppendVarint(b, int64(a.Status)), a.Error)
	}
	return b
}

// formText writes a field, unless it is empty.
func formText(b []byte, field byte, s string) []byte {
	switch n := len(s); {
	case n == 0:
		return b
	case n < 0x80: // the length is one byte
		return append(append(b, field, byte(n)), s...)
	default:
		return append(formCount(append(b, field), n), s...)
	}
}

func formInt(b []byte, field byte, n int64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendVarint(append(b, field), n)
}

// formTexts writes texts that belong to one field.
func formTexts(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(formCount(b, len(s)), s...)
	}
	return b
}

func formCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// formHeader writes the number of values of a name plus one; 0 stands for a nil
// list.
func formHeader(b []byte, h http.Header) []byte {
	b = formCount(b, len(h))
	for name, values := range h {
		b = append(formCount(b, len(name)), name...)
		if values == nil {
			b = append(b, 0)
			continue
		}
		b = formCount(b, len(values)+1)
		for _, v := range values {
			b = append(formCount(b, len(v)), v...)
		}
	}
	return b
}

// formTime writes what JSON would show of a time: the instant to the
// nanosecond and how far its zone is from UTC, in seconds.
func formTime(b []byte, t time.Time) []byte {
	_, offset := t.Zone()
	b = binary.AppendVarint(b, t.Unix())
	b = binary.AppendUvarint(b, uint64(t.Nanosecond()))
	return binary.AppendVarint(b, int64(offset))
}

// errExchange is a form that AppendExchange did not write.
var errExchange = errors.New("malformed exchange, or one that a newer understudy wrote")

// ParseExchange reads what AppendExchange wrote. Its texts share form, its
// bodies do not: those can be written to.
func ParseExchange(form string) (*Exchange, error) {
	p := ExchangeParser{rest: form}
	x := new(Exchange)
	p.Head(x)
	return x, p.Remainder(x)
}

// ExchangeParser is ParseExchange in two steps, for a caller that may not need
// the second.
type ExchangeParser struct {
	rest string
	// field is the number of the field that is read next, 0 at the end.
	field uint64
	// bad says that something was not there; everything read from then on is zero.
	bad bool
}

// NewExchangeParser begins to read what AppendExchange wrote.
func NewExchangeParser(form string) ExchangeParser { return ExchangeParser{rest: form} }

// Head fills in what filters look at: collaborator, session, origin, outcome,
// and the request's method and path. Where the form is malformed, Remainder
// says so.
func (p *ExchangeParser) Head(x *Exchange) {
	for p.next(); p.field != 0 && p.field <= headFields; p.next() {
		s := p.text()
		switch p.field {
		case exchangeCollaborator:
			x.Collaborator = s
		case exchangeSession:
			x.Session = s
		case exchangeOrigin:
			x.Origin = Origin(s)
		case exchangeOutcome:
			x.Outcome = Outcome(s)
		case exchangeMethod:
			x.Request.Method = s
		case exchangePath:
			x.Request.Path = s
		}
	}
}

// Remainder fills in everything else, after Head.
func (p *ExchangeParser) Remainder(x *Exchange) error {
	for ; p.field != 0; p.next() {
		switch p.field {
		case exchangeTime:
			x.Time = p.time()
		case exchangeOriginBy:
			x.OriginBy = p.text()
		case exchangeTransaction:
			x.Transaction = p.text()
		case exchangeMode:
			x.Mode = Mode(p.text())
		case exchangeReason:
			x.Reason = p.text()
		case exchangeStub:
			x.Stub = p.text()
		case exchangeTake:
			x.Take = p.uvarint()
		case exchangeLatency:
			x.Latency = time.Duration(p.varint())
		case exchangeDuration:
			x.Duration = time.Duration(p.varint())
		case exchangeError:
			x.Error = p.text()
		case exchangeRequest:
			p.request(&x.Request)
		case exchangeResponse:
			p.response(&x.Response)
		case exchangeDifferences:
			x.Differences = make([]Difference, p.count(4))
			for i := range x.Differences {
				x.Differences[i] = Difference{Path: p.text(), Kind: p.text(), Stub: p.text(), Upstream: p.text()}
			}
		case exchangeNearMisses:
			x.NearMisses = make([]NearMiss, p.count(10))
			for i := range x.NearMisses {
				p.nearMiss(&x.NearMisses[i])
			}
		case exchangeCallback:
			x.Callback = p.callback()
		default:
			p.fail()
		}
	}
	if p.bad || p.rest != "" {
		return errExchange
	}
	return nil
}

func (p *ExchangeParser) callback() *CallbackResult {
	out := &CallbackResult{Cause: p.uvarint(), Number: int(p.varint())}
	n := p.uvarint()
	if n == 0 {
		return out
	}
	if n--; n > uint64(len(p.rest)) { // an attempt takes several bytes
		p.fail()
		return out
	}
	out.Attempts = make([]Attempt, n)
	for i := range out.Attempts {
		out.Attempts[i] = Attempt{Time: p.time(), Duration: time.Duration(p.varint()), Status: int(p.varint()), Error: p.text()}
	}
	return out
}

func (p *ExchangeParser) request(m *RequestMessage) {
	for p.next(); p.field != 0; p.next() {
		switch p.field {
		case requestHost:
			m.Host = p.text()
		case requestQuery:
			m.Query = p.text()
		default:
			p.message(&m.Proto, &m.Header, &m.Trailer, &m.Body)
		}
	}
	p.field = exchangeRequest // is what ends here; the exchange goes on
}

func (p *ExchangeParser) response(m *ResponseMessage) {
	for p.next(); p.field != 0; p.next() {
		switch p.field {
		case responseStatus:
			m.Status = int(p.varint())
		case responseStatusText:
			m.StatusText = p.text()
		case responseChunks:
			m.Chunks = make([]Chunk, p.count(2))
			for i := range m.Chunks {
				m.Chunks[i] = Chunk{After: time.Duration(p.varint()), Size: p.varint()}
			}
		default:
			p.message(&m.Proto, &m.Header, &m.Trailer, &m.Body)
		}
	}
	p.field = exchangeResponse
}

// message reads a field that requests and responses have.
func (p *ExchangeParser) message(proto *string, header, trailer *http.Header, body *Body) {
	switch p.field {
	case messageProto:
		*proto = p.text()
	case messageHeader:
		*header = p.header()
	case messageTrailer:
		*trailer = p.header()
	case messageBody:
		p.body(body)
	default:
		p.fail()
	}
}

func (p *ExchangeParser) body(m *Body) {
	for p.next(); p.field != 0; p.next() {
		switch p.field {
		case bodyData:
			m.Data = append([]byte{}, p.text()...)
		case bodyStored:
			m.Stored = &BodyRef{ID: p.text(), Size: p.varint()}
		case bodySize:
			m.Size = p.varint()
		case bodyTruncated:
			m.Truncated = true
		default:
			p.fail()
		}
	}
	p.field = messageBody
}

func (p *ExchangeParser) nearMiss(m *NearMiss) {
	m.Stub = p.text()
	m.Score = math.Float64frombits(p.fixed(8))
	switch p.fixed(1) {
	case 0:
	case 1:
		m.Failed = make([]Mismatch, p.count(4))
		for i := range m.Failed {
			m.Failed[i] = Mismatch{Field: p.text(), Operator: p.text(), Expected: p.text(), Actual: p.text()}
		}
	default:
		p.fail()
	}
}

func (p *ExchangeParser) fail() { p.bad, p.rest, p.field = true, "", 0 }

// next reads the number of the next field. A struct that is cut short is bad.
func (p *ExchangeParser) next() { p.field = p.uvarint() }

func (p *ExchangeParser) take(n uint64) string {
	if n > uint64(len(p.rest)) {
		p.fail()
		return ""
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s
}

// fixed reads a little-endian number of n bytes.
func (p *ExchangeParser) fixed(n uint64) (v uint64) {
	s := p.take(n)
	for i := len(s) - 1; i >= 0; i-- {
		v = v<<8 | uint64(s[i])
	}
	return v
}

func (p *ExchangeParser) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(p.rest) && i < binary.MaxVarintLen64; i++ {
		b := p.rest[i]
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break // more than 64 bits
			}
			p.rest = p.rest[i+1:]
			return v | uint64(b)<<(7*i)
		}
		v |= uint64(b&0x7f) << (7 * i)
	}
	p.fail()
	return 0
}

func (p *ExchangeParser) varint() int64 {
	v := p.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (p *ExchangeParser) text() string { return p.take(p.uvarint()) }

// count reads the number of elements that take at least size bytes each, so
// that nobody makes room for more than are there.
func (p *ExchangeParser) count(size int) int {
	n := p.uvarint()
	if n > uint64(len(p.rest)/size) {
		p.fail()
		return 0
	}
	return int(n)
}

func (p *ExchangeParser) header() http.Header {
	n := p.count(2)
	h := make(http.Header, n)
	for range n {
		name := p.text()
		k := p.uvarint()
		if k == 0 {
			h[name] = nil
			continue
		}
		if k--; k > uint64(len(p.rest)) {
			p.fail()
			return h
		}
		values := make([]string, k)
		for i := range values {
			values[i] = p.text()
		}
		h[name] = values
	}
	return h
}

// time gives the local zone where it is as far from UTC, as time.Parse does.
func (p *ExchangeParser) time() time.Time {
	sec, nsec, offset := p.varint(), p.uvarint(), p.varint()
	if nsec >= uint64(time.Second) || offset < -maxOffset || offset > maxOffset {
		p.fail()
		return time.Time{}
	}
	t := time.Unix(sec, int64(nsec))
	if _, local := t.Zone(); offset == 0 {
		return t.UTC()
	} else if offset == int64(local) {
		return t
	}
	return t.In(time.FixedZone("", int(offset)))
}

// maxOffset is more than any zone is away from UTC, in seconds.
const maxOffset = 24*60*60 - 1
