package resource

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"understudy/simulations"
)

// Freeze describes what has been changed, by collection, and what of it has a
// time with what is left of that; a nil overlay has nothing. now is in nanoseconds
// of Unix time. Items are shared: do not mutate.
func (o *Overlay) Freeze(now int64) map[string]*simulations.FrozenCollection {
	if o == nil {
		return nil
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	out := make(map[string]*simulations.FrozenCollection)
	of := func(name string) *simulations.FrozenCollection {
		if out[name] == nil {
			out[name] = new(simulations.FrozenCollection)
		}
		return out[name]
	}
	for name, n := range o.counters {
		of(name).Counter = int64(n)
	}
	places := slices.SortedFunc(maps.Keys(o.tables), func(a, b place) int {
		return cmp.Or(strings.Compare(a.collection, b.collection), strings.Compare(a.scope, b.scope))
	})
	for _, at := range places {
		if t := o.tables[at]; t.cleared || len(t.rows) > 0 {
			c := of(at.collection)
			c.Lists = append(c.Lists, t.freeze(at.scope))
		}
	}
	for at, k := range o.keys.kept {
		if k.until > now {
			c := of(at.collection)
			c.Keys = append(c.Keys, k.freeze(at.key, now))
		}
	}
	for _, c := range out {
		slices.SortFunc(c.Keys, func(a, b simulations.FrozenAnswer) int { return strings.Compare(a.Key, b.Key) })
	}
	return out
}

func (t *table) freeze(scope string) simulations.FrozenList {
	out := simulations.FrozenList{In: scopeValues(scope), Cleared: t.cleared}
	for _, id := range slices.Sorted(maps.Keys(t.rows)) {
		switch it := t.rows[id]; {
		case it == nil:
			out.Deleted = append(out.Deleted, id)
		case it.seq == 0:
			out.Changed = append(out.Changed, simulations.FrozenItem{ID: id, Item: it.value})
		}
	}
	for _, it := range t.created {
		out.Created = append(out.Created, simulations.FrozenItem{ID: it.id, Item: it.value})
	}
	return out
}

// scopeValues is the inverse of scopeKey.
func scopeValues(scope string) []string {
	if scope == "" {
		return nil
	}
	values := strings.Split(strings.TrimSuffix(scope, "/"), "/")
	for i, v := range values {
		if plain, err := url.PathUnescape(v); err == nil { // scopeKey made it, so it is
			values[i] = plain
		}
	}
	return values
}

// Thaw makes an overlay of what Freeze described, all of it still to be kept. Where
// there are faults, with pointers relative to the map, nothing of the budget is taken.
func Thaw(b *Budget, frozen map[string]*simulations.FrozenCollection, now int64) (*Overlay, []simulations.FieldError) {
	t := thawing{Overlay: NewOverlay(b)}
	for _, name := range slices.Sorted(maps.Keys(frozen)) {
		c := frozen[name]
		if c.Counter > 0 {
			t.count(name, uint64(c.Counter))
		}
		for i := range c.Keys {
			t.key(name, &c.Keys[i], now, fmt.Sprintf("/%s/keys/%d", simulations.PointerToken(name), i))
		}
		for i := range c.Lists {
			t.list(name, &c.Lists[i], fmt.Sprintf("/%s/lists/%d", simulations.PointerToken(name), i))
		}
	}
	if len(t.faults) > 0 {
		t.Close()
		return nil, t.faults
	}
	return t.Overlay, nil
}

// thawing is an overlay that nobody else has yet: its lock need not be held.
type thawing struct {
	*Overlay
	faults []simulations.FieldError
}

// maxThawFaults bounds how many faults one fixture is told of.
const maxThawFaults = 100

func (t *thawing) fail(at, format string, args ...any) {
	if len(t.faults) < maxThawFaults {
		t.faults = append(t.faults, simulations.FieldError{Pointer: at, Detail: fmt.Sprintf(format, args...)})
	}
}

func (t *thawing) key(collection string, f *simulations.FrozenAnswer, now int64, at string) {
	k := thawKey(f, now)
	if size := k.size(); size > simulations.MaxKeptAnswer {
		t.fail(at, "an answer has at most %d KiB, this one has %d", simulations.MaxKeptAnswer>>10, size>>10)
	}
	if len(t.keys.kept) >= MaxKeys {
		t.fail(at, "a session holds at most %d idempotency keys", MaxKeys)
		return
	}
	if r := t.charge(0, k.weight(f.Key)); r != nil {
		t.fail(at, "%s", r.Detail)
		return
	}
	where := keyed{collection, f.Key}
	t.keep(where, k)
	t.dirty[where.mark()] = struct{}{}
}

func (t *thawing) list(collection string, l *simulations.FrozenList, at string) {
	scope := scopeKey(l.In)
	if len(scope) > maxScope {
		t.fail(at+"/in", "the values come to more than %d bytes", maxScope)
	}
	to := &table{rows: make(map[string]*item), cleared: l.Cleared}
	where := place{collection, scope}
	t.tables[where] = to
	if l.Cleared {
		t.dirty[mark{kind: rowCleared, place: where}] = struct{}{}
	}
	put := func(at, id string, it *item) {
		if id == "" || len(id) > maxIDBytes {
			t.fail(at, "an id has 1 to %d bytes", maxIDBytes)
		}
		held := 0
		if it != nil {
			if size := len(it.value.AppendJSON(nil)); size > MaxItemBytes {
				t.fail(at, "an item has at most %d KiB, this one has %d", MaxItemBytes>>10, size>>10)
			}
			it.weight = weight(it.value)
			held = it.weight
		}
		if r := t.charge(1, int64(rowOverhead+len(id)+len(scope)+held)); r != nil {
			t.fail(at, "%s", r.Detail)
			return
		}
		to.rows[id] = it
		t.dirty[mark{rowItem, where, id}] = struct{}{}
	}
	for i, f := range l.Changed {
		put(fmt.Sprintf("%s/changed/%d", at, i), f.ID, &item{id: f.ID, value: f.Item})
	}
	for i, f := range l.Created {
		t.seq++
		it := &item{id: f.ID, value: f.Item, seq: t.seq}
		put(fmt.Sprintf("%s/created/%d", at, i), f.ID, it)
		to.created = append(to.created, it)
	}
	for i, id := range l.Deleted {
		put(fmt.Sprintf("%s/deleted/%d", at, i), id, nil)
	}
}

// Fits reports whether lists of a fixture are of this collection: whether they
// have as many values as its path has parameters.
func (c *Collection) Fits(f *simulations.FrozenCollection) bool {
	return !slices.ContainsFunc(f.Lists, func(l simulations.FrozenList) bool { return len(l.In) != len(c.scope) })
}
