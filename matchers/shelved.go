package matchers

import (
	"net/textproto"
	"strings"
	"sync"

	"understudy/simulations"
)

// shelved is a stub on its own that is kept packed. It is made ready once, when a
// search leads to it, when it has to be held against another of its path, or
// when somebody asks for its model: of what is recorded, hardly anything is
// asked for before an index has it.
type shelved struct {
	packed simulations.PackedStub
	open   Opener
	// keys are where a tail has it.
	keys []exactKey
	once sync.Once
}

// Shelve makes a stub that is kept packed, see [Certain]. s is not kept, but its
// packed form and revision are.
func Shelve(simulation string, s *simulations.StoredStub, open Opener) *Stub {
	made := &struct { // in one piece, for the garbage collector's sake
		Stub
		shelved
		key [1]exactKey
	}{}
	made.Stub = Stub{ID: s.ID, Simulation: simulation, Collaborator: s.Collaborator, refs: [1]string{simulation + "/" + s.ID}, shelved: &made.shelved}
	on := &made.shelved
	on.packed, on.open = simulations.PackedStub{Packed: s.Packed, Revision: s.Revision, Position: s.Position}, open
	path := matchForm(s.Request.Path.Text)
	on.keys = made.key[:0]
	for _, g := range groupsFor(s.Collaborator, s.Request.Method, s.Request.Redacted) {
		on.keys = append(on.keys, exactKey{group: g, path: path})
	}
	return &made.Stub
}

// ready makes the stub s ready in place.
func (on *shelved) ready(s *Stub) {
	on.once.Do(func() {
		made := mustOpen(on.open, s.Simulation, on.packed)
		s.Answers, s.Dear, s.model, s.pattern, s.rank = made.Answers, made.Dear, made.model, made.pattern, made.rank
	})
}

// pathText is what paths that fit look like; a stub that is kept packed tells it
// as it is.
func (s *Stub) pathText() string {
	if s.shelved != nil {
		return s.shelved.keys[0].path
	}
	return s.pattern.path.text
}

// mustOpen opens a stub that was accepted: that was opened before, or is certain.
func mustOpen(open Opener, simulation string, packed simulations.PackedStub) *Stub {
	s, faults := open(simulation, packed)
	if len(faults) > 0 {
		unmakeable(packed.Packed, faults[0])
	}
	return s
}

// unmakeable ends what holds a stub that was accepted and cannot be made ready
// any more: it is made of the same bytes as before, so that is a defect.
func unmakeable(packed string, f simulations.FieldError) {
	id, _ := simulations.PackedID(packed) // "" will do
	panic("the stub " + id + ", which was accepted, cannot be made again: " + f.Pointer + ": " + f.Detail)
}

// Certain reports whether it can be told without compiling it that a stub's
// request compiles, and that it asks for an exact path. It knows the conditions
// of most recorded stubs; of any other it reports false, and compiling it has
// the word.
func Certain(s *simulations.Stub) bool {
	p := &s.Request
	if s.Scenario != nil || s.State != nil || s.Specificity != 0 ||
		p.Authority != nil || p.URL != nil || len(p.Params)+len(p.Any)+len(p.None) > 0 || p.Join != "" || p.FoldQuery || p.Host != nil || p.Session != nil || p.Origin != nil || len(p.Cookies) > 0 ||
		p.Path == nil || p.Path.Value == nil || p.Path.Kind != simulations.String || !strings.HasPrefix(p.Path.Text, "/") {
		return false
	}
	for _, v := range p.Query {
		if !certainField(v.Value) {
			return false
		}
	}
	for name, v := range p.Headers {
		// Names that are canonical do not come twice.
		if textproto.CanonicalMIMEHeaderKey(name) != name || !certainField(v.Value) {
			return false
		}
	}
	return p.Body == nil || certainBody(p.Body.Value)
}

// certainField is for equality with a text, or with several.
func certainField(v *simulations.Value) bool {
	if v == nil {
		return false
	}
	if list := v.Get("hasExactly"); list != nil && len(v.Names) == 1 && list.Kind == simulations.Array && len(list.Items) <= maxExact {
		for _, item := range list.Items {
			if item == nil || item.Kind != simulations.String {
				return false
			}
		}
		return true
	}
	return v.Kind == simulations.String
}

// certainBody is for JSON without options, a text, or no body.
func certainBody(v *simulations.Value) bool {
	if v == nil || v.Kind != simulations.Object || len(v.Names) != 1 || v.Items[0] == nil {
		return false
	}
	switch arg := v.Items[0]; v.Names[0] {
	case "json":
		return arg.Get("value") == nil || len(arg.Names) == 1
	case "equals":
		return arg.Kind == simulations.String
	case "absent":
		return arg.Kind == simulations.Bool
	}
	return false
}
