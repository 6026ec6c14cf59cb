package resource

import (
	"net/http"
	"strings"
)

// conditional holds a read's answer against the request's conditions (RFC 9110
// section 13.2.2): If-Match, then If-None-Match.
func (c *Collection) conditional(q *Request, a *Answer) *Answer {
	tag := a.Header.Get("Etag")
	if m := q.Header["If-Match"]; m != nil && !MatchesTag(m, tag, true) {
		return refused(refuse(http.StatusPreconditionFailed, "If-Match does not hold: the ETag is %s", tag))
	}
	if m := q.Header["If-None-Match"]; m != nil && MatchesTag(m, tag, false) {
		a.Status, a.Body = http.StatusNotModified, nil
		a.Header.Del("Content-Type")
		a.Did += ", not modified"
	}
	return a
}

// mayChange holds a change of an item that is there against the conditions.
func (c *Collection) mayChange(q *Request, old *item) *Refusal {
	match, none := q.Header["If-Match"], q.Header["If-None-Match"]
	if match == nil && none == nil {
		if c.Config.RequireMatch {
			return refuse(http.StatusPreconditionRequired, "a change needs If-Match, with the ETag that was read")
		}
		return nil
	}
	tag := etag(c.shown(old.value).AppendJSON(nil))
	switch {
	case match != nil && !MatchesTag(match, tag, true):
		return refuse(http.StatusPreconditionFailed, "If-Match does not hold: the item has changed, its ETag is %s", tag)
	case none != nil && MatchesTag(none, tag, false):
		return refuse(http.StatusPreconditionFailed, "If-None-Match does not hold: the item is there, its ETag is %s", tag)
	}
	return nil
}

// mayCreate holds the creation of an item by its path against the conditions.
func mayCreate(q *Request) *Refusal {
	if q.Header["If-Match"] != nil {
		return refuse(http.StatusPreconditionFailed, "If-Match does not hold: there is no such item")
	}
	return nil
}

// MatchesTag reports whether a list of entity tags has this one. A strong
// comparison takes no weak tag (RFC 9110 section 8.8.3.2); tag itself is given
// without W/.
func MatchesTag(lines []string, tag string, strong bool) bool {
	for _, line := range lines {
		for rest := line; ; {
			rest = strings.TrimLeft(rest, " \t,")
			if rest == "" {
				break
			}
			if rest[0] == '*' {
				return true
			}
			weak := strings.HasPrefix(rest, "W/")
			quoted := strings.TrimPrefix(rest, "W/")
			end := strings.IndexByte(strings.TrimPrefix(quoted, `"`), '"')
			if !strings.HasPrefix(quoted, `"`) || end < 0 {
				break // not a list of tags: nothing in it fits
			}
			if quoted[:end+2] == tag && !(weak && strong) {
				return true
			}
			rest = quoted[end+2:]
		}
	}
	return false
}
