package store

import (
	"context"
	"iter"

	"understudy/simulations"
)

func (d *db) PutState(ctx context.Context, entries []simulations.StateEntry) error {
	size := 0
	for _, e := range entries {
		if len(e.Key) > maxName || len(e.Value) > maxState {
			return simulations.Errorf(simulations.CodeTooLarge, "a key of state has at most %d bytes and a value %d, %.40q has %d and %d", maxName, maxState, e.Key, len(e.Key), len(e.Value))
		}
		size += 2*opOverhead + len(e.Key) + len(e.Value)
	}
	if l := d.engine.Limits(); size > l.Bytes/2 || len(entries) > l.Ops/2 {
		return simulations.Errorf(simulations.CodeTooLarge, "%d entries of state with %d bytes are too many to write at once", len(entries), size)
	}
	if len(entries) == 0 {
		return nil
	}
	return d.guard(func() error {
		return d.write(ctx, size, false, func(t *txn) error {
			for _, e := range entries {
				if e.Value == nil {
					t.drop(key(kindState, e.Key))
				} else {
					t.put(key(kindState, e.Key), append([]byte{formInline}, e.Value...))
				}
			}
			return nil
		})
	})
}

func (d *db) RangeState(ctx context.Context, prefix string) iter.Seq2[simulations.StateEntry, error] {
	return func(yield func(simulations.StateEntry, error) bool) {
		stopped := false
		err := d.guard(func() error {
			return d.engine.Scan(key(kindState, prefix), nil, func(k, v []byte) error {
				if err := ctx.Err(); err != nil {
					return simulations.Errorf(simulations.CodeUnavailable, "reading was given up: %w", err)
				}
				if len(v) == 0 || v[0] != formInline {
					return damaged("a value of state", errMalformed)
				}
				e := simulations.StateEntry{Key: string(k[len(kindState):]), Value: append([]byte{}, v[1:]...)}
				if !yield(e, nil) {
					stopped = true
					return errStop
				}
				return nil
			})
		})
		if err != nil && !stopped {
			yield(simulations.StateEntry{}, err)
		}
	}
}

func (d *db) DeleteState(ctx context.Context, prefix string) error {
	return d.guard(func() error {
		return d.dropPrefix(key(kindState, prefix), func(ops []Op, sync bool) error {
			size := 0
			for _, op := range ops {
				size += op.size()
			}
			return d.write(ctx, size, sync, func(t *txn) error {
				for _, op := range ops {
					t.drop(op.Key)
				}
				return nil
			})
		})
	})
}
