package store

import (
	"encoding/binary"
	"slices"

	"understudy/simulations"
)

// The first byte of a recorded exchange says how it is written. An object in
// JSON, which has no such byte, is how it was written first.
const (
	recordedForm = 1
	recordedJSON = '{'
)

// appendRecorded writes an exchange; the sequence number is in its key.
func appendRecorded(b []byte, rec *simulations.Recorded) []byte {
	b = slices.Grow(b, 1024+len(rec.Exchange.Request.Body.Data)+len(rec.Exchange.Response.Body.Data))
	b = append(b, recordedForm)
	b = binary.AppendUvarint(b, rec.Take)
	b = append(binary.AppendUvarint(b, uint64(len(rec.StubID))), rec.StubID...)
	b = append(binary.AppendUvarint(b, uint64(len(rec.Answer))), rec.Answer...)
	return simulations.AppendExchange(b, rec.Exchange)
}

func decodeRecorded(b []byte) (*simulations.Recorded, error) {
	c := cursor{rest: b}
	switch c.byte() {
	case recordedForm:
	case recordedJSON:
		return decodeRecordedJSON(b)
	default:
		return nil, errMalformed
	}
	rec := &simulations.Recorded{Take: c.uvarint()}
	rec.StubID = string(c.bytes(c.uvarint()))
	rec.Answer = string(c.bytes(c.uvarint()))
	if c.bad {
		return nil, errMalformed
	}
	var err error
	rec.Exchange, err = simulations.ParseExchange(string(c.rest))
	return rec, err
}

// exchangeRefs lists the stored bodies of an exchange.
func exchangeRefs(ex *simulations.Exchange) ([]digest, error) {
	return refsOf(ex.Request.Body.Stored, ex.Response.Body.Stored)
}

// stubRefs lists the stored bodies of a stub.
func stubRefs(s *simulations.Stub) ([]digest, error) {
	if s.Response == nil && len(s.Responses) == 0 {
		return nil, nil
	}
	var refs []*simulations.BodyRef
	for _, r := range append(s.Responses[:len(s.Responses):len(s.Responses)], s.Response) {
		if r != nil {
			refs = append(refs, r.Stored)
		}
	}
	return refsOf(refs...)
}

func refsOf(refs ...*simulations.BodyRef) ([]digest, error) {
	var out []digest
	for _, ref := range refs {
		if ref == nil {
			continue
		}
		d, err := bodyDigest(*ref)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
