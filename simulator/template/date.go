package template

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// date is a moment, with the format in which it prints.
type date struct {
	time   time.Time
	format *dateFormat
}

var rfc3339 = namedFormats["rfc3339"]

func (d *date) append(b []byte) ([]byte, error) {
	if y := d.time.Year(); y < -9999 || y > 99999 {
		return b, fmt.Errorf("the year %d is out of range", y)
	}
	return d.format.append(b, d.time), nil
}

// shift moves a time by an offset: "3 days", "-1 month", "+2h30m", "1 year 2
// months", "90d". Months and years are those of the calendar, and keep to the
// end of a shorter month.
func shift(t time.Time, offset string) (time.Time, error) {
	s := strings.TrimSpace(offset)
	if s == "" {
		return t, nil
	}
	bad := fmt.Errorf("%s is no offset, such as '3 days', '-1 month' or '2h30m'", show(offset))
	sign := 1
	for range 20 {
		s = strings.TrimLeft(s, " ")
		if s == "" {
			return t, nil
		}
		if s[0] == '+' || s[0] == '-' {
			sign = 1
			if s[0] == '-' {
				sign = -1
			}
			s = strings.TrimLeft(s[1:], " ")
		}
		digits := 0
		for digits < len(s) && ('0' <= s[digits] && s[digits] <= '9' || s[digits] == '.') {
			digits++
		}
		count := s[:digits]
		s = strings.TrimLeft(s[digits:], " ")
		letters := 0
		for letters < len(s) && s[letters] > ' ' && s[letters] != '+' && s[letters] != '-' && (s[letters] < '0' || s[letters] > '9') {
			letters++
		}
		unit := s[:letters]
		s = s[letters:]
		var err error
		if t, err = shiftBy(t, sign, count, unit); err != nil {
			return t, bad
		}
	}
	return t, bad
}

var errOffset = errors.New("no offset")

func shiftBy(t time.Time, sign int, count, unit string) (time.Time, error) {
	months, days := 0, 0
	var each time.Duration
	switch unit {
	case "ns":
		each = time.Nanosecond
	case "us", "µs", "μs":
		each = time.Microsecond
	case "ms":
		each = time.Millisecond
	case "s":
		each = time.Second
	case "m":
		each = time.Minute
	case "h":
		each = time.Hour
	case "d":
		days = 1
	case "w":
		days = 7
	case "M":
		months = 1
	case "y":
		months = 12
	default:
		switch strings.TrimSuffix(strings.ToLower(unit), "s") {
		case "millisecond", "milli":
			each = time.Millisecond
		case "second", "sec":
			each = time.Second
		case "minute", "min":
			each = time.Minute
		case "hour":
			each = time.Hour
		case "day":
			days = 1
		case "week":
			days = 7
		case "month":
			months = 1
		case "year":
			months = 12
		default:
			return t, errOffset
		}
	}
	if each > 0 {
		d, err := time.ParseDuration(count + map[time.Duration]string{
			time.Nanosecond: "ns", time.Microsecond: "us", time.Millisecond: "ms", time.Second: "s", time.Minute: "m", time.Hour: "h",
		}[each])
		if err != nil {
			return t, errOffset
		}
		return t.Add(time.Duration(sign) * d), nil
	}
	n, ok := smallInt(count)
	if !ok || n > 1_000_000 {
		return t, errOffset
	}
	if months == 0 {
		return t.AddDate(0, 0, sign*n*days), nil
	}
	return addMonths(t, sign*n*months), nil
}

// addMonths keeps the day, or takes the last of a shorter month.
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1)
}

// truncate cuts a time off at a named boundary.
func truncate(t time.Time, to string) (time.Time, error) {
	y, m, d := t.Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, t.Location()) }
	switch strings.ToLower(strings.ReplaceAll(strings.TrimSpace(to), "_", " ")) {
	case "first second of minute", "minute":
		return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, t.Location()), nil
	case "first minute of hour", "hour":
		return time.Date(y, m, d, t.Hour(), 0, 0, 0, t.Location()), nil
	case "first hour of day", "day":
		return day(y, m, d), nil
	case "first day of month", "month":
		return day(y, m, 1), nil
	case "first day of next month":
		return day(y, m+1, 1), nil
	case "last day of month":
		return day(y, m+1, 0), nil
	case "first day of year", "year":
		return day(y, 1, 1), nil
	case "first day of next year":
		return day(y+1, 1, 1), nil
	case "last day of year":
		return day(y, 12, 31), nil
	}
	return t, fmt.Errorf("a date cannot be cut to %s: known are second/minute/hour/day/month/year forms such as 'first day of month' and 'last day of year'", show(to))
}
