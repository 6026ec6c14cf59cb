package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones must not depend on the files of the host
)

// guessed are the layouts tried where no format is given.
var guessed = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateOnly, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC,
	"2006-01-02T15:04:05.999999999Z0700", "2006-01", "2006",
}

// parseGuessed reads a date in one of the usual formats.
func parseGuessed(s string, in *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range guessed {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no date in a usual format: name its format=", show(s))
}

// parse reads a date. Fields that the format has not are those of the first
// moment of 1970, or of the year given.
func (f *dateFormat) parse(s string, in *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	switch {
	case f.unit != 0:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s is no count of %s", show(s), map[time.Duration]string{time.Second: "seconds", time.Millisecond: "milliseconds"}[f.unit])
		}
		if f.unit == time.Second {
			return time.Unix(n, 0).In(in), nil
		}
		return time.UnixMilli(n).In(in), nil
	case f.goLayout != "":
		t, err := time.ParseInLocation(f.goLayout, s, in)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s is not of the date format %s", show(s), f.goLayout)
		}
		return t, nil
	}
	p := dateParser{rest: s, year: 1970, month: 1, day: 1, zone: in}
	for i, field := range f.fields {
		if err := p.field(field, f.fields[i+1:]); err != nil {
			return time.Time{}, fmt.Errorf("%s is not of the date format: %w", show(s), err)
		}
	}
	if p.rest != "" {
		return time.Time{}, fmt.Errorf("%s is not of the date format: %s is left over", show(s), show(p.rest))
	}
	return p.time()
}

type dateParser struct {
	rest                    string
	year, month, day        int
	yearDay                 int
	hour, minute, sec, nano int
	pm, half                bool
	zone                    *time.Location
}

func (p *dateParser) time() (time.Time, error) {
	if p.half {
		p.hour %= 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.yearDay > 0 {
		p.month, p.day = 1, p.yearDay
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.sec, p.nano, p.zone)
	if p.yearDay == 0 && (t.Day() != p.day || int(t.Month()) != p.month) || p.hour > 23 || p.minute > 59 || p.sec > 60 {
		return time.Time{}, errors.New("a field of the date is out of range")
	}
	return t, nil
}

func (p *dateParser) field(f dateField, following []dateField) error {
	if f.kind == 0 {
		if !strings.HasPrefix(p.rest, f.text) {
			return fmt.Errorf("%s is missing", show(f.text))
		}
		p.rest = p.rest[len(f.text):]
		return nil
	}
	switch f.kind {
	case 'M', 'L':
		if f.width >= 3 {
			i, err := p.name(12, func(i int) string { return time.Month(i + 1).String() }, f.width > 3)
			p.month = i + 1
			return err
		}
	case 'E':
		_, err := p.name(7, func(i int) string { return time.Weekday(i).String() }, f.width > 3)
		return err
	case 'a':
		i, err := p.name(2, func(i int) string { return [...]string{"AM", "PM"}[i] }, true)
		p.pm, p.half = i == 1, true
		return err
	case 'G':
		_, err := p.name(1, func(int) string { return "AD" }, true)
		return err
	case 'X', 'x', 'Z', 'z', 'V':
		return p.offset()
	}
	// Digits run on into the next field where nothing stands between them.
	width := 0
	if len(following) > 0 && following[0].kind != 0 {
		width = max(f.width, -f.width)
	}
	n, digits, err := p.number(width)
	if err != nil {
		return err
	}
	switch f.kind {
	case 'y', 'u', 'Y':
		if f.width == 2 && digits == 2 {
			if n += 2000; n >= 2069 { // as package time has it
				n -= 100
			}
		}
		p.year = n
	case 'M', 'L':
		p.month = n
	case 'd':
		p.day = n
	case 'D':
		p.yearDay = n
	case 'H':
		p.hour = n
	case 'k':
		p.hour = n % 24
	case 'h', 'K':
		p.hour, p.half = n, true
	case 'm':
		p.minute = n
	case 's':
		p.sec = n
	case 'l':
		p.nano = n * 1e6
	case 'S', 'n':
		for ; digits < 9 && f.kind == 'S'; digits++ {
			n *= 10
		}
		p.nano = n
	}
	return nil
}

func (p *dateParser) number(width int) (n, digits int, err error) {
	p.rest = strings.TrimLeft(p.rest, " ")
	for digits < len(p.rest) && '0' <= p.rest[digits] && p.rest[digits] <= '9' && (width == 0 || digits < width) && digits < 9 {
		n = n*10 + int(p.rest[digits]-'0')
		digits++
	}
	if digits == 0 {
		return 0, 0, errors.New("a number is missing")
	}
	p.rest = p.rest[digits:]
	return n, digits, nil
}

func (p *dateParser) name(n int, of func(int) string, full bool) (int, error) {
	for _, whole := range []bool{true, false} {
		for i := range n {
			name := of(i)
			if !whole {
				if full && n == 1 || len(name) <= 3 {
					continue
				}
				name = name[:3]
			}
			if len(p.rest) >= len(name) && strings.EqualFold(p.rest[:len(name)], name) {
				p.rest = p.rest[len(name):]
				return i, nil
			}
		}
	}
	return 0, errors.New("a name is missing")
}

func (p *dateParser) offset() error {
	end := strings.IndexAny(p.rest, " )]")
	if end < 0 {
		end = len(p.rest)
	}
	loc, err := location(p.rest[:end])
	if err != nil {
		return err
	}
	p.zone, p.rest = loc, p.rest[end:]
	return nil
}

// zoneName keeps package time, which looks for a file of that name, to names.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

var zones sync.Map // name -> *time.Location, for names that exist

// location finds a time zone: its name (Europe/Berlin), UTC, or an offset
// (+02:00, UTC+2, GMT-0530).
func location(name string) (*time.Location, error) {
	switch strings.ToUpper(name) {
	case "", "UTC", "Z", "GMT":
		return time.UTC, nil
	}
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location), nil
	}
	s := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(name), "UTC"), "GMT")
	if s != "" && (s[0] == '+' || s[0] == '-') {
		digits := strings.ReplaceAll(s[1:], ":", "")
		if len(digits) == 1 || len(digits) == 3 {
			digits = "0" + digits
		}
		n, ok := smallInt(digits)
		if ok && (len(digits) == 2 || len(digits) == 4) {
			if len(digits) == 2 {
				n *= 100
			}
			if n/100 <= 18 && n%100 < 60 {
				seconds := n/100*3600 + n%100*60
				if s[0] == '-' {
					seconds = -seconds
				}
				return time.FixedZone("", seconds), nil
			}
		}
	}
	if zoneName.MatchString(name) {
		if l, err := time.LoadLocation(name); err == nil && l != time.Local {
			zones.Store(name, l)
			return l, nil
		}
	}
	return nil, fmt.Errorf("there is no time zone %s", show(name))
}
