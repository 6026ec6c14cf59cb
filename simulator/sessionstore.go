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
// One that was too large to be written at once is elsewhere, see [sessionHeads].
// A session id has no control characters, but it may hold '/', so it is escaped.
const sessionPrefix = "session/"

// maxEscapedID bounds an id in a key, in bytes: with the longest name of a value
// the key is still one that a store takes.
const maxEscapedID = 300

// sessionKey is the prefix of a session's keys.
func sessionKey(id string) string { return sessionPrefix + escapeSession(id) + "/" }

// escapeSession is an id in a key: '/' and '%' are escaped, or, where that makes
// it too long, it is "%~" and the id in base64.
func escapeSession(id string) string {
	escaped := strings.NewReplacer("%", "%25", "/", "%2F").Replace(id)
	if len(escaped) > maxEscapedID {
		escaped = "%~" + base64.RawURLEncoding.EncodeToString([]byte(id))
	}
	return escaped
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
	var replaced, all []*changes
	for i := range s.shards {
		r, c := s.shards[i].changes()
		replaced, all = append(replaced, r...), append(all, c...)
	}
	for i, c := range replaced {
		if err := s.replace(ctx, st, c.id, c.entries); err != nil {
			undo(replaced[i:])
			undo(all)
			return err
		}
	}
	var entries []StateEntry
	for _, c := range all {
		c.addRows()
		home := s.home(c.id)
		for _, e := range c.entries {
			entries = append(entries, StateEntry{Key: home + e.Key, Value: e.Value})
		}
	}
	if err := putState(ctx, st, entries); err != nil {
		undo(all)
		return err
	}
	return nil
}

// changes are what is to be written of one session, taken from it.
type changes struct {
	id      string
	data    *resource.Overlay
	tables  *table.Edits
	entries []StateEntry // their keys are within the session
	undo    []func()     // gives it back
}

func undo(all []*changes) {
	for _, c := range all {
		for _, again := range c.undo {
			again()
		}
	}
}

// changes takes what is to be written of a shard: of sessions that are new in
// the place of others all that they hold, of others what changed; their rows are
// for the caller to add.
func (sh *shard) changes() (replaced, others []*changes) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	anew := map[string]struct{}{}
	for _, id := range sh.replaced {
		anew[id] = struct{}{}
	}
	sh.replaced = nil
	for id := range anew {
		c := &changes{id: id, undo: []func(){func() {
			sh.mu.Lock()
			defer sh.mu.Unlock()
			sh.replaced = append(sh.replaced, id)
		}}}
		if se := sh.byID[id]; se != nil {
			c.take(sh, se)
			c.addRows() // here, so that they are those of this session's moment
		}
		replaced = append(replaced, c)
	}
	for id, se := range sh.byID {
		if _, ok := anew[id]; ok || len(se.dirty) == 0 && se.data == nil && se.tables == nil {
			continue
		}
		c := &changes{id: id}
		c.take(sh, se)
		others = append(others, c)
	}
	return replaced, others
}

// take takes what changed of what a session remembers. The shard's lock is held.
func (c *changes) take(sh *shard, se *session) {
	c.data, c.tables = se.data, se.tables
	if len(se.dirty) == 0 {
		return
	}
	for m := range se.dirty {
		c.entries = append(c.entries, StateEntry{Key: string(m.kind) + "/" + m.name, Value: se.memoValue(m)})
	}
	taken := se.dirty
	se.dirty = map[memo]struct{}{}
	c.undo = append(c.undo, func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		maps.Copy(se.dirty, taken)
	})
}

// addRows takes what changed in collections and tables.
func (c *changes) addRows() {
	if c.data != nil {
		rows, again := c.data.Changes()
		for _, r := range rows {
			c.entries = append(c.entries, StateEntry{Key: string(memoRow) + "/" + r.Key, Value: r.Value})
		}
		c.undo = append(c.undo, again)
	}
	if c.tables != nil {
		rows, again := c.tables.Changes()
		for _, r := range rows {
			c.entries = append(c.entries, StateEntry{Key: string(memoTableRow) + "/" + r.Key, Value: r.Value})
		}
		c.undo = append(c.undo, again)
	}
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

// stateBatch gathers one write of state.
type stateBatch struct {
	entries []StateEntry
	bytes   int
}

func (b *stateBatch) add(e StateEntry) {
	b.entries = append(b.entries, e)
	b.bytes += len(e.Key) + len(e.Value)
}

func (b *stateBatch) fits() bool {
	return len(b.entries) <= maxStateEntries && b.bytes <= maxStateBytes
}

// takes reports whether it fits with one more.
func (b *stateBatch) takes(e StateEntry) bool {
	return len(b.entries) < maxStateEntries && b.bytes+len(e.Key)+len(e.Value) <= maxStateBytes
}

// putState writes entries in as many writes as they need.
func putState(ctx context.Context, st Store, entries []StateEntry) error {
	for len(entries) > 0 {
		var b stateBatch
		b.add(entries[0])
		for _, e := range entries[1:] {
			if !b.takes(e) {
				break
			}
			b.add(e)
		}
		if err := st.PutState(ctx, b.entries); err != nil {
			return err
		}
		entries = entries[len(b.entries):]
	}
	return nil
}

// load reads back what flush wrote before a restart. What expired meanwhile is
// gone; the time of being idle begins anew.
func (s *sessions) load(ctx context.Context, st Store) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.loadHomes(ctx, st); err != nil {
		return err
	}
	now := s.now().UnixNano()
	for e, err := range st.RangeState(ctx, sessionPrefix) {
		if err != nil {
			return err
		}
		escaped, within, _ := strings.Cut(strings.TrimPrefix(e.Key, sessionPrefix), "/")
		id, err := sessionOfKey(escaped)
		if err != nil {
			slog.Warn("a session's state is unreadable and was passed over", "key", e.Key)
			continue
		}
		s.recallEntry(id, within, e.Value, now)
	}
	for id := range s.homes {
		home := s.home(id)
		for e, err := range st.RangeState(ctx, home) {
			if err != nil {
				return err
			}
			s.recallEntry(id, strings.TrimPrefix(e.Key, home), e.Value, now)
		}
	}
	s.trim()
	return nil
}

// recallEntry puts back what the store has under a key within a session.
func (s *sessions) recallEntry(id, key string, value []byte, now int64) {
	kind, name, found := strings.Cut(key, "/")
	if !found || len(kind) != 1 {
		slog.Warn("a session's state is unreadable and was passed over", "session", id, "key", key)
		return
	}
	if err := s.recall(id, kind[0], name, value, now); err != nil {
		slog.Warn("a part of a session's state was passed over", "session", id, "error", err)
	}
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
