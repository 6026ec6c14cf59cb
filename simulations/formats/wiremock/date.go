package wiremock

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var dateOptions = []string{
	"actualFormat", "truncateExpected", "truncateActual", "applyTruncationLast", "expectedOffset", "expectedOffsetUnit",
}

// relative is a date relative to now: "now", "now +3 days", "15 days".
var relative = regexp.MustCompile(`^(?:now)?\s*(?:([+-]?)\s*(\d+)\s*([a-z]+))?$`)

// date says a comparison of dates. Dates without a zone are taken as UTC.
func date(p convert.Place, name string, arg convert.Place) *simulations.Value {
	text := strings.TrimSpace(arg.Text())
	out := convert.Object("value", simulations.NewString(text))
	offset := ""
	if m := relative.FindStringSubmatch(strings.ToLower(text)); m != nil && text != "" {
		out.Set("value", simulations.NewString("now"))
		if m[2] != "" {
			sign := m[1]
			if sign == "" {
				sign = "+"
			}
			offset = sign + m[2] + " " + m[3]
		}
	}
	if n := p.Get("expectedOffset"); n.Set() {
		unit := strings.ToLower(p.Get("expectedOffsetUnit").Text())
		if unit == "" {
			unit = "days"
		}
		sign, digits := "+", n.Text()
		if strings.HasPrefix(digits, "-") {
			sign, digits = "-", digits[1:]
		}
		offset = sign + digits + " " + unit
	}
	if t := p.Get("truncateExpected"); t.Set() {
		out.Set("truncateArgument", simulations.NewString(strings.ToLower(t.Text())))
	}
	if offset != "" {
		// Offsets of a date that is rounded come after that, unless it is said
		// otherwise; of one that is fixed there is no other way to write them.
		last := p.Get("applyTruncationLast").Bool() && p.Get("truncateExpected").Set()
		if last && out.Get("value").Text != "now" {
			p.Get("applyTruncationLast").Refuse("an offset of a fixed date is added after the rounding here: write the date that is meant")
			return nil
		}
		if last {
			out.Set("value", simulations.NewString("now "+offset))
		} else {
			out.Set("offset", simulations.NewString(offset))
		}
	}
	if t := p.Get("truncateActual"); t.Set() {
		out.Set("truncate", simulations.NewString(strings.ToLower(t.Text())))
	}
	format := "iso"
	if f := p.Get("actualFormat"); f.Set() {
		format = f.Text()
	}
	out.Set("format", simulations.NewString(format))
	op := map[string]string{"before": "before", "after": "after", "equalToDateTime": "at"}[name]
	return convert.Op(op, out)
}
