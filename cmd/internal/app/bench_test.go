package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkTraffic sends requests, none like another, to an upstream: forwarded
// only, and recorded durably into a folder. Client and upstream are in the same
// process, so only the difference between the two is understudy's.
func BenchmarkTraffic(b *testing.B) {
	body := strings.Repeat("x", 600)
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":%q,"note":%q}`, r.URL.Path, body)
	})}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(upstream) }) // until Close
	b.Cleanup(func() { _ = server.Close(); served.Wait() })

	for _, mode := range []string{"forward", "record"} {
		b.Run(mode, func(b *testing.B) {
			o := loopback(b)
			o.InMemory, o.DataDir = false, b.TempDir()
			doc := filepath.Join(b.TempDir(), "a.yaml")
			write(b, doc, fmt.Sprintf("understudy: v1\ncollaborators: {a: {hosts: [a], upstream: 'http://%s', mode: %s}}\n", upstream.Addr(), mode))
			o.Import = []string{doc}
			a := started(b, o)
			const conns = 32
			var next atomic.Int64
			var clients sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range conns {
				clients.Go(func() {
					c, err := net.Dial("tcp", a.Addr())
					if err != nil {
						b.Error(err)
						return
					}
					defer c.Close()
					answers := bufio.NewReader(c)
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if _, err := fmt.Fprintf(c, "GET /orders/%d HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n", n); err != nil {
							b.Error(err)
							return
						}
						r, err := http.ReadResponse(answers, nil)
						if err == nil {
							_, err = io.Copy(io.Discard, r.Body)
						}
						if err != nil || r.Header.Get("Understudy-Outcome") != mode+"ed" {
							b.Error(r, err)
							return
						}
					}
				})
			}
			clients.Wait()
		})
	}
}
