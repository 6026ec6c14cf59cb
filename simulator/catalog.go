package simulator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/table"
)

// catalog is what the double stands in with, and how it is edited.
//
// An edit goes: compile, make durable, publish, answer; everything that can
// fail comes before the publish, which is one pointer. edits lets one edit run
// at a time; state guards the maps for the moment of the publish, so that a
// long import does not hold up reading. Recording goes past edits: what it puts
// is one stub whose place in the order the store decides by its revision, so
// that many recordings share one synced batch.
type catalog struct {
	engine *Engine
	edits  sync.Mutex

	state         sync.RWMutex
	simulations   map[string]*simulation
	collaborators map[string]*collaborator
	set           *matchers.Set
	collections   *matchers.Set
	tables        map[string]map[string]*table.Table
	revision      uint64
	// recents counts the edits that only the set's tail has, scans those of them
	// that the tail finds one by one.
	recents, scans int
	merging        bool
}

func newCatalog(e *Engine) *catalog {
	return &catalog{
		engine: e, simulations: map[string]*simulation{}, collaborators: map[string]*collaborator{},
		set: matchers.NewSet(matchers.NewTail()), collections: matchers.NewSet(matchers.NewTail()),
	}
}

// reindex puts what the simulation of that name is now, be it nothing, into the
// set, and makes the tail of what the indexes lack. The tail is a new one, so
// that a request sees either the old set with the old tail or the new one with
// the new. The state's lock is held.
func (c *catalog) reindex(name string) {
	if s := c.simulations[name]; s == nil {
		c.set = c.set.Without(name)
	} else {
		c.set = c.set.With(name, s.index)
	}
	tail := matchers.NewTail()
	c.recents, c.scans = 0, 0
	for _, s := range c.simulations {
		put, dropped := s.edits()
		tail.Edit(s.name, put, dropped)
		c.recents += len(s.recent)
		for _, st := range put {
			c.scans += scanned(st)
		}
	}
	c.set = c.set.WithTail(tail)
}

// scanned is 1 for a stub that a tail finds only by trying it.
func scanned(st *matchers.Stub) int {
	if st.Exact() {
		return 0
	}
	return 1
}

// load compiles and publishes what the store holds.
func (c *catalog) load(ctx context.Context) error {
	contents, err := c.engine.store.Load(ctx)
	if err != nil {
		return err
	}
	collaborators := make(map[string]*collaborator, len(contents.Collaborators))
	for name, stored := range contents.Collaborators {
		compiled, faults := compileCollaborator(name, stored.Revision, stored.Collaborator, c.engine.opts)
		if err := broken("collaborator "+name, faults); err != nil {
			return err
		}
		collaborators[name] = compiled
	}
	directory, faults := newDirectory(collaborators)
	if err := broken("the collaborators", faults); err != nil {
		return err
	}
	set, collections := matchers.NewSet(matchers.NewTail()), matchers.NewSet(matchers.NewTail())
	tables := make(map[string]map[string]*table.Table)
	all := make(map[string]*simulation, len(contents.Simulations))
	for name, stored := range contents.Simulations {
		index, err := loadIndex(name, stored.Stubs)
		if err != nil {
			return err
		}
		stored.Stubs = nil // the index has its own
		s := newSimulation(name, index)
		s.revision, s.collaborator, s.declares = stored.Revision, stored.Collaborator, stored.Declares
		set = set.With(name, index)
		if s.collections, faults = compileCollections(name, "", stored.Collections); len(faults) > 0 {
			return broken("the collections of "+name, faults)
		}
		collections = withCollections(collections, s)
		if s.tables, faults = table.Compile(name, stored.Tables); len(faults) > 0 {
			return broken("the tables of "+name, faults)
		}
		if len(s.tables) > 0 {
			tables[name] = s.tables
		}
		all[name] = s
	}
	c.state.Lock()
	defer c.state.Unlock()
	c.simulations, c.collaborators, c.set, c.collections, c.revision = all, collaborators, set, collections, contents.Revision
	c.tables = tables
	c.recents, c.scans = 0, 0
	c.publish(directory)
	return nil
}

// batch is how many stubs are compiled and put on an index's shelf at a time.
const batch = 4096

// loadIndex makes the index of what the store holds of a simulation.
func loadIndex(name string, stubs []simulations.PackedStub) (*matchers.Index, error) {
	b := newBuilder(name)
	b.Reserve(len(stubs))
	for len(stubs) > 0 {
		n := min(len(stubs), batch)
		for _, f := range b.Add(stubs[:n]) {
			return nil, broken("stub "+name+"/"+f.ID, f.Fields)
		}
		clear(stubs[:n]) // the index has them: this memory may go
		stubs = stubs[n:]
	}
	return b.Build(), nil
}

// broken is for definitions that were accepted once and do not compile now: by
// an older version, or a store that somebody else wrote.
func broken(what string, faults []simulations.FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return &simulations.Error{Code: simulations.CodeInternal, Detail: "the store holds a definition that this version does not accept, " + what, Fields: faults}
}

// publish makes the state visible. The state's lock is held. directory is nil
// where the collaborators have not changed.
func (c *catalog) publish(directory *directory) {
	if directory == nil {
		directory = c.engine.snapshot.Load().directory
	}
	c.engine.snapshot.Store(&snapshot{revision: c.revision, directory: directory, stubs: c.set, collections: c.collections, tables: c.tables})
}

// openStub makes a stub ready to match and to answer. What is accepted, what is
// read from the store and what a request leads to goes through here, so that
// what was accepted once cannot fail later.
func openStub(simulation string, p simulations.PackedStub) (*matchers.Stub, []simulations.FieldError) {
	s, err := p.Unpack()
	if err != nil {
		return nil, []simulations.FieldError{{Detail: "it is damaged or of a newer understudy: " + err.Error()}}
	}
	st, faults := matchers.CompileStub(s, simulation)
	a, more := compileAnswers(s.Stub)
	if faults = append(faults, more...); len(faults) > 0 {
		return nil, faults
	}
	st.Answers, st.Dear = a, a.dear()
	return st, nil
}

// newBuilder begins a simulation's index.
func newBuilder(simulation string) *matchers.Builder {
	return matchers.NewBuilder(simulation, openStub, answerPlain)
}

// accept packs a stub that somebody puts and makes it ready; pointers of faults
// are relative to the stub.
func accept(simulation string, s *simulations.Stub) (*matchers.Stub, []simulations.FieldError) {
	return openStub(simulation, simulations.PackedStub{Packed: pack(s)})
}

// pack brings a stub into its packed form.
func pack(s *simulations.Stub) string {
	scratch := packScratch.Get().(*[]byte)
	defer freeScratch(scratch)
	*scratch = simulations.AppendPacked((*scratch)[:0], s)
	return string(*scratch)
}

// packScratch is memory in which stubs are written: their size is known after.
var packScratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch bounds what is kept of such memory: most stubs are far smaller.
const maxScratch = 64 << 10

func freeScratch(b *[]byte) {
	if cap(*b) <= maxScratch {
		packScratch.Put(b)
	}
}

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

// check holds a condition against a revision; 0 stands for nothing there.
func check(cond simulations.Condition, revision uint64, what string) error {
	switch {
	case cond.Absent && revision != 0:
		return simulations.Errorf(simulations.CodeStale, "there is %s already, at revision %d", what, revision)
	case cond.Revision != 0 && revision == 0:
		return simulations.Errorf(simulations.CodeStale, "there is no %s any more", what)
	case cond.Revision != 0 && cond.Revision != revision:
		return simulations.Errorf(simulations.CodeStale, "%s has changed: it is at revision %d, not %d; read it again", what, revision, cond.Revision)
	}
	return nil
}

// alikeButMode reports whether a declaration says of a collaborator what stands
// already, and nothing of its mode and routes.
func alikeButMode(now, next *simulations.Collaborator) bool {
	if next.Mode != "" || len(next.Routes) > 0 {
		return false
	}
	plain := *now
	plain.Mode, plain.Routes = "", nil
	return plain.Value().String() == next.Value().String()
}

// withMode keeps the mode that a collaborator has been switched to where a
// document says nothing of it.
func withMode(col *collaborator, mode simulations.Mode) *collaborator {
	if plans[mode].forward != never && col.upstream == nil {
		return col // without an upstream there is nothing to go on with
	}
	next, config := *col, *col.config
	config.Mode, next.mode, next.config = mode, mode, &config
	return &next
}

// redeclared warns of collaborators that the document changes under the feet of
// another simulation, or of whoever declared them without one.
func (c *catalog) redeclared(name string, next map[string]*collaborator) []simulations.Warning {
	c.state.RLock()
	defer c.state.RUnlock()
	var out []simulations.Warning
	for n, now := range next {
		then := c.collaborators[n]
		if then == nil || now.config.Value().String() == then.config.Value().String() {
			continue
		}
		by := func(who string) {
			out = append(out, simulations.Warning{
				Pointer: "/collaborators/" + simulations.PointerToken(n),
				Detail:  who + " declared this collaborator too, otherwise; this declaration replaces that",
			})
		}
		own, others := false, 0
		for _, s := range c.simulations {
			switch {
			case !slices.Contains(s.declares, n):
			case s.name == name:
				own = true
			default:
				others++
				by("the simulation " + s.name)
			}
		}
		if !own && others == 0 { // by the API, or by understudy record
			by("no simulation, but somebody")
		}
	}
	slices.SortFunc(out, func(a, b simulations.Warning) int { return cmp.Compare(a.Pointer+a.Detail, b.Pointer+b.Detail) })
	return out
}

// edit is a change of the collaborators on its way: listeners are open, nothing
// is published.
type edit struct {
	catalog       *catalog
	collaborators map[string]*collaborator
	directory     *directory
	ports         *portChange
	begins        []*collaborator
}

// prepare does what can fail of a change of collaborators: the directory, the
// ports. The edits lock is held.
func (c *catalog) prepare(ctx context.Context, put map[string]*collaborator, drop []string) (*edit, error) {
	c.state.RLock()
	next := maps.Clone(c.collaborators)
	c.state.RUnlock()
	e := &edit{catalog: c, collaborators: next}
	for n, col := range put {
		if begins(next[n], col) {
			e.begins = append(e.begins, col)
		}
		next[n] = col
	}
	for _, n := range drop {
		delete(next, n)
	}
	directory, faults := newDirectory(next)
	if err := simulations.Invalid(faults); err != nil {
		return nil, err
	}
	e.directory = directory
	ports, err := c.engine.plane.prepare(ctx, next)
	if err != nil {
		return nil, err
	}
	e.ports = ports
	return e, nil
}

// begins reports whether a change starts a take: each switch to record does,
// and one to learn from a mode that does not record.
func begins(old, now *collaborator) bool {
	if !Records(now.mode) || old != nil && old.mode == now.mode {
		return false
	}
	return now.mode == simulations.ModeRecord || old == nil || !Records(old.mode)
}

// apply makes the change durable. Where it fails everything is as before.
func (e *edit) apply(ctx context.Context, change *simulations.Change) (uint64, error) {
	revision, err := e.catalog.engine.store.Apply(ctx, change)
	if err != nil {
		e.ports.abandon()
		return 0, err
	}
	for n := range change.PutCollaborators {
		e.collaborators[n].revision = revision
	}
	for _, col := range e.begins {
		if err := e.catalog.engine.recorder.begin(ctx, col); err != nil {
			// The switch is durable; the take begins with the first exchange then.
			e.catalog.engine.log.Warn("a take could not be begun yet", "collaborator", col.name, "error", err)
		}
	}
	return revision, nil
}

// publish makes an applied change visible, all at once.
func (e *edit) publish(more func()) {
	c := e.catalog
	c.state.Lock()
	before := c.collaborators
	c.collaborators = e.collaborators
	for _, col := range e.collaborators {
		c.revision = max(c.revision, col.revision)
	}
	more()
	for _, s := range c.simulations {
		c.revision = max(c.revision, s.revision)
	}
	c.publish(e.directory)
	c.state.Unlock()
	e.ports.commit()
	for n, old := range before {
		if now := e.collaborators[n]; old.upstream != nil && (now == nil || now.upstream != old.upstream) {
			old.upstream.close()
		}
	}
}
