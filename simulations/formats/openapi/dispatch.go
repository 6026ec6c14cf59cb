package openapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// dispatch is what Microcks' extension x-microcks-operation says of an
// operation.
type dispatch struct {
	delay *simulations.Delay
	// names are the parameters that tell examples apart; without ruled all do,
	// and the body.
	names []string
	ruled bool
	// fallback is the example for what no other is for.
	fallback string
	cases    []bodyCase
	// random gives one of the examples; forwarded leaves to the real service
	// what no example is for, all to it what has no stub at all.
	random, forwarded, all bool
	constraints            []constraint
}

// bodyCase is an example for bodies that fit.
type bodyCase struct {
	body    *simulations.Value
	example string
}

// constraint is a condition on a parameter besides the description's.
type constraint struct {
	in, name string
	is       *simulations.Value
}

// tells reports whether a parameter tells examples apart.
func (d *dispatch) tells(p *parameter) bool { return !d.ruled || slices.Contains(d.names, p.name) }

// tellsBody reports whether the body does.
func (d *dispatch) tellsBody() bool { return !d.ruled }

// dispatch reads the extension.
func (r *reader) dispatch(op *operation) {
	at := op.at.Get("x-microcks-operation")
	if !at.Set() {
		return
	}
	d := &op.microcks
	d.delay = microcksDelay(at)
	r.dispatcher(d, at.Get("dispatcher"), at.Get("dispatcherRules"))
	for c := range at.Get("parameterConstraints").Items() {
		d.constraint(c)
	}
	if t := at.Get("triggers"); t.Set() {
		t.Warn("messages are not sent: what the operation triggers was left out")
	}
}

// microcksDelay reads a delay in milliseconds and how it is drawn.
func microcksDelay(at convert.Place) *simulations.Delay {
	n := at.Get("delay").Int()
	if n <= 0 {
		return nil
	}
	base := simulations.Duration(time.Duration(n) * time.Millisecond)
	strategy := at.Get("delayStrategy")
	around, isAround := strings.CutPrefix(strategy.Text(), "random-")
	switch text := strategy.Text(); {
	case text == "" || text == "fixed":
	case text == "random":
		return &simulations.Delay{Uniform: &simulations.Uniform{Max: base}}
	case isAround:
		percent, err := strconv.Atoi(around)
		if err != nil || percent < 0 || percent > 100 {
			strategy.Refuse("%q is no strategy: write fixed, random or random-10", text)
			return nil
		}
		part := base * simulations.Duration(percent) / 100
		return &simulations.Delay{Uniform: &simulations.Uniform{Min: base - part, Max: base + part}}
	default:
		strategy.Refuse("%q is no strategy: write fixed, random or random-10", text)
	}
	return &simulations.Delay{Fixed: base}
}

var ruleNames = regexp.MustCompile(`&&|\?\?`)

// dispatcher reads how Microcks chooses an example.
func (r *reader) dispatcher(d *dispatch, at, rules convert.Place) {
	switch kind := at.Text(); kind {
	case "":
	case "URI_PARTS", "URI_PARAMS", "URI_ELEMENTS", "QUERY_HEADER", "SEQUENCE":
		d.ruled = rules.Set()
		for _, name := range ruleNames.Split(rules.Text(), -1) {
			d.names = append(d.names, strings.TrimSpace(name))
		}
	case "JSON_BODY":
		d.ruled = true
		if inner, ok := embedded(rules); ok {
			d.jsonBody(rules, inner)
		}
	case "FALLBACK", "PROXY_FALLBACK":
		inner, ok := embedded(rules)
		if !ok {
			return
		}
		r.dispatcher(d, inner.Get("dispatcher"), inner.Get("dispatcherRules"))
		if kind == "FALLBACK" {
			d.fallback = inner.Get("fallback").Text()
			return
		}
		d.forwarded = true
		rules.Warn("what no example is for has no answer here: declare a collaborator with `upstream: %s` and mode spy, which forwards it", inner.Get("proxyUrl").Text())
	case "PROXY":
		d.all = true
		rules.Warn("the operation was left out, since it is forwarded: declare a collaborator with `upstream: %s` and mode spy", rules.Text())
	case "RANDOM":
		d.random = true
	case "SCRIPT", "GROOVY", "JS":
		at.Refuse("scripts are not run: choose by JSON_BODY or by parameters, or write stubs")
	default:
		at.Refuse("%q chooses no example of an HTTP operation: there are URI_PARTS, URI_PARAMS, URI_ELEMENTS, QUERY_HEADER, JSON_BODY, FALLBACK, RANDOM and PROXY", kind)
	}
}

// embedded reads rules that are JSON in a text. The places in it are refused or
// warned of at the text.
func embedded(at convert.Place) (convert.Place, bool) {
	v := at.Value()
	if at.Kind() == simulations.String {
		parsed, err := simulations.ParseJSON([]byte(v.Text))
		if err != nil {
			at.Refuse("the rules are no JSON: %s", firstFault(err))
			return convert.Place{}, false
		}
		v = parsed
	}
	if v == nil || v.Kind != simulations.Object {
		at.Refuse("the rules are a JSON object")
		return convert.Place{}, false
	}
	return at.As(v), true
}

// constraint reads one of the parameterConstraints.
func (d *dispatch) constraint(p convert.Place) {
	c := constraint{in: p.Get("in").Text(), name: p.Get("name").Text()}
	if c.in != "path" && c.in != "query" && c.in != "header" {
		p.Get("in").Refuse("%q is no place of a parameter: write path, query or header", c.in)
		return
	}
	expr := p.Get("mustMatchRegexp")
	if expr.Set() {
		whole := "^(?:" + expr.Text() + ")$"
		if _, err := regexp.Compile(whole); err != nil {
			expr.Refuse("%s", err)
			return
		}
		c.is = convert.TextOp("regex", whole)
	}
	if c.is = optional(p.Get("required").Bool(), c.is); c.is != nil {
		d.constraints = append(d.constraints, c)
	}
	if copied := p.Get("recopy"); copied.Bool() {
		copied.Warn("the parameter does not come back in the answer: write a template")
	}
}

// constrain adds the constraints to the conditions.
func (d *dispatch) constrain(c *conditions, to route) {
	for _, one := range d.constraints {
		name := one.name
		if one.in == "path" {
			if name = to.captured[name]; name == "" {
				continue
			}
		}
		fields := c.fields(one.in)
		if before := fields[name]; before != nil {
			one.is = convert.All(before, one.is)
		}
		fields[name] = one.is
	}
}
