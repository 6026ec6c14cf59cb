package hoverfly

import (
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// ownDelay is the delay of one response, fixed, drawn or both.
func ownDelay(p convert.Place) *simulations.Delay {
	fixed := milliseconds(p.Get("fixedDelay"))
	drawn := logNormal(p.Get("logNormalDelay"))
	if drawn == nil && fixed == 0 {
		return nil
	}
	if drawn == nil {
		drawn = &simulations.Delay{}
	}
	drawn.Fixed += fixed
	return drawn
}

func milliseconds(p convert.Place) simulations.Duration {
	n := p.Int()
	if n < 0 {
		p.Refuse("a delay must not be negative")
		return 0
	}
	return simulations.Duration(time.Duration(n) * time.Millisecond)
}

// logNormal is a delay by median and mean, between min and max; a max of 0 is
// none.
func logNormal(p convert.Place) *simulations.Delay {
	if !p.Set() {
		return nil
	}
	least, most := milliseconds(p.Get("min")), milliseconds(p.Get("max"))
	mean, median := milliseconds(p.Get("mean")), milliseconds(p.Get("median"))
	switch {
	case median > mean:
		p.Refuse("the median is more than the mean, which no log-normal distribution has")
		return nil
	case mean == 0:
		return nil
	case median == 0 || most != 0 && (median > most || mean > most) || median < least:
		p.Refuse("median and mean lie between min and max, and are more than 0")
		return nil
	case median == mean:
		return &simulations.Delay{Fixed: median}
	}
	// The mean of a log-normal distribution is median · exp(sigma²/2).
	sigma := math.Sqrt(2 * math.Log(float64(mean)/float64(median)))
	return &simulations.Delay{Lognormal: &simulations.Lognormal{Median: median, Sigma: math.Round(sigma*1e9) / 1e9, Min: least, Max: most}}
}

// action is one of the delays that hold for every pair without one of its own:
// the first whose pattern is found in destination and path, and whose method
// fits, counts.
type action struct {
	pattern *regexp.Regexp
	// open says that nothing in the pattern looks at where the text ends, so that
	// what it is found in it is found in whatever follows.
	open   bool
	method string
	delay  *simulations.Delay
	at     convert.Place
}

func readActions(p convert.Place) []action {
	p.Only("delays", "delaysLogNormal")
	var out []action
	add := func(a convert.Place, delay *simulations.Delay) {
		expr := a.Get("urlPattern").Text()
		re, err := regexp.Compile(expr)
		if err != nil {
			a.Get("urlPattern").Refuse("%s", err)
			return
		}
		tree, err := syntax.Parse(expr, syntax.Perl)
		out = append(out, action{re, err == nil && !looksAtEnds(tree), a.Get("httpMethod").Text(), delay, a})
	}
	for a := range p.Get("delays").Items() {
		add(a, &simulations.Delay{Fixed: milliseconds(a.Get("delay"))})
	}
	for a := range p.Get("delaysLogNormal").Items() {
		if d := logNormal(a); d != nil {
			add(a, d)
		}
	}
	return out
}

func looksAtEnds(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksAtEnds)
}

// globalDelay finds the delay of a stub. A pattern is known to fit, or not to,
// where destination and path are texts, or where it fits whatever they are; of
// any other the stub cannot say it, and the delay is left out with a warning.
func (r *reader) globalDelay(p convert.Place, s *simulations.Stub) *simulations.Delay {
	destination, whole := literal(s.Request.Authority), false
	target := destination.text
	if path := literal(s.Request.Path); destination.known && path.known {
		target, whole = target+path.text, true
	} else if !destination.known {
		target = ""
	}
	for _, a := range r.actions {
		switch {
		case a.method != "" && !slices.Contains(s.Request.Method, a.method):
			if len(s.Request.Method) == 0 {
				a.at.Warn("the delay is for %s only, and the pair at %s takes any method: it answers without; give it a method, or a delay of its own", a.method, p.Pointer())
				return nil
			}
		case a.method != "" && len(s.Request.Method) > 1:
			a.at.Warn("the delay is for %s only, and the pair at %s takes other methods, too: it answers without; split the pair", a.method, p.Pointer())
			return nil
		case whole && a.pattern.MatchString(target), !whole && a.open && a.fitsAny(target):
			return a.delay
		case !whole:
			a.at.Warn("whether %q fits cannot be told for the pair at %s, whose destination or path is no fixed text: it answers without; give it a delay of its own", a.pattern, p.Pointer())
			return nil
		}
	}
	return nil
}

// fitsAny reports whether the pattern is found in every text that begins with
// this one and goes on with a path.
func (a *action) fitsAny(text string) bool {
	return a.pattern.MatchString(text + "/")
}

// fixed is the text that a predicate asks for, "" for none at all.
type fixed struct {
	text  string
	known bool
}

func literal(p *simulations.Predicate) fixed {
	switch {
	case p == nil:
		return fixed{}
	case p.Kind == simulations.String:
		return fixed{p.Text, true}
	case p.Get("equals") != nil:
		return fixed{p.Get("equals").Text, true}
	}
	return fixed{}
}
