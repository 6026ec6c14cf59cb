package simulator

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
)

// A session that is put in place of another, or of nothing, is in the store as
// the former or as the new one, whenever the process ends. One that fits is
// swapped in one write. Others are written as a generation, whose head
// "sessionhead/<id>" then counts instead of what is under [sessionKey], which is
// removed afterwards. Later changes are written into the generation.
const sessionHeads = "sessionhead/"

var sessionGenerations = generations{pieces: "sessiondata/", loose: "sessionloose/"}

func sessionHead(id string) string { return sessionHeads + escapeSession(id) }

// home is the prefix of the keys under which the store has a session. s.writing
// is held.
func (s *sessions) home(id string) string {
	if name := s.homes[id]; name != "" {
		return sessionGenerations.prefix(name)
	}
	return sessionKey(id)
}

// replace has the store keep entries, all that a session holds, in place of what
// it has of that session; their keys are within it. None is to forget it.
// s.writing is held.
func (s *sessions) replace(ctx context.Context, st Store, id string, entries []StateEntry) error {
	entries = slices.DeleteFunc(entries, func(e StateEntry) bool { return e.Value == nil })
	write, err := s.oneWrite(ctx, st, id, entries)
	switch {
	case err != nil:
		return err
	case !write.fits():
		return s.replaceLarge(ctx, st, id, entries)
	case len(write.entries) == 0:
		return nil
	}
	if err := st.PutState(ctx, write.entries); err != nil {
		return err
	}
	if former := s.homes[id]; former != "" {
		_ = sessionGenerations.drop(ctx, st, former) // it is done; the next start removes what is left
	}
	delete(s.homes, id)
	return nil
}

// oneWrite is what replaces a session at once; it is not all of it where it does
// not fit.
func (s *sessions) oneWrite(ctx context.Context, st Store, id string, entries []StateEntry) (write stateBatch, err error) {
	if former, there := s.homes[id]; there {
		write.add(StateEntry{Key: sessionHead(id)})
		if former != "" {
			write.add(sessionGenerations.lost(former))
		}
	}
	key := sessionKey(id)
	stays := make(map[string]struct{}, len(entries))
	for _, e := range entries {
		write.add(StateEntry{Key: key + e.Key, Value: e.Value})
		stays[key+e.Key] = struct{}{}
	}
	if !write.fits() {
		return write, nil
	}
	for e, err := range st.RangeState(ctx, key) {
		if err != nil {
			return write, err
		}
		if _, ok := stays[e.Key]; !ok {
			if write.add(StateEntry{Key: e.Key}); !write.fits() {
				break
			}
		}
	}
	return write, nil
}

// replaceLarge replaces what takes more than one write. A head without a name
// stands for a session that holds nothing, until what it held is removed.
func (s *sessions) replaceLarge(ctx context.Context, st Store, id string, entries []StateEntry) error {
	former, name := s.homes[id], ""
	var swap []StateEntry
	if len(entries) > 0 {
		name = rand.Text()
		if err := sessionGenerations.write(ctx, st, name, entries); err != nil {
			return err
		}
		swap = append(swap, sessionGenerations.kept(name))
	}
	swap = append(swap, StateEntry{Key: sessionHead(id), Value: []byte(name)})
	if former != "" {
		swap = append(swap, sessionGenerations.lost(former))
	}
	if err := st.PutState(ctx, swap); err != nil {
		return err
	}
	s.homes[id] = name
	if former != "" {
		_ = sessionGenerations.drop(ctx, st, former) // as above
	}
	err := s.settle(ctx, st, id)
	if name != "" {
		return nil // it is done; the next start removes what is left
	}
	return err
}

// settle removes what a head has put out of force, and a head that stands for nothing.
func (s *sessions) settle(ctx context.Context, st Store, id string) error {
	if err := st.DeleteState(ctx, sessionKey(id)); err != nil || s.homes[id] != "" {
		return err
	}
	if err := st.PutState(ctx, []StateEntry{{Key: sessionHead(id)}}); err != nil {
		return err
	}
	delete(s.homes, id)
	return nil
}

// loadHomes reads where sessions are, and removes what an end in the middle of
// a change has left. s.writing is held.
func (s *sessions) loadHomes(ctx context.Context, st Store) error {
	s.homes = map[string]string{}
	for e, err := range st.RangeState(ctx, sessionHeads) {
		if err != nil {
			return err
		}
		id, err := sessionOfKey(strings.TrimPrefix(e.Key, sessionHeads))
		if err != nil {
			slog.Warn("a session's state is unreadable and was passed over", "key", e.Key)
			continue
		}
		s.homes[id] = string(e.Value)
	}
	for id := range s.homes {
		if err := s.settle(ctx, st, id); err != nil {
			return err
		}
	}
	return sessionGenerations.sweep(ctx, st)
}
