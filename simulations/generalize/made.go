package generalize

import (
	"fmt"
	"math"
	"strings"

	"understudy/simulations"
)

// made finds what a service makes anew for each answer: identifiers, and dates
// at a fixed distance from the answer. why says what speaks against it.
func (s *sample) made(values []*simulations.Value, name string) (n *node, why string) {
	latest := values[len(values)-1]
	is := shapeOf(values[0].Text)
	for _, v := range values {
		if v.Kind != values[0].Kind || !scalar(v) || shapeOf(v.Text) != is {
			return nil, "it varies, and the request does not say how"
		}
	}
	if is == moment {
		if n := s.relative(values); n != nil {
			return n, ""
		}
		return nil, "it is a date at no fixed distance from the answer's"
	}
	draw := draw(values, name, is)
	if draw == "" {
		return nil, "it varies, and the request does not say how"
	}
	if !s.fresh(values) {
		return nil, "it belongs to the thing that is asked for"
	}
	for _, v := range values {
		if s.learner.referred[v.Text] {
			return nil, "other requests refer to it"
		}
	}
	return &node{kind: madeNode, value: latest, draw: draw, shape: is}, ""
}

// fresh reports whether values are made with the answer: it creates something,
// or the same request got another value each time.
func (s *sample) fresh(values []*simulations.Value) bool {
	creates, again := true, len(values) > 1
	seen := make(map[string]bool)
	for i, x := range s.exchanges {
		creates = creates && x.method == "POST"
		again = again && x.key == s.exchanges[0].key && !seen[values[i].Text]
		seen[values[i].Text] = true
	}
	return creates || again
}

// draw is the template of a random value like those given, "" where there is none.
func draw(values []*simulations.Value, name string, is shape) string {
	first, length, lower := values[0].Text, len(values[0].Text), true
	for _, v := range values {
		if len(v.Text) != len(first) {
			length = 0
		}
		lower = lower && v.Text == strings.ToLower(v.Text)
	}
	switch {
	case is == integer && namesID(name):
		digits := len(strings.TrimPrefix(first, "-"))
		if digits > 15 || strings.HasPrefix(first, "-") {
			return ""
		}
		low, high := int64(math.Pow10(digits-1)), int64(math.Pow10(digits))-1
		random := fmt.Sprintf("randomInt %d %d", low, high)
		if values[0].Kind == simulations.Number {
			return "{{json (" + random + ")}}"
		}
		return "{{" + random + "}}"
	case values[0].Kind != simulations.String || length == 0 || !lower && is != token:
		return ""
	case is == uuid && length == 36:
		return "{{uuid}}"
	case is == hexes:
		return fmt.Sprintf("{{randomString %d alphabet='hex'}}", length)
	case is == token:
		prefix := first[:strings.LastIndexAny(first, "_-.:")+1]
		for _, v := range values {
			if !strings.HasPrefix(v.Text, prefix) {
				return ""
			}
		}
		alphabet := ""
		if lower {
			alphabet = " alphabet='abcdefghijklmnopqrstuvwxyz0123456789'"
		}
		if tagged(prefix) {
			return ""
		}
		return fmt.Sprintf("%s{{randomString %d%s}}", prefix, length-len(prefix), alphabet)
	}
	return ""
}
