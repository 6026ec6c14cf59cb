package admin

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// idleConnections keeps connections that wait for their next request from taking
// all that there may be: of more than most, the one that has waited longest is
// closed, as any is after idleTimeout. So /healthz and /readyz can be asked however
// many clients keep theirs. It is safe for concurrent use.
//
// Connections without a first request are none of these: readHeaderTimeout ends
// them, and those of a burst have not waited yet.
type idleConnections struct {
	most int

	mu sync.Mutex
	// order has those that wait, longest first, at where each is in it.
	order list.List
	at    map[net.Conn]*list.Element
}

func newIdleConnections(most int) *idleConnections {
	return &idleConnections{most: most, at: make(map[net.Conn]*list.Element)}
}

// changed is for [http.Server.ConnState].
func (i *idleConnections) changed(c net.Conn, state http.ConnState) {
	if longest := i.note(c, state == http.StateIdle); longest != nil {
		_ = longest.Close() // its goroutine sees that, and says no more of it
	}
}

// note notes whether a connection waits, and returns the one that has to go, nil
// for none: it is forgotten.
func (i *idleConnections) note(c net.Conn, idle bool) (longest net.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if e := i.at[c]; e != nil {
		i.forget(e)
	}
	if !idle {
		return nil
	}
	i.at[c] = i.order.PushBack(c)
	if i.order.Len() <= i.most {
		return nil
	}
	return i.forget(i.order.Front())
}

func (i *idleConnections) forget(e *list.Element) net.Conn {
	c := i.order.Remove(e).(net.Conn)
	delete(i.at, c)
	return c
}
