package simulator

import (
	"context"
	"strings"
)

// generations keep what is too large for one write of state, whole or not at all.
//
// Each is a set of pieces under a name of its own, that nobody reads before a
// head, written last, points to it. What is written before its head, or loses it,
// is marked as loose in the same write that makes it so, and what is marked at a
// start is removed.
type generations struct {
	pieces, loose string // the prefixes of keys, each ends in '/'
}

// prefix is that of the keys of one.
func (g generations) prefix(name string) string { return g.pieces + name + "/" }

// lost and kept are entries for the write in which a generation loses its head,
// and for that in which it gets one.
func (g generations) lost(name string) StateEntry {
	return StateEntry{Key: g.loose + name, Value: []byte{1}}
}

func (g generations) kept(name string) StateEntry { return StateEntry{Key: g.loose + name} }

// write writes a new one, loose; the keys of its pieces are within it. Where that
// breaks off, what was written is removed, if not now then at the next start.
func (g generations) write(ctx context.Context, st Store, name string, pieces []StateEntry) error {
	if err := st.PutState(ctx, []StateEntry{g.lost(name)}); err != nil {
		return err
	}
	within := make([]StateEntry, len(pieces))
	for i, p := range pieces {
		within[i] = StateEntry{Key: g.prefix(name) + p.Key, Value: p.Value}
	}
	err := putState(ctx, st, within)
	if err != nil {
		_ = g.drop(context.WithoutCancel(ctx), st, name)
	}
	return err
}

// drop removes a loose one, and then its mark.
func (g generations) drop(ctx context.Context, st Store, name string) error {
	if err := st.DeleteState(ctx, g.prefix(name)); err != nil {
		return err
	}
	return st.PutState(ctx, []StateEntry{g.kept(name)})
}

// sweep removes what an end in the middle of a change has left.
func (g generations) sweep(ctx context.Context, st Store) error {
	var loose []string
	for e, err := range st.RangeState(ctx, g.loose) {
		if err != nil {
			return err
		}
		loose = append(loose, strings.TrimPrefix(e.Key, g.loose))
	}
	for _, name := range loose {
		if err := g.drop(ctx, st, name); err != nil {
			return err
		}
	}
	return nil
}
