package generalize

import (
	"fmt"
	"strings"
	"time"

	"understudy/simulations"
)

// slack is how far the distances of dates from their answers may differ and
// still count as one: services round, and take their time.
const slack = 2 * time.Second

// relative finds dates that are at one distance from the answers they stand in,
// of which at least two were given at different times.
func (s *sample) relative(values []*simulations.Value) *node {
	layout := layoutOf(values[0].Text)
	days := !strings.Contains(layout, "15")
	var low, high time.Duration
	var earliest, latest time.Time
	zone := ""
	for i, v := range values {
		at := s.exchanges[i].given()
		t, err := time.Parse(layout, v.Text)
		if at.IsZero() || err != nil || v.Kind != simulations.String || layoutOf(v.Text) != layout {
			return nil
		}
		if _, offset := t.Zone(); offset != 0 {
			zone = t.Format("-07:00")
		}
		distance := t.Sub(at)
		if days {
			distance = t.Sub(at.UTC().Truncate(24 * time.Hour))
		}
		if i == 0 {
			low, high, earliest, latest = distance, distance, at, at
		}
		low, high = min(low, distance), max(high, distance)
		if at.Before(earliest) {
			earliest = at
		}
		if at.After(latest) {
			latest = at
		}
	}
	if high-low > slack || latest.Sub(earliest) <= 2*slack {
		return nil
	}
	offset := high.Round(time.Second)
	if minutes := high.Round(time.Minute); (high-minutes).Abs() <= slack && (low-minutes).Abs() <= slack {
		offset = minutes
	}
	return &node{kind: madeNode, value: values[len(values)-1], shape: moment, draw: nowTemplate(offset, layout, zone)}
}

// nowTemplate is the time at a distance, in the layout.
func nowTemplate(offset time.Duration, layout, zone string) string {
	var b strings.Builder
	b.WriteString("{{now")
	if offset != 0 {
		fmt.Fprintf(&b, " offset='%s'", offset)
	}
	switch layout {
	case time.RFC3339:
	case time.RFC1123:
		b.WriteString(" format='http'")
	default:
		fmt.Fprintf(&b, " format='%s'", layout)
	}
	if zone != "" {
		fmt.Fprintf(&b, " timezone='%s'", zone)
	}
	b.WriteString("}}")
	return b.String()
}

// given is when the answer was, as it was recorded or its Date header says; the
// zero time where neither does.
func (x *exchange) given() time.Time {
	if r := x.response.Recording; r != nil && r.At != 0 {
		return r.At.Time()
	}
	for _, value := range x.response.Headers["Date"] {
		if t, err := time.Parse(time.RFC1123, value); err == nil {
			return t
		}
	}
	return time.Time{}
}
