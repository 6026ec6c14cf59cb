package simulator

import (
	"bytes"
	"net/http"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/resource"
)

// target is a request's path and query, as they came.
func target(r *matchers.Request) string {
	if r.RawQuery == "" {
		return r.Path
	}
	return r.Path + "?" + r.RawQuery
}

// toKeep is an answer as its idempotency key keeps it: a copy, since the answer
// may share memory with what lasts as long as the request.
func toKeep(res *response) *resource.Kept {
	out := &resource.Kept{Status: res.status, Header: res.header.Clone(), Body: bytes.Clone(res.body)}
	for name, values := range res.trailer {
		if out.Trailer == nil {
			out.Trailer = http.Header{}
		}
		out.Trailer[strings.TrimPrefix(name, http.TrailerPrefix)] = values
	}
	return out
}

// ofKept is the inverse of toKeep.
func ofKept(k *resource.Kept) *response {
	return &response{Response: &simulations.Response{}, status: k.Status, header: k.Header, trailer: trailerOf(k.Trailer), body: k.Body}
}
