package matchers

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"understudy/simulations"
)

// Builder makes an index of one simulation's stubs. It belongs to one goroutine.
type Builder struct {
	index *Index
	keys  []keys
	// beside is what is made of the keys while buckets are.
	beside sync.WaitGroup
}

// NewBuilder begins an index; open makes its stubs ready, answer the answers of
// plain ones alone.
func NewBuilder(simulation string, open Opener, answer Answerer) *Builder {
	return &Builder{index: &Index{simulation: simulation, open: open, answer: answer}}
}

// Faults are what is wrong with one of the stubs that were added.
type Faults struct {
	// Number is the stub's place among those added in the same call, ID its id
	// where that could be read.
	Number int
	ID     string
	Fields []simulations.FieldError
}

// Reserve makes room for that many stubs more, so that it need not grow in steps.
func (b *Builder) Reserve(n int) { b.keys = slices.Grow(b.keys, n) }

// Add adds stubs, whose ids are unique among all that are added, and compiles
// them on all processors. Their Packed become parts of the index's memory, so
// that who keeps them keeps nothing twice. It returns what is wrong with those that do not
// compile, at most a hundred; the builder is of no use then. Stubs whose revision
// is 0 get theirs from [Index.Date].
func (b *Builder) Add(stubs []simulations.PackedStub) []Faults {
	texts := make([]string, len(stubs))
	for i := range stubs {
		texts[i] = stubs[i].Packed
	}
	for i, text := range b.index.packed.put(texts) {
		stubs[i].Packed = text
	}
	from := len(b.keys)
	b.keys = slices.Grow(b.keys, len(stubs))[:from+len(stubs)]
	return b.compile(from, func(i int) (*Stub, []simulations.FieldError) {
		return b.index.open(b.index.simulation, stubs[i])
	})
}

// AddAccepted is Add for stubs that were made ready of the same bytes before.
func (b *Builder) AddAccepted(stubs []simulations.PackedStub) {
	if faults := b.Add(stubs); len(faults) > 0 {
		unmakeable(stubs[faults[0].Number].Packed, faults[0].Fields[0])
	}
}

// compile takes the keys of stubs that were shelved, from a number on.
func (b *Builder) compile(from int, open func(i int) (*Stub, []simulations.FieldError)) []Faults {
	const piece, most = 64, 100
	var next atomic.Int64
	var mu sync.Mutex
	var faults []Faults
	work := func() {
		for {
			lo := int(next.Add(piece)) - piece
			if from+lo >= len(b.keys) {
				return
			}
			for i := lo; i < lo+piece && from+i < len(b.keys); i++ {
				s, wrong := open(i)
				if len(wrong) == 0 {
					b.keys[from+i] = keysOf(s)
					continue
				}
				id, _ := simulations.PackedID(b.index.packed.get(uint32(from + i))) // "" will do
				mu.Lock()
				faults = append(faults, Faults{Number: i, ID: id, Fields: wrong})
				enough := len(faults) >= most
				mu.Unlock()
				if enough {
					next.Store(int64(len(b.keys)))
				}
			}
		}
	}
	if len(b.keys)-from <= piece {
		work()
	} else {
		var workers sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			workers.Go(work)
		}
		workers.Wait()
	}
	slices.SortFunc(faults, func(a, b Faults) int { return a.Number - b.Number })
	return faults
}

// Reuse adds those stubs of another index of the simulation that keep wants. It
// shares their memory; what is left out stays in it, until so much of it is
// left out that the rest is worth copying.
func (b *Builder) Reuse(x *Index, keep func(id string) bool) {
	var numbers []uint32
	for n := range uint32(x.Len()) {
		if keep(x.id(n)) {
			numbers = append(numbers, n)
		}
	}
	from := len(b.keys)
	shelf := &b.index.packed
	if held := x.packed.bytes(); x.packed.used(numbers) < held/2 || len(x.packed.pieces) > maxPieces {
		texts := make([]string, 0, len(numbers))
		for _, n := range numbers {
			texts = append(texts, x.packed.get(n))
		}
		for piece := range slices.Chunk(texts, reshelved) {
			shelf.put(piece)
		}
	} else {
		shelf.share(&x.packed, numbers)
	}
	b.keys = slices.Grow(b.keys, len(numbers))[:from+len(numbers)]
	b.compile(from, func(i int) (*Stub, []simulations.FieldError) {
		n := numbers[i]
		if x.kept != nil && x.kept[n] != nil {
			return x.kept[n], nil
		}
		s := x.Packed(n)
		s.Packed = shelf.get(uint32(from + i))
		return b.index.open(b.index.simulation, s)
	})
}

const (
	// maxPieces bounds the pieces of a shelf that is shared again and again.
	maxPieces = 4096
	// reshelved is how many texts make a piece when a shelf is copied.
	reshelved = 1024
)

// Build ends the work.
func (b *Builder) Build() *Index {
	x := b.index
	b.number()
	x.ready = make([]readyPlace, min(max(len(b.keys), 1), maxReady))
	b.columns()
	b.beside.Go(func() { x.near = newNeighbours(b.keys) })
	b.sections()
	b.beside.Wait()
	b.keys = nil
	return x
}

// number puts the stubs in order of precedence.
func (b *Builder) number() {
	order := make([]uint32, len(b.keys))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int { return compareKeys(&b.keys[i], &b.keys[j]) })
	sorted := make([]keys, len(order))
	for i, from := range order {
		sorted[i] = b.keys[from]
	}
	b.keys = sorted
	b.index.packed.reorder(order)
}

// columns fill in what the index keeps of each stub.
func (b *Builder) columns() {
	x := b.index
	x.positions = make([]uint32, len(b.keys))
	x.ids = make([]uint32, len(b.keys))
	x.counts = map[string]int{}
	x.plains = make([]uint64, (len(b.keys)+63)/64)
	if len(b.keys) > 0 {
		x.base = b.keys[0].revision
	}
	for n := range b.keys {
		k := &b.keys[n]
		x.positions[n], x.ids[n] = k.position, uint32(n)
		if _, ok := x.counts[k.collaborator]; !ok {
			x.counts[strings.Clone(k.collaborator)] = 0 // the key must not hold a piece of the shelf
		}
		x.counts[k.collaborator]++
		if k.revision != x.base && x.revisions == nil {
			x.revisions = make([]uint64, len(b.keys))
		}
		if k.plain {
			x.plains[n/64] |= 1 << (n % 64)
		}
		if k.keep != nil {
			if x.kept == nil {
				x.kept = make([]*Stub, len(b.keys))
			}
			x.kept[n] = k.keep
		}
	}
	for n := range x.revisions {
		x.revisions[n] = b.keys[n].revision
	}
	if x.revisions != nil {
		x.base = 0 // for those that have none yet
	}
	slices.SortFunc(x.ids, func(i, j uint32) int { return strings.Compare(b.keys[i].id, b.keys[j].id) })
}

// draft gathers the stubs of a section, in order of precedence.
type draft struct {
	exact     places
	trie      trie
	end, rest places // by node of the trie
	// stem are the literal segments, never the last, that all templates begin with.
	stem      []string
	templates bool
	prefixes  map[string][]uint32
	pathless  []uint32
}

// places gathers stubs by a key that most of them have to themselves.
type places struct {
	one  map[uint64]slot
	more map[uint64][]uint32
}

func (p *places) add(key uint64, n uint32) {
	first, ok := p.one[key]
	if !ok {
		if p.one == nil {
			p.one = map[uint64]slot{}
		}
		p.one[key] = stubSlot(n)
		return
	}
	if p.more == nil {
		p.more = map[uint64][]uint32{}
	}
	if p.more[key] == nil {
		p.more[key] = []uint32{uint32(first) - 1}
	}
	p.more[key] = append(p.more[key], n)
}

// slots makes a slot for each key.
func (p *places) slots(of func(stubs []uint32) slot) map[uint64]slot {
	for key, stubs := range p.more {
		p.one[key] = of(stubs)
	}
	return p.one
}

func (b *Builder) sections() {
	drafts := map[group]*draft{}
	var last *draft
	var lastGroup group
	for n := range b.keys {
		for _, g := range b.keys[n].groups {
			if last == nil || g != lastGroup {
				if last = drafts[g]; last == nil {
					last = &draft{prefixes: map[string][]uint32{}}
					drafts[g] = last
				}
				lastGroup = g
			}
			last.add(uint32(n), &b.keys[n].path)
		}
	}
	x := b.index
	for g, d := range drafts {
		g = group{strings.Clone(g.collaborator), strings.Clone(g.method), g.redacted}
		x.sections = append(x.sections, b.section(g, d))
	}
	sortSections(x.sections)
	if len(x.sections) > manySections {
		x.byGroup = make(map[group]*section, len(x.sections))
		for _, sc := range x.sections {
			x.byGroup[sc.group] = sc
		}
	}
}

func (d *draft) add(n uint32, path *pathShape) {
	switch path.kind {
	case exactPath:
		d.exact.add(hashOf(hashText, path.exact), n)
	case templatePath:
		d.shorten(path.template)
		node := uint64(d.trie.insert(path.template))
		if path.template.hasRest {
			d.rest.add(node, n)
		} else {
			d.end.add(node, n)
		}
	case otherPath:
		d.prefixes[path.prefix] = append(d.prefixes[path.prefix], n)
	default:
		d.pathless = append(d.pathless, n)
	}
}

// shorten takes from the stem what a template does not begin with.
func (d *draft) shorten(t *template) {
	if !d.templates {
		d.templates = true
		for _, sg := range t.segments {
			d.stem = append(d.stem, sg.literal)
		}
	}
	n := 0
	for n < len(d.stem) && n < len(t.segments)-1 && t.segments[n].param == "" && t.segments[n].literal == d.stem[n] {
		n++
	}
	d.stem = d.stem[:n]
}

func (b *Builder) section(g group, d *draft) *section {
	out := &section{group: g, exact: newSlots(d.exact.slots(b.slot)), trie: d.trie, pathless: b.slot(d.pathless)}
	if d.templates {
		out.trie.finish(d.stem)
	}
	for node, at := range d.end.slots(b.slot) {
		out.trie.nodes[node].end = at
	}
	for node, at := range d.rest.slots(b.slot) {
		out.trie.nodes[node].rest = at
	}
	for prefix, stubs := range d.prefixes {
		out.prefixes.put(prefix, b.slot(stubs))
	}
	return out
}
