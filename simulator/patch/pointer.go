package patch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// Pointer is a parsed JSON pointer (RFC 6901); the empty one names the whole.
type Pointer []string

// ParsePointer reads a pointer.
func ParsePointer(s string) (Pointer, error) {
	if s == "" {
		return nil, nil
	}
	if s[0] != '/' {
		return nil, fmt.Errorf("%.200q is no JSON pointer: it is empty or begins with '/'", s)
	}
	p := Pointer(strings.Split(s[1:], "/"))
	for i, token := range p {
		if !strings.Contains(token, "~") {
			continue
		}
		for rest := token; ; {
			_, after, found := strings.Cut(rest, "~")
			if !found {
				break
			}
			if after == "" || after[0] != '0' && after[0] != '1' {
				return nil, fmt.Errorf("%.200q is no JSON pointer: after '~' comes 0 or 1 (RFC 6901 section 3)", s)
			}
			rest = after[1:]
		}
		p[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return p, nil
}

func (p Pointer) String() string {
	var b strings.Builder
	for _, token := range p {
		b.WriteByte('/')
		b.WriteString(simulations.PointerToken(token))
	}
	return b.String()
}

// Get returns the value at p, nil where there is none.
func (p Pointer) Get(v *simulations.Value) *simulations.Value {
	for _, token := range p {
		at, err := child(v, token)
		if err != nil {
			return nil
		}
		v = v.Items[at]
	}
	return v
}

// Set returns v with item at p; objects on the way are made. It fails where
// something else is in the way.
func (p Pointer) Set(v, item *simulations.Value) (*simulations.Value, error) {
	if len(p) == 0 {
		return item, nil
	}
	if v == nil {
		v = &simulations.Value{Kind: simulations.Object}
	}
	if v.Kind == simulations.Object && index(v, p[0]) < 0 {
		made, err := p[1:].Set(nil, item)
		if err != nil {
			return nil, err
		}
		out := clone(v)
		out.Names, out.Items = append(out.Names, p[0]), append(out.Items, made)
		return out, nil
	}
	at, err := child(v, p[0])
	if err != nil {
		return nil, err
	}
	next, err := p[1:].Set(v.Items[at], item)
	if err != nil {
		return nil, err
	}
	out := clone(v)
	out.Items[at] = next
	return out, nil
}

// Remove returns v without the member or element at p: v itself where there is
// none, or p is the whole.
func (p Pointer) Remove(v *simulations.Value) *simulations.Value {
	if len(p) == 0 || p.Get(v) == nil {
		return v
	}
	out, err := p.edit(v, remove)
	if err != nil {
		return v
	}
	return out
}

// edit returns v with the container of p's last token changed by do, which gets
// a copy of it. p is not empty.
func (p Pointer) edit(v *simulations.Value, do func(in *simulations.Value, token string) error) (*simulations.Value, error) {
	if len(p) == 1 {
		out := clone(v)
		return out, do(out, p[0])
	}
	at, err := child(v, p[0])
	if err != nil {
		return nil, err
	}
	next, err := p[1:].edit(v.Items[at], do)
	if err != nil {
		return nil, err
	}
	out := clone(v)
	out.Items[at] = next
	return out, nil
}

func remove(in *simulations.Value, token string) error {
	at, err := child(in, token)
	if err != nil {
		return err
	}
	in.Items = slices.Delete(in.Items, at, at+1)
	if in.Kind == simulations.Object {
		in.Names = slices.Delete(in.Names, at, at+1)
	}
	return nil
}

// child finds the member or element that a token names.
func child(v *simulations.Value, token string) (int, error) {
	switch v.Kind {
	case simulations.Object:
		if at := index(v, token); at >= 0 {
			return at, nil
		}
		return 0, fmt.Errorf("there is no member %.200q", token)
	case simulations.Array:
		return element(token, len(v.Items)-1)
	}
	return 0, fmt.Errorf("%.200q leads into %s", token, v.Kind)
}

// element reads an index of a list from 0 to last; it has no leading zeros
// (RFC 6901 section 4).
func element(token string, last int) (int, error) {
	n, err := strconv.ParseUint(token, 10, 31)
	switch {
	case token == "-":
		return 0, fmt.Errorf("'-' is after the end of a list: only `add` can name it")
	case err != nil || token[0] == '+' || len(token) > 1 && token[0] == '0':
		return 0, fmt.Errorf("%.200q is no index of a list", token)
	case int(n) > last:
		return 0, fmt.Errorf("the list has no element %d", n)
	}
	return int(n), nil
}
