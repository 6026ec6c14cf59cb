package mitm

import (
	"container/list"
	"crypto/tls"
	"sync"
	"time"
)

// maxLeaves is how many certificates are kept; one has about 2 KiB.
const maxLeaves = 4096

// entry is a certificate, or the wait for it. Its once fills in the rest, which
// may be read after it.
type entry struct {
	once  sync.Once
	cert  *tls.Certificate
	renew time.Time
	err   error

	name string
}

// cache keeps the entries that were used last. Its lock is held for the look-up
// only, never while a certificate is made.
type cache struct {
	mu      sync.Mutex
	entries map[string]*list.Element // of *entry
	order   list.List                // used last in front
}

// get returns the entry of a name, a new one where there is none; with more
// than maxLeaves the one used longest ago goes.
func (c *cache) get(name string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[name]; ok {
		c.order.MoveToFront(el)
		return el.Value.(*entry)
	}
	if c.entries == nil {
		c.entries = make(map[string]*list.Element)
	}
	e := &entry{name: name}
	c.entries[name] = c.order.PushFront(e)
	if c.order.Len() > maxLeaves {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.entries, oldest.Value.(*entry).name)
	}
	return e
}

// remove takes an entry out, unless another has taken its place already.
func (c *cache) remove(name string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[name]; ok && el.Value.(*entry) == e {
		c.order.Remove(el)
		delete(c.entries, name)
	}
}
