package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulations/volatile"
)

// recordedLabel marks the stubs that recording made.
const recordedLabel = "recorded"

// recordedStub makes the stub of a request that has one answer. What it asks for
// is the caller's to put in.
func recordedStub(id, collaborator string, response *simulations.Response) *simulations.Stub {
	return &simulations.Stub{ID: id, Collaborator: collaborator, Labels: []string{recordedLabel}, Response: response}
}

// foldStub makes the stub of a request's runs.
func foldStub(id, collaborator string, pattern *simulations.Pattern, runs []run) (*simulations.Stub, error) {
	stub := recordedStub(id, collaborator, nil)
	stub.Request = *pattern
	for i, r := range runs {
		kept, err := simulations.Unpack(r.answer.packed)
		if err != nil {
			return nil, simulations.Errorf(simulations.CodeInternal, "the answers of %s cannot be put together: %w", id, err)
		}
		if len(runs) == 1 {
			stub.Response = kept.Response
			return stub, nil
		}
		// The last answer stays anyway, so how often it came is not written.
		if r.times > 1 && i < len(runs)-1 {
			kept.Response.Repeat = r.times
		}
		stub.Responses = append(stub.Responses, kept.Response)
	}
	stub.Order = simulations.OrderSequence
	return stub, nil
}

// stubID names a request's stub: the method and the path, for people, and a
// hash of the whole pattern, so that the same request always makes the same.
func stubID(m *simulations.RequestMessage, p *simulations.Pattern) string {
	var room [1 << 10]byte // on the stack: enough for most
	sum := sha256.Sum256(p.AppendCanonical(room[:0]))
	return slug(m.Method, m.Path) + hex.EncodeToString(sum[:8])
}

func slug(method, path string) string {
	out := []byte(method)
	for i := 0; i < len(path) && len(out) < 48; i++ {
		switch c := path[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_':
			out = append(out, c)
		case out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	if !simulations.ValidName(string(out)) {
		return "request-"
	}
	if out[len(out)-1] != '-' {
		out = append(out, '-')
	}
	return string(out)
}

// packAnswer packs a response for an answer.
func packAnswer(r *simulations.Response) string { return pack(&simulations.Stub{Response: r}) }

// answerID hashes what [distillAnswer] makes of an answer. Answers count as alike
// that have the same status, body and headers, but for headers that differ with
// every answer, whenever and however fast they were given.
func answerID(r *simulations.Response) string {
	scratch := packScratch.Get().(*[]byte)
	defer freeScratch(scratch)
	b := binary.AppendVarint((*scratch)[:0], int64(r.Status))
	b = appendSteady(b, r.Headers)
	b = appendSteady(b, r.Trailers)
	switch {
	case r.Text != nil:
		b = append(append(b, 't'), *r.Text...)
	case r.Base64 != nil:
		b = append(append(b, 'b'), *r.Base64...)
	case r.Stored != nil:
		b = append(append(b, 's'), r.Stored.ID...)
	}
	*scratch = b
	sum := sha256.Sum256(b)
	return answerForm + hex.EncodeToString(sum[:16])
}

// answerIDs are those of a stub's answers, none where there is no such stub.
func (c *catalog) answerIDs(in, id string) ([]string, error) {
	c.state.RLock()
	var st *matchers.Stub
	if s := c.simulations[in]; s != nil {
		st = s.stub(id)
	}
	c.state.RUnlock()
	if st == nil {
		return nil, nil
	}
	stored, err := st.Packed().Unpack()
	if err != nil {
		return nil, simulations.Errorf(simulations.CodeInternal, "the stub %s/%s cannot be read: %w", in, id, err)
	}
	var ids []string
	for _, r := range append(slices.Clip(stored.Responses), stored.Response) {
		if r != nil {
			ids = append(ids, answerID(r))
		}
	}
	return ids, nil
}

// appendSteady appends the headers that do not differ with every answer, so that
// other headers make other bytes.
func appendSteady(b []byte, h simulations.Headers) []byte {
	var room [16]string
	names := room[:0]
	for name := range h {
		if !volatile.ResponseHeader(http.CanonicalHeaderKey(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = binary.AppendUvarint(b, uint64(len(h[name])))
		for _, v := range h[name] {
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		}
	}
	return b
}

// answerForm begins the ids of answers. Those that begin otherwise were made
// otherwise once, and lie in the logs.
const answerForm = "3-"

// acceptRecorded accepts a stub that understudy made itself.
func acceptRecorded(simulation string, s *simulations.Stub) (*matchers.Stub, error) {
	st, faults := accept(simulation, s)
	if len(faults) > 0 {
		b, _ := json.Marshal(faults) // strings and numbers
		return nil, simulations.Errorf(simulations.CodeInternal, "the recorded request makes no valid stub: %s", b)
	}
	return st, nil
}
