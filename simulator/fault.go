package simulator

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"understudy/simulations"
)

// faultTimeout bounds the fault that never answers.
const faultTimeout = time.Minute

// breakOff gives a fault instead of an answer. On HTTP/2, which has no
// connection of its own to break, every fault but a timeout is a stream reset,
// for truncated-body and malformed-chunk after what was sent.
func (e *Engine) breakOff(x *exchange, res *response) {
	x.entry.Outcome = simulations.OutcomeStub
	if res.Fault == simulations.FaultTimeout {
		pause(x.r, faultTimeout)
		panic(http.ErrAbortHandler)
	}
	if x.r.ProtoMajor >= 2 {
		if res.Fault == simulations.FaultTruncated || res.Fault == simulations.FaultMalformedChunk {
			e.writeHeader(x, res, -1)
			x.out.WriteHeader(res.status)
			_, _ = x.out.Write(res.body[:len(res.body)/2]) // the stream is reset next
			x.out.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	x.mark()
	conn, _, err := x.out.rc.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = conn.Close() }() // it ends in a fault anyway
	_ = conn.SetDeadline(time.Now().Add(stall))
	switch res.Fault {
	case simulations.FaultReset:
		if tc, ok := plainConn(conn).(*net.TCPConn); ok {
			_ = tc.SetLinger(0) // closing sends RST instead of FIN
			_ = tc.Close()
		}
	case simulations.FaultMalformedChunk:
		_, _ = fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n", e.head(x, res))
		_, _ = fmt.Fprintf(conn, "%x\r\n%s\r\nno chunk\r\n", max(len(res.body), 1), append(res.body, ' ')[:max(len(res.body), 1)])
	case simulations.FaultRandomData:
		junk := make([]byte, 256)
		_, _ = rand.Read(junk)
		_, _ = conn.Write(junk)
	case simulations.FaultTruncated:
		_, _ = fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n", e.head(x, res), len(res.body))
		_, _ = conn.Write(res.body[:len(res.body)/2])
	}
}

// head is the status line and header as HTTP/1.1 text, open for one more field.
func (e *Engine) head(x *exchange, res *response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", res.status, http.StatusText(res.status))
	h := res.header.Clone()
	h.Set(outcomeHeader, string(x.entry.Outcome))
	h.Set(stubHeader, x.entry.Stub)
	h.Del("Content-Length")
	_ = h.Write(&b) // into memory
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
