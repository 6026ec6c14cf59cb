package instance

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// Valid reports why a value is not valid under the schema, nil where it is. It
// knows all keywords of 2020-12 but unevaluatedItems, unevaluatedProperties and
// dynamic references, which it passes over; format says nothing. The error
// begins with the JSON pointer of what is wrong in the value.
func (s *Set) Valid(v, schema *simulations.Value) error {
	_, err := s.valid(v, schema)
	return err
}

// valid is Valid, and how many keywords were looked at.
func (s *Set) valid(v, schema *simulations.Value) (steps int, err error) {
	c := &checker{set: s, steps: maxChecks}
	f := c.check(v, schema, 0)
	switch {
	case c.steps <= 0:
		return maxChecks, errors.New("it takes too long to say whether the value is valid")
	case f == nil:
		return maxChecks - c.steps, nil
	}
	return maxChecks - c.steps, errors.New(f.String())
}

// Bounds of one check.
const (
	maxChecks = 200_000
	// maxNested bounds references within each other that get no deeper into the
	// value.
	maxNested = 600
)

// lookupsPerStep is how many names are compared at the cost of a keyword.
const lookupsPerStep = 64

type checker struct {
	set   *Set
	steps int
}

// fault is what is wrong, and where; the pointer grows on the way out.
type fault struct {
	pointer, detail string
}

func (f *fault) String() string {
	if f.pointer == "" {
		return f.detail
	}
	return f.pointer + " " + f.detail
}

func (f *fault) below(name string) *fault {
	f.pointer = "/" + simulations.PointerToken(name) + f.pointer
	return f
}

func wrong(format string, args ...any) *fault { return &fault{detail: fmt.Sprintf(format, args...)} }

func (c *checker) check(v, schema *simulations.Value, depth int) *fault {
	if c.steps--; c.steps <= 0 || depth > maxNested {
		c.steps = 0
		return wrong("is nested too deep")
	}
	switch schema.Kind {
	case simulations.Bool:
		if schema.Text == "false" {
			return wrong("must not be there")
		}
		return nil
	case simulations.Object:
	default:
		return nil
	}
	c.steps -= len(schema.Names)
	for i, name := range schema.Names {
		if f := c.keyword(v, schema, name, schema.Items[i], depth+1); f != nil {
			return f
		}
		if c.steps <= 0 {
			return wrong("takes too long to check")
		}
	}
	return nil
}

// keyword checks what one keyword says, with those beside it that belong to it.
func (c *checker) keyword(v, schema *simulations.Value, name string, arg *simulations.Value, depth int) *fault {
	switch name {
	case "$ref":
		if _, to := c.set.lookup(schema); to != nil {
			return c.check(v, to, depth)
		}
	case "type":
		if typesOf(arg)&typeOf(v) == 0 {
			return wrong("is %s, but must be %s", v.Kind, arg)
		}
	case "enum":
		if !slices.ContainsFunc(arg.Items, func(e *simulations.Value) bool { return equal(v, e) }) {
			return wrong("must be one of %s", arg)
		}
	case "const":
		if !equal(v, arg) {
			return wrong("must be %s", arg)
		}
	case "allOf", "anyOf", "oneOf", "not", "if":
		return c.applied(v, schema, name, arg, depth)
	}
	switch v.Kind {
	case simulations.Number:
		return c.number(v, name, arg)
	case simulations.String:
		return c.text(v, name, arg)
	case simulations.Array:
		return c.list(v, schema, name, arg, depth)
	case simulations.Object:
		return c.object(v, schema, name, arg, depth)
	}
	return nil
}

func (c *checker) applied(v, schema *simulations.Value, name string, arg *simulations.Value, depth int) *fault {
	switch name {
	case "allOf":
		for _, sub := range arg.Items {
			if f := c.check(v, sub, depth); f != nil {
				return f
			}
		}
	case "anyOf", "oneOf":
		held := 0
		var first *fault
		for _, sub := range arg.Items {
			if f := c.check(v, sub, depth); f == nil {
				held++
			} else if first == nil {
				first = f
			}
		}
		switch {
		case held == 0 && len(arg.Items) == 1:
			return first
		case held == 0:
			return wrong("fits none of the schemas of %s", name)
		case held > 1 && name == "oneOf":
			return wrong("fits %d of the schemas of oneOf", held)
		}
	case "not":
		if c.check(v, arg, depth) == nil {
			return wrong("fits the schema of not")
		}
	case "if":
		branch := schema.Get("then")
		if c.check(v, arg, depth) != nil {
			branch = schema.Get("else")
		}
		if branch != nil {
			return c.check(v, branch, depth)
		}
	}
	return nil
}

func (c *checker) number(v *simulations.Value, name string, arg *simulations.Value) *fault {
	switch name {
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf":
	default:
		return nil
	}
	n, ok := rational(v)
	limit, is := rational(arg)
	if !ok || !is {
		return nil // beyond what is compared here
	}
	order := n.Cmp(limit)
	switch name {
	case "minimum":
		ok = order >= 0
	case "exclusiveMinimum":
		ok = order > 0
	case "maximum":
		ok = order <= 0
	case "exclusiveMaximum":
		ok = order < 0
	case "multipleOf":
		ok = limit.Sign() == 0 || new(big.Rat).Quo(n, limit).IsInt()
	}
	if !ok {
		return wrong("is %s, against %s %s", v.Text, name, arg.Text)
	}
	return nil
}

func (c *checker) text(v *simulations.Value, name string, arg *simulations.Value) *fault {
	switch name {
	case "minLength", "maxLength":
		return size("characters", name, utf8.RuneCountInString(v.Text), arg)
	case "pattern":
		if re := c.set.pattern(arg.Text); re != nil && !re.MatchString(v.Text) {
			return wrong("does not fit the pattern %s", arg.Text)
		}
	}
	return nil
}

// size compares a number of things with a bound of that keyword.
func size(what, name string, n int, arg *simulations.Value) *fault {
	limit, ok := count(arg)
	if ok && (strings.HasPrefix(name, "min") && n < limit || strings.HasPrefix(name, "max") && n > limit) {
		return wrong("has %d %s, against %s %d", n, what, name, limit)
	}
	return nil
}

func (c *checker) list(v, schema *simulations.Value, name string, arg *simulations.Value, depth int) *fault {
	switch name {
	case "minItems", "maxItems":
		return size("items", name, len(v.Items), arg)
	case "prefixItems":
		for i, sub := range arg.Items {
			if i < len(v.Items) {
				if f := c.check(v.Items[i], sub, depth); f != nil {
					return f.below(strconv.Itoa(i))
				}
			}
		}
	case "items":
		from := 0
		if prefix := schema.Get("prefixItems"); prefix != nil {
			from = len(prefix.Items)
		}
		for i := from; i < len(v.Items); i++ {
			if f := c.check(v.Items[i], arg, depth); f != nil {
				return f.below(strconv.Itoa(i))
			}
		}
	case "contains":
		held := 0
		for _, item := range v.Items {
			if c.check(item, arg, depth) == nil {
				held++
			}
		}
		least := 1
		if n, ok := count(schema.Get("minContains")); ok {
			least = n
		}
		if most, ok := count(schema.Get("maxContains")); held < least || ok && held > most {
			return wrong("contains %d items that fit contains", held)
		}
	case "uniqueItems":
		if arg.Text == "true" && hasTwins(v.Items) {
			return wrong("has equal items")
		}
	}
	return nil
}

func (c *checker) object(v, schema *simulations.Value, name string, arg *simulations.Value, depth int) *fault {
	// Members are looked up one by one.
	c.steps -= len(v.Names) * (len(arg.Names) + len(arg.Items)) / lookupsPerStep
	switch name {
	case "minProperties", "maxProperties":
		return size("members", name, len(v.Names), arg)
	case "required":
		for _, n := range arg.Items {
			if v.Get(n.Text) == nil {
				return wrong("has no %q, which is required", n.Text)
			}
		}
	case "properties":
		for i, n := range arg.Names {
			if m := v.Get(n); m != nil {
				if f := c.check(m, arg.Items[i], depth); f != nil {
					return f.below(n)
				}
			}
		}
	case "patternProperties":
		for i, n := range v.Names {
			for j, expr := range arg.Names {
				if re := c.set.pattern(expr); re != nil && re.MatchString(n) {
					if f := c.check(v.Items[i], arg.Items[j], depth); f != nil {
						return f.below(n)
					}
				}
			}
		}
	case "additionalProperties":
		if properties := schema.Get("properties"); properties != nil {
			c.steps -= len(v.Names) * len(properties.Names) / lookupsPerStep
		}
		for i, n := range v.Names {
			if !c.set.declares(schema, n) {
				if f := c.check(v.Items[i], arg, depth); f != nil {
					return f.below(n)
				}
			}
		}
	case "propertyNames":
		for _, n := range v.Names {
			if f := c.check(simulations.NewString(n), arg, depth); f != nil {
				return f.below(n)
			}
		}
	case "dependentRequired":
		for i, n := range arg.Names {
			for _, needed := range arg.Items[i].Items {
				if v.Get(n) != nil && v.Get(needed.Text) == nil {
					return wrong("has %q, but not %q", n, needed.Text)
				}
			}
		}
	case "dependentSchemas":
		for i, n := range arg.Names {
			if v.Get(n) != nil {
				if f := c.check(v, arg.Items[i], depth); f != nil {
					return f
				}
			}
		}
	}
	return nil
}

// declares reports whether properties or patternProperties say something of a
// member of that name.
func (s *Set) declares(schema *simulations.Value, name string) bool {
	if schema.Get("properties").Get(name) != nil {
		return true
	}
	if patterns := schema.Get("patternProperties"); patterns != nil {
		for _, expr := range patterns.Names {
			if re := s.pattern(expr); re != nil && re.MatchString(name) {
				return true
			}
		}
	}
	return false
}
