package admin

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestIdleConnections: clients that keep their connections shut nobody out; all but
// the half that may wait are closed, and those can be used again. Which ones go is
// [TestIdleOrder]'s: here a connection waits once its goroutine gets to say so, which
// may be after the next client has its answer.
func TestIdleConnections(t *testing.T) {
	s, err := New(Options{Engine: newFake(), Listen: "127.0.0.1:0", MaxConnections: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	type kept struct {
		net.Conn
		from *bufio.Reader
	}
	ask := func(k kept) error {
		_, err := io.WriteString(k, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		return err
	}
	answer := func(k kept) error {
		res, err := http.ReadResponse(k.from, nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return errors.Join(err, res.Body.Close())
	}
	type end struct {
		of  int
		err error
	}
	const clients, wait = 20, 2
	var all []kept
	ends := make(chan end, clients)
	for i := range clients {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Minute)) // not what is tested: the end of a test that fails
		k := kept{conn, bufio.NewReader(conn)}
		if err := errors.Join(ask(k), answer(k)); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		all = append(all, k)
		go func() {
			_, err := k.from.Peek(1)
			ends <- end{i, err}
		}()
	}
	open := make(map[int]bool)
	for i := range all {
		open[i] = true
	}
	for range clients - wait {
		e := <-ends
		if !errors.Is(e.err, io.EOF) {
			t.Fatalf("connection %d is open: %v", e.of, e.err)
		}
		delete(open, e.of)
	}
	for i := range open {
		if err := ask(all[i]); err != nil {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	for range wait {
		e := <-ends
		if e.err != nil {
			t.Errorf("connection %d: %v", e.of, e.err)
			continue
		}
		if err := answer(all[e.of]); err != nil {
			t.Errorf("connection %d: %v", e.of, err)
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestIdleOrder: who is asked again waits anew, and who goes is forgotten.
func TestIdleOrder(t *testing.T) {
	var conns [4]net.Conn
	for i := range conns {
		conn, other := net.Pipe()
		defer conn.Close()
		defer other.Close()
		conns[i] = conn
	}
	a, b, c, d := conns[0], conns[1], conns[2], conns[3]
	idle := newIdleConnections(2)
	for i, step := range []struct {
		conn net.Conn
		idle bool
		goes net.Conn
	}{
		{a, true, nil},
		{b, true, nil},
		{a, false, nil},
		{a, true, nil},
		{c, true, b},
		{b, false, nil}, // it is closed
		{a, false, nil},
		{d, true, nil},
		{a, true, c},
	} {
		if goes := idle.note(step.conn, step.idle); goes != step.goes {
			t.Errorf("step %d: another goes", i)
		}
	}
	if len(idle.at) != 2 || idle.order.Len() != 2 {
		t.Errorf("%d are known, %d in order", len(idle.at), idle.order.Len())
	}
}
