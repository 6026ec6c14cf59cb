package resource

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"understudy/simulations"
	"understudy/simulator/patch"
)

// written is the item of a request's body.
func (c *Collection) written(q *Request) (*simulations.Value, *Refusal) {
	v, err := simulations.ParseJSON(q.Body)
	if err != nil {
		return nil, notJSON(err)
	}
	at := c.body.Get(v)
	switch {
	case at == nil:
		return nil, invalid(c.body.String(), "there is no item in the body")
	case at.Kind != simulations.Object:
		return nil, invalid(c.body.String(), "is %s, but an item is an object", at.Kind)
	}
	if c.Config.DropNulls {
		at = patch.WithoutNulls(at)
	}
	return at, nil
}

// wantsJSON refuses a body that says to be something else.
func wantsJSON(q *Request) *Refusal {
	text := q.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(text)
	switch {
	case text == "", kind == "application/json", kind == "text/json",
		err == nil && strings.HasSuffix(kind, "+json") && kind != mergePatch && kind != jsonPatch:
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "a body of the type %.100q is not taken, but application/json", text)
}

func notJSON(err error) *Refusal {
	r := refuse(http.StatusBadRequest, "the body is no JSON: %s", err)
	if e, ok := errors.AsType[*simulations.Error](err); ok && len(e.Fields) > 0 {
		r = refuse(http.StatusBadRequest, "the body is no JSON")
		r.Errors = e.Fields
	}
	return r
}

// invalid is a fault at a place of an item.
func invalid(pointer, format string, args ...any) *Refusal {
	detail := fmt.Sprintf(format, args...)
	r := refuse(http.StatusUnprocessableEntity, "%s: %s", strings.TrimPrefix(pointer+" ", " "), detail)
	if pointer == "" {
		r.Detail = detail
	}
	r.Errors = []simulations.FieldError{{Pointer: pointer, Detail: detail}}
	return r
}

// fits holds an item against the bound and the declaration.
func (c *Collection) fits(v *simulations.Value) *Refusal {
	text := v.AppendJSON(nil)
	if len(text) > MaxItemBytes {
		return refuse(http.StatusRequestEntityTooLarge, "an item has at most %d KiB, this one has %d", MaxItemBytes>>10, len(text)>>10)
	}
	if faults := c.validateItem(text); len(faults) > 0 {
		r := refuse(http.StatusUnprocessableEntity, "the item is not valid: %s", faults[0].Detail)
		r.Errors = faults
		return r
	}
	return nil
}

// lead sets a place; a member that the item does not have yet comes first.
func lead(v *simulations.Value, p patch.Pointer, value *simulations.Value) (*simulations.Value, error) {
	if len(p) != 1 || v.Get(p[0]) != nil {
		return p.Set(v, value)
	}
	return &simulations.Value{
		Kind:  simulations.Object,
		Names: append([]string{p[0]}, v.Names...),
		Items: append([]*simulations.Value{value}, v.Items...),
	}, nil
}
