package resource

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"

	"understudy/simulations"
	"understudy/simulator/patch"
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
			return o.missing(c, scope, id)
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
