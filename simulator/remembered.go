package simulator

import (
	"time"

	"understudy/simulations"
	"understudy/simulator/resource"
)

// remembered is what a session remembers beside its data: states of scenarios,
// counters and values. The session's shard's lock guards it.
type remembered struct {
	budget    *resource.Budget
	scenarios memos
	values    memos
	answers   map[string]int // by "simulation/id"
	// draws is how many answers have drawn at random in templates.
	draws int
	dirty map[memo]struct{}
	// bytes is about what it holds in memory.
	bytes int64
	// moves counts the changes of states and values. It goes on from session to
	// session, so that a new one is told from one of before.
	moves uint64
	// next is when the first of its states and values expires, in nanoseconds of
	// Unix time, or earlier; 0 for none.
	next int64
}

// maxRemembered bounds what one session remembers, in bytes.
const maxRemembered = 64 << 20

// memo names one thing that a session remembers.
type memo struct {
	kind byte // memoScenario, memoAnswers, memoValue or memoDraws
	name string
}

// The kinds of memos, as the store's keys have them.
const (
	memoScenario = 's'
	memoAnswers  = 'n'
	memoValue    = 'v'
	memoDraws    = 'd'
	memoRow      = 'r' // of a collection; its overlay knows of it
	memoTableRow = 't' // its edits know of it
)

// memos are states or values by name.
type memos map[string]kept

// kept is a state or a value.
type kept struct {
	text string
	// until is when it expires, in nanoseconds of Unix time; 0 for never.
	until int64
}

// get gives what has not expired.
func (m memos) get(name string, now int64) (string, bool) {
	k, ok := m[name]
	if !ok || k.over(now) {
		return "", false
	}
	return k.text, true
}

func (k kept) over(now int64) bool { return k.until != 0 && k.until <= now }

// shown are those that have not expired, and when they will.
func (m memos) shown(now int64) (texts map[string]string, expire map[string]time.Time) {
	texts = make(map[string]string, len(m))
	for name, k := range m {
		if k.over(now) {
			continue
		}
		texts[name] = k.text
		if k.until != 0 {
			if expire == nil {
				expire = make(map[string]time.Time)
			}
			expire[name] = time.Unix(0, k.until)
		}
	}
	return texts, expire
}

// until is the moment that is ttl from now; 0, which is never, for no ttl.
func until(now int64, ttl time.Duration) int64 {
	if ttl <= 0 {
		return 0
	}
	return now + int64(ttl)
}

func newRemembered(b *resource.Budget) remembered {
	return remembered{budget: b, scenarios: memos{}, values: memos{}, answers: map[string]int{}, dirty: map[memo]struct{}{}}
}

// close gives back to the budget what it holds.
func (r *remembered) close() {
	if r.budget != nil {
		r.budget.Give(r.bytes)
		r.budget = nil
	}
}

// weigh is what a memo is counted with: its texts, and what the maps need for it.
func weigh(name, text string) int64 {
	const overhead = 96
	return overhead + int64(len(name)+len(text))
}

// reserve takes room for what may come to that many bytes, or says why there is
// none; settle follows it.
func (r *remembered) reserve(bytes int64) error {
	switch {
	case r.bytes+bytes > maxRemembered:
		return simulations.Errorf(simulations.CodeTooLarge, "the session remembers as much as it may, %d MiB of states, counters and values: reset it, or use several", maxRemembered>>20)
	case !r.budget.Take(bytes):
		return simulations.Errorf(simulations.CodeTooLarge, "all sessions together hold as much as they may, %d MiB (--session-bytes): delete some", r.budget.Limit()>>20)
	}
	return nil
}

// settle gives back what was reserved and not used; before is what bytes was then.
func (r *remembered) settle(reserved, before int64) { r.budget.Give(reserved - (r.bytes - before)) }

func (r *remembered) memosOf(kind byte) memos {
	if kind == memoScenario {
		return r.scenarios
	}
	return r.values
}

// set keeps a state or a value, for which there is room.
func (r *remembered) set(kind byte, name string, k kept) {
	m := r.memosOf(kind)
	if old, there := m[name]; there {
		r.bytes -= weigh(name, old.text)
	}
	r.bytes += weigh(name, k.text)
	m[name] = k
	r.moves++
	r.dirty[memo{kind, name}] = struct{}{}
	if k.until != 0 && (r.next == 0 || k.until < r.next) {
		r.next = k.until
	}
}

// drop forgets a state or a value.
func (r *remembered) drop(kind byte, name string) {
	m := r.memosOf(kind)
	if old, there := m[name]; there {
		r.bytes -= weigh(name, old.text)
		delete(m, name)
		r.moves++
		r.dirty[memo{kind, name}] = struct{}{}
	}
}

// count counts an answer of a stub, for which there is room.
func (r *remembered) count(stub string) { r.counted(stub, r.answers[stub]+1) }

// counted sets a stub's counter.
func (r *remembered) counted(stub string, n int) {
	if _, there := r.answers[stub]; !there {
		r.bytes += weigh(stub, "")
	}
	r.answers[stub] = n
	r.dirty[memo{memoAnswers, stub}] = struct{}{}
}

// change makes one change that takes at most that many bytes more.
func (r *remembered) change(bytes int64, do func()) error {
	before := r.bytes
	if err := r.reserve(bytes); err != nil {
		return err
	}
	do()
	r.settle(bytes, before)
	return nil
}

// sweep forgets what has expired.
func (r *remembered) sweep(now int64) {
	if r.next == 0 || r.next > now {
		return
	}
	r.next = 0
	before := r.bytes
	for _, kind := range []byte{memoScenario, memoValue} {
		for name, k := range r.memosOf(kind) {
			switch {
			case k.over(now):
				r.drop(kind, name)
			case k.until != 0 && (r.next == 0 || k.until < r.next):
				r.next = k.until
			}
		}
	}
	r.settle(0, before)
}
