package simulations

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FixtureVersion is the value of a fixture's `fixture` field.
const FixtureVersion = "v1"

// Fixture is what a session held when it was frozen, to be restored into any. A
// Fixture that has been accepted is shared: do not mutate.
type Fixture struct {
	// Fixture is the format's version, always [FixtureVersion].
	Fixture string `doc:"fixture,required"`
	// Name is the fixture's; where it is absent, the place that it is put at says it.
	Name string `doc:"name"`
	// Scenarios are the states of those that had been moved.
	Scenarios map[string]Frozen `doc:"scenarios"`
	// Values are those that stubs, templates and people had set.
	Values map[string]Frozen `doc:"values"`
	// Answers counts, by "simulation/id", how often stubs that count had answered.
	Answers map[string]int `doc:"answers"`
	// Collections are, by "simulation/name", what had been changed in them.
	Collections map[string]*FrozenCollection `doc:"collections"`
	// Tables are, by "simulation/name", what had been changed in them.
	Tables map[string]*FrozenTable `doc:"tables"`
}

// Frozen is a state or a value; written as a text, or with how long it stays.
type Frozen struct {
	Is string `doc:"is"`
	// TTL is how long it stays from the restoring on; 0 is for ever.
	TTL Duration `doc:"ttl"`
}

// FrozenCollection is what a session had changed in a collection.
type FrozenCollection struct {
	// Counter is the number that an id was made of last.
	Counter int64 `doc:"counter"`
	// Lists are the changed ones, one for each value of the path's parameters.
	Lists []FrozenList `doc:"lists"`
	// Keys are the answers that are kept under idempotency keys.
	Keys []FrozenAnswer `doc:"keys"`
}

// FrozenList is what had been changed in one list of a collection.
type FrozenList struct {
	// In are the values of the parameters of the list's path, in order.
	In []string `doc:"in"`
	// Cleared hides the items that the collection declares.
	Cleared bool `doc:"cleared"`
	// Changed are in the place of declared ones, by id; Created are others, oldest first.
	Changed []FrozenItem `doc:"changed"`
	Created []FrozenItem `doc:"created"`
	// Deleted are the ids of declared ones that were gone.
	Deleted []string `doc:"deleted"`
}

// FrozenItem is an item of a collection.
type FrozenItem struct {
	ID   string `doc:"id,required"`
	Item *Value `doc:"item,required"`
}

// FixtureInfo is a fixture without what it holds.
type FixtureInfo struct {
	Name string `json:"name"`
	// Session is the one that was frozen; "" for a fixture that was put.
	Session string `json:"session,omitempty"`
	// Frozen is when it was frozen or put.
	Frozen time.Time `json:"frozen"`
	// Bytes is its size as JSON.
	Bytes     int64 `json:"bytes"`
	Scenarios int   `json:"scenarios"`
	Values    int   `json:"values"`
	// Answers counts the stubs that had counted, Collections those with changes,
	// Items what had been changed in them.
	Answers     int `json:"answers"`
	Collections int `json:"collections"`
	Items       int `json:"items"`
	// Tables counts those with changes, Rows what had been changed in them.
	Tables int `json:"tables"`
	Rows   int `json:"rows"`
}

// Restored is the answer to the restoring of a fixture.
type Restored struct {
	Fixture string `json:"fixture"`
	Session string `json:"session"`
	// Warnings name what the fixture speaks of and nobody declares now, by pointers
	// into it.
	Warnings []Warning `json:"warnings"`
}

// Info describes the fixture, but for when it was frozen and its size.
func (f *Fixture) Info() FixtureInfo {
	info := FixtureInfo{Name: f.Name, Scenarios: len(f.Scenarios), Values: len(f.Values), Answers: len(f.Answers), Collections: len(f.Collections), Tables: len(f.Tables)}
	for _, c := range f.Collections {
		for _, l := range c.Lists {
			info.Items += len(l.Changed) + len(l.Created) + len(l.Deleted)
		}
	}
	for _, t := range f.Tables {
		info.Rows += len(t.Changed) + len(t.Removed) + len(t.Added)
	}
	return info
}

// DecodeFixture reads a fixture, YAML or JSON, as strictly as [Decode] a document.
func DecodeFixture(data []byte) (*Fixture, error) { return parseInto[Fixture](data, false) }

// Value returns the fixture in its canonical written form.
func (f *Fixture) Value() *Value { return encodeModel(f, false) }

func (f *Fixture) check(report func(pointer, detail string)) {
	if f.Fixture != FixtureVersion {
		report("/fixture", fmt.Sprintf("version %q is not known: this understudy reads %q", f.Fixture, FixtureVersion))
	}
	if f.Name != "" && !ValidName(f.Name) {
		report("/name", nameRule)
	}
	for _, n := range slices.Sorted(maps.Keys(f.Scenarios)) {
		at := "/scenarios/" + PointerToken(n)
		if !ValidName(n) {
			report(at, nameRule)
		}
		if state := f.Scenarios[n].Is; state == "" || len(state) > MaxScenarioState {
			report(at, fmt.Sprintf("a state has 1 to %d bytes", MaxScenarioState))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(f.Values)) {
		at := "/values/" + PointerToken(k)
		if k == "" || len(k) > MaxStateKey {
			report(at, fmt.Sprintf("a key of the session's values has 1 to %d bytes", MaxStateKey))
		}
		if len(f.Values[k].Is) > MaxStateValue {
			report(at, fmt.Sprintf("a value of the session has at most %d bytes", MaxStateValue))
		}
	}
	for _, stub := range slices.Sorted(maps.Keys(f.Answers)) {
		if !validRef(stub) || f.Answers[stub] < 0 {
			report("/answers/"+PointerToken(stub), "answers of a stub are counted, from 0, under simulation/id")
		}
	}
	for _, n := range slices.Sorted(maps.Keys(f.Collections)) {
		if !validRef(n) {
			report("/collections/"+PointerToken(n), "a collection is named simulation/name")
		}
	}
	for _, n := range slices.Sorted(maps.Keys(f.Tables)) {
		if !validRef(n) {
			report("/tables/"+PointerToken(n), "a table is named simulation/name")
		}
	}
}

// validRef reports whether s is a simulation's name, '/' and the name of something in it.
func validRef(s string) bool {
	simulation, name, _ := strings.Cut(s, "/")
	return ValidName(simulation) && ValidName(name)
}

func (c *FrozenCollection) check(report func(pointer, detail string)) {
	if c.Counter < 0 {
		report("/counter", "a counter is 0 or more")
	}
	keys := make(map[string]bool, len(c.Keys))
	for i := range c.Keys {
		if k := c.Keys[i].Key; keys[k] {
			report("/keys/"+strconv.Itoa(i)+"/key", fmt.Sprintf("the key %.40q stands twice", k))
		}
		keys[c.Keys[i].Key] = true
	}
	lists := make(map[string]int, len(c.Lists))
	for i, l := range c.Lists {
		at := "/lists/" + strconv.Itoa(i)
		key := fmt.Sprintf("%q", l.In)
		if j, twice := lists[key]; twice {
			report(at+"/in", "the list "+strconv.Itoa(j)+" is the same one")
		}
		lists[key] = i
		seen := make(map[string]bool)
		ids := func(at string, id string) {
			if seen[id] {
				report(at, fmt.Sprintf("the id %q stands twice", id))
			}
			seen[id] = true
		}
		for _, group := range []struct {
			at    string
			items []FrozenItem
		}{{at + "/changed/", l.Changed}, {at + "/created/", l.Created}} {
			for j, it := range group.items {
				ids(group.at+strconv.Itoa(j)+"/id", it.ID)
				if it.Item.Kind != Object {
					report(group.at+strconv.Itoa(j)+"/item", "an item is an object")
				}
			}
		}
		for j, id := range l.Deleted {
			ids(at+"/deleted/"+strconv.Itoa(j), id)
		}
	}
}

// frozenForm is Frozen without its short form.
type frozenForm Frozen

func (x *Frozen) decodeDoc(d *decoder, v *Value) {
	if v.Kind == String {
		x.Is = v.Text
		return
	}
	d.decode(v, reflectValueOf((*frozenForm)(x)), planOf(reflect.TypeFor[frozenForm]()))
}

func (x Frozen) encodeDoc() *Value {
	if x.TTL == 0 {
		return NewString(x.Is)
	}
	return encode(reflectValueOf((*frozenForm)(&x)), planOf(reflect.TypeFor[frozenForm]()), false)
}
