package pact

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// generators turn parts of an answer into templates.
type generators struct {
	p   convert.Place
	out *simulations.Response
	// made is set once there is a template; what is none is then written so
	// that it renders to itself.
	made bool
	// headers are those that are templates.
	headers []string
}

// prepare reads all generators, and returns the body with its templates. The
// body is nil where it is no JSON.
func (g *generators) prepare(body *simulations.Value) *simulations.Value {
	type place struct {
		path []token
		at   convert.Place
	}
	var places []place
	for part, list := range g.p.Members() {
		switch part {
		case "status":
			list.Warn("the status is the example's")
		case "header", "headers":
			for name, at := range list.Members() {
				g.header(name, at)
			}
		case "body":
			for name, at := range list.Members() {
				path, ok := steps(name)
				if !ok || body == nil {
					at.Warn("nothing is found there in the body: the example is answered")
					continue
				}
				places = append(places, place{path, at})
			}
		default:
			list.Warn("%q is no part of an answer that is generated", part)
		}
	}
	if len(places) > maxGenerators {
		g.p.Warn("only the first %d generators are taken, for the others the example is answered", maxGenerators)
		places = places[:maxGenerators]
	}
	if len(places) > 0 {
		plain := verbatim(body)
		for _, x := range places {
			found := false
			plain, found = g.replace(plain, x.path, x.at)
			if !found {
				x.at.Warn("nothing is found there in the body: the example is answered")
			}
		}
		if g.made {
			return plain
		}
	}
	if g.made && body != nil {
		return verbatim(body)
	}
	return body
}

// maxGenerators bounds those of one body, each of which goes through it.
const maxGenerators = 1000

// verbatim is the value with its texts as templates that render to them.
func verbatim(v *simulations.Value) *simulations.Value {
	if v.Kind == simulations.String {
		return simulations.NewString(convert.Verbatim(v.Text))
	}
	if len(v.Items) == 0 {
		return v
	}
	out := *v
	out.Items = make([]*simulations.Value, len(v.Items))
	for n, item := range v.Items {
		out.Items[n] = verbatim(item)
	}
	return &out
}

// replace puts the generator's template in the place of every value that the
// path leads to, in a copy.
func (g *generators) replace(v *simulations.Value, path []token, at convert.Place) (*simulations.Value, bool) {
	if len(path) == 0 {
		text, ok := g.template(v, at)
		if !ok {
			return v, true
		}
		g.made = true
		return simulations.NewString(text), true
	}
	if len(v.Items) == 0 {
		return v, false
	}
	out := *v
	out.Items = slices.Clone(v.Items)
	found := false
	for n, item := range v.Items {
		step := token{kind: indexed, index: n}
		if v.Kind == simulations.Object {
			step = token{kind: named, name: v.Names[n]}
		}
		if path[0].weight(step) > 0 {
			var inner bool
			out.Items[n], inner = g.replace(item, path[1:], at)
			found = found || inner
		}
	}
	return &out, found
}

// header makes a template of the first value of a header.
func (g *generators) header(name string, at convert.Place) {
	name = strings.TrimPrefix(name, "$.")
	name, _, _ = strings.Cut(name, "[")
	for key, values := range g.out.Headers {
		if !strings.EqualFold(key, name) {
			continue
		}
		if text, ok := g.template(simulations.NewString(values[0]), at); ok {
			values[0] = text
			g.made = true
			g.headers = append(g.headers, key)
		}
		return
	}
	at.Warn("the answer has no header %s", name)
}

// verbatim makes the answer a template, if a part of it is one, and what else
// it has one that renders to itself.
func (g *generators) verbatim() {
	if !g.made {
		return
	}
	g.out.Template = true
	for key, values := range g.out.Headers {
		for n := range values {
			if n > 0 || !slices.Contains(g.headers, key) {
				values[n] = convert.Verbatim(values[n])
			}
		}
	}
	if g.out.Text != nil {
		text := convert.Verbatim(*g.out.Text)
		g.out.Text = &text
	}
}

// template is the text that stands for an example.
func (g *generators) template(example *simulations.Value, p convert.Place) (string, bool) {
	kind := p.Get("type").Text()
	number := func(expr string) (string, bool) {
		if example.Kind == simulations.String {
			return "{{" + expr + "}}", true
		}
		return "{{json (" + expr + ")}}", true
	}
	switch kind {
	case "RandomInt":
		least, most := p.Get("min").Int(), 10
		if m := p.Get("max"); m.Set() {
			most = m.Int()
		}
		if most < least {
			p.Refuse("max is less than min")
		}
		return number(fmt.Sprintf("randomInt %d %d", least, most))
	case "RandomDecimal":
		digits := size(p.Get("digits"), 10)
		return number(fmt.Sprintf("randomDecimal 1 10 decimals=%d", max(digits-1, 1)))
	case "RandomHexadecimal":
		return fmt.Sprintf("{{randomString %d alphabet='hex'}}", size(p.Get("digits"), 10)), true
	case "RandomString":
		return fmt.Sprintf("{{randomString %d}}", size(p.Get("size"), 20)), true
	case "RandomBoolean":
		return number("randomBool")
	case "Uuid":
		switch format := p.Get("format"); format.Text() {
		case "", "lower-case-hyphenated":
			return "{{uuid}}", true
		case "upper-case-hyphenated":
			return "{{upper (uuid)}}", true
		case "simple":
			return "{{replace (uuid) '-' ''}}", true
		case "URN":
			return "urn:uuid:{{uuid}}", true
		default:
			format.Warn("%q is no form of a UUID: the example is answered", format.Text())
		}
	case "Date", "Time", "DateTime":
		return date(kind, p)
	case "MockServerURL":
		return serverURL(p)
	case "Regex":
		p.Warn("no text is made up for a regular expression: the example is answered")
	case "ProviderState":
		p.Warn("what a provider would be prepared with is not known: the example is answered")
	default:
		p.Warn("%q is no generator that is known: the example is answered", kind)
	}
	return "", false
}

// size reads how long something random is, within what makes sense.
func size(p convert.Place, otherwise int) int {
	if !p.Set() {
		return otherwise
	}
	return min(max(p.Int(), 1), 1000)
}

var offset = regexp.MustCompile(`^(?:today|now)?\s*([-+])\s*([0-9]{1,6})\s*(second|minute|hour|day|week|month|year)s?$`)

// date is the time now, in the format that the generator names.
func date(kind string, p convert.Place) (string, bool) {
	pattern := p.Get("format").Text()
	if pattern == "" {
		pattern = isoFormats[strings.ToLower(kind)]
	}
	if _, ok := formatExpression(pattern); !ok || strings.ContainsAny(pattern, `"\`) || strings.ContainsAny(pattern, "0123456789%[]") {
		p.Get("format").Warn("the format %q of dates is not understood: the example is answered", pattern)
		return "", false
	}
	out := "now"
	if e := p.Get("expression"); e.Text() != "" && e.Text() != "now" && e.Text() != "today" {
		m := offset.FindStringSubmatch(e.Text())
		if m == nil {
			e.Warn("%q is not understood: the time is now's; write an offset such as `+1 day`", e.Text())
		} else {
			n, _ := strconv.Atoi(m[2]) // digits, and few
			unit := m[3]
			if unit == "week" {
				n, unit = 7*n, "day"
			}
			out += fmt.Sprintf(" offset='%s%d %ss'", strings.TrimPrefix(m[1], "+"), n, unit)
		}
	}
	return "{{" + out + ` format="` + pattern + `"}}`, true
}

// serverURL is the address that the request was sent to, with the path that the
// expression's group finds in the example.
func serverURL(p convert.Place) (string, bool) {
	re, err := regexp.Compile(p.Get("regex").Text())
	if err == nil {
		if m := re.FindStringSubmatch(p.Get("example").Text()); len(m) > 1 {
			return "{{request.baseUrl}}" + convert.Verbatim(m[1]), true
		}
	}
	p.Warn("the expression finds no path in the example, which is answered")
	return "", false
}
