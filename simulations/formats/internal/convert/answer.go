package convert

import (
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// connection are the headers that belong to the connection: understudy's own.
var connection = []string{"Connection", "Keep-Alive", "Transfer-Encoding"}

// Headers reads the headers of an answer, an object of names and of a value or
// a list of them. Those that Trailer names come after the body. What cannot be
// sent, or is not the stub's to say, is left out with a warning.
func Headers(p Place) (headers, trailers simulations.Headers) {
	headers = make(simulations.Headers)
	for name, v := range p.Members() {
		var values []string
		if v.Kind() == simulations.Array {
			for item := range v.Items() {
				values = append(values, item.Text())
			}
		} else {
			values = append(values, v.Text())
		}
		AddHeader(v, headers, name, values...)
	}
	for _, list := range headers["Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			key := textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			if values, ok := headers[key]; ok && key != "Trailer" {
				if trailers == nil {
					trailers = make(simulations.Headers)
				}
				trailers[key] = values
				delete(headers, key)
			}
		}
	}
	delete(headers, "Trailer")
	if len(headers) == 0 {
		headers = nil
	}
	return headers, trailers
}

// AddHeader adds a header that stands at p, if it can be sent.
func AddHeader(p Place, to simulations.Headers, name string, values ...string) {
	key := textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case !simulations.ValidHeaderName(name):
		p.Warn("%q is no header name: the header was left out", name)
	case slices.Contains(connection, key):
		if key == "Transfer-Encoding" || len(values) > 0 && !strings.EqualFold(values[0], "keep-alive") && key == "Connection" {
			p.Warn("%s belongs to the connection: understudy sets its own", key)
		}
	case slices.ContainsFunc(values, func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
	}):
		p.Warn("the value has control characters, which no header can carry: the header was left out")
	default:
		to[key] = append(to[key], values...)
	}
}

// Body makes data the body of an answer: text where it is UTF-8.
func Body(p Place, out *simulations.Response, data string) {
	switch {
	case data == "":
	case out.Status == 204 || out.Status == 304:
		p.Warn("an answer of status %d has no body (RFC 9110 section 6.4.1): the body was left out", out.Status)
	case utf8.ValidString(data):
		out.Text = &data
	default:
		bytes := simulations.Bytes(data)
		out.Base64 = &bytes
	}
}

// Status reads the status of an answer, 0 where there is none.
func Status(p Place) int {
	status := p.Int()
	if status != 0 && (status < 200 || status > 599) {
		p.Refuse("a status is 200 to 599")
	}
	return status
}
