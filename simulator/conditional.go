package simulator

import (
	"net/http"
	"strings"
	"time"

	"understudy/simulator/resource"
)

// unmodified is the answer to a request that has this one already, nil for any
// other, and where nobody has asked that such requests be told so: an answer by
// its ETag, else by its Last-Modified (RFC 9110 section 13.2.2).
func (x *exchange) unmodified(res *response) *response {
	if !res.Conditional && (x.collaborator == nil || !x.collaborator.config.Conditional) {
		return nil
	}
	if res.status != http.StatusOK || x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return nil
	}
	if tags := x.r.Header["If-None-Match"]; tags != nil {
		tag := strings.TrimPrefix(res.header.Get("Etag"), "W/")
		if tag == "" || !resource.MatchesTag(tags, tag, false) {
			return nil
		}
	} else if !notSince(x.r.Header.Get("If-Modified-Since"), res.header.Get("Last-Modified")) {
		return nil
	}
	out := &response{Response: res.Response, status: http.StatusNotModified, header: res.header.Clone()}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Range"} {
		out.header.Del(name) // section 15.4.5: it has what the answer would, but what describes the body
	}
	return out
}

// notSince reports whether what was modified then has not been since.
func notSince(since, modified string) bool {
	s, err1 := http.ParseTime(since)
	m, err2 := http.ParseTime(modified)
	return err1 == nil && err2 == nil && !m.Truncate(time.Second).After(s)
}
