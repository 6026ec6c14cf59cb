package matchers

import (
	"slices"
	"strings"
)

// Index is the index of one simulation's stubs. It is immutable.
//
// Stubs are divided first by collaborator, method and whether they look at the
// redacted request, each of them possibly "any"; then by the kind of their
// path: exact paths in a map, templates in a trie of segments, other operators
// by the literal text that a path must begin with, and stubs without a path.
// Each of these ends in a [bucket], and a crowded bucket is divided further by
// a literal that its stubs ask for. A search gathers the few buckets that a
// request leads to and goes through their stubs in order of precedence: what it
// tries does not grow with the number of stubs, as long as they differ in
// something literal.
type Index struct {
	size     int
	sections map[group]*section
	groups   []group // of the sections, always in the same order
	near     neighbours
}

// section is the stubs of one group.
type section struct {
	exact    map[string]*bucket
	trie     *trieNode
	prefixes *prefixes
	pathless *bucket
}

// BuildIndex indexes stubs; their order does not matter. Ids are unique among
// them.
func BuildIndex(stubs []*Stub) *Index {
	sorted := slices.Clone(stubs)
	slices.SortFunc(sorted, compareStubs)
	drafts := map[group]*draft{}
	for _, s := range sorted {
		for _, g := range groupsOf(s) {
			d := drafts[g]
			if d == nil {
				d = newDraft()
				drafts[g] = d
			}
			d.add(s)
		}
	}
	x := &Index{size: len(stubs), sections: make(map[group]*section, len(drafts)), near: newNeighbours(sorted)}
	for g, d := range drafts {
		x.sections[g] = d.section()
		x.groups = append(x.groups, g)
	}
	slices.SortFunc(x.groups, func(a, b group) int { return strings.Compare(a.String(), b.String()) })
	return x
}

// Len is the number of stubs.
func (x *Index) Len() int { return x.size }

// collaborators are those that the index has stubs for; "" for stubs of any.
func (x *Index) collaborators() []string {
	var out []string
	for _, g := range x.groups {
		if !slices.Contains(out, g.collaborator) {
			out = append(out, g.collaborator)
		}
	}
	return out
}

// draft gathers the stubs of a section, in order of precedence.
type draft struct {
	exact    map[string][]*Stub
	trie     *trieNode
	prefixes map[string][]*Stub
	pathless []*Stub
}

func newDraft() *draft {
	return &draft{exact: map[string][]*Stub{}, prefixes: map[string][]*Stub{}}
}

func (d *draft) add(s *Stub) {
	switch path := &s.pattern.path; path.kind {
	case exactPath:
		d.exact[path.exact] = append(d.exact[path.exact], s)
	case templatePath:
		if d.trie == nil {
			d.trie = &trieNode{}
		}
		d.trie.insert(path.template, s)
	case otherPath:
		d.prefixes[path.prefix] = append(d.prefixes[path.prefix], s)
	default:
		d.pathless = append(d.pathless, s)
	}
}

func (d *draft) section() *section {
	out := &section{exact: make(map[string]*bucket, len(d.exact)), trie: d.trie, pathless: newBucket(d.pathless)}
	for path, stubs := range d.exact {
		out.exact[path] = newBucket(stubs)
	}
	if d.trie != nil {
		d.trie.finish()
	}
	if len(d.prefixes) > 0 {
		out.prefixes = newPrefixes(d.prefixes)
	}
	return out
}

// gather adds what the section has for a path to the search.
func (sc *section) gather(path string, s *search) {
	s.collect(sc.exact[path], "exact path")
	if sc.trie != nil && path[0] == '/' {
		sc.trie.gather(path[1:], s)
	}
	if sc.prefixes != nil {
		sc.prefixes.gather(path, s)
	}
	s.collect(sc.pathless, "no path")
}
