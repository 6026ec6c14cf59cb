package matchers

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// dateForm is a form that a date is written in, as the option `format` names it.
type dateForm struct {
	// Of these one is set; none is the default of the date operators.
	unix, epoch, iso bool
	layout           string
}

// parseDateForm reads `unix`, `epoch`, `iso`, or a pattern of letters, those of
// Java's DateTimeFormatter and SimpleDateFormat that Go's layouts have, too.
func parseDateForm(s string) (dateForm, error) {
	switch s {
	case "unix":
		return dateForm{unix: true}, nil
	case "epoch":
		return dateForm{epoch: true}, nil
	case "iso":
		return dateForm{iso: true}, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return dateForm{}, fmt.Errorf("a quote has no end in the pattern %q", cut(s))
			}
			if end == 0 {
				b.WriteByte('\'')
			}
			b.WriteString(s[i+1 : i+1+end])
			i += end + 2
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			n := 1
			for i+n < len(s) && s[i+n] == c {
				n++
			}
			layout, ok := dateLetters[s[i:i+n]]
			if !ok {
				return dateForm{}, fmt.Errorf("%q in the pattern %q is not known: there are yyyy, yy, MM, M, MMM, MMMM, dd, d, HH, H, hh, h, mm, m, ss, s, SSS, a, EEE, EEEE, z, Z, X, XX and XXX", s[i:i+n], cut(s))
			}
			b.WriteString(layout)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return dateForm{layout: b.String()}, nil
}

var dateLetters = map[string]string{
	"yyyy": "2006", "uuuu": "2006", "y": "2006", "u": "2006", "yy": "06", "uu": "06",
	"MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2", "EEEE": "Monday", "EEE": "Mon", "E": "Mon",
	"HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5",
	"S": "0", "SS": "00", "SSS": "000", "SSSSSS": "000000", "SSSSSSSSS": "000000000",
	"a": "PM", "z": "MST", "Z": "-0700", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00",
}

func (f *dateForm) parse(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	switch {
	case f.unix || f.epoch:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		if f.epoch {
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), true
	case f.iso:
		for _, layout := range []string{"2006", "2006-01"} {
			if t, err := time.Parse(layout, s); err == nil {
				return t, true
			}
		}
		if _, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.Time{}, false
		}
	case f.layout != "":
		t, err := time.Parse(f.layout, s)
		return t, err == nil
	}
	return parseDate(s)
}

// rounding are the ways of `truncate`, all in the date's own zone.
var rounding = map[string]func(t time.Time) time.Time{
	"first second of minute":  func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute()) },
	"first minute of hour":    func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month(), t.Day(), t.Hour(), 0) },
	"first hour of day":       func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month(), t.Day(), 0, 0) },
	"first day of month":      func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month(), 1, 0, 0) },
	"first day of next month": func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month()+1, 1, 0, 0) },
	"last day of month":       func(t time.Time) time.Time { return dateOf(t, t.Year(), t.Month()+1, 0, 0, 0) },
	"first day of year":       func(t time.Time) time.Time { return dateOf(t, t.Year(), 1, 1, 0, 0) },
	"first day of next year":  func(t time.Time) time.Time { return dateOf(t, t.Year()+1, 1, 1, 0, 0) },
	"last day of year":        func(t time.Time) time.Time { return dateOf(t, t.Year(), 12, 31, 0, 0) },
}

func dateOf(t time.Time, year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, t.Location())
}

func roundings() string {
	return strings.Join(sortedKeys(rounding), ", ")
}
