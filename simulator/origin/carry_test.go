package origin

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestCarry: what follows a request has its markers, and nothing else of it.
func TestCarry(t *testing.T) {
	c := classifier(t)
	for _, tc := range []struct {
		cause      string
		shadowHost bool
		fallback   simulations.Origin
		own, want  string
	}{
		{"baggage: user=ann,sd-routing-key=k;p=1, tenancy=x", false, live, "", "Baggage: sd-routing-key=k,tenancy=x"},
		{"tracestate: v=1,acme@okteto-divert=ns\ntraceparent: 00-a-b-01", false, live, "", "Traceparent: 00-a-b-01\nTracestate: acme@okteto-divert=ns"},
		{"tracestate: sd-routing-key=k\ntraceparent: 00-a-b-01", false, live, "Traceparent: own", "Traceparent: own\nTracestate: sd-routing-key=k"},
		{"prefer: return=minimal, tx=rollback", false, live, "Prefer: tx=commit", "Prefer: tx=rollback\nPrefer: tx=commit"},
		{"x-synthetic-tx: t1\nx-shadow: 1", false, live, "", "X-Shadow: 1\nX-Synthetic-Tx: t1"},
		{"x-shadow: 1", false, live, "X-Shadow: 1", "X-Shadow: 1"},
		{"user-agent: perfomancetest", false, live, "User-Agent: own", "User-Agent: perfomancetest\nUser-Agent: own"},
		{"user-agent: curl\nbaggage: user=ann", false, live, "", ""},
		{"baggage: user=ann", false, unknown, "Baggage: a=b", "Baggage: a=b"},
		{"", true, live, "Baggage: a=b", "Baggage: understudy-shadow=1\nBaggage: a=b\nX-Shadow: 1"},
		{"", false, shadow, "", "Baggage: understudy-shadow=1\nX-Shadow: 1"},
		{"", false, synthetic, "", "Baggage: understudy-tx=1\nX-Synthetic-Tx: 1"},
		{"", false, shadow, "Baggage: okteto-divert=ns", "Baggage: okteto-divert=ns"},
		{"baggage: " + strings.Repeat("a=b,", 200) + "understudy-tx=t", false, live, "", "Baggage: understudy-shadow=1\nX-Shadow: 1"},
	} {
		cause := read(t, tc.cause)
		to := read(t, tc.own).Header
		c.Carry(cause.Header, c.Classify(cause, tc.shadowHost, tc.fallback), to)
		var got []string
		for _, name := range slices.Sorted(maps.Keys(to)) {
			for _, v := range to[name] {
				got = append(got, name+": "+v)
			}
		}
		if text := strings.Join(got, "\n"); text != tc.want {
			t.Errorf("%.80q: carried\n%s\nwant\n%s", tc.cause, text, tc.want)
		}
	}
}

// FuzzCarry: what follows a request is contained by whoever has the same
// configuration, or none where that is not what told it, if and only if the
// request was or it says so itself.
func FuzzCarry(f *testing.F) {
	c := classifier(f)
	hosts, err := New(Config{ShadowHeaders: []string{"Host", "X-A: b"}}) // a header that cannot be given
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a=b,understudy-tx=%00", "", "", "", "", uint8(0))
	f.Add("", "acme@sd-routing-key=1", "", "", "x=y", uint8(3))
	f.Add(strings.Repeat("a=b,", 181), "", "tx=rollback", "1", strings.Repeat("c=d,", 181), uint8(6))
	f.Fuzz(func(t *testing.T, baggage, state, prefer, mark, own string, by uint8) {
		fallback := []simulations.Origin{live, shadow, synthetic, unknown}[by>>1%4]
		cause := &http.Request{Header: http.Header{
			"Baggage": {baggage}, "Tracestate": {state}, "Prefer": {prefer}, "X-Shadow": {mark}, "X-Synthetic-Tx": {mark}, "Host": {"pay"}, "X-A": {mark},
		}}
		for _, c := range []*Classifier{c, hosts} {
			to := http.Header{"Baggage": {own}}
			itself := c.Classify(&http.Request{Header: to}, false, unknown).Origin.Contained()
			from := c.Classify(cause, by&1 > 0, fallback)
			c.Carry(cause.Header, from, to)
			if to["Host"] != nil {
				t.Fatal("the receiver's host is another one")
			}
			if told := c.Classify(&http.Request{Header: to}, false, unknown); told.Origin.Contained() != (from.Origin.Contained() || itself) {
				t.Fatalf("from %+v it is told as %+v by %q", from, told, to)
			}
		}
	})
}
