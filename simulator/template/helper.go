package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// helper is one word of a dialect's vocabulary: what it is called with, what it
// does, and what the reference says of it.
type helper struct {
	name string
	// signature is what stands behind the name in the reference, such as
	// "value [length=36]".
	signature string
	doc       string
	group     string
	examples  []example

	// min and max bound the arguments without a name, max -1 for any number;
	// hash are the names of the others, anyHash permits any.
	min, max int
	hash     []string
	anyHash  bool
	// strict checks the above in a dialect that is not strict.
	strict bool

	block blockForm
	// opens is whether the block's body has a context of its own.
	opens bool
	// locals is whether the named arguments are names in the block's body.
	locals bool
	// assigns tells which variables a call sets; all is false where that is
	// known only when rendering.
	assigns func(c *call) (names []string, all bool)

	// table is the data table that a call names literally; nil for a helper of
	// none.
	table func(c *call) (name string, ok bool)

	// prepare checks the literal arguments of a call when the template is
	// compiled; what it returns is the call's prepared.
	prepare func(c *call) (any, error)
	// value is the helper as an expression. Its arguments are valid during the
	// call only.
	value func(r *run, a args) (any, error)
	// enter is the helper as a block of form ownBlock or onlyBlock.
	enter func(r *run, a args, b *block) error
}

// example is a template and what it renders to for the reference's request.
type example struct{ source, result string }

// blockForm is what {{#helper}} … {{/helper}} means.
type blockForm uint8

const (
	noBlock blockForm = iota
	// condition renders the body where the helper's value is true, else the else.
	condition
	// bodyIsArg and bodyIsLast call the helper with the rendered body as its
	// first or last argument.
	bodyIsArg
	bodyIsLast
	// ownBlock calls enter; onlyBlock also, and has no other form.
	ownBlock
	onlyBlock
)

// usage is the helper with its signature.
func (h *helper) usage() string {
	return strings.TrimSpace(h.name + " " + h.signature)
}

// args are the evaluated arguments of one call.
type args struct {
	call *call
	list []any
	hash []any // beside call.hash
}

func (a args) len() int { return len(a.list) }

// at returns the argument at i, nil where there is none.
func (a args) at(i int) any {
	if i < len(a.list) {
		return a.list[i]
	}
	return nil
}

// named returns a named argument, nil where it is absent.
func (a args) named(name string) any {
	v, _ := a.given(name)
	return v
}

// orDefault returns default=, where it is given, for a text that is of another
// kind than the helper reads.
func (a args) orDefault(err error) (any, error) {
	if _, ok := errors.AsType[unreadable](err); ok {
		if v, given := a.given("default"); given {
			return v, nil
		}
	}
	return nil, err
}

func (a args) given(name string) (any, bool) {
	for i := range a.call.hash {
		if a.call.hash[i].name == name {
			return a.hash[i], true
		}
	}
	return nil, false
}

// text returns the argument at i as text.
func (a args) text(r *run, i int) (string, error) { return r.text(a.at(i)) }

// namedText returns a named argument as text, or otherwise where it is absent.
func (a args) namedText(r *run, name, otherwise string) (string, error) {
	v, ok := a.given(name)
	if !ok || v == nil {
		return otherwise, nil
	}
	return r.text(v)
}

// namedBool returns a named argument as a truth value.
func (a args) namedBool(name string, otherwise bool) bool {
	v, ok := a.given(name)
	if !ok || v == nil {
		return otherwise
	}
	if s, ok := v.(string); ok {
		return s != "" && s != "false"
	}
	return truth(v)
}

// int returns the argument at i as a whole number.
func (a args) int(r *run, i int) (int, error) {
	return r.int(a.at(i))
}

// namedInt returns a named argument as a whole number.
func (a args) namedInt(r *run, name string, otherwise int) (int, error) {
	v, ok := a.given(name)
	if !ok || v == nil {
		return otherwise, nil
	}
	n, err := r.int(v)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// int reads a whole number of at most 53 bits or so: lengths, positions, counts.
func (r *run) int(v any) (int, error) {
	switch v := v.(type) {
	case int:
		return v, nil
	case json.Number:
		if n, ok := smallInt(string(v)); ok {
			return n, nil
		}
	}
	s, err := r.text(v)
	if err != nil {
		return 0, err
	}
	s = strings.TrimSpace(s)
	if n, ok := smallInt(s); ok {
		return n, nil
	}
	if d, ok := parseDecimal(s); ok && d.IsInt() && d.Num().IsInt64() {
		if n := d.Num().Int64(); n >= -1<<53 && n <= 1<<53 {
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("%s is no whole number", show(s))
}

func smallInt(s string) (int, bool) {
	neg := strings.HasPrefix(s, "-")
	if neg {
		s = s[1:]
	}
	if s == "" || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

// show is a text for a message, cut.
func show(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > 80 {
		return quote(s, 80) + "…"
	}
	return quote(s, 80)
}
