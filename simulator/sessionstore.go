package simulator

import (
	"context"
	"encoding/base64"
	"log/slog"
	"maps"
	"strconv"
	"strings"

	"understudy/simulator/resource"
	"understudy/simulator/table"
)

// The state's keys: "session/<id>/s/<scenario>", "session/<id>/n/<simulation>/<stub>",
// "session/<id>/v/<value>", "session/<id>/d/", "session/<id>/r/<row of a collection>" and
// "session/<id>/t/<row of a table>".
// A session id has no control characters, but it may hold '/', so it is escaped.
const sessionPrefix = "session/"

// maxEscapedID bounds an id in a key, in bytes: with the longest name of a value
// the key is still one that a store takes.
const maxEscapedID = 300

// sessionKey is the prefix of a session's keys: its id, in which '/' and '%' are
// escaped, or, where that makes it too long, "%~" and the id in base64.
func sessionKey(id string) string {
	escaped := strings.NewReplacer("%", "%25", "/", "%2F").Replace(id)
	if len(escaped) > maxEscapedID {
		escaped = "%~" + base64.RawURLEncoding.EncodeToString([]byte(id))
	}
	return sessionPrefix + escaped + "/"
}

// sessionOfKey reads an id in a key.
func sessionOfKey(escaped string) (string, error) {
	if coded, ok := strings.CutPrefix(escaped, "%~"); ok {
		id, err := base64.RawURLEncoding.DecodeString(coded)
		return string(id), err
	}
	return strings.NewReplacer("%2F", "/", "%25", "%").Replace(escaped), nil
}

// flush writes what changed since the last flush. What could not be written is
// tried again by the next.
func (s *sessions) flush(ctx context.Context, st Store) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	var entries []StateEntry
	var undo []func()
	data, tables := map[string]*resource.Overlay{}, map[string]*table.Edits{}
	for i := range s.shards {
		sh := &s.shards[i]
		if err := s.flushRemoved(ctx, st, sh); err != nil {
			return err
		}
		sh.mu.Lock()
		for id, se := range sh.byID {
			if se.data != nil {
				data[id] = se.data
			}
			if se.tables != nil {
				tables[id] = se.tables
			}
			if len(se.dirty) == 0 {
				continue
			}
			for m := range se.dirty {
				entries = append(entries, StateEntry{Key: sessionKey(id) + string(m.kind) + "/" + m.name, Value: se.memoValue(m)})
			}
			taken := se.dirty
			se.dirty = map[memo]struct{}{}
			undo = append(undo, func() {
				sh.mu.Lock()
				defer sh.mu.Unlock()
				maps.Copy(se.dirty, taken)
			})
		}
		sh.mu.Unlock()
	}
	for id, o := range data {
		changes, again := o.Changes()
		for _, c := range changes {
			entries = append(entries, StateEntry{Key: sessionKey(id) + string(memoRow) + "/" + c.Key, Value: c.Value})
		}
		undo = append(undo, again)
	}
	for id, e := range tables {
		changes, again := e.Changes()
		for _, c := range changes {
			entries = append(entries, StateEntry{Key: sessionKey(id) + string(memoTableRow) + "/" + c.Key, Value: c.Value})
		}
		undo = append(undo, again)
	}
	if err := putState(ctx, st, entries); err != nil {
		for _, again := range undo {
			again()
		}
		return err
	}
	return nil
}

// flushRemoved removes from the store what is gone. One that has begun anew
// since has written nothing yet: this comes before every write.
func (s *sessions) flushRemoved(ctx context.Context, st Store, sh *shard) error {
	sh.mu.Lock()
	removed := sh.removed
	sh.removed = nil
	sh.mu.Unlock()
	for i, id := range removed {
		if err := st.DeleteState(ctx, sessionKey(id)); err != nil {
			sh.mu.Lock()
			sh.removed = append(sh.removed, removed[i:]...)
			sh.mu.Unlock()
			return err
		}
	}
	return nil
}

// memoValue is what the store keeps of a memo, nil for one that is gone. The
// shard's lock is held.
func (r *remembered) memoValue(m memo) []byte {
	switch m.kind {
	case memoAnswers:
		return strconv.AppendInt(nil, int64(r.answers[m.name]), 10)
	case memoDraws:
		return strconv.AppendInt(nil, int64(r.draws), 10)
	}
	k, there := r.memosOf(m.kind)[m.name]
	if !there {
		return nil
	}
	return k.appendTo(nil, m.kind)
}

// A value is kept behind a '=', or, where it expires, behind "@<when>=". A state
// is kept as it is, or, where it expires or begins with a NUL, behind
// "\x00<when>=". When is in nanoseconds of Unix time.
const (
	plainValue    = '='
	mortalValue   = '@'
	markedState   = '\x00'
	removedBefore = "-" // a value that was removed, as versions of before wrote it
)

func (k kept) appendTo(b []byte, kind byte) []byte {
	switch {
	case kind == memoValue && k.until != 0:
		b = append(strconv.AppendInt(append(b, mortalValue), k.until, 10), '=')
	case kind == memoValue:
		b = append(b, plainValue)
	case k.until != 0 || strings.HasPrefix(k.text, string(rune(markedState))):
		b = append(strconv.AppendInt(append(b, markedState), k.until, 10), '=')
	}
	return append(b, k.text...)
}

// parseKept reads what appendTo wrote; ok is false for what is none, or is gone.
func parseKept(kind byte, text string) (k kept, ok bool) {
	switch {
	case kind == memoValue && text == removedBefore, text == "":
		return kept{}, false
	case kind == memoValue && text[0] == plainValue:
		return kept{text: text[1:]}, true
	case kind == memoScenario && text[0] != markedState:
		return kept{text: text}, true
	case kind == memoValue && text[0] != mortalValue:
		return kept{}, false
	}
	when, text, found := strings.Cut(text[1:], "=")
	n, err := strconv.ParseInt(when, 10, 64)
	return kept{text, n}, found && err == nil && n >= 0
}

// Bounds of one write of state; a store takes at least these.
const (
	maxStateBytes   = 512 << 10
	maxStateEntries = 4096
)

// putState writes entries in as many writes as they need.
func putState(ctx context.Context, st Store, entries []StateEntry) error {
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && n < maxStateEntries {
			size += len(entries[n].Key) + len(entries[n].Value)
			if n > 0 && size > maxStateBytes {
				break
			}
			n++
		}
		if err := st.PutState(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// load reads back what flush wrote before a restart. What expired meanwhile is
// gone; the time of being idle begins anew.
func (s *sessions) load(ctx context.Context, st Store) error {
	now := s.now().UnixNano()
	for e, err := range st.RangeState(ctx, sessionPrefix) {
		if err != nil {
			return err
		}
		parts := strings.SplitN(strings.TrimPrefix(e.Key, sessionPrefix), "/", 3)
		if len(parts) != 3 || len(parts[1]) != 1 {
			slog.Warn("a session's state is unreadable and was passed over", "key", e.Key)
			continue
		}
		id, err := sessionOfKey(parts[0])
		if err == nil {
			err = s.recall(id, parts[1][0], parts[2], e.Value, now)
		}
		if err != nil {
			slog.Warn("a part of a session's state was passed over", "session", id, "error", err)
		}
	}
	s.trim()
	return nil
}

// recall puts back one thing that a session remembered, or changed in a
// collection or table.
func (s *sessions) recall(id string, kind byte, name string, value []byte, now int64) error {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := s.use(sh, id)
	switch kind {
	case memoScenario, memoValue:
		k, ok := parseKept(kind, string(value))
		if !ok {
			return nil
		}
		if k.over(now) {
			se.dirty[memo{kind, name}] = struct{}{} // the next flush removes it
			return nil
		}
		return se.change(weigh(name, k.text), func() {
			se.set(kind, name, k)
			delete(se.dirty, memo{kind, name})
		})
	case memoAnswers:
		n, err := strconv.Atoi(string(value))
		if err != nil {
			return err
		}
		return se.change(weigh(name, ""), func() {
			se.counted(name, n)
			delete(se.dirty, memo{kind, name})
		})
	case memoDraws:
		n, err := strconv.Atoi(string(value))
		se.draws = n
		return err
	case memoRow:
		if se.data == nil {
			se.data = resource.NewOverlay(s.budget)
		}
		return se.data.Restore(value)
	case memoTableRow:
		if se.tables == nil {
			se.tables = table.NewEdits(s.budget)
		}
		return se.tables.Restore(value)
	}
	return nil
}
