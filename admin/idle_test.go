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

// TestIdleConnections: clients that keep their connections shut nobody out; the
// longest idle are closed, and the others can be used again.
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
		if _, err := io.WriteString(k, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(k.from, nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return errors.Join(err, res.Body.Close())
	}
	var all []kept
	for i := range 20 {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second)) // not what is tested: the end of a test that fails
		k := kept{conn, bufio.NewReader(conn)}
		if err := ask(k); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		all = append(all, k)
	}
	for i, k := range all[:18] {
		if _, err := k.from.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("connection %d is open: %v", i, err)
		}
	}
	for i, k := range all[18:] {
		if err := ask(k); err != nil {
			t.Errorf("connection %d: %v", 18+i, err)
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
