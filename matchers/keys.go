package matchers

import (
	"cmp"
	"strings"
)

// keys are what an index has to know of a stub. They are taken from a compiled
// stub, which can then be let go and made again when a request leads to it.
type keys struct {
	rank         rank
	revision     uint64
	position     uint32
	id           string
	collaborator string
	groups       []group
	path         pathShape
	literals     []literal
	plain        bool
	// keep is set for stubs that are too dear to be made again.
	keep *Stub
}

func keysOf(s *Stub) keys {
	k := keys{
		rank: s.rank, revision: s.model.Revision, position: s.model.Position, id: s.ID, collaborator: s.Collaborator,
		groups: groupsOf(s), path: s.pattern.path, literals: s.pattern.literals(),
	}
	if s.Dear || s.pattern.dear {
		k.keep = s
	} else {
		k.plain = isPlain(s.model.Packed)
	}
	return k
}

// compareKeys is compareStubs for stubs of one simulation.
func compareKeys(a, b *keys) int {
	if c := cmp.Or(compareRanks(&a.rank, &b.rank), cmp.Compare(b.revision, a.revision), cmp.Compare(b.position, a.position)); c != 0 {
		return c
	}
	return strings.Compare(a.id, b.id)
}
