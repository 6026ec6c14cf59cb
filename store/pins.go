package store

import (
	"sync"
	"time"
)

// bodyGrace is how long a body stays that nothing refers to yet, from the
// moment that its writer was closed: time for the record that will. Who refers to
// a body keeps its writer open until then, so that it need not be long; and it is
// no longer than the collector settles, whose next look thus finds it over.
const bodyGrace = collectSettle

// pins holds bodies and chunks that the collector must leave alone although no
// record may refer to them: those being written, read, or about to be referred to.
//
// The collector first notes what records refer to, then deletes the rest. A
// record that is written in between is missed by the notes; its bodies are
// saved because whoever writes a record pins them from before the transaction
// that finds them there and refers to them until after it, and a pin that is
// released while the collector is at work holds until it is done. Deletions go
// through the writer as well, so "is it pinned" and "is it there" are asked one
// after the other, never at the same time.
type pins struct {
	mu     sync.Mutex
	held   map[pinned]*pin
	active bool // the collector is at work
}

// pinned names a body or a chunk by the kind of its key.
type pinned struct {
	kind string
	hash digest
}

type pin struct {
	holders int
	// referred says that a record refers to it by now.
	referred bool
	// until keeps the pin after the last holder; zero: not beyond the collector's work.
	until time.Time
}

func newPins() *pins { return &pins{held: make(map[pinned]*pin)} }

func (p *pins) hold(x pinned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.held[x]
	if at == nil {
		at = new(pin)
		p.held[x] = at
	}
	at.holders++
}

// release ends one hold and keeps the pin for a while, or not. It reports whether
// a record refers to x.
func (p *pins) release(x pinned, grace time.Duration) (referred bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.held[x]
	at.holders--
	if grace > 0 && !at.referred {
		at.until = time.Now().Add(grace)
	}
	if at.holders == 0 && at.until.IsZero() && !p.active {
		delete(p.held, x)
	}
	return at.referred
}

// refer says that a record refers to x now, which is held.
func (p *pins) refer(x pinned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.held[x]
	at.referred, at.until = true, time.Time{}
}

func (p *pins) isHeld(x pinned) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[x] != nil
}

// begin is called before the collector notes what is referred to, end when it
// has deleted the rest.
func (p *pins) begin() { p.setActive(true) }
func (p *pins) end()   { p.setActive(false) }

func (p *pins) setActive(active bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active = active
	now := time.Now()
	for x, at := range p.held {
		if at.holders == 0 && !at.until.After(now) {
			delete(p.held, x)
		}
	}
}
