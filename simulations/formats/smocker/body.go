package smocker

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

const formType = "application/x-www-form-urlencoded"

// body puts the condition on the body into the pattern: an assertion on its
// text, or assertions on places of its JSON. Smocker takes a form for an object
// of lists, so that `name[0]` is also a field's value.
func body(p convert.Place, out *simulations.Pattern) {
	if p.Kind() != simulations.Object || p.Get("matcher").Kind() == simulations.String {
		out.Body = convert.Predicate(assertionAt(p).onText())
		return
	}
	// Lenient, since null is what is not there for Smocker, too.
	paths := convert.Object("lenient", convert.Flag())
	form := &simulations.Value{Kind: simulations.Object}
	for place, v := range p.Members() {
		a := assertionAt(v)
		path, ok := jsonPath(place)
		if !ok {
			v.Refuse("%q is no path that is understood: names with dots between them, and [0] for an item", place)
			continue
		}
		paths.Set(path, a.onText())
		if field, first := strings.CutSuffix(place, "[0]"); first && !strings.ContainsAny(field, ".[") {
			form.Set(field, convert.Op("first", a.onText()))
		}
	}
	if len(paths.Names) == 1 {
		out.Body = convert.Predicate(convert.Op("jsonPath", convert.Object("$", convert.Present())))
		return
	}
	json := convert.Predicate(convert.Op("jsonPath", paths))
	if len(form.Names) != len(paths.Names)-1 {
		out.Body = json
		return
	}
	out.Any = []simulations.Pattern{
		{Body: json},
		{Headers: map[string]simulations.Predicate{"Content-Type": {Value: simulations.NewString(formType)}}, Body: convert.Predicate(convert.Op("form", form))},
	}
}

var segment = regexp.MustCompile(`^(?:([^.\[\]]+)|\[([0-9]{1,9})\])(?:\.|$)?`)

// jsonPath brings a place as Smocker writes it, `a.b[0].c`, into a JSONPath.
func jsonPath(place string) (string, bool) {
	path := "$"
	for place != "" {
		m := segment.FindStringSubmatch(place)
		if m == nil {
			return "", false
		}
		if m[1] != "" {
			path += convert.JSONName(m[1])
		} else {
			path += "[" + m[2] + "]"
		}
		place = place[len(m[0]):]
	}
	return path, path != "$"
}
