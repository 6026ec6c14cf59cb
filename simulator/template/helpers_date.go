package template

import (
	"fmt"
	"time"
)

var dateHash = []string{"offset", "format", "timezone"}

// dateHelpers make and print dates.
var dateHelpers = group("Dates", []*helper{
	{
		name: "now", max: 0, hash: dateHash, prepare: prepareDate(anyNotation),
		doc: "The time. `offset='3 days'` moves it (`-1 month`, `2h30m`, `1 year 2 months`), `timezone='Europe/Berlin'` or `'+02:00'` chooses the zone, UTC else. " +
			"`format=` is a name (rfc3339, rfc1123, http, iso8601, unix for seconds, epoch for milliseconds), a pattern with % as strftime has it, " +
			"Go's layout where it holds digits, else Java's letters.",
		examples: []example{
			{"{{now}}", "2024-05-06T07:08:09Z"},
			{"{{now offset='3 days' format='yyyy-MM-dd'}}", "2024-05-09"},
			{"{{now format='%d.%m.%Y %H:%M' timezone='Europe/Berlin'}}", "06.05.2024 09:08"},
			{"{{now format='02 Jan 06 15:04'}}", "06 May 24 07:08"},
			{"{{now format='epoch'}}", "1714979289000"},
		},
		value: func(r *run, a args) (any, error) { return r.dateOf(a, r.now().UTC(), time.UTC, anyNotation) },
	},
	{
		name: "date", signature: "date", min: 1, max: 1, hash: dateHash, prepare: prepareDate(anyNotation),
		doc:      "A date, or a text that is one in a usual format, moved and printed as `now` does it.",
		examples: []example{{"{{date '2024-01-31' offset='1 month' format='yyyy-MM-dd'}}", "2024-02-29"}},
		value: func(r *run, a args) (any, error) {
			t, err := r.toTime(a.at(0))
			if err != nil {
				return nil, err
			}
			return r.dateOf(a, t, t.Location(), anyNotation)
		},
	},
	{
		name: "parseDate", signature: "text", min: 1, max: 1, hash: []string{"format", "timezone"}, prepare: prepareDate(anyNotation),
		doc:      "The date that a text is, in a format or, without one, in a usual one. `timezone=` is that of a text which names none.",
		examples: []example{{"{{date (parseDate '31/12/2023' format='dd/MM/yyyy') offset='1 day'}}", "2024-01-01T00:00:00Z"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			zone, err := r.zoneOf(a, time.UTC)
			if err != nil {
				return nil, err
			}
			f, err := r.formatOf(a, anyNotation)
			if err != nil {
				return nil, err
			}
			var t time.Time
			if f == nil {
				t, err = parseGuessed(s, zone)
			} else {
				t, err = f.parse(s, zone)
			}
			if err != nil {
				return nil, err
			}
			return &date{t, rfc3339}, nil
		},
	},
	{
		name: "truncateDate", signature: "date boundary", min: 2, max: 2,
		doc:      "The date cut to minute, hour, day, month or year; also 'first day of next month', 'last day of month', 'first day of next year', 'last day of year'.",
		examples: []example{{"{{truncateDate (now) 'month'}}", "2024-05-01T00:00:00Z"}, {"{{date (truncateDate '2024-02-10' 'last day of month') format='dd.MM.'}}", "29.02."}},
		value:    truncateDate,
	},
})

func truncateDate(r *run, a args) (any, error) {
	t, err := r.toTime(a.at(0))
	if err != nil {
		return nil, err
	}
	to, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	if t, err = truncate(t, to); err != nil {
		return nil, err
	}
	return &date{t, rfc3339}, nil
}

// preparedDate is what a call's literal arguments say about a date.
type preparedDate struct{ format *dateFormat }

func prepareDate(n notation) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		var p preparedDate
		if v, ok := c.literalHash("format"); ok && v != nil {
			var err error
			if p.format, err = parseDateFormat(fmt.Sprint(v), n); err != nil {
				return nil, err
			}
		}
		if v, ok := c.literalHash("timezone"); ok && v != nil {
			if _, err := location(fmt.Sprint(v)); err != nil {
				return nil, err
			}
		}
		if v, ok := c.literalHash("offset"); ok && v != nil {
			if _, err := shift(time.Unix(0, 0), fmt.Sprint(v)); err != nil {
				return nil, err
			}
		}
		return &p, nil
	}
}

func (r *run) formatOf(a args, n notation) (*dateFormat, error) {
	if p, ok := a.call.prepared.(*preparedDate); ok && p.format != nil {
		return p.format, nil
	}
	s, err := a.namedText(r, "format", "")
	if err != nil || s == "" {
		return nil, err
	}
	return parseDateFormat(s, n)
}

func (r *run) zoneOf(a args, otherwise *time.Location) (*time.Location, error) {
	s, err := a.namedText(r, "timezone", "")
	if err != nil || s == "" {
		return otherwise, err
	}
	return location(s)
}

// dateOf moves a time and makes the date that prints as the arguments say.
func (r *run) dateOf(a args, t time.Time, zone *time.Location, n notation) (any, error) {
	zone, err := r.zoneOf(a, zone)
	if err != nil {
		return nil, err
	}
	t = t.In(zone)
	offset, err := a.namedText(r, "offset", "")
	if err != nil {
		return nil, err
	}
	if offset != "" {
		if t, err = shift(t, offset); err != nil {
			return nil, err
		}
	}
	f, err := r.formatOf(a, n)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = rfc3339
	}
	return &date{t, f}, nil
}

// toTime is a value as a time.
func (r *run) toTime(v any) (time.Time, error) {
	if d, ok := v.(*date); ok {
		return d.time, nil
	}
	s, err := r.text(v)
	if err != nil {
		return time.Time{}, err
	}
	return parseGuessed(s, time.UTC)
}
