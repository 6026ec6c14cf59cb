package test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// rate sends requests from 32 connections for a while and returns how many a
// second were answered rightly.
func rate(b *testing.B, client *http.Client, url, want string, d time.Duration) float64 {
	b.Helper()
	var n atomic.Int64
	var clients sync.WaitGroup
	end := time.Now().Add(d)
	for range 32 {
		clients.Go(func() {
			for time.Now().Before(end) {
				res, err := client.Get(url)
				if err != nil {
					b.Errorf("%s: %v", url, err)
					return
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil || string(body) != want {
					b.Errorf("%s: %q %v", url, body, err)
					return
				}
				n.Add(1)
			}
		})
	}
	clients.Wait()
	return float64(n.Load()) / d.Seconds()
}

// BenchmarkConnect compares HTTPS through CONNECT with plain HTTP, and both with
// a bare net/http server, in turns, each over kept connections.
func BenchmarkConnect(b *testing.B) {
	body := strings.Repeat("x", 600)
	bare, _ := serve(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	d := start(b)
	d.put("main", fmt.Sprintf("understudy: v1\ncollaborator: pay\ncollaborators: {pay: {hosts: [pay.example], upstream: %q}}\nstubs: [{request: {path: /x}, response: {text: %s}}]\n", bare, body))
	direct := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	tunnel := throughProxy(b, d, false)
	tunnel2 := throughProxy(b, d, true)
	var sums [4]float64
	rounds := 0
	for b.Loop() {
		rounds++
		sums[0] += rate(b, direct, bare+"/x", body, 500*time.Millisecond)
		sums[1] += rate(b, direct, d.url+"/x", body, 500*time.Millisecond)
		sums[2] += rate(b, tunnel, "https://pay.example/x", body, 500*time.Millisecond)
		sums[3] += rate(b, tunnel2, "https://pay.example/x", body, 500*time.Millisecond)
	}
	for i, name := range []string{"bare/s", "plain/s", "connect/s", "connect-h2/s"} {
		b.ReportMetric(sums[i]/float64(rounds), name)
	}
	b.ReportMetric(sums[2]/sums[1], "connect/plain")
	b.ReportMetric(sums[3]/sums[1], "connect-h2/plain")
}
