package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"understudy/matchers/jsonpath"
	"understudy/simulations"
	"understudy/simulator/coding"
)

// dateShift is a simulations.DateShift, compiled. Immutable.
type dateShift struct {
	off   bool
	paths []*jsonpath.Path
}

// compileDateShift makes it ready, nil for nil; pointers are relative to it.
func compileDateShift(s *simulations.DateShift) (*dateShift, []simulations.FieldError) {
	if s == nil {
		return nil, nil
	}
	out := &dateShift{off: s.Off}
	var faults []simulations.FieldError
	for i, p := range s.Paths {
		compiled, err := jsonpath.Compile(p)
		if err != nil {
			faults = append(faults, simulations.FieldError{Pointer: "/" + strconv.Itoa(i), Detail: err.Error()})
		}
		out.paths = append(out.paths, compiled)
	}
	return out, faults
}

// passed is the time from the recording of an answer until now.
type passed struct {
	by time.Duration
	// days are the days between both, by the calendar of UTC.
	days  int
	paths []*jsonpath.Path
}

// shifted returns the answer with the dates in its header brought to the present,
// as its own DateShift says, else its collaborator's. The body's follow when it is
// at hand, see shiftBody.
func (x *exchange) shifted(res *response) *response {
	s := res.dates
	if s == nil && x.collaborator != nil {
		s = x.collaborator.dates
	}
	if s == nil || s.off || res.Recording == nil || res.Recording.At == 0 {
		return res
	}
	at, now := res.Recording.At.Time(), time.Now().UTC()
	const day = 24 * time.Hour
	p := &passed{by: now.Sub(at).Truncate(time.Second), days: int(now.Truncate(day).Sub(at.Truncate(day)) / day), paths: s.paths}
	out := *res
	out.passed, out.header = p, res.header.Clone()
	for _, name := range []string{"Date", "Expires", "Retry-After"} {
		for i, v := range out.header[name] {
			if t, err := http.ParseTime(v); err == nil {
				out.header[name][i] = t.Add(p.by).UTC().Format(http.TimeFormat)
			}
		}
	}
	for i, v := range out.header["Set-Cookie"] {
		out.header["Set-Cookie"][i] = p.cookie(v)
	}
	return &out
}

// cookie shifts the expiry of a Set-Cookie.
func (p *passed) cookie(line string) string {
	attributes := strings.Split(line, ";")
	for i, a := range attributes[1:] {
		name, value, _ := strings.Cut(a, "=")
		if strings.EqualFold(strings.TrimSpace(name), "Expires") {
			if moved, ok := p.text(strings.TrimSpace(value)); ok {
				attributes[i+1] = name + "=" + moved
			}
		}
	}
	return strings.Join(attributes, ";")
}

// shiftBody brings the dates in a JSON body to the present. A body that is none,
// or that has no such place, stays as it is; its coding is undone where need be.
func (res *response) shiftBody(body []byte) (*response, []byte) {
	if res.passed == nil || len(res.passed.paths) == 0 || len(body) == 0 {
		return res, body
	}
	out := res
	plain := body
	if res.coding != "" {
		decoded, cut, err := coding.Decode(res.coding, body, maxPlain)
		if err != nil || cut {
			return res, body
		}
		out, plain = res.decoded(), decoded
	}
	v, err := simulations.ParseJSON(plain)
	if err != nil {
		return res, body
	}
	changed, tree := false, v.Interface()
	for _, path := range res.passed.paths {
		for _, found := range path.Select(tree) {
			node := valueAt(v, found.Location())
			if moved, ok := res.passed.value(node); ok {
				node.Text, changed = moved, true
			}
		}
	}
	if !changed {
		return res, body
	}
	return out, v.AppendJSON(nil)
}

// valueAt follows a location in v, which has it.
func valueAt(v *simulations.Value, l jsonpath.Location) *simulations.Value {
	for _, step := range l {
		if step.IsIndex {
			v = v.Items[step.Index]
		} else {
			v = v.Get(step.Name)
		}
	}
	return v
}

// value is the text of a value that is a date, shifted; ok is false for others.
func (p *passed) value(v *simulations.Value) (text string, ok bool) {
	switch v.Kind {
	case simulations.String:
		return p.text(v.Text)
	case simulations.Number:
		return p.unix(v.Text)
	}
	return "", false
}

// text shifts a date in the form that it has.
func (p *passed) text(s string) (string, bool) {
	if moved, ok := p.unix(s); ok {
		return moved, true
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, p.days).Format(time.DateOnly), true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Format(layout) == s {
			return t.Add(p.by).Format(layout), true
		}
	}
	return "", false
}

// unix shifts a number of seconds, or milliseconds, since 1970, of a date from
// September 2001 to November 2286.
func (p *passed) unix(s string) (string, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || s[0] == '+' || s[0] == '-' || s[0] == '0':
	case len(s) == 10:
		return strconv.FormatInt(n+int64(p.by/time.Second), 10), true
	case len(s) == 13:
		return strconv.FormatInt(n+p.by.Milliseconds(), 10), true
	}
	return "", false
}

// dateLayouts are the forms of RFC 3339 and ISO 8601, with fractions of as many
// digits as there may be, and those of HTTP and mail.
var dateLayouts = func() []string {
	out := []string{
		http.TimeFormat, time.RFC1123Z, time.RFC1123, time.RFC850, time.ANSIC, time.RFC822Z,
		"Mon, 02-Jan-2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 GMT",
	}
	for _, separator := range []string{"T", " "} {
		for digits := range 10 {
			fraction := ""
			if digits > 0 {
				fraction = "." + strings.Repeat("0", digits)
			}
			for _, zone := range []string{"Z07:00", "-07:00", "-0700", "-07", ""} {
				out = append(out, "2006-01-02"+separator+"15:04:05"+fraction+zone)
			}
		}
	}
	return out
}()
