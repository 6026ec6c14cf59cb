package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"understudy/simulations"
)

func (d *db) Restore(ctx context.Context, r io.Reader) error {
	return d.guard(func() error {
		// Before anything is read, which may take as long as who sends it likes.
		if err := d.vacant(); err != nil {
			return err
		}
		in, err := newBackupReader(r, d.engine.Limits())
		if err != nil {
			return err
		}
		return d.writer.do(ctx, &request{alone: func() error { return d.restore(ctx, in) }})
	})
}

// vacant reports that something is stored: CodeConflict.
func (d *db) vacant() error {
	return scan(d.engine, nil, nil, func(k, _ []byte) error {
		if bytes.HasPrefix(k, []byte(kindSchema)) {
			return nil
		}
		return simulations.Errorf(simulations.CodeConflict, "a backup can be restored into an empty store only: start understudy with another data folder")
	})
}

// restore runs alone. A mark stands in the store from before the first record
// to after the last check; a store that is opened with the mark is emptied.
func (d *db) restore(ctx context.Context, in *backupReader) error {
	if err := d.vacant(); err != nil {
		return err
	}
	if err := d.engine.Apply([]Op{{[]byte(kindRestoring), []byte{formInline}}}, true); err != nil {
		return err
	}
	err := d.restoreRecords(ctx, in)
	if err == nil {
		err = d.verify(ctx)
	}
	if err == nil {
		err = d.engine.Apply([]Op{{Key: []byte(kindRestoring)}}, true)
	}
	if err == nil {
		return d.collect.resume()
	}
	if wiped := d.wipe(); wiped != nil {
		d.broken.Store(simulations.Errorf(simulations.CodeUnavailable, "a restore failed and could not be taken back; restart understudy, the store is empty then"))
		return errors.Join(err, wiped)
	}
	return err
}

// restoreRecords writes what a backup holds; every record is one that this
// package could have written.
func (d *db) restoreRecords(ctx context.Context, in *backupReader) error {
	w := pieceWriter{engine: d.engine}
	generations := make(map[string]uint64)
	for {
		if err := ctx.Err(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "the restore was given up, nothing was restored: %w", err)
		}
		k, v, err := in.next()
		if err != nil {
			return err
		}
		if k == nil {
			return w.flush()
		}
		keep, err := keptInBackup(k, v, generations)
		if err == nil && !keep {
			err = errMalformed
		}
		if err == nil {
			err = checkRecord(k, v)
		}
		if err != nil {
			return badBackup("record %d: %v", in.count-1, err)
		}
		if err := w.put(k, v); err != nil {
			return err
		}
	}
}

// checkRecord decodes a record as reading would.
func checkRecord(k, v []byte) (err error) {
	if len(k) < 2 || len(v) == 0 {
		return errMalformed
	}
	inline := v[0] == formInline
	ok := inline
	switch string(k[:2]) {
	case kindCounters:
		_, err = decodeCounters(v)
		ok = ok && len(k) == 2
	case kindCollaborator:
		var r *collaboratorRecord
		ok = validName(k[2:])
		if r, err = decodeCollaborator(v); err == nil && inline {
			_, err = simulations.ParseCollaborator(r.payload.data)
		}
	case kindDeclared:
		var r *declaredRecord
		ok = validName(k[2:])
		if r, err = decodeDeclared(v); err == nil && inline {
			_, err = simulations.ParseDeclared(r.payload.data)
		}
	case kindSimulation:
		ok = ok && validName(k[2:])
		err = decodeJSON(v, new(header))
	case kindStub:
		var r *stubRecord
		_, id, isStub := parseStubKey(k)
		ok = isStub && validName([]byte(id))
		if r, err = decodeStub(v); err == nil && r.payload.body == nil {
			if r.payload.packed {
				_, err = simulations.Unpack(string(r.payload.data))
			}
			if err == nil {
				_, err = r.payload.packedStub([]byte(id), r.payload.data)
			}
		}
	case kindChunk:
		var d digest
		d, ok = parseDigest(k, kindChunk)
		ok = ok && inline && len(v) > 1 && len(v) <= 1+chunkSize && d == sha256.Sum256(v[1:])
	case kindChunkMark:
		_, isMark := parseDigest(k, kindChunkMark)
		ok = ok && isMark && len(v) == 1
	case kindBody:
		_, isBody := parseDigest(k, kindBody)
		ok = ok && isBody
		_, err = decodeManifest(v)
	case kindState:
		ok = ok && len(k) <= 2+maxName && len(v) <= 1+maxState
	case kindExchange:
		_, ok = parseNumbers(k, kindExchange, 1)
		if inline {
			_, err = decodeRecorded(v[1:])
		} else {
			ok = ok && v[0] == formExternal && len(v) == 1+len(digest{})
		}
	case kindOfTake:
		_, isEntry := parseNumbers(k, kindOfTake, 2)
		ok = ok && isEntry
		_, err = decodeRefs(v)
	case kindRequest:
		ok = ok && len(k) == 2+8+16 && len(v) == 1
	case kindTake:
		_, isTake := parseNumbers(k, kindTake, 1)
		ok = ok && isTake
		err = decodeJSON(v, new(takeRecord))
	case kindCurrent:
		ok = ok && validName(k[2:]) && len(v) == 9
	default:
		ok = false
	}
	if err == nil && !ok {
		err = errMalformed
	}
	return err
}

func validName(n []byte) bool { return len(n) > 0 && len(n) <= maxName }

// verify sees that what records refer to is there, and that no number will be
// given out twice.
func (d *db) verify(ctx context.Context) error {
	has := func(kind string, x digest) error {
		if err := ctx.Err(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "the restore was given up, nothing was restored: %w", err)
		}
		there, err := d.engine.Has(digestKey(kind, x))
		if err == nil && !there {
			err = badBackup("a body that a record refers to is missing")
		}
		return err
	}
	if err := d.eachReference(func(x digest) error { return has(kindBody, x) }); err != nil {
		return err
	}
	err := d.eachChunk(func(x digest) error {
		return errors.Join(has(kindChunk, x), has(kindChunkMark, x))
	})
	if err != nil {
		return err
	}
	n, err := readCounters(d.engine)
	if err != nil {
		return err
	}
	wrong := badBackup("its counters are behind its records")
	err = d.engine.Scan([]byte(kindSimulation), nil, func(_, v []byte) error {
		h := new(header)
		if err := decodeJSON(v, h); err != nil {
			return damaged("a simulation", err)
		}
		if h.Revision > n.revision || h.Base > n.revision || h.Generation > n.generation {
			return wrong
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.engine.Scan(numberKey(kindExchange), numberKey(kindExchange, n.sequence+1), func(_, _ []byte) error { return wrong }); err != nil {
		return err
	}
	return d.eachTake(func(id uint64, _ *takeRecord) error {
		if id > n.take {
			return wrong
		}
		return nil
	})
}

// wipe empties the store but for its schema; the mark of a restore goes last.
func (d *db) wipe() error {
	var from []byte
	for {
		var ops []Op
		err := scan(d.engine, nil, from, func(k, _ []byte) error {
			if s := string(k); s == kindSchema || s == kindRestoring {
				return nil
			}
			from = append([]byte(nil), k...)
			ops = append(ops, Op{Key: from})
			if len(ops) == dropPiece {
				return errStop
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(ops) == 0 {
			return d.engine.Apply([]Op{{Key: []byte(kindRestoring)}}, true)
		}
		if err := d.engine.Apply(ops, false); err != nil {
			return err
		}
	}
}
