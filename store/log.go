package store

import (
	"context"
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"understudy/simulations"
)

func (d *db) Append(ctx context.Context, rec *simulations.Recorded, c *simulations.Change, relaxed bool) error {
	err := d.guard(func() error { return d.append(ctx, rec, c, relaxed) })
	if err != nil {
		d.failed.Add(1)
		return err
	}
	d.recorded.Add(1)
	return nil
}

func (d *db) append(ctx context.Context, rec *simulations.Recorded, c *simulations.Change, relaxed bool) error {
	if rec.Exchange == nil {
		return simulations.Errorf(simulations.CodeInvalid, "there is no exchange to record")
	}
	own, err := exchangeRefs(rec.Exchange)
	if err != nil {
		return err
	}
	edited, err := changeRefs(c)
	if err != nil {
		return err
	}
	bodies := d.pinRefs(slices.Concat(own, edited))
	defer bodies.unpin()

	if c == nil {
		c = &simulations.Change{}
	} else if c.Replace != nil || c.DropSimulation != "" {
		return wrongChange("what follows from a recorded exchange edits stubs, it replaces no simulation")
	}
	e, err := d.newEdit(ctx, c)
	if err != nil {
		return err
	}
	defer e.close()
	// Nothing of what is encoded is kept once it is written.
	room := recordRooms.Get().(*recordRoom)
	defer func() { room.free(e.room) }()
	e.room = room.stub[:0]
	value := appendRecorded(append(room.exchange[:0], formInline), rec)
	room.exchange = value
	p, err := e.payload(ctx, d, value[1:])
	if err != nil {
		return err
	}
	if p.body != nil {
		own = append(own, *p.body)
		value = p.appendTo([]byte{p.form()})
	}
	changes := len(e.collaborators)+len(e.stubs)+len(c.DropStubs)+len(c.DropCollaborators) > 0

	var seq, revision uint64
	err = d.write(ctx, e.size+len(value)+len(digest{})*len(own)+8*opOverhead, !relaxed, func(t *txn) error {
		if err := bodies.check(t); err != nil {
			return err
		}
		take, err := t.take(rec.Take)
		if err != nil {
			return err
		}
		numbers, err := t.counters()
		if err != nil {
			return err
		}
		if changes {
			if revision, _, err = e.stage(t, nil, nil); err != nil {
				return err
			}
		}

		// Nothing fails from here on.
		numbers.sequence++
		t.countersChanged()
		seq = numbers.sequence
		t.put(numberKey(kindExchange, seq), value)
		if len(own) > 0 {
			t.put(numberKey(kindOfTake, rec.Take, seq), encodeRefs(own))
		}
		counted := *take
		counted.Exchanges++
		counted.Last = seq
		switch {
		case rec.StubID == "":
			counted.Cut++
		case !rec.Again:
			counted.Requests++
		}
		t.setTake(rec.Take, &counted)
		return nil
	})
	if err != nil {
		return err
	}
	rec.Seq = seq
	e.done(d.pins, revision)
	bodies.written()
	return nil
}

// recordRoom is memory in which an exchange and the stub that follows from it are
// encoded.
type recordRoom struct{ exchange, stub []byte }

var recordRooms = sync.Pool{New: func() any { return new(recordRoom) }}

// maxRoom bounds what is kept of a room: most records are far smaller.
const maxRoom = 16 << 10

// free gives the room back; stub is what has become of its part for the stub.
func (r *recordRoom) free(stub []byte) {
	if r.stub = stub; cap(r.stub) <= maxRoom && cap(r.exchange) <= maxRoom {
		recordRooms.Put(r)
	}
}

func (d *db) Exchanges(ctx context.Context, after uint64, takes ...uint64) iter.Seq2[*simulations.Recorded, error] {
	return func(yield func(*simulations.Recorded, error) bool) {
		stopped := false
		err := d.guard(func() error {
			return d.eachExchange(ctx, after, takes, func(rec *simulations.Recorded) error {
				if !yield(rec, nil) {
					stopped = true
					return errStop
				}
				return nil
			})
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (d *db) eachExchange(ctx context.Context, after uint64, takes []uint64, fn func(*simulations.Recorded) error) error {
	if after++; after == 0 {
		return nil
	}
	read := func(seq uint64, v []byte) (*simulations.Recorded, error) {
		if err := ctx.Err(); err != nil {
			return nil, simulations.Errorf(simulations.CodeUnavailable, "reading was given up: %w", err)
		}
		return d.readExchange(seq, v)
	}
	if len(takes) > 0 {
		wanted := make(map[uint64]*takeRecord, len(takes))
		for _, id := range takes {
			rec, err := readTake(d.engine, id)
			if err != nil {
				return err
			}
			if rec == nil || rec.Dropped {
				return noTake(id)
			}
			wanted[id] = rec
		}
		return d.eachOf(wanted, after, func(seq uint64, v []byte) error {
			r, err := read(seq, v)
			if err != nil {
				return err
			}
			return fn(r)
		})
	}
	dropped := make(map[uint64]bool)
	err := d.eachTake(func(id uint64, t *takeRecord) error {
		if t.Dropped {
			dropped[id] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return scan(d.engine, []byte(kindExchange), numberKey(kindExchange, after), func(k, v []byte) error {
		n, ok := parseNumbers(k, kindExchange, 1)
		if !ok {
			return damaged("an exchange", errMalformed)
		}
		rec, err := read(n[0], v)
		if err != nil {
			return err
		}
		if dropped[rec.Take] {
			return nil
		}
		return fn(rec)
	})
}

// eachOf calls fn for the exchanges of some takes, as they are stored, from a
// sequence number on. Those of other takes that were recorded at the same time
// lie between them and are passed by.
func (d *db) eachOf(takes map[uint64]*takeRecord, from uint64, fn func(seq uint64, v []byte) error) error {
	first, last := uint64(math.MaxUint64), uint64(0)
	for _, t := range takes {
		first = min(first, t.First)
		if last = max(last, t.Last); t.Last == 0 {
			last = math.MaxUint64
		}
	}
	return scan(d.engine, []byte(kindExchange), numberKey(kindExchange, max(from, first)), func(k, v []byte) error {
		n, ok := parseNumbers(k, kindExchange, 1)
		if !ok {
			return damaged("an exchange", errMalformed)
		}
		if n[0] > last {
			return errStop
		}
		id, known := takeOf(v)
		if !known {
			var err error
			if id, err = d.listed(takes, n[0]); err != nil {
				return err
			}
		}
		if takes[id] == nil {
			return nil
		}
		return fn(n[0], v)
	})
}

// listed is the take, of some, that has an exchange in its list; 0 for none.
func (d *db) listed(takes map[uint64]*takeRecord, seq uint64) (uint64, error) {
	for id := range takes {
		if has, err := d.engine.Has(numberKey(kindOfTake, id, seq)); err != nil || has {
			return id, err
		}
	}
	return 0, nil
}

// takeOf is the take that the value of an exchange says it belongs to. One that
// does not say is in its take's list: it is kept as a body, or of layout 1.
func takeOf(v []byte) (id uint64, known bool) {
	c := cursor{rest: v}
	if c.byte() != formInline || c.byte() != recordedForm {
		return 0, false
	}
	id = c.uvarint()
	return id, !c.bad
}

func (d *db) readExchange(seq uint64, v []byte) (*simulations.Recorded, error) {
	rec, err := d.parseExchange(v)
	if err != nil {
		return nil, damaged("exchange "+strconv.FormatUint(seq, 10), err)
	}
	rec.Seq, rec.Exchange.ID = seq, seq
	return rec, nil
}

func (d *db) parseExchange(v []byte) (*simulations.Recorded, error) {
	c := cursor{rest: v}
	p := c.payload(c.byte())
	if err := c.end(); err != nil {
		return nil, err
	}
	b, err := d.read(p)
	if err != nil {
		return nil, err
	}
	return decodeRecorded(b)
}

func (d *db) Takes(ctx context.Context) ([]simulations.Take, error) {
	out := []simulations.Take{}
	err := d.guard(func() error {
		return d.eachTake(func(id uint64, t *takeRecord) error {
			if !t.Dropped {
				out = append(out, t.take(id))
			}
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachTake calls fn for all takes, dropped ones too, oldest first.
func (d *db) eachTake(fn func(id uint64, t *takeRecord) error) error {
	return d.engine.Scan([]byte(kindTake), nil, func(k, v []byte) error {
		n, ok := parseNumbers(k, kindTake, 1)
		t := new(takeRecord)
		if !ok || decodeJSON(v, t) != nil {
			return damaged("a take", errMalformed)
		}
		return fn(n[0], t)
	})
}

func (d *db) BeginTake(ctx context.Context, collaborator, simulation string, started time.Time) (simulations.Take, error) {
	for _, n := range []string{collaborator, simulation} {
		if err := checkName(n); err != nil {
			return simulations.Take{}, err
		}
	}
	var out simulations.Take
	err := d.guard(func() error {
		return d.write(ctx, recordOverhead, true, func(t *txn) error {
			numbers, err := t.counters()
			if err != nil {
				return err
			}
			current := key(kindCurrent, collaborator)
			was, err := t.get(current)
			if err != nil {
				return err
			}
			var formerID uint64
			var former *takeRecord
			if len(was) == 9 {
				formerID = binary.BigEndian.Uint64(was[1:])
				if former, err = t.take(formerID); err != nil && simulations.CodeOf(err) != simulations.CodeNotFound {
					return err
				}
			}

			// Nothing fails from here on.
			if former != nil {
				ended := *former
				ended.Current = false
				t.setTake(formerID, &ended)
			}
			numbers.take++
			t.countersChanged()
			rec := &takeRecord{Collaborator: collaborator, Simulation: simulation, Started: started.Round(0), First: numbers.sequence + 1, Current: true}
			t.setTake(numbers.take, rec)
			t.put(current, numberKey("\x01", numbers.take))
			out = rec.take(numbers.take)
			return nil
		})
	})
	return out, err
}

func (d *db) DropTake(ctx context.Context, id uint64, c *simulations.Change) error {
	if c == nil {
		c = &simulations.Change{}
	}
	return d.guard(func() error {
		if id == 0 {
			return noTake(id)
		}
		if _, err := d.change(ctx, c, id); err != nil {
			return err
		}
		d.collect.dropTake(id)
		return nil
	})
}

// removeTake deletes what a dropped take leaves, its own record last, so that a
// crash in between is found again; its list goes after the exchanges that only
// the list names.
func (d *db) removeTake(id uint64, apply func([]Op, bool) error) error {
	t, err := readTake(d.engine, id)
	if err != nil || t == nil {
		return err
	}
	for from := uint64(1); ; {
		var ops []Op
		err := d.eachOf(map[uint64]*takeRecord{id: t}, from, func(seq uint64, _ []byte) error {
			ops = append(ops, Op{Key: numberKey(kindExchange, seq)})
			if from = seq + 1; len(ops) >= dropPiece {
				return errStop
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(ops) == 0 {
			break
		}
		if err := apply(ops, false); err != nil {
			return err
		}
	}
	for _, kind := range []string{kindOfTake, kindRequest} {
		if err := d.dropPrefix(numberKey(kind, id), apply); err != nil {
			return err
		}
	}
	return apply([]Op{{Key: numberKey(kindTake, id)}}, true)
}
