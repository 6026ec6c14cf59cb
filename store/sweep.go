package store

import "errors"

// sweepMarks bounds how many hashes are remembered at once, 32 MiB of them;
// where there are more, a sweep goes over the records several times, each time
// for a part of all hashes.
var sweepMarks = 1 << 20

// sweepBodies deletes the bodies that no record refers to, then the chunks that
// no body lists. It is mark and sweep over the store; see pins for why what is
// written meanwhile is safe.
func (c *collector) sweepBodies() error {
	c.busy.Lock()
	defer c.busy.Unlock()
	c.db.pins.begin()
	defer c.db.pins.end()
	if err := c.sweep(kindBody, c.db.eachReference); err != nil {
		return err
	}
	return c.sweep(kindChunkMark, c.db.eachChunk)
}

// sweep deletes the keys of a kind whose hash each does not yield.
func (c *collector) sweep(kind string, each func(func(digest) error) error) error {
	count := 0
	if err := c.db.engine.Scan([]byte(kind), nil, func(_, _ []byte) error {
		count++
		return c.ctx.Err()
	}); err != nil {
		return err
	}
	parts := count/sweepMarks + 1
	for part := range parts {
		// A SHA-256 is spread evenly, its first bytes tell the parts apart.
		mine := func(d digest) bool { return (int(d[0])<<16|int(d[1])<<8|int(d[2]))%parts == part }
		marked := make(map[digest]struct{})
		err := each(func(d digest) error {
			if mine(d) {
				marked[d] = struct{}{}
			}
			return c.ctx.Err()
		})
		if err != nil {
			return err
		}
		if err := c.deleteUnmarked(kind, mine, marked); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) deleteUnmarked(kind string, mine func(digest) bool, marked map[digest]struct{}) error {
	var ops []Op
	flush := func() error {
		if len(ops) == 0 {
			return nil
		}
		err := c.apply(ops, false)
		ops = nil
		return err
	}
	err := c.db.engine.Scan([]byte(kind), nil, func(k, _ []byte) error {
		d, ok := parseDigest(k, kind)
		if _, keep := marked[d]; !ok || keep || !mine(d) {
			return c.ctx.Err()
		}
		ops = append(ops, Op{Key: digestKey(kind, d)})
		if kind == kindChunkMark {
			ops = append(ops, Op{Key: digestKey(kindChunk, d)})
		}
		if len(ops) >= dropPiece {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

// eachReference yields every body that a record refers to; some several times.
func (d *db) eachReference(yield func(digest) error) error {
	all := func(ds []digest) error {
		for _, x := range ds {
			if err := yield(x); err != nil {
				return err
			}
		}
		return nil
	}
	err := d.engine.Scan([]byte(kindCollaborator), nil, func(_, v []byte) error {
		r, err := decodeCollaborator(v)
		if err != nil {
			return damaged("a collaborator", err)
		}
		if r.payload.body != nil {
			return yield(*r.payload.body)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = d.engine.Scan([]byte(kindDeclared), nil, func(_, v []byte) error {
		r, err := decodeDeclared(v)
		if err != nil {
			return damaged("what a simulation declares", err)
		}
		if r.payload.body != nil {
			return yield(*r.payload.body)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = d.engine.Scan([]byte(kindStub), nil, func(_, v []byte) error {
		s, err := decodeStub(v)
		if err != nil {
			return damaged("a stub", err)
		}
		return all(s.refs)
	})
	if err != nil {
		return err
	}
	return d.engine.Scan([]byte(kindOfTake), nil, func(_, v []byte) error {
		refs, err := decodeRefs(v)
		if err != nil {
			return damaged("a take's list", err)
		}
		return all(refs)
	})
}

// eachChunk yields every chunk that a body lists.
func (d *db) eachChunk(yield func(digest) error) error {
	return d.engine.Scan([]byte(kindBody), nil, func(_, v []byte) error {
		m, err := decodeManifest(v)
		if err != nil {
			return damaged("a body", err)
		}
		for _, x := range m.chunks {
			if err := yield(x); err != nil {
				return err
			}
		}
		return nil
	})
}
