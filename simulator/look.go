package simulator

import "understudy/matchers"

// look is one search for the stub that answers a request: what its claims have
// seen of the session.
//
// A search tries stubs one after the other, and the session moves on between
// them: of the steps of a ring, each may be tried just when it is another's turn,
// and none would answer, though at every moment one would have. So a stub is
// granted only where those that were passed over are blocked still, and a search
// for which that does not hold is begun again. Holding the session's lock for a
// whole search was rejected: a predicate on a large body would hold up the shard.
//
// The methods of nil do nothing, and hold.
type look struct {
	// passed are the stubs that the session did not grant, the first of them when
	// its moves were these.
	passed []*matchers.Stub
	moves  uint64
	// stale says that one of them would be granted meanwhile.
	stale bool
}

// maxLooks bounds how often a search is begun again. Each time, another request
// has moved the session on.
const maxLooks = 1000

// untouched reports whether nothing was passed over.
func (l *look) untouched() bool { return l == nil || len(l.passed) == 0 }

// pass notes a stub that the session does not grant.
func (l *look) pass(se *session, st *matchers.Stub) {
	if l == nil {
		return
	}
	if len(l.passed) == 0 {
		l.moves = se.moves
	}
	l.passed = append(l.passed, st)
}

// holds reports whether what was passed over is blocked still. The session's
// shard's lock is held.
func (l *look) holds(se *session, now int64) bool {
	switch {
	case l.untouched():
		return true
	case l.stale:
		return false
	case se.moves == l.moves && (se.next == 0 || se.next > now):
		return true
	}
	for _, st := range l.passed {
		if se.blocks(st, answersOf(st), now) == nil {
			l.stale = true
			return false
		}
	}
	return true
}

// settled reports whether a search that found nothing may end.
func (s *sessions) settled(id string, l *look) bool {
	if l.untouched() {
		return true
	}
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if se == nil {
		se = &session{}
	}
	return l.holds(se, s.now().UnixNano())
}
