package instance

import (
	"math/big"
	"strconv"
	"strings"

	"understudy/simulations"
)

// types is a set of JSON Schema's types.
type types uint8

const (
	nullType types = 1 << iota
	booleanType
	integerType // whole numbers
	fractionType
	stringType
	arrayType
	objectType

	numberType = integerType | fractionType
	allTypes   = 1<<7 - 1
)

var typeNames = map[string]types{
	"null": nullType, "boolean": booleanType, "integer": integerType, "number": numberType,
	"string": stringType, "array": arrayType, "object": objectType,
}

// typesOf reads the keyword type: a name or a list of them.
func typesOf(arg *simulations.Value) types {
	if arg.Kind == simulations.String {
		return typeNames[arg.Text]
	}
	var out types
	for _, item := range arg.Items {
		out |= typeNames[item.Text]
	}
	return out
}

// typeOf is the type of a value; 1.0 is whole.
func typeOf(v *simulations.Value) types {
	switch v.Kind {
	case simulations.Bool:
		return booleanType
	case simulations.Number:
		if text := simulations.CanonicalNumber(v.Text); strings.Contains(text, ".") || strings.Contains(text, "e-") {
			return fractionType
		}
		return integerType
	case simulations.String:
		return stringType
	case simulations.Array:
		return arrayType
	case simulations.Object:
		return objectType
	}
	return nullType
}

func equal(a, b *simulations.Value) bool {
	return a.Kind == b.Kind && string(a.Canonical().AppendJSON(nil)) == string(b.Canonical().AppendJSON(nil))
}

func hasTwins(items []*simulations.Value) bool {
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		key := string(item.Canonical().AppendJSON(nil))
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// rational reads a number exactly; those of more than 40 places are not taken.
func rational(v *simulations.Value) (*big.Rat, bool) {
	if v == nil || v.Kind != simulations.Number {
		return nil, false
	}
	text := simulations.CanonicalNumber(v.Text)
	if strings.Contains(text, "e") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// decimal writes a number that has an end as decimal.
func decimal(n *big.Rat) (*simulations.Value, bool) {
	places, exact := n.FloatPrec()
	if !exact {
		return nil, false
	}
	return &simulations.Value{Kind: simulations.Number, Text: n.FloatString(places)}, true
}

// count reads a bound of a length, at most what an int32 holds.
func count(v *simulations.Value) (int, bool) {
	if v == nil || v.Kind != simulations.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(simulations.CanonicalNumber(v.Text), 10, 32)
	return int(n), err == nil
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

func unescape(token string) string { return unescaper.Replace(token) }
