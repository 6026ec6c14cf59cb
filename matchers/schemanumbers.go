package matchers

import (
	"encoding/json"
	"strconv"
	"strings"

	"understudy/simulations"
)

// The bounds of numbers that a JSON Schema is held against. The library makes a
// fraction of each, with all the digits that its exponent stands for, and cannot
// be stopped: nine bytes, 1e1000000, take a tenth of a second.
const (
	maxSchemaDigits   = 1000
	maxSchemaExponent = 1000
)

// hugeNumber reports whether a number's text is beyond the bounds.
func hugeNumber(text string) bool {
	if len(text) > maxSchemaDigits {
		return true
	}
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return false
	}
	n, err := strconv.Atoi(text[i+1:])
	return err != nil || n > maxSchemaExponent || n < -maxSchemaExponent
}

// extent is what there is to know of a value before it is held against a schema.
type extent struct {
	// depth is how many levels it nests.
	depth int
	// huge is a number beyond the bounds, "" for none.
	huge string
}

func extentOf(v any) (e extent) {
	add := func(item any) {
		of := extentOf(item)
		if e.depth = max(e.depth, of.depth+1); e.huge == "" {
			e.huge = of.huge
		}
	}
	switch v := v.(type) {
	case json.Number:
		if hugeNumber(string(v)) {
			e.huge = string(v)
		}
	case []any:
		for _, item := range v {
			add(item)
		}
	case map[string]any:
		for _, item := range v {
			add(item)
		}
	}
	return e
}

// hugeInSchema is a number beyond the bounds in a schema as the document states it.
func hugeInSchema(v *simulations.Value) *simulations.Value {
	if v.Kind == simulations.Number && hugeNumber(v.Text) {
		return v
	}
	for _, item := range v.Items {
		if huge := hugeInSchema(item); huge != nil {
			return huge
		}
	}
	return nil
}
