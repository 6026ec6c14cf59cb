package simulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/table"
)

// compiled is a document made ready.
type compiled struct {
	// doc is without stubs where they came one by one.
	doc           *simulations.Document
	collaborators map[string]*collaborator
	builder       *matchers.Builder
	stubs         []simulations.PackedStub
	collections   map[string]*collection
	tables        map[string]*table.Table
}

// maxFaults bounds how many faults one document is told of.
const maxFaults = 100

// compile compiles all of a document and names everything wrong with it. Of stubs
// that come one by one it holds the packed form only.
func compile(draft *simulations.Draft, name string, opts Options) (*compiled, error) {
	doc := draft.Head
	out := &compiled{doc: doc, collaborators: make(map[string]*collaborator, len(doc.Collaborators))}
	var faults []simulations.FieldError
	for _, n := range slices.Sorted(maps.Keys(doc.Collaborators)) {
		c, fs := compileCollaborator(n, 0, doc.Collaborators[n], opts)
		faults = append(faults, prefix("/collaborators/"+simulations.PointerToken(n), fs)...)
		out.collaborators[n] = c
	}
	ids := make(map[string]bool, draft.Len)
	for _, s := range doc.Stubs {
		if s.ID != "" {
			ids[s.ID] = true
		}
	}
	var fs []simulations.FieldError
	out.tables, fs = table.Compile(name, doc.Tables)
	faults = append(faults, fs...)
	out.builder = matchers.NewBuilder(name, openWith(out.tables), answerPlain)
	out.builder.Reserve(draft.Len)
	out.stubs = make([]simulations.PackedStub, 0, draft.Len)
	piece := make([]*simulations.Stub, 0, min(batch, draft.Len))
	add := func() {
		from := len(out.stubs)
		for _, f := range out.builder.Add(out.pack(piece, ids)) {
			faults = append(faults, prefix(fmt.Sprintf("/stubs/%d", from+f.Number), f.Fields)...)
		}
		clear(piece) // they are packed: this memory may go
		piece = piece[:0]
	}
	for s, err := range draft.Stubs {
		if err != nil {
			return nil, err
		}
		if piece = append(piece, s); len(piece) == batch {
			if add(); len(faults) >= maxFaults {
				break
			}
		}
	}
	if len(piece) > 0 {
		add()
	}
	out.collections, fs = compileCollections(name, doc.Collaborator, doc.Collections)
	faults = append(faults, fs...)
	for _, n := range slices.Sorted(maps.Keys(out.collections)) {
		faults = append(faults, prefix("/collections/"+simulations.PointerToken(n), unknownTables(out.collections[n].uses, out.tables))...)
	}
	if len(faults) > maxFaults {
		faults = faults[:maxFaults]
	}
	return out, simulations.Invalid(doc.Locate(faults))
}

// openWith is openStub for the stubs of a document with these tables, which are
// all that their templates may name. The index holds on to what is returned for
// as long as the simulation is served, so that must not lead to the document.
func openWith(tables map[string]*table.Table) func(string, simulations.PackedStub) (*matchers.Stub, []simulations.FieldError) {
	return func(simulation string, p simulations.PackedStub) (*matchers.Stub, []simulations.FieldError) {
		st, faults := openStub(simulation, p)
		if st != nil {
			if faults = unknownTables(answersOf(st).uses(), tables); len(faults) > 0 {
				return nil, faults
			}
		}
		return st, faults
	}
}

// pack packs the stubs that follow in the document, once each has its collaborator
// and an id, which joins ids.
func (c *compiled) pack(stubs []*simulations.Stub, ids map[string]bool) []simulations.PackedStub {
	resolved := make([]simulations.Stub, len(stubs))
	eachOf(len(stubs), func(i int) {
		s := &resolved[i]
		*s = *stubs[i]
		s.Collaborator = cmp.Or(s.Collaborator, c.doc.Collaborator)
		if s.ID == "" {
			s.ID = contentID(s)
		}
	})
	for i := range resolved {
		if stubs[i].ID == "" {
			s := &resolved[i]
			s.ID = untaken(s.ID, func(id string) bool { return ids[id] })
			ids[s.ID] = true
		}
	}
	first := len(c.stubs)
	c.stubs = append(c.stubs, make([]simulations.PackedStub, len(stubs))...)
	packed := c.stubs[first:]
	eachOf(len(stubs), func(i int) {
		packed[i] = simulations.PackedStub{Packed: pack(&resolved[i]), Position: uint32(first + i)}
	})
	return packed
}

// makeID names a stub after its content, so that reading the same document
// again gives the same ids.
func makeID(s *simulations.Stub, taken func(id string) bool) string {
	return untaken(contentID(s), taken)
}

func contentID(s *simulations.Stub) string {
	scratch := packScratch.Get().(*[]byte)
	defer freeScratch(scratch)
	*scratch = s.Value().AppendJSON((*scratch)[:0])
	sum := sha256.Sum256(*scratch)
	return "stub-" + hex.EncodeToString(sum[:6])
}

// untaken is the id, or the first of those made of it that is not taken.
func untaken(id string, taken func(id string) bool) string {
	out := id
	for n := 2; taken(out); n++ {
		out = fmt.Sprintf("%s-%d", id, n)
	}
	return out
}

// Check compiles a document without serving it. The error names every fault.
func Check(doc *simulations.Document) ([]simulations.Warning, error) { return CheckDraft(doc.Draft()) }

// CheckDraft is Check for a document whose stubs come one by one.
func CheckDraft(draft *simulations.Draft) ([]simulations.Warning, error) {
	doc := draft.Head
	compiled, err := compile(draft, cmp.Or(doc.Name, "document"), Options{MissStatus: 501, RedactionKey: make([]byte, 32)})
	if err != nil {
		return nil, err
	}
	if _, faults := newDirectory(compiled.collaborators); len(faults) > 0 {
		return nil, simulations.Invalid(doc.Locate(faults))
	}
	return compiled.warnings(compiled.collaborators, nil), nil
}

// written yields the stubs as they stand in the document, those that came one by
// one as they were packed.
func (c *compiled) written() iter.Seq2[int, *simulations.Stub] {
	if len(c.doc.Stubs) > 0 {
		return slices.All(c.doc.Stubs)
	}
	return func(yield func(int, *simulations.Stub) bool) {
		for i, p := range c.stubs {
			s, err := p.Unpack()
			if err != nil || !yield(i, s.Stub) { // it was unpacked to be compiled
				return
			}
		}
	}
}

// maxWarnings bounds how many warnings one document gets.
const maxWarnings = 1000

// warnings says what in a document is probably not meant, at its places in the
// file that was read. known are the collaborators that there are, hosts those that
// callbacks may go to, nil where that is not known.
func (c *compiled) warnings(known map[string]*collaborator, hosts *CallbackHosts) []simulations.Warning {
	doc := c.doc
	out, more := []simulations.Warning{}, 0
	warn := func(pointer, format string, args ...any) {
		if len(out) >= maxWarnings {
			more++
			return
		}
		out = append(out, simulations.Warning{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	said := map[string]bool{}
	if n := doc.Collaborator; n != "" && known[n] == nil {
		said[n] = true
		warn("/collaborator", "no collaborator %s is declared: the stubs answer once it is", n)
	}
	for i, s := range c.written() {
		if n := s.Collaborator; n != "" && known[n] == nil && !said[n] {
			said[n] = true
			warn(fmt.Sprintf("/stubs/%d/collaborator", i), "no collaborator %s is declared: the stub answers once it is", n)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Collections)) {
		if of := doc.Collections[n].Collaborator; of != "" && known[of] == nil && !said[of] {
			said[of] = true
			warn("/collections/"+simulations.PointerToken(n)+"/collaborator", "no collaborator %s is declared: the collection answers once it is", of)
		}
	}
	callbackWarnings(c.written(), known, hosts, warn)
	for i, s := range c.written() {
		for _, m := range s.Request.Method {
			if upper := strings.ToUpper(m); upper != m && slices.Contains(usualMethods, upper) {
				warn(fmt.Sprintf("/stubs/%d/request/method", i), "methods are case-sensitive, and clients send %s, not %s", upper, m)
			}
		}
	}
	out = doc.LocateWarnings(out)
	if more > 0 {
		out = append(out, simulations.Warning{Detail: fmt.Sprintf("%d more warnings are left out", more)})
	}
	return out
}

var usualMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
