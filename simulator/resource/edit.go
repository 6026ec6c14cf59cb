package resource

import (
	"errors"
	"mime"
	"net/http"
	"strconv"

	"understudy/simulations"
	"understudy/simulator/patch"
)

const (
	mergePatch  = "application/merge-patch+json" // RFC 7396
	jsonPatch   = "application/json-patch+json"  // RFC 6902
	acceptPatch = mergePatch + ", " + jsonPatch + ", application/json"
)

// put is PUT: another state of an item, or a new item.
func (c *Collection) put(q *Request, o *Overlay, scope string) *Answer {
	if r := wantsJSON(q); r != nil {
		return refused(r)
	}
	written, r := c.written(q)
	if r != nil {
		return refused(r)
	}
	style := c.Config.Put
	if style == "" {
		style = simulations.WriteReplace
	}
	return c.change(q, o, scope, func(old *simulations.Value) (*simulations.Value, *Refusal) {
		return apply(style, old, written), nil
	}, written)
}

// patch is PATCH: a change of an item.
func (c *Collection) patch(q *Request, o *Overlay, scope string) *Answer {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	switch {
	case err != nil && q.Header.Get("Content-Type") == "", kind == "application/json", kind == mergePatch:
	case kind == jsonPatch:
		return c.patchByOperations(q, o, scope)
	default:
		return refused(refuse(http.StatusUnsupportedMediaType, "a patch of the type %.100q is not taken, but %s", q.Header.Get("Content-Type"), acceptPatch).with("Accept-Patch", acceptPatch))
	}
	written, r := c.written(q)
	if r != nil {
		return refused(r)
	}
	style := simulations.WriteMerge
	if kind != mergePatch && c.Config.Patch != "" {
		style = c.Config.Patch
	}
	return c.change(q, o, scope, func(old *simulations.Value) (*simulations.Value, *Refusal) {
		return apply(style, old, written), nil
	}, nil)
}

// act is POST of an action: a change that the declaration makes.
func (c *Collection) act(q *Request, o *Overlay, scope string) *Answer {
	action := c.Config.Actions[q.Action]
	set := action.Set
	if set != nil && c.Config.Template {
		var err error
		if set, err = q.Render(PartAction, q.Params); err != nil {
			return &Answer{Err: err}
		}
	}
	a := c.change(q, o, scope, func(old *simulations.Value) (*simulations.Value, *Refusal) {
		if set == nil {
			return old, nil
		}
		return patch.Assign(old, set), nil
	}, nil)
	if a.Refusal == nil && a.Err == nil {
		a.Did = "did the action " + q.Action
		if a.Declared = action.Response; a.Declared != nil {
			a.Body = nil
		}
	}
	return a
}

func (c *Collection) patchByOperations(q *Request, o *Overlay, scope string) *Answer {
	v, err := simulations.ParseJSON(q.Body)
	if err != nil {
		return refused(notJSON(err))
	}
	operations, err := patch.Parse(v)
	if err != nil {
		return refused(patchRefusal(err))
	}
	return c.change(q, o, scope, func(old *simulations.Value) (*simulations.Value, *Refusal) {
		// What clients cannot read they cannot test or copy either.
		next, err := operations.Apply(c.shown(old))
		if err != nil {
			return nil, patchRefusal(err)
		}
		if next.Kind != simulations.Object {
			return nil, invalid("", "the patch makes %s of the item, which is an object", next.Kind)
		}
		return next, nil
	}, nil)
}

func patchRefusal(err error) *Refusal {
	status := http.StatusUnprocessableEntity
	if e, ok := errors.AsType[*patch.Error](err); ok {
		switch e.Reason {
		case patch.Malformed:
			status = http.StatusBadRequest
		case patch.TestFailed:
			status = http.StatusConflict
		case patch.TooLarge:
			status = http.StatusRequestEntityTooLarge
		}
	}
	return refuse(status, "the JSON patch was not applied: %s", err)
}

func apply(style simulations.WriteStyle, old, written *simulations.Value) *simulations.Value {
	switch style {
	case simulations.WriteMerge:
		return patch.Merge(old, written)
	case simulations.WriteShallow:
		return patch.Assign(old, written)
	}
	return written
}

// change gives an item another state. Where there is none and the collection
// takes it, create becomes the item; nil creates nothing.
func (c *Collection) change(q *Request, o *Overlay, scope string, next func(old *simulations.Value) (*simulations.Value, *Refusal), create *simulations.Value) *Answer {
	id := q.Params[c.idParam]
	m, err := c.render(q, q.Params, create != nil && c.Config.Upsert)
	if err != nil {
		return &Answer{Err: err}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.exists(c, scope) {
		return refused(c.orphaned(scope))
	}
	v := o.view(c, scope)
	old := v.get(id)
	if old == nil {
		if create == nil || !c.Config.Upsert {
			return refused(o.missing(c, scope, id))
		}
		return c.upsert(q, o, scope, id, create, m)
	}
	if r := c.mayChange(q, old); r != nil {
		return refused(r)
	}
	value, r := next(old.value)
	if r == nil && q.Action == "" { // an action is the declaration's, not the client's
		value, r = c.kept(value, old.value, id)
	}
	if r != nil {
		return refused(r)
	}
	if m.stamps != nil {
		value = patch.Assign(value, m.stamps)
	}
	// Whatever an action or a stamp sets, the item is the same.
	if value, err = c.id.Set(value, c.id.Get(old.value)); err != nil {
		return refused(invalid(c.id.String(), "%s", err))
	}
	if r = c.fits(value); r == nil {
		r = o.commit(c, v, scope, id, value, q.Dry)
	}
	if r != nil {
		return refused(r)
	}
	return preferred(q, c.answer(q, http.StatusOK, value, "changed the item"))
}

// upsert creates an item by its path. The overlay's lock is held.
func (c *Collection) upsert(q *Request, o *Overlay, scope, id string, written *simulations.Value, m made) *Answer {
	if r := mayCreate(q); r != nil {
		return refused(r)
	}
	if len(id) > maxIDBytes {
		return refused(invalid(c.id.String(), "an id is a text or a number of 1 to %d bytes", maxIDBytes))
	}
	given := c.id.Get(written)
	if given == nil {
		given = c.idValue(id)
	} else if text, _ := idText(given); text != id {
		return refused(invalid(c.id.String(), "is another id than the path's, %q", id))
	}
	for _, p := range c.readOnly {
		written = p.Remove(written)
	}
	return c.insert(q, q.Params, given, written, m, func(value *simulations.Value) *Refusal {
		return o.commit(c, o.view(c, scope), scope, id, value, q.Dry)
	})
}

// kept puts back, after a change, what clients cannot change.
func (c *Collection) kept(value, old *simulations.Value, id string) (*simulations.Value, *Refusal) {
	if given := c.id.Get(value); given != nil && given.Kind != simulations.Null {
		if text, _ := idText(given); text != id {
			return nil, invalid(c.id.String(), "is another id than the path's, %q: an item keeps its id", id)
		}
	}
	value, err := lead(value, c.id, c.id.Get(old))
	if err != nil {
		return nil, invalid(c.id.String(), "%s", err)
	}
	keep := func(p patch.Pointer, at *simulations.Value) *Refusal {
		if value, err = p.Set(value, at); err != nil {
			return invalid(p.String(), "%s", err)
		}
		return nil
	}
	for _, places := range [][]patch.Pointer{c.readOnly, c.scopeFields} {
		for _, p := range places {
			if p == nil {
				continue
			}
			at := p.Get(old)
			if at == nil {
				value = p.Remove(value)
			} else if r := keep(p, at); r != nil {
				return nil, r
			}
		}
	}
	for _, p := range c.writeOnly {
		// Who reads an item and writes it back has not seen these.
		if at := p.Get(old); at != nil && p.Get(value) == nil {
			if r := keep(p, at); r != nil {
				return nil, r
			}
		}
	}
	return value, nil
}

// delete is DELETE.
func (c *Collection) delete(q *Request, o *Overlay, scope string) *Answer {
	id := q.Params[c.idParam]
	o.mu.Lock()
	defer o.mu.Unlock()
	deleted := &Answer{Status: http.StatusNoContent, Header: http.Header{}, Declared: c.Config.Deleted, Did: "deleted the item"}
	old := o.find(c, scope, id)
	switch {
	case old == nil && c.Config.IdempotentDelete:
		deleted.Did = "had no such item to delete"
		return deleted
	case old == nil:
		return refused(o.missing(c, scope, id))
	}
	r := c.mayChange(q, old)
	if r == nil && !q.Dry {
		r = o.drop(c, scope, id)
	}
	if r != nil {
		return refused(r)
	}
	if preference(q.Header, "return") == "representation" {
		a := preferred(q, c.answer(q, http.StatusOK, old.value, "deleted the item"))
		a.Header.Del("Etag") // of what is no more
		return a
	}
	return deleted
}

// commit puts an item that fits, unless it takes what is unique. The lock is held.
func (o *Overlay) commit(c *Collection, v view, scope, id string, value *simulations.Value, dry bool) *Refusal {
	if field, other := v.taken(c, id, value); field != "" {
		r := refuse(http.StatusConflict, "%q in %s has the same %s already", other, c.Name, field)
		r.Errors = []simulations.FieldError{{Pointer: field, Detail: "is not unique"}}
		return r
	}
	if dry {
		return nil
	}
	if r := o.put(c, scope, id, value); r != nil {
		return r
	}
	if c.idKind == simulations.IDInteger {
		if n, err := strconv.ParseUint(id, 10, 64); err == nil {
			o.count(c.Name, n)
		}
	}
	return nil
}
