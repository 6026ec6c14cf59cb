package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/patch"
)

// Bounds of an item that is written.
const (
	// MaxItemBytes is the largest item, as JSON: it fits one record of state.
	MaxItemBytes = 60 << 10
	maxIDBytes   = 200
	maxScope     = 1000
)

// item is one of a collection, immutable.
type item struct {
	id    string
	value *simulations.Value
	// seq is its place among those that the session created; 0 is the seed's.
	seq uint64
	// weight is about what it holds in memory, in bytes; 0 for an item of the seed.
	weight int
}

// weight is about what a value holds in memory, in bytes: what it shares with
// others is counted for each.
func weight(v *simulations.Value) int {
	const node, member = 96, 24 // a Value and the pointer to it; the header of a name
	n := node + len(v.Text)
	for _, name := range v.Names {
		n += member + len(name)
	}
	for _, item := range v.Items {
		n += weight(item)
	}
	return n
}

// idText is an id as it stands in a path; ok is false for what is no id.
func idText(v *simulations.Value) (id string, ok bool) {
	switch {
	case v == nil:
		return "", false
	case v.Kind == simulations.String:
		id = v.Text
	case v.Kind == simulations.Number:
		id = simulations.CanonicalNumber(v.Text)
	}
	return id, id != "" && len(id) <= maxIDBytes
}

// idValue is an id of a path as it stands in an item.
func (c *Collection) idValue(id string) *simulations.Value {
	if c.idKind == simulations.IDInteger {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
			return simulations.NewInt(n)
		}
	}
	return simulations.NewString(id)
}

// shown is an item as it is answered.
func (c *Collection) shown(v *simulations.Value) *simulations.Value {
	for _, p := range c.writeOnly {
		v = p.Remove(v)
	}
	return v
}

// etag is the strong validator of a representation: equal bytes have equal
// tags, in every session and after a restart (RFC 9110 section 8.8.3).
func etag(representation []byte) string {
	sum := sha256.Sum256(representation)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// validateItem holds an item against the declaration.
func (c *Collection) validateItem(text []byte) []simulations.FieldError {
	if c.validate == nil {
		return nil
	}
	r := &matchers.Request{Body: text, Header: map[string][]string{"Content-Type": {"application/json"}}}
	var out []simulations.FieldError
	_, failed := c.validate.Mismatches(r)
	for _, m := range failed {
		out = append(out, simulations.FieldError{Detail: fmt.Sprintf("%s should be %s: %s", m.Operator, m.Expected, m.Actual)})
	}
	return out
}

// uniqueKey is what two items that share a value have in common; "" for an
// item without it. Null counts as none, as in SQL.
func uniqueKey(v *simulations.Value, p patch.Pointer) string {
	at := p.Get(v)
	if at == nil || at.Kind == simulations.Null {
		return ""
	}
	return at.Canonical().String()
}
