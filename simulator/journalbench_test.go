package simulator

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"understudy/simulations"
)

// usualExchange is what most entries are like.
func usualExchange() *simulations.Exchange {
	return &simulations.Exchange{
		Time: time.Now(), Collaborator: "payments", Session: "default", Origin: simulations.OriginLive, OriginBy: "the default",
		Mode: simulations.ModeSimulate, Outcome: simulations.OutcomeStub, Duration: 12345,
		Reason: "stub payments/charge-card answers", Stub: "payments/charge-card",
		Request: simulations.RequestMessage{
			Method: "POST", Host: "payments:8443", Path: "/v1/charges", Query: "expand=customer", Proto: "HTTP/1.1",
			Header: http.Header{"Accept": {"*/*"}, "Content-Type": {"application/json"}, "Content-Length": {"120"}, "User-Agent": {"curl/8.5.0"}, "Host": {"payments:8443"}},
			Body:   simulations.Body{Data: make([]byte, 120), Size: 120},
		},
		Response: simulations.ResponseMessage{
			Status: 201,
			Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {"600"}, "Location": {"/v1/charges/1"}, "Understudy-Outcome": {"stub"}, "Understudy-Stub": {"payments/charge-card"}},
			Body:   simulations.Body{Data: make([]byte, 600), Size: 600},
		},
	}
}

// BenchmarkJournalAppend is what keeping an exchange takes, once the journal is
// as full as it gets.
func BenchmarkJournalAppend(b *testing.B) {
	full := func(b *testing.B) *journal {
		j := newJournal(10_000, 64<<20)
		for range 20_000 {
			j.append(usualExchange())
		}
		b.ReportAllocs()
		b.ResetTimer()
		return j
	}
	b.Run("serial", func(b *testing.B) {
		j, x := full(b), usualExchange()
		for b.Loop() {
			j.append(x)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		j := full(b)
		b.RunParallel(func(pb *testing.PB) {
			x := usualExchange()
			for pb.Next() {
				j.append(x)
			}
		})
	})
}

// BenchmarkJournalSearch reads all of a full journal through a filter.
func BenchmarkJournalSearch(b *testing.B) {
	j := newJournal(10_000, 64<<20)
	for i := range 10_000 {
		x := usualExchange()
		x.Request.Path += strconv.Itoa(i % 100)
		j.append(x)
	}
	for name, f := range map[string]*filter{"all": nil, "path": {JournalFilter: simulations.JournalFilter{Path: "/v1/charges7"}}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j.scan(b.Context(), 0, f, func(*simulations.Exchange) bool { return true })
			}
		})
	}
}
