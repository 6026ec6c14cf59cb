package simulator

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulations/volatile"
	"understudy/simulator/coding"
)

// What makes a stub of an exchange: which parts of the request it asks for, and
// which parts of the response it gives.

// endToEnd is a header without what belongs to the connection or to understudy: h
// itself, where there is no such thing. The values are those of h.
func endToEnd(h http.Header) http.Header {
	within := func(name string) bool {
		return volatile.HopByHop(name) && name != "Proxy-Authenticate" || strings.HasPrefix(name, "Understudy-")
	}
	all := true
	for name := range h {
		all = all && !within(name)
	}
	if all && len(h["Connection"]) == 0 {
		return h
	}
	out := maps.Clone(h)
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			out.Del(strings.TrimSpace(name))
		}
	}
	maps.DeleteFunc(out, func(name string, _ []string) bool { return within(name) })
	return out
}

func statusText(status string) (code, text string) {
	code, text, _ = strings.Cut(status, " ")
	return code, text
}

// distillAnswer is distillResponse with what playing the answer back in its own
// time needs.
func distillAnswer(x *simulations.Exchange) *simulations.Response {
	out := distillResponse(&x.Response, x.Request.Method == http.MethodHead)
	out.Recording = &simulations.Recording{
		At:      simulations.Timestamp(max(x.Time.Unix(), 0)),
		Latency: simulations.Duration(x.Latency.Round(100 * time.Microsecond)),
		Pieces:  piecesOf(x.Response.Chunks),
	}
	return out
}

// piecesOf is how a body arrived, nil where it came at once.
func piecesOf(chunks []simulations.Chunk) []simulations.Piece {
	if len(chunks) == 0 || len(chunks) == 1 && chunks[0].After < time.Millisecond {
		return nil
	}
	out := make([]simulations.Piece, len(chunks))
	for i, c := range chunks {
		out[i] = simulations.Piece{After: simulations.Duration(c.After.Round(time.Millisecond)), Size: c.Size}
	}
	return out
}

// distillResponse keeps what a stub gives again: status, end-to-end headers but
// for Date (a server gives the present one) and Content-Length (it follows from
// the body, but not for HEAD, whose answer has none), trailers, and the body as it
// was on the wire.
func distillResponse(m *simulations.ResponseMessage, head bool) *simulations.Response {
	out := &simulations.Response{Status: m.Status}
	for name, values := range m.Header {
		if name == "Date" || name == "Content-Length" && (m.Body.Size > 0 || values[0] == "0" && !head) {
			continue
		}
		if out.Headers == nil {
			out.Headers = make(simulations.Headers, len(m.Header))
		}
		out.Headers[name] = values
	}
	for name, values := range m.Trailer {
		if out.Trailers == nil {
			out.Trailers = make(simulations.Headers, len(m.Trailer))
		}
		out.Trailers[name] = values
	}
	switch {
	case m.Body.Stored != nil:
		out.Stored = m.Body.Stored
	case len(m.Body.Data) == 0:
	case textual(m):
		text := string(m.Body.Data)
		out.Text = &text
	default:
		b := simulations.Bytes(m.Body.Data)
		out.Base64 = &b
	}
	return out
}

// textual reports whether a body can stand in a document as text and come back
// byte for byte.
func textual(m *simulations.ResponseMessage) bool {
	return m.Header.Get("Content-Encoding") == "" && utf8.Valid(m.Body.Data) && !bytes.ContainsRune(m.Body.Data, 0)
}

// distillRequest makes the pattern that the request's stub asks for: method,
// path, exactly this query, the headers that are not volatile, and the body by
// its content type. It is put into p, which is empty.
func (e *Engine) distillRequest(c *collaborator, m *simulations.RequestMessage, p *simulations.Pattern) error {
	p.Method, p.ExactQuery, p.Redacted = simulations.Strings{m.Method}, true, len(c.config.Redact) > 0
	p.Path = scalar(escapePath(m.Path))
	for _, pair := range matchers.ParseQuery(m.Query) {
		if p.Query == nil {
			p.Query = make(map[string]simulations.Predicate)
		}
		old, ok := p.Query[pair.Name]
		switch {
		case !ok:
			p.Query[pair.Name] = *scalar(pair.Value)
		case old.Kind == simulations.String:
			p.Query[pair.Name] = *operator("hasExactly", simulations.NewArray(old.Value, simulations.NewString(pair.Value)))
		default:
			list := old.Get("hasExactly")
			list.Items = append(list.Items, simulations.NewString(pair.Value))
		}
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	for name, values := range m.Header {
		if volatileHeader(c, name, values) {
			continue
		}
		if p.Headers == nil {
			p.Headers = make(map[string]simulations.Predicate)
		}
		if name == "Content-Type" && strings.HasPrefix(media, "multipart/") {
			p.Headers[name] = *operator("startsWith", simulations.NewString(media)) // its boundary differs every time
			continue
		}
		if len(values) == 1 {
			p.Headers[name] = *scalar(values[0])
			continue
		}
		list := simulations.NewArray()
		for _, v := range values {
			list.Items = append(list.Items, simulations.NewString(v))
		}
		p.Headers[name] = *operator("hasExactly", list)
	}
	p.Body, err = e.distillBody(m, media, params["boundary"])
	return err
}

func volatileHeader(c *collaborator, name string, values []string) bool {
	if name == "Accept" && slices.Equal(values, []string{"*/*"}) {
		return true // it asks for nothing, like no Accept at all
	}
	if volatile.RequestHeader(name) || c.rules.HidesHeader(name) {
		return true
	}
	// Nor does it ask for bytes that a document cannot hold.
	return slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) ||
		!slices.ContainsFunc(values, func(v string) bool { return !volatile.Value(v) })
}

func scalar(s string) *simulations.Predicate {
	return &simulations.Predicate{Value: simulations.NewString(s)}
}

func operator(name string, arg *simulations.Value) *simulations.Predicate {
	v := &simulations.Value{Kind: simulations.Object}
	v.Set(name, arg)
	return &simulations.Predicate{Value: v}
}

// escapePath makes a path fit for an exact predicate, which has neither '?' nor '#'.
func escapePath(path string) string {
	if path == "*" {
		return path
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return pathEscaper.Replace(path)
}

var pathEscaper = strings.NewReplacer("?", "%3F", "#", "%23")

// distillBody picks the body's predicate by its content type: JSON as json,
// a form as form, multipart as multipart, XML as xml, anything else as bytes. A
// body that is not what it says it is, is taken as bytes too.
func (e *Engine) distillBody(m *simulations.RequestMessage, media, boundary string) (*simulations.Predicate, error) {
	raw := m.Body.Data
	if m.Body.Stored != nil {
		r, err := e.store.OpenBody(e.life, *m.Body.Stored)
		if err != nil {
			return nil, err
		}
		raw, err = io.ReadAll(r)
		_ = r.Close() // it was only read
		if err != nil {
			return nil, err
		}
	}
	if len(raw) == 0 {
		if safe(m.Method) {
			return nil, nil
		}
		return operator("absent", simulations.NewBool(true)), nil
	}
	body := raw
	if enc := m.Header["Content-Encoding"]; len(enc) > 0 {
		if plain, cut, err := coding.Decode(strings.Join(enc, ","), raw, e.opts.RecordBody); err == nil && !cut {
			body = plain
		}
	}
	switch {
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		if v, err := simulations.ParseCanonicalJSON(body); err == nil {
			return operator("json", wrapJSON(v)), nil
		}
	case media == "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(body)); err == nil && len(form) > 0 && validForm(form) {
			p := operator("form", fields(form))
			only := simulations.NewArray()
			for _, name := range p.Get("form").Names {
				only.Items = append(only.Items, simulations.NewString(name))
			}
			p.Set("formOnly", only)
			return p, nil
		}
	case media == "application/xml" || media == "text/xml" || strings.HasSuffix(media, "+xml"):
		if utf8.Valid(body) && matchers.ValidXML(body) {
			return operator("xml", simulations.NewString(string(body))), nil
		}
	case media == "multipart/form-data" && boundary != "":
		if v := multipartValue(body, boundary); v != nil {
			return operator("multipart", v), nil
		}
	}
	if utf8.Valid(body) && !bytes.ContainsRune(body, 0) {
		return operator("equals", simulations.NewString(string(body))), nil
	}
	return operator("base64", simulations.NewString(base64.StdEncoding.EncodeToString(body))), nil
}

// wrapJSON keeps an object that looks like the long form of json's argument from
// being read as one.
func wrapJSON(v *simulations.Value) *simulations.Value {
	if v.Get("value") == nil {
		return v
	}
	out := &simulations.Value{Kind: simulations.Object}
	out.Set("value", v)
	return out
}

// validForm reports whether a document can hold the form.
func validForm(form url.Values) bool {
	for name, values := range form {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return true
}

func fields(form url.Values) *simulations.Value {
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	slices.Sort(names)
	out := &simulations.Value{Kind: simulations.Object}
	for _, n := range names {
		list := simulations.NewArray()
		for _, v := range form[n] {
			list.Items = append(list.Items, simulations.NewString(v))
		}
		p := &simulations.Value{Kind: simulations.Object}
		p.Set("hasExactly", list)
		out.Set(n, p)
	}
	return out
}

// multipartValue lists the parts by name; nil where they cannot be told apart
// by it, or a part is no text.
func multipartValue(body []byte, boundary string) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Object}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil
		}
		data, err := io.ReadAll(part)
		if err != nil || part.FormName() == "" || !utf8.ValidString(part.FormName()) || out.Get(part.FormName()) != nil {
			return nil
		}
		p := &simulations.Value{Kind: simulations.Object}
		p.Set("base64", simulations.NewString(base64.StdEncoding.EncodeToString(data)))
		if utf8.Valid(data) {
			p = &simulations.Value{Kind: simulations.Object}
			p.Set("equals", simulations.NewString(string(data)))
		}
		out.Set(part.FormName(), p)
	}
	if len(out.Names) == 0 {
		return nil
	}
	return out
}
