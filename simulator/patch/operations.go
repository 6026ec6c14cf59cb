package patch

import (
	"fmt"
	"slices"

	"understudy/simulations"
)

// Patch is a list of operations (RFC 6902), checked for form.
type Patch []operation

type operation struct {
	do         func(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error)
	path, from Pointer
	value      *simulations.Value
}

// operations are those of RFC 6902 section 4 with the members they need.
var operations = map[string]struct {
	do          func(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error)
	from, value bool
}{
	"add":     {do: doAdd, value: true},
	"remove":  {do: doRemove},
	"replace": {do: doReplace, value: true},
	"move":    {do: doMove, from: true},
	"copy":    {do: doCopy, from: true},
	"test":    {do: doTest, value: true},
}

// Parse reads a patch. Members that an operation does not define are passed over
// (section 4). The error is an *Error.
func Parse(v *simulations.Value) (Patch, error) {
	if v.Kind != simulations.Array {
		return nil, &Error{Malformed, -1, fmt.Sprintf("a JSON patch is a list of operations, not %s", v.Kind)}
	}
	if len(v.Items) > MaxOperations {
		return nil, &Error{TooLarge, -1, fmt.Sprintf("a JSON patch has at most %d operations", MaxOperations)}
	}
	out := make(Patch, len(v.Items))
	for i, item := range v.Items {
		if err := out[i].parse(item); err != nil {
			return nil, &Error{Malformed, i, err.Error()}
		}
	}
	return out, nil
}

func (op *operation) parse(v *simulations.Value) (err error) {
	if v.Kind != simulations.Object {
		return fmt.Errorf("is %s, but must be an object", v.Kind)
	}
	text := func(name string) (string, error) {
		switch m := v.Get(name); {
		case m == nil:
			return "", fmt.Errorf("the member %q is missing", name)
		case m.Kind != simulations.String:
			return "", fmt.Errorf("the member %q is %s, but must be a string", name, m.Kind)
		default:
			return m.Text, nil
		}
	}
	pointer := func(name string) (Pointer, error) {
		s, err := text(name)
		if err != nil {
			return nil, err
		}
		return ParsePointer(s)
	}
	name, err := text("op")
	if err != nil {
		return err
	}
	kind, known := operations[name]
	if !known {
		return fmt.Errorf("%.40q is none of add, remove, replace, move, copy, test", name)
	}
	op.do = kind.do
	if op.path, err = pointer("path"); err != nil {
		return err
	}
	if kind.from {
		if op.from, err = pointer("from"); err != nil {
			return err
		}
	}
	if kind.value {
		if op.value = v.Get("value"); op.value == nil {
			return fmt.Errorf(`the member "value" is missing`)
		}
	}
	return nil
}

// Apply applies all operations, one after the other, or none. The error is an
// *Error.
func (p Patch) Apply(doc *simulations.Value) (*simulations.Value, error) {
	left := MaxNodes
	for i := range p {
		next, err := p[i].do(doc, &p[i], &left)
		if err != nil {
			if e, ok := err.(*Error); ok { //nolint:errorlint // made here, never wrapped
				e.Operation = i
				return nil, e
			}
			return nil, &Error{Unfit, i, err.Error()}
		}
		doc = next
	}
	if depth(doc, simulations.MaxDepth) {
		return nil, &Error{TooLarge, -1, fmt.Sprintf("the result nests deeper than %d levels", simulations.MaxDepth)}
	}
	return doc, nil
}

func doAdd(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error) {
	if !spend(op.value, left) {
		return nil, tooMany()
	}
	if len(op.path) == 0 {
		return op.value, nil
	}
	return op.path.edit(doc, func(in *simulations.Value, token string) error {
		switch in.Kind {
		case simulations.Object:
			in.Set(token, op.value)
		case simulations.Array:
			at := len(in.Items)
			if token != "-" {
				var err error
				if at, err = element(token, len(in.Items)); err != nil {
					return err
				}
			}
			in.Items = slices.Insert(in.Items, at, op.value)
		default:
			return fmt.Errorf("nothing can be added to %s", in.Kind)
		}
		return nil
	})
}

func doRemove(doc *simulations.Value, op *operation, _ *int) (*simulations.Value, error) {
	if len(op.path) == 0 {
		return nil, fmt.Errorf("the whole cannot be removed")
	}
	return op.path.edit(doc, remove)
}

func doReplace(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error) {
	if !spend(op.value, left) {
		return nil, tooMany()
	}
	if len(op.path) == 0 {
		return op.value, nil
	}
	return op.path.edit(doc, func(in *simulations.Value, token string) error {
		at, err := child(in, token)
		if err != nil {
			return err
		}
		in.Items[at] = op.value
		return nil
	})
}

// doMove is a removal and an addition (section 4.4).
func doMove(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error) {
	if len(op.from) < len(op.path) && slices.Equal(op.from, op.path[:len(op.from)]) {
		return nil, fmt.Errorf("nothing can be moved into itself")
	}
	value := op.from.Get(doc)
	switch {
	case value == nil:
		return nil, fmt.Errorf("there is nothing at %.200q", op.from.String())
	case slices.Equal(op.from, op.path):
		return doc, nil
	}
	doc, err := op.from.edit(doc, remove)
	if err != nil {
		return nil, err
	}
	return doAdd(doc, &operation{path: op.path, value: value}, left)
}

func doCopy(doc *simulations.Value, op *operation, left *int) (*simulations.Value, error) {
	value := op.from.Get(doc)
	if value == nil {
		return nil, fmt.Errorf("there is nothing at %.200q", op.from.String())
	}
	return doAdd(doc, &operation{path: op.path, value: value}, left)
}

func doTest(doc *simulations.Value, op *operation, _ *int) (*simulations.Value, error) {
	value := op.path.Get(doc)
	if value == nil {
		return nil, &Error{Reason: TestFailed, Detail: fmt.Sprintf("there is nothing at %.200q", op.path.String())}
	}
	if !Equal(value, op.value) {
		return nil, &Error{Reason: TestFailed, Detail: fmt.Sprintf("the value at %.200q is another", op.path.String())}
	}
	return doc, nil
}

func tooMany() error {
	return &Error{Reason: TooLarge, Detail: fmt.Sprintf("the patch puts more than %d values in place", MaxNodes)}
}

// spend takes the number of v's nodes from left and reports whether it was
// enough. Values share their parts, so one that is copied into itself again and
// again would take forever to count: counting ends where left does.
func spend(v *simulations.Value, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	for _, item := range v.Items {
		if !spend(item, left) {
			return false
		}
	}
	return true
}

// depth reports whether v nests deeper than n levels.
func depth(v *simulations.Value, n int) bool {
	if len(v.Items) > 0 && n == 0 {
		return true
	}
	for _, item := range v.Items {
		if depth(item, n-1) {
			return true
		}
	}
	return false
}

// Equal compares as RFC 6902 section 4.6 does: numbers by value, objects
// without regard to the order of their members.
func Equal(a, b *simulations.Value) bool {
	if a == b {
		return true
	}
	if a.Kind != b.Kind || len(a.Items) != len(b.Items) {
		return false
	}
	switch a.Kind {
	case simulations.Null:
		return true
	case simulations.Bool, simulations.String:
		return a.Text == b.Text
	case simulations.Number:
		return a.Text == b.Text || simulations.CanonicalNumber(a.Text) == simulations.CanonicalNumber(b.Text)
	case simulations.Array:
		for i := range a.Items {
			if !Equal(a.Items[i], b.Items[i]) {
				return false
			}
		}
		return true
	}
	at := positions(b)
	for i, name := range a.Names {
		j, there := at[name]
		if !there || !Equal(a.Items[i], b.Items[j]) {
			return false
		}
	}
	return true
}
