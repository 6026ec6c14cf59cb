package admin

import (
	"net/http"
	"strconv"
	"strings"

	"understudy/simulations"
)

// conditions are a request's If-Match and If-None-Match (RFC 9110 section 13.1).
type conditions struct {
	// match lists the revisions that If-Match names; a tag that is not one of
	// ours, or is weak, names none, since none of ours equals it.
	match []uint64
	// matching says that there is an If-Match, any that it is `*`.
	matching, any bool
	// absent is `If-None-Match: *`.
	absent bool
}

// conditions reads the conditions of an edit.
func (c *call) conditions() (conditions, error) {
	var out conditions
	if values := c.r.Header.Values("If-Match"); len(values) > 0 {
		tags, any, err := entityTags("If-Match", values)
		if err != nil {
			return out, err
		}
		out.matching, out.any = true, any
		for _, t := range tags {
			if rev, ok := t.revision(); ok && !t.weak {
				out.match = append(out.match, rev)
			}
		}
	}
	if values := c.r.Header.Values("If-None-Match"); len(values) > 0 {
		_, any, err := entityTags("If-None-Match", values)
		if err != nil {
			return out, err
		}
		if !any {
			return out, simulations.Errorf(simulations.CodeInvalid, "an edit takes `If-None-Match: *` only, which demands that there is nothing yet")
		}
		out.absent = true
	}
	return out, nil
}

// maxAttempts bounds how often an edit with `If-Match: *` is tried again because
// the revision it was to hold for has passed.
const maxAttempts = 16

// edit runs an edit under the request's conditions. present returns the
// revision that is there now; it is only asked when the engine's own condition,
// which knows one revision, cannot say it.
func (c *call) edit(present func() (uint64, error), edit func(simulations.Condition) error) error {
	cond, err := c.conditions()
	if err != nil {
		return err
	}
	switch {
	case cond.matching && cond.absent:
		return simulations.Errorf(simulations.CodeStale, "If-Match demands that it is there, If-None-Match that it is not: both cannot hold")
	case cond.absent:
		return edit(simulations.Condition{Absent: true})
	case !cond.matching:
		return edit(simulations.Condition{})
	case !cond.any && len(cond.match) == 1:
		return edit(simulations.Condition{Revision: cond.match[0]})
	}
	for range maxAttempts {
		revision, err := present()
		if err != nil {
			if simulations.CodeOf(err) == simulations.CodeNotFound {
				return simulations.Errorf(simulations.CodeStale, "If-Match demands that it is there, and it is not")
			}
			return err
		}
		if !cond.holds(revision) {
			return simulations.Errorf(simulations.CodeStale, "it has changed: it is at revision %d, which If-Match does not name; read it again", revision)
		}
		err = edit(simulations.Condition{Revision: revision})
		if simulations.CodeOf(err) != simulations.CodeStale || err == nil {
			return err
		}
	}
	return simulations.Errorf(simulations.CodeConflict, "others are editing it all the time: try again")
}

func (c conditions) holds(revision uint64) bool {
	if c.any {
		return true
	}
	for _, r := range c.match {
		if r == revision {
			return true
		}
	}
	return false
}

// etag sets the answer's entity tag.
func (c *call) etag(revision uint64) { c.w.Header().Set("ETag", etagOf(revision)) }

func etagOf(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// fresh reports whether the client has this revision already; then it has been
// answered 304. Tags are compared weakly (RFC 9110 section 13.1.2).
func (c *call) fresh(revision uint64) (bool, error) {
	values := c.r.Header.Values("If-None-Match")
	if len(values) == 0 {
		return false, nil
	}
	tags, any, err := entityTags("If-None-Match", values)
	if err != nil {
		return false, err
	}
	for _, t := range tags {
		rev, ok := t.revision()
		any = any || ok && rev == revision
	}
	if any {
		c.w.WriteHeader(http.StatusNotModified)
	}
	return any, nil
}

// entityTag is one tag as it was sent.
type entityTag struct {
	weak   bool
	opaque string
}

// revision returns the revision that the tag names, if it can be one of ours.
func (t entityTag) revision() (uint64, bool) {
	rev, err := strconv.ParseUint(t.opaque, 10, 64)
	return rev, err == nil && rev > 0 && strconv.FormatUint(rev, 10) == t.opaque
}

// entityTags reads `*` or a list of entity tags (RFC 9110 section 8.8.3). A
// header that can be read as neither is refused: a condition that was meant
// must not be passed over.
func entityTags(header string, lines []string) (tags []entityTag, any bool, err error) {
	s := strings.Join(lines, ",")
	if strings.TrimSpace(s) == "*" {
		return nil, true, nil
	}
	bad := simulations.Errorf(simulations.CodeInvalid, "%s is not readable: write the ETag of an answer, quotes included, such as \"7\", or *", header)
	for {
		s = strings.TrimLeft(s, " \t,")
		if s == "" {
			break
		}
		var t entityTag
		if rest, ok := strings.CutPrefix(s, "W/"); ok {
			t.weak, s = true, rest
		}
		if !strings.HasPrefix(s, `"`) {
			return nil, false, bad
		}
		end := strings.IndexByte(s[1:], '"')
		if end < 0 {
			return nil, false, bad
		}
		t.opaque, s = s[1:1+end], strings.TrimLeft(s[end+2:], " \t")
		if strings.ContainsFunc(t.opaque, func(r rune) bool { return r <= ' ' || r == 0x7f }) || s != "" && s[0] != ',' {
			return nil, false, bad
		}
		tags = append(tags, t)
	}
	if len(tags) == 0 {
		return nil, false, bad
	}
	return tags, false, nil
}
