package resource

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"understudy/simulations"
)

// Bounds of the answers that one session keeps under idempotency keys. Their
// bytes are among those of its overlay.
const (
	// MaxKeys is how many there may be, with those that are being made.
	MaxKeys = 10_000
	// keyLife is how long one is kept.
	keyLife = 24 * time.Hour
	// claimBytes is what a claim takes until its answer is known: what any takes
	// at most, so that no change is made whose answer has no room.
	claimBytes = rowOverhead + simulations.MaxIdempotencyKey + simulations.MaxKeptAnswer
)

// Kept is an answer as it went out. Immutable once it is kept.
type Kept struct {
	// Status is 0 where the request was done and its answer is not known: it was
	// too large, or failed.
	Status          int
	Header, Trailer http.Header
	Body            []byte
}

// size is what an answer is counted with, in bytes: more than it takes in the store.
func (k *Kept) size() int {
	const each = 32
	n := len(k.Body)
	for _, header := range []http.Header{k.Header, k.Trailer} {
		for name, values := range header {
			n += each + len(name)
			for _, v := range values {
				n += each + len(v)
			}
		}
	}
	return n
}

// request is the digest of what a key was used for.
type request [sha256.Size]byte

// digest covers method, target and body, as draft-ietf-httpapi-idempotency-key-header
// section 2.4 has a fingerprint: headers differ from attempt to attempt.
func (q *Request) digest() (sum request) {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(q.Method), []byte(q.Target), q.Body} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		h.Write(part)
	}
	h.Sum(sum[:0])
	return sum
}

// keyed names a key: each collection has its own.
type keyed struct{ collection, key string }

func (at keyed) mark() mark {
	return mark{kind: rowAnswer, place: place{collection: at.collection}, id: at.key}
}

// keptKey is what a session knows of a key.
type keptKey struct {
	*Kept
	request request
	// until is when it expires, in nanoseconds of Unix time.
	until int64
}

func (k *keptKey) weight(key string) int64 {
	return int64(rowOverhead + len(key) + k.size())
}

// keyring are the keys of one session. The overlay's lock guards it.
type keyring struct {
	kept map[keyed]*keptKey
	// claimed are those of requests that are under way.
	claimed map[keyed]struct{}
	// next is when the first expires, or earlier; 0 for none.
	next int64
}

// Claim is a key that a request under way has taken. The methods of nil do nothing.
type Claim struct {
	overlay *Overlay
	at      keyed
	request request
	until   int64
	over    bool
}

// Claim takes the key of a request, where the collection asks for one. Where it
// was used before there is the answer of then, or a refusal; else whoever has
// the claim keeps the answer, before it goes out, or releases it. All three are
// nil for a request without a key, and one that does nothing takes none. o may
// be nil where the method does not write.
func (c *Collection) Claim(q *Request, o *Overlay, now time.Time) (*Claim, *Kept, *Refusal) {
	header := c.Config.IdempotencyKey.Header
	// PUT and DELETE are idempotent of themselves (RFC 9110 section 9.2.2).
	if header == "" || q.Method != http.MethodPost && q.Method != http.MethodPatch || q.BodyCut || !slices.Contains(c.allowed(q), q.Method) {
		return nil, nil, nil
	}
	values := q.Header[header]
	switch {
	case len(values) == 0 && !c.Config.IdempotencyKey.Required:
		return nil, nil, nil
	case len(values) == 0:
		return nil, nil, refuse(http.StatusBadRequest, "a %s needs the header %s: a key that its repetitions share", q.Method, header)
	case len(values) > 1 || values[0] == "" || len(values[0]) > simulations.MaxIdempotencyKey:
		return nil, nil, refuse(http.StatusBadRequest, "the header %s holds one key of 1 to %d bytes", header, simulations.MaxIdempotencyKey)
	}
	claim := &Claim{overlay: o, at: keyed{c.Name, values[0]}, request: q.digest(), until: now.Add(keyLife).UnixNano()}
	kept, r := o.claim(claim, now.UnixNano(), q.Dry)
	if kept != nil || r != nil || q.Dry {
		claim = nil
	}
	return claim, kept, r
}

// claim takes a key, unless it is known or the request does nothing.
func (o *Overlay) claim(c *Claim, now int64, dry bool) (*Kept, *Refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.expire(now)
	k := o.keys.kept[c.at]
	_, claimed := o.keys.claimed[c.at]
	switch {
	case k != nil && k.request != c.request:
		return nil, refuse(http.StatusUnprocessableEntity, "the idempotency key was used for another request: method, target and body have to be the same")
	case k != nil && k.Status == 0:
		return nil, refuse(http.StatusConflict, "the request with this idempotency key was done, but its answer is not known: it failed, or had more than %d KiB", simulations.MaxKeptAnswer>>10)
	case k != nil:
		return k.Kept, nil
	case claimed:
		return nil, refuse(http.StatusConflict, "a request with this idempotency key is under way: ask again when it is answered")
	case dry:
		return nil, nil
	case len(o.keys.kept)+len(o.keys.claimed) >= MaxKeys:
		return nil, refuse(http.StatusInsufficientStorage, "the session holds as many idempotency keys as it may, %d: drop it, or use several", MaxKeys)
	}
	if r := o.charge(0, claimBytes); r != nil {
		return nil, r
	}
	o.keys.claimed[c.at] = struct{}{}
	return nil, nil
}

// Keep keeps the answer of the claim's request. It becomes the claim's.
func (c *Claim) Keep(answer *Kept) {
	if c == nil || c.over {
		return
	}
	if answer.size() > simulations.MaxKeptAnswer {
		answer = &Kept{}
	}
	c.over = true
	k := &keptKey{answer, c.request, c.until}
	o := c.overlay
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.keys.claimed, c.at)
	_ = o.charge(0, k.weight(c.at.key)-claimBytes) // giving back cannot fail
	o.keep(c.at, k)
	o.dirty[c.at.mark()] = struct{}{}
}

// Release gives back a key whose request was not done. After Keep it does nothing.
func (c *Claim) Release() {
	if c == nil || c.over {
		return
	}
	c.over = true
	o := c.overlay
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.keys.claimed, c.at)
	_ = o.charge(0, -claimBytes) // giving back cannot fail
}

// keep puts a key for which there is room. The lock is held.
func (o *Overlay) keep(at keyed, k *keptKey) {
	o.keys.kept[at] = k
	if o.keys.next == 0 || k.until < o.keys.next {
		o.keys.next = k.until
	}
}

// Expire forgets the keys whose time is over; now is in nanoseconds of Unix time.
func (o *Overlay) Expire(now int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.expire(now)
}

// expire is Expire under the lock.
func (o *Overlay) expire(now int64) {
	if o.keys.next == 0 || o.keys.next > now {
		return
	}
	o.keys.next = 0
	for at, k := range o.keys.kept {
		if k.until > now {
			o.keep(at, k)
			continue
		}
		_ = o.charge(0, -k.weight(at.key)) // giving back cannot fail
		delete(o.keys.kept, at)
		o.dirty[at.mark()] = struct{}{}
	}
}
