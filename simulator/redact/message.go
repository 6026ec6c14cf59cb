package redact

import (
	"net/http"
	"strconv"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/coding"
)

// Request redacts a request before anything of it is kept: header and trailer,
// path, query, body. It writes m's fields only, never the maps and bytes that
// they point to, so that these may be shared with the live exchange.
//
// A body in a content coding is decoded, redacted and encoded again; where it
// changed, Content-Length and Body.Size are those of the new one, and headers
// that vouch for the old bytes (ETag, Digest, signatures) are gone. A body that
// a rule has to see and that is in the store, was cut, cannot be decoded or is
// JSON by its type and cannot be read, is withheld: Body is then empty and
// Truncated, Size is the wire's, and Result says why. Content that Body.Stored
// named is the caller's to delete.
func (x *Rules) Request(m *simulations.RequestMessage) Result {
	var res Result
	sections := message{header: &m.Header, trailer: &m.Trailer, body: &m.Body}
	x.sections(sections, &res)
	res.set(&m.Path, x.path)
	res.set(&m.Query, x.query)
	return res
}

// Response redacts a response, as Request does a request. Where the body
// changed its length, Chunks are cut or stretched at their end.
func (x *Rules) Response(m *simulations.ResponseMessage) Result {
	var res Result
	before := m.Body.Size
	x.sections(message{header: &m.Header, trailer: &m.Trailer, body: &m.Body}, &res)
	res.set(&m.StatusText, x.path)
	if m.Body.Size != before {
		m.Chunks = fit(m.Chunks, m.Body.Size)
	}
	return res
}

// Matching returns the request as the collaborator's own rules leave it, to be
// compared with stubs that were recorded under them; nil when they change
// nothing. r's body is without its content coding, as always. Where a body
// would be withheld, the result's is cut to nothing. Content-Length stays.
func (x *Rules) Matching(r *matchers.Request) *matchers.Request {
	if !x.own() {
		return nil
	}
	out := &matchers.Request{
		Collaborator: r.Collaborator, Method: r.Method, Host: r.Host, Port: r.Port, Path: r.Path, RawQuery: r.RawQuery, Header: r.Header,
		Body: r.Body, BodyTruncated: r.BodyTruncated, Session: r.Session, Origin: r.Origin,
	}
	var res Result
	res.set(&out.Path, x.path)
	res.set(&out.RawQuery, x.query)
	if x.matchingBody(out, r.Header) {
		res.Changed = true
		out.Header = withoutDigests(out.Header)
	}
	if h, changed := x.header(out.Header, false); changed {
		res.Changed = true
		out.Header = h
	}
	if !res.Changed {
		return nil
	}
	return out
}

// matchingBody redacts a body that is decoded already.
func (x *Rules) matchingBody(out *matchers.Request, h http.Header) (changed bool) {
	if x.StreamSafe() || len(out.Body) == 0 && !out.BodyTruncated {
		return false
	}
	media, full := mediaType(h)
	needed := x.needs(media)
	var text string
	err := errCut
	if !out.BodyTruncated && coding.Known(coding.Of(h)) {
		text, changed, err = x.text(string(out.Body), media, full)
	}
	switch {
	case err != nil && needed:
		changed = len(out.Body) > 0 || !out.BodyTruncated
		out.Body, out.BodyTruncated = nil, true
	case err == nil && changed:
		out.Body = []byte(text)
	default:
		changed = false
	}
	return changed
}

// set redacts one text in place.
func (r *Result) set(s *string, redact func(string) (string, bool)) {
	if to, changed := redact(*s); changed {
		*s = to
		r.Changed = true
	}
}

// message is what requests and responses have in common.
type message struct {
	header, trailer *http.Header
	body            *simulations.Body
}

func (x *Rules) sections(m message, res *Result) {
	original := *m.header
	body, changed, err := x.body(*m.body, original)
	if err != nil {
		res.Withheld = err.Error()
		body, changed = simulations.Body{Size: body.Size, Truncated: true}, true
	}
	if changed {
		res.Changed = true
		*m.body = body
		*m.header = withoutDigests(*m.header)
		*m.trailer = withoutDigests(*m.trailer)
		if err == nil {
			*m.header = withLength(*m.header, body.Size)
		}
	}
	for _, section := range []*http.Header{m.header, m.trailer} {
		if h, changed := x.header(*section, true); changed {
			res.Changed = true
			*section = h
		}
	}
}

// withLength sets Content-Length where there is one.
func withLength(h http.Header, size int64) http.Header {
	if _, ok := h["Content-Length"]; !ok {
		return h
	}
	h = h.Clone()
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	return h
}

// fit makes chunks add up to size: the last ones are cut, or the very last
// takes what is left.
func fit(chunks []simulations.Chunk, size int64) []simulations.Chunk {
	var out []simulations.Chunk
	for i, c := range chunks {
		if i == len(chunks)-1 || c.Size > size {
			c.Size = size
		}
		if size -= c.Size; c.Size > 0 {
			out = append(out, c)
		}
	}
	return out
}
