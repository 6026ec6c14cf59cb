package matchers

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// instant is a date, or one that depends on the present.
type instant struct {
	fixed   time.Time
	offsets []offset // from now, where relative
	now     bool
}

type offset struct {
	n    int
	unit string
}

func (i *instant) resolve(s *scope) time.Time {
	if !i.now {
		return i.fixed
	}
	t := s.now()
	for _, o := range i.offsets {
		t = units[o.unit](t, o.n)
	}
	return t
}

// units are what an offset counts, by its first form.
var units = map[string]func(t time.Time, n int) time.Time{
	"ms": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Millisecond) },
	"s":  func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Second) },
	"m":  func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Minute) },
	"h":  func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Hour) },
	"d":  func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) },
	"w":  func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) },
	"mo": func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) },
	"y":  func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0) },
}

var unitNames = map[string]string{
	"millisecond": "ms", "second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "mo", "year": "y",
}

// maxOffset bounds one offset, in its unit: more than 100 years of hours, and
// no overflow of a duration.
const maxOffset = 1_000_000

// parseInstant reads the argument of a date operator.
func parseInstant(s string) (instant, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "now")
	if !ok {
		t, ok := parseDate(s)
		return instant{fixed: t}, ok
	}
	out := instant{now: true}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		sign := 1
		switch rest[0] {
		case '-':
			sign = -1
		case '+':
		default:
			return instant{}, false
		}
		rest = strings.TrimSpace(rest[1:])
		end := 0
		for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(rest[:end])
		rest = strings.TrimSpace(rest[end:])
		end = 0
		for end < len(rest) && 'a' <= rest[end] && rest[end] <= 'z' {
			end++
		}
		unit := rest[:end]
		if long, ok := unitNames[strings.TrimSuffix(unit, "s")]; ok && len(unit) > 2 {
			unit = long
		}
		if err != nil || n > maxOffset || units[unit] == nil || len(out.offsets) == 10 {
			return instant{}, false
		}
		out.offsets = append(out.offsets, offset{sign * n, unit})
		rest = rest[end:]
	}
	return out, true
}

var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02", "2006-01-02Z07:00",
}

// parseDate reads a date in one of the forms that the operators' doc names.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	// A time zone's name in brackets (RFC 9557 section 4) stands beside an
	// offset and changes nothing.
	if i := strings.IndexByte(s, '['); i > 0 && strings.HasSuffix(s, "]") {
		s = s[:i]
	}
	if len(s) > 64 || s == "" {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(strings.TrimPrefix(s, "-")) <= 15 {
		if len(strings.TrimPrefix(s, "-")) >= 12 {
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if t, err := http.ParseTime(s); err == nil {
		return t, true
	}
	return time.Time{}, false
}
