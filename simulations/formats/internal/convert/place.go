// Package convert holds what the readers of other tools' files share: a walk
// over a foreign document that knows where it is, the gathering of warnings and
// refusals, the recognition of a file by its outermost names, and the making of
// predicates.
package convert

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"understudy/simulations"
)

// Log gathers what a reader has to say of a file. A refusal refuses the file; a
// warning says what was lost and what to do about it.
type Log struct {
	warnings []simulations.Warning
	said     map[simulations.Warning]bool
	faults   []simulations.FieldError
	// more counts what was said beyond the bound.
	more int
	// apart is, for a document that was opened by its text, what its list is read
	// by, and path where that is; nil where it was read as a whole.
	apart *simulations.Apart
	text  []byte
	path  []string
}

// Bounds of what is said of one file.
const (
	maxFaults   = 100
	maxWarnings = 1000
)

// Place is a value in a file with the JSON pointer that leads to it. A value
// that is not there is a Place, too: of kind Null, and Is is false.
type Place struct {
	value *simulations.Value
	// last is the end of the pointer, and as the whole what the pointers of the
	// values within go on from; it is made for objects and lists only. Most places
	// are looked at and never named, so that pointers are put together when they
	// are.
	last step
	as   *step
	log  *Log
}

// step is one token of a pointer.
type step struct {
	above *step // nil at the root
	name  string
	index int // where it is -1, name counts
}

// Root is the outermost place of a document.
func Root(v *simulations.Value) Place {
	p := Place{value: v, log: &Log{}}
	p.as = &p.last
	return p
}

// Open reads a document and returns its outermost place. Where the text is JSON the
// items of the list at the path of those names are not all in memory: they are read
// when Items goes through them, and have to be gone through once. What is wrong with
// the text is said by Open, or, within the list, by [Done].
func Open(text []byte, path ...string) (Place, error) {
	apart, err := simulations.ParseApart(text, path...)
	if err != nil {
		return Place{}, err
	}
	if apart == nil {
		v, err := simulations.Parse(text)
		if err != nil {
			return Place{}, err
		}
		return Root(v), nil
	}
	p := Root(apart.Root)
	if apart.List == nil {
		return p, nil
	}
	p.log.apart, p.log.text, p.log.path = apart, text, path
	return p, nil
}

// within is the place of a value that stands in p.
func (p Place) within(v *simulations.Value, name string, index int) Place {
	above := p.as
	if above == nil {
		above = &step{p.last.above, p.last.name, p.last.index}
	}
	return Place{last: step{above, name, index}, log: p.log}.holding(v)
}

// holding is the place with that value.
func (p Place) holding(v *simulations.Value) Place {
	p.value = v
	if p.as == nil && v != nil && v.Kind >= simulations.Array {
		p.as = &step{p.last.above, p.last.name, p.last.index}
	}
	return p
}

// Is reports whether there is a value, be it null.
func (p Place) Is() bool { return p.value != nil }

// Set reports whether there is a value that is not null.
func (p Place) Set() bool { return p.value != nil && p.value.Kind != simulations.Null }

// Value returns what stands there, nil for nothing. Shared: do not mutate.
func (p Place) Value() *simulations.Value { return p.value }

// Pointer returns the JSON pointer.
func (p Place) Pointer() string { return string(p.last.appendTo(nil)) }

func (s *step) appendTo(b []byte) []byte {
	if s.above == nil {
		return b
	}
	b = append(s.above.appendTo(b), '/')
	if s.index >= 0 {
		return strconv.AppendInt(b, int64(s.index), 10)
	}
	return append(b, simulations.PointerToken(s.name)...)
}

// Kind is the value's, Null where there is none.
func (p Place) Kind() simulations.Kind {
	if p.value == nil {
		return simulations.Null
	}
	return p.value.Kind
}

// Get returns the member of that name.
func (p Place) Get(name string) Place {
	return p.within(p.value.Get(name), name, -1)
}

// Without is the place with one member of its object left out.
func (p Place) Without(name string) Place {
	i := slices.Index(p.value.Names, name)
	if p.Kind() != simulations.Object || i < 0 {
		return p
	}
	v := *p.value
	v.Names = slices.Delete(slices.Clone(v.Names), i, i+1)
	v.Items = slices.Delete(slices.Clone(v.Items), i, i+1)
	return p.holding(&v)
}

// With is the place with another value, which was made of the one there.
func (p Place) With(v *simulations.Value) Place { return p.holding(v) }

// First returns the first member of the names that is set.
func (p Place) First(names ...string) Place {
	for _, name := range names {
		if m := p.Get(name); m.Set() {
			return m
		}
	}
	return p.Get(names[0])
}

// At returns the item of that index, from 0.
func (p Place) At(i int) Place {
	if p.Kind() == simulations.Array && i < len(p.value.Items) {
		return p.within(p.value.Items[i], "", i)
	}
	return p.within(nil, "", i)
}

// Item is the place of an item of the list, from 0, which the list itself does
// not hold.
func (p Place) Item(i int, v *simulations.Value) Place { return p.within(v, "", i) }

// Items goes through a list. What is no list, but something, is refused. A list
// of which so much was refused that no more would be said is not gone through.
func (p Place) Items() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		if !p.Set() || !p.want(simulations.Array) {
			return
		}
		if p.log.apart != nil && p.value == p.log.apart.List {
			p.apartItems(yield)
			return
		}
		for i := range p.value.Items {
			if p.Full() || !yield(p.At(i)) {
				return
			}
		}
	}
}

// apartItems is Items for the list that is read meanwhile.
func (p Place) apartItems(yield func(Place) bool) {
	p.log.apart.Each(func(i int, item *simulations.Value) bool {
		return !p.Full() && yield(p.within(item, "", i))
	})
}

// Members goes through an object in written order. What is no object, but
// something, is refused.
func (p Place) Members() iter.Seq2[string, Place] {
	return func(yield func(string, Place) bool) {
		if !p.Set() || !p.want(simulations.Object) {
			return
		}
		for i, name := range p.value.Names {
			at := p.within(p.value.Items[i], name, -1)
			if !yield(name, at) {
				return
			}
		}
	}
}

// Text returns a string, or the digits or the word of a number or a boolean; ""
// where there is nothing. Anything else is refused.
func (p Place) Text() string {
	switch p.Kind() {
	case simulations.String, simulations.Number, simulations.Bool:
		return p.value.Text
	case simulations.Null:
		return ""
	}
	p.Refuse("is %s, but must be a string", p.Kind())
	return ""
}

// Bool returns a boolean, false where there is nothing. The words "true" and
// "false" are taken as they are meant.
func (p Place) Bool() bool {
	switch {
	case !p.Set():
	case p.Kind() == simulations.Bool, p.Kind() == simulations.String && (p.value.Text == "true" || p.value.Text == "false"):
		return p.value.Text == "true"
	default:
		p.Refuse("is %s, but must be true or false", p.Kind())
	}
	return false
}

// Int returns a whole number, 0 where there is nothing.
func (p Place) Int() int {
	if !p.Set() {
		return 0
	}
	if k := p.Kind(); k == simulations.Number || k == simulations.String {
		if n, err := strconv.ParseInt(simulations.CanonicalNumber(p.value.Text), 10, 32); err == nil {
			return int(n)
		}
	}
	p.Refuse("is no whole number")
	return 0
}

// Float returns a number, 0 where there is nothing.
func (p Place) Float() float64 {
	if !p.Set() {
		return 0
	}
	if p.Kind() == simulations.Number {
		if f, err := strconv.ParseFloat(p.value.Text, 64); err == nil {
			return f
		}
	}
	p.Refuse("is no number")
	return 0
}

// IsObject reports whether an object stands there, and refuses anything else. A
// reader that holds the items of a list asks it first: wrong ones may be many.
func (p Place) IsObject() bool {
	if p.Kind() != simulations.Object {
		p.Refuse("is %s, but must be an object", p.Kind())
		return false
	}
	return true
}

func (p Place) want(k simulations.Kind) bool {
	if p.value.Kind != k {
		p.Refuse("is %s, but must be %s", p.value.Kind, k)
		return false
	}
	return true
}

// Only warns of members beside those known: they mean nothing here. What is no
// object, but something, is refused.
func (p Place) Only(known ...string) {
	if !p.Set() || !p.want(simulations.Object) {
		return
	}
	for i, name := range p.value.Names {
		if !slices.Contains(known, name) {
			p.within(p.value.Items[i], name, -1).Warn("is not known and was passed over%s", simulations.Suggest(name, known))
		}
	}
}

// Exactly refuses members beside those known: they may change what is meant. What
// is no object, but something, is refused, too.
func (p Place) Exactly(known ...string) {
	if !p.Set() || !p.want(simulations.Object) {
		return
	}
	for i, name := range p.value.Names {
		if !slices.Contains(known, name) {
			p.within(p.value.Items[i], name, -1).Refuse("is not known here%s", simulations.Suggest(name, known))
		}
	}
}

// As is the place of another value, such as one that is written there as a text;
// pointers to its members go on from there.
func (p Place) As(v *simulations.Value) Place { return p.holding(v) }

// Warn notes what was lost at the place, once.
func (p Place) Warn(format string, args ...any) {
	w := simulations.Warning{Pointer: p.Pointer(), Detail: fmt.Sprintf(format, args...)}
	switch {
	case p.log.said[w]:
		return
	case len(p.log.warnings) >= maxWarnings:
		p.log.more++
		return
	}
	if p.log.said == nil {
		p.log.said = make(map[simulations.Warning]bool)
	}
	p.log.said[w] = true
	p.log.warnings = append(p.log.warnings, w)
}

// Refuse notes what stands at the place and cannot be taken, once.
func (p Place) Refuse(format string, args ...any) {
	if len(p.log.faults) >= maxFaults {
		return
	}
	f := simulations.FieldError{Pointer: p.Pointer(), Detail: fmt.Sprintf(format, args...)}
	if p.value != nil {
		f.Line, f.Column = int(p.value.Line), int(p.value.Column)
	}
	if slices.Contains(p.log.faults, f) {
		return
	}
	p.log.faults = append(p.log.faults, f)
}

// Refused counts the refusals so far.
func (p Place) Refused() int { return len(p.log.faults) }

// Full reports whether so much was refused that no more would be said.
func (p Place) Full() bool { return len(p.log.faults) >= maxFaults }

// Said closes the reading of what began at root: it gives the warnings, or the
// error that names what was refused, in which the file is called what.
func Said(root Place, what string) ([]simulations.Warning, error) {
	l := root.log
	if l.apart != nil { // a text that is not right is told of that alone
		if err := l.apart.Wrong(); err != nil {
			return nil, err
		}
	}
	if len(l.faults) > 0 {
		return nil, &simulations.Error{
			Code: simulations.CodeInvalid, Fields: l.faults,
			Detail: "the " + what + " holds what understudy cannot do as it is meant",
		}
	}
	if l.more > 0 {
		l.warnings = append(l.warnings, simulations.Warning{Detail: fmt.Sprintf("%d more warnings are left out", l.more)})
	}
	return l.warnings, nil
}

// Source is the place as a stub's.
func (p Place) Source() simulations.Source {
	o := simulations.Source{Pointer: p.Pointer()}
	if p.value != nil {
		o.Line, o.Column = p.value.Line, p.value.Column
	}
	return o
}

// Check holds a stub that was made of the place to the model's own rules, such as
// that a method is one: what they refuse is refused there.
func (p Place) Check(s *simulations.Stub) {
	doc := &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{s}}
	err := doc.Conforms()
	if err == nil {
		return
	}
	e, ok := errors.AsType[*simulations.Error](err)
	if !ok {
		p.Refuse("%s", err)
		return
	}
	doc.ConvertedFrom([]simulations.Source{p.Source()})
	for _, f := range doc.Locate(e.Fields) {
		p.Refuse("%s", f.Detail)
	}
}

// Done is Said for a document that was made of the file, and origins has the
// pointer that each stub was made of. It holds the document to the model's rules.
func Done(root Place, what string, doc *simulations.Document, origins []string) (*simulations.Document, []simulations.Warning, error) {
	warnings, err := Said(root, what)
	if err != nil {
		return nil, nil, err
	}
	doc.Understudy = simulations.Version
	l := root.log
	places := make([]simulations.Source, len(origins))
	for i, pointer := range origins {
		places[i].Pointer = pointer
		if l.apart == nil {
			at := root.value.At(pointer)
			places[i].Line, places[i].Column = at.Line, at.Column
		}
	}
	if l.apart != nil {
		doc.ConvertedFromText(l.text, l.path, places)
	} else {
		doc.ConvertedFrom(places)
	}
	// What the model's own rules refuse, such as a method that is none, is told
	// by the place that it came from.
	if err := doc.Conforms(); err != nil {
		e, ok := errors.AsType[*simulations.Error](err)
		if !ok {
			return nil, nil, err
		}
		return nil, nil, simulations.Invalid(doc.Locate(e.Fields))
	}
	return doc, warnings, nil
}
