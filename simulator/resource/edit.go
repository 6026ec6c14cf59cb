package resource

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulator/patch"
)

const (
	mergePatch  = "application/merge-patch+json" // RFC 7396
	jsonPatch   = "application/json-patch+json"  // RFC 6902
	acceptPatch = mergePatch + ", " + jsonPatch + ", application/json"
)

// create is POST: a new item in the list.
func (c *Collection) create(q *Request, o *Overlay, scope string) *Answer {
	if r := wantsJSON(q); r != nil {
		return refused(r)
	}
	written, r := c.written(q)
	if r != nil {
		return refused(r)
	}
	for _, p := range c.readOnly {
		written = p.Remove(written)
	}
	var id string
	var number uint64
	given := c.id.Get(written)
	switch {
	case given != nil && given.Kind != simulations.Null:
		var ok bool
		if id, ok = idText(given); !ok {
			return refused(invalid(c.id.String(), "an id is a text or a number of 1 to %d bytes", maxIDBytes))
		}
	case c.idKind == simulations.IDClient:
		return refused(invalid(c.id.String(), "the item needs an id: the client gives it here"))
	default:
		var err error
		if given, number, err = c.makeID(q, o, scope); err != nil {
			return &Answer{Err: err}
		}
		if id, _ = idText(given); id == "" {
			return &Answer{Err: fmt.Errorf("the template of the id gave none of 1 to %d bytes", maxIDBytes)}
		}
	}
	params := withID(q, c.idParam, id)
	m, err := c.render(q, params, true)
	if err != nil {
		o.release(c, number)
		return &Answer{Err: err}
	}
	a := c.insert(q, params, given, written, m, func(value *simulations.Value) *Refusal {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.exists(c, scope) {
			return c.missing(scope, id, false)
		}
		v := o.view(c, scope)
		if v.get(id) != nil {
			return refuse(http.StatusConflict, "there is a %q in %s already", id, c.Name)
		}
		return o.commit(c, v, scope, id, value, q.Dry)
	})
	if a.Refusal != nil || a.Err != nil {
		o.release(c, number)
	}
	return a
}

// withID returns the path's parameters with the item's id among them.
func withID(q *Request, name, id string) map[string]string {
	params := make(map[string]string, len(q.Params)+1)
	maps.Copy(params, q.Params)
	params[name] = id
	return params
}

// made is what the declaration adds to a written item; nil for nothing.
type made struct{ defaults, stamps *simulations.Value }

// render makes what the declaration adds. It comes before the overlay's lock is
// taken: templates may take their time, and use the session themselves.
func (c *Collection) render(q *Request, params map[string]string, creates bool) (m made, err error) {
	if creates {
		if m.defaults, err = c.part(q, PartDefaults, params); err != nil {
			return m, err
		}
	}
	m.stamps, err = c.part(q, PartStamps, params)
	return m, err
}

// insert completes a new item, holds it against the declaration and has it
// committed.
func (c *Collection) insert(q *Request, params map[string]string, given, written *simulations.Value, m made, commit func(*simulations.Value) *Refusal) *Answer {
	var err error
	value := written
	if m.defaults != nil {
		value = patch.Fill(value, m.defaults)
	}
	if m.stamps != nil {
		value = patch.Assign(value, m.stamps)
	}
	for i, p := range c.scopeFields {
		if p == nil {
			continue
		}
		field := simulations.NewString(params[c.scope[i]])
		if c.parent != nil {
			field = c.ancestor(i).idValue(params[c.scope[i]])
		}
		if value, err = p.Set(value, field); err != nil {
			return refused(invalid(p.String(), "%s", err))
		}
	}
	if value, err = lead(value, c.id, given); err != nil {
		return refused(invalid(c.id.String(), "%s", err))
	}
	r := c.fits(value)
	if r == nil {
		r = commit(value)
	}
	if r != nil {
		return refused(r)
	}
	a := c.answer(q, cmp.Or(c.Config.CreateStatus, http.StatusCreated), value, "created an item")
	a.Header.Set("Location", fill(c.ItemPath, params))
	return preferred(q, a)
}

// ancestor is the collection whose items the i-th parameter of the scope names.
func (c *Collection) ancestor(i int) *Collection {
	up := c.parent
	for up.parent != nil && len(up.scope) > i {
		up = up.parent
	}
	return up
}

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
		return refused(c.missing(scope, id, false))
	}
	v := o.view(c, scope)
	old := v.get(id)
	if old == nil {
		if create == nil || !c.Config.Upsert {
			return refused(c.missing(scope, id, true))
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
	there := o.exists(c, scope)
	var old *item
	if there {
		old = o.view(c, scope).get(id)
	}
	if old == nil {
		return refused(c.missing(scope, id, there))
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
	return &Answer{Status: http.StatusNoContent, Header: http.Header{}, Declared: c.Config.Deleted, Did: "deleted the item"}
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

// part is a part of the declaration, rendered where it has templates; nil for none.
func (c *Collection) part(q *Request, p Part, params map[string]string) (*simulations.Value, error) {
	v := c.Config.Defaults
	if p == PartStamps {
		v = c.Config.Stamps
	}
	if v == nil || !c.Config.Template {
		return v, nil
	}
	return q.Render(p, params)
}

// makeID makes an id for an item that came without, out of the number that it
// took; 0 for none.
func (c *Collection) makeID(q *Request, o *Overlay, scope string) (id *simulations.Value, number uint64, err error) {
	if c.idKind == "" {
		id, err = q.Render(PartID, q.Params)
		return id, 0, err
	}
	number = o.reserve(c, scope, q.Dry)
	if c.idKind == simulations.IDInteger {
		return simulations.NewInt(int64(number)), number, nil
	}
	return simulations.NewString(uuid(q.Session, c.Name, number)), number, nil
}

// uuid is a UUID of version 8 (RFC 9562 section 5.8), which follows from what it
// is for: the same steps in a session of the same name give the same ids.
func uuid(session, collection string, n uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", session, collection, n))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
