package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a single answer may take.
const patience = 30 * time.Second

// target is where a workload goes and how its answers have to look there.
type target struct {
	*process
	// outcome is the header Understudy-Outcome of an answer, "" for none.
	outcome string
}

// order says which stubs a connection asks for: the next one, or that it is done.
// Each connection has one of its own.
type order func() (i int, more bool)

// randomly asks for stubs of n at random until the time is over.
func randomly(seed uint64, n int, d time.Duration) func(conn int) order {
	end := time.Now().Add(d)
	return func(conn int) order {
		stubs := rand.New(rand.NewPCG(seed, uint64(conn)))
		return func() (int, bool) { return stubs.IntN(n), time.Now().Before(end) }
	}
}

// eachOnce asks for each of the stubs from from to before to once, whichever
// connection is free.
func eachOnce(from, to int) func(conn int) order {
	var next atomic.Int64
	next.Store(int64(from))
	return func(int) order {
		return func() (int, bool) {
			i := int(next.Add(1)) - 1
			return i, i < to
		}
	}
}

// round is what one round at one server came to.
type round struct {
	requests  int
	wall, cpu time.Duration
	latencies []time.Duration
}

// run sends a workload to a server over kept connections, each as fast as it
// is answered, and checks every answer; the first wrong one is an error.
// number tells the requests of one round from those of all others.
func run(w *workload, t target, conns int, number uint64, orders func(conn int) order) (round, error) {
	clients := make([]*client, conns)
	for c := range clients {
		var err error
		if clients[c], err = dial(t); err != nil {
			return round{}, err
		}
		defer clients[c].close()
	}
	before, err := cpuTime(t.cmd.Process.Pid)
	if err != nil {
		return round{}, err
	}
	var wait sync.WaitGroup
	start := time.Now()
	for c, client := range clients {
		next := orders(c)
		wait.Go(func() { client.loop(w, number<<40|uint64(c)<<24, next) })
	}
	wait.Wait()
	r := round{wall: time.Since(start)}
	after, err := cpuTime(t.cmd.Process.Pid)
	if err != nil {
		return round{}, err
	}
	r.cpu = after - before
	var failures []error
	for _, c := range clients {
		failures = append(failures, c.err)
		r.latencies = append(r.latencies, c.latencies...)
	}
	if err := errors.Join(failures...); err != nil {
		return round{}, err
	}
	if r.requests = len(r.latencies); r.requests == 0 {
		return round{}, errors.New("the round was over before there was a request: make it longer")
	}
	return r, nil
}

// ask sends one request for stub i and checks the answer.
func ask(w *workload, t target, i int, k uint64) error {
	c, err := dial(t)
	if err != nil {
		return err
	}
	defer c.close()
	return c.ask(w, i, k)
}

// client is one connection; it belongs to one goroutine.
type client struct {
	target
	conn               net.Conn
	in                 *bufio.Reader
	request, room, own []byte
	answer             bytes.Buffer
	latencies          []time.Duration
	err                error
}

func dial(t target) (*client, error) {
	conn, err := (&net.Dialer{Timeout: patience}).Dial("tcp", t.addr)
	if err != nil {
		return nil, err
	}
	return &client{target: t, conn: conn, in: bufio.NewReader(conn)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// loop asks until its order is done or an answer is wrong. The first request is
// number k.
func (c *client) loop(w *workload, k uint64, next order) {
	for i, more := next(); more; i, more = next() {
		start := time.Now()
		if c.err = c.ask(w, i, k); c.err != nil {
			return
		}
		c.latencies = append(c.latencies, time.Since(start))
		k++
	}
}

func (c *client) ask(w *workload, i int, k uint64) error {
	c.request, c.room = w.appendRequest(c.request[:0], c.room, i, k)
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return fmt.Errorf("%s, %s: %w", c.name, w.name, err)
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", c.name, w.name, err)
	}
	c.answer.Reset()
	_, err = io.Copy(&c.answer, res.Body)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", c.name, w.name, err)
	}
	return c.check(w, res, i, k)
}

// check holds an answer to what it has to be, every byte of it; of a miss only
// the status and the outcome, since its words are the server's own.
func (c *client) check(w *workload, res *http.Response, i int, k uint64) error {
	status := http.StatusOK
	c.own = c.own[:0]
	if w.miss {
		status = http.StatusNotImplemented
	} else {
		c.own = w.appendAnswer(c.own, i, k)
	}
	outcome := res.Header.Get("Understudy-Outcome")
	if res.StatusCode == status && outcome == c.outcome && (w.miss || bytes.Equal(c.answer.Bytes(), c.own)) {
		return nil
	}
	return &wrongAnswer{
		server: c.name, request: string(c.request), status: res.StatusCode, outcome: outcome, body: c.answer.String(),
		wantStatus: status, wantOutcome: c.outcome, wantBody: string(c.own),
	}
}

// wrongAnswer is an answer that is not what it has to be.
type wrongAnswer struct {
	server, request, outcome, body, wantOutcome, wantBody string
	status, wantStatus                                    int
}

func (w *wrongAnswer) Error() string {
	return fmt.Sprintf("%s answers wrongly to\n%s\nwith %d, outcome %q\n%s\nand not %d, outcome %q\n%s",
		w.server, w.request, w.status, w.outcome, w.body, w.wantStatus, w.wantOutcome, w.wantBody)
}
