package simulator

import (
	"sync"
	"time"
)

// complaints keeps a failure that every exchange meets, such as a full disk,
// from filling the log: one is said, then none for a while.
type complaints struct {
	mu     sync.Mutex
	next   time.Time
	unsaid int
}

// complainEvery is how long nothing is said after a complaint.
const complainEvery = 10 * time.Second

// now reports whether to complain, and how many complaints there were since the
// last that was said.
func (c *complaints) now(at time.Time) (unsaid int, say bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Before(c.next) {
		c.unsaid++
		return 0, false
	}
	unsaid, c.unsaid, c.next = c.unsaid, 0, at.Add(complainEvery)
	return unsaid, true
}
