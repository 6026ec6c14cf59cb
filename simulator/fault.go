package simulator

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
)

// byChance reports whether a stub has a fault that only some of its answers have.
func byChance(s *simulations.Stub) bool {
	chance := func(r *simulations.Response) bool {
		return r != nil && r.FaultTerms != nil && r.FaultTerms.Probability != nil
	}
	for _, r := range s.Responses {
		if chance(r) {
			return true
		}
	}
	return chance(s.Response)
}

// spared draws whether the answer after `answered` others goes without the
// response's fault.
func (res *response) spared(seed uint64, session, stub string, answered int) bool {
	if res.fault == nil || res.fault.Probability == nil {
		return false
	}
	const fine = 1 << 53
	return float64(drawn(seed, session, stub+" fault", answered, fine)) >= *res.fault.Probability*fine
}

// breakOff gives a fault, and reports whether that is all: otherwise the answer
// follows. On HTTP/2, which has no connection of its own to break, every fault but
// those of time is a stream reset, for truncated-body and malformed-chunk after
// what was sent.
func (e *Engine) breakOff(x *exchange, res *response) bool {
	x.entry.Outcome = simulations.OutcomeStub
	over := time.Duration(res.fault.Over)
	if over == 0 {
		over = simulations.MaxFault
	}
	kind := res.fault.Kind
	if kind == simulations.FaultTimeout {
		pause(x.r, over)
		panic(http.ErrAbortHandler)
	}
	res, body := x.fit(res, res.body)
	if x.r.ProtoMajor >= 2 {
		switch kind {
		case simulations.FaultSlowHeaders: // a header is one piece there
			if !pause(x.r, over) {
				x.failed("the client left before the header")
				panic(http.ErrAbortHandler)
			}
			return false
		case simulations.FaultTruncated, simulations.FaultMalformedChunk:
			e.writeHeader(x, res, -1)
			x.out.WriteHeader(res.status)
			_, _ = x.out.Write(body[:len(body)/2]) // the stream is reset next
			x.out.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	head := ""
	switch kind {
	case simulations.FaultSlowHeaders:
		e.writeHeader(x, res, int64(len(body)))
		head = x.head(res.status)
	case simulations.FaultMalformedChunk:
		if len(body) == 0 {
			body = []byte{' '} // a chunk of no length would be the last
		}
		e.writeHeader(x, res, -1)
		x.out.Header()["Transfer-Encoding"] = []string{"chunked"}
		head = x.head(res.status)
	case simulations.FaultTruncated:
		e.writeHeader(x, res, int64(len(body)))
		x.out.Header()["Content-Length"] = []string{strconv.Itoa(len(body))} // with trailers, too: it says what is missing
		head = x.head(res.status)
	}
	x.mark()
	x.drain()
	conn, _, err := x.out.rc.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = conn.Close() }() // it ends in a fault anyway
	_ = conn.SetDeadline(time.Now().Add(over + stall))
	if x.r.Method == http.MethodHead && kind != simulations.FaultSlowHeaders {
		body, head = nil, head[:len(head)/2] // without a body there is only the header to break
	}
	switch kind {
	case simulations.FaultReset:
		if tc, ok := plainConn(conn).(*net.TCPConn); ok {
			_ = tc.SetLinger(0) // closing sends RST instead of FIN
			_ = tc.Close()
		}
	case simulations.FaultMalformedChunk:
		_, _ = io.WriteString(conn, head)
		if x.r.Method != http.MethodHead {
			_, _ = fmt.Fprintf(conn, "%x\r\n%s\r\nno chunk\r\n", len(body), body)
		}
	case simulations.FaultRandomData:
		junk := make([]byte, 256)
		_, _ = rand.Read(junk)
		_, _ = conn.Write(junk)
	case simulations.FaultTruncated:
		_, _ = io.WriteString(conn, head)
		_, _ = conn.Write(body[:len(body)/2])
	case simulations.FaultSlowHeaders:
		x.out.wrote, x.out.status = true, res.status
		x.out.kept, x.out.shared = e.bodyFor(x, body), true
		if err := x.dribble(conn, head, x.out.kept, over); err != nil {
			x.failed("the client left: " + err.Error())
		}
	}
	return true
}

// dribble sends the header byte by byte over that time, then the body at once. It
// ends when the client does.
func (x *exchange) dribble(conn net.Conn, head string, body []byte, over time.Duration) error {
	ctx, left := context.WithCancel(x.r.Context())
	defer left()
	go func() { // net/http does not watch a connection that it has given away
		defer left()
		_, _ = io.Copy(io.Discard, conn) // it ends with the connection, which is closed in any case
	}()
	r := x.r.WithContext(ctx)
	start := time.Now()
	for i := range len(head) {
		due := time.Duration(float64(over) * float64(i+1) / float64(len(head)))
		if !pause(r, time.Until(start.Add(due))) {
			return ctx.Err()
		}
		if i == len(head)-1 {
			x.commit()
		}
		if _, err := io.WriteString(conn, head[i:i+1]); err != nil {
			return err
		}
	}
	_, err := conn.Write(body)
	return err
}

// head is the status line and the header of the answer as HTTP/1.1 text, as it
// goes out on a connection that net/http has given away.
func (x *exchange) head(status int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	h := x.out.Header().Clone()
	for name, values := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) || values == nil {
			delete(h, name)
		}
	}
	if h["Date"] == nil {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	h.Set("Connection", "close")
	_ = h.Write(&b) // into memory
	b.WriteString("\r\n")
	return b.String()
}

// plainConn is the connection below TLS.
func plainConn(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if w, ok := c.(interface{ NetConn() net.Conn }); ok {
		return w.NetConn()
	}
	return c
}
