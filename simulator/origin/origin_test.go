package origin

import (
	"bufio"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"understudy/simulations"
)

const (
	live      = simulations.OriginLive
	shadow    = simulations.OriginShadow
	synthetic = simulations.OriginSynthetic
	unknown   = simulations.OriginUnknown
)

// read makes a request of raw header lines as it would come off the wire.
func read(t testing.TB, lines string) *http.Request {
	t.Helper()
	raw := "POST /x HTTP/1.1\r\nHost: pay\r\n"
	for line := range strings.Lines(lines) {
		raw += strings.TrimRight(line, "\n") + "\r\n"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw + "\r\n")))
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return r
}

func classifier(t testing.TB) *Classifier {
	t.Helper()
	c, err := New(Config{
		ShadowHeaders:    []string{"X-Shadow", "User-Agent: PerfomanceTest"},
		SyntheticHeaders: []string{"x-synthetic-tx"},
		ShadowBaggage:    []string{"tenancy"},
		SessionHeader:    "x-test-id",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestClassify(t *testing.T) {
	c := classifier(t)
	long := strings.Repeat("x", 201)
	for _, tc := range []struct {
		lines       string
		shadowHost  bool
		fallback    simulations.Origin
		origin      simulations.Origin
		by          string
		transaction string // "uuid" is any new one
	}{
		// Nothing.
		{"", false, "", unknown, "default", ""},
		{"", false, live, live, "default", ""},
		{"", false, shadow, shadow, "default", ""},
		{"", false, synthetic, synthetic, "default", ""},
		{"X-Request-Id: 7", false, live, live, "default", ""},

		// Prefer.
		{"Prefer: tx=rollback", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"prefer: TX=Rollback", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{`Prefer: tx="rollback"`, false, live, synthetic, "prefer tx=rollback", "uuid"},
		{`Prefer: foo="a\", tx=rollback`, false, live, synthetic, "prefer tx=rollback", "uuid"},
		{`Prefer: tx="roll\back"`, false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: tx = rollback", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: return=minimal, tx=rollback; x=y", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: return=minimal\nPrefer: tx=rollback", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: ,, tx=rollback", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{`Prefer: a="x, y; z", tx=rollback`, false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: tx=rollback, tx=commit", false, live, synthetic, "prefer tx=rollback", "uuid"},
		{"Prefer: tx=commit, tx=rollback", false, live, live, "default", ""},
		{"Prefer: tx=commit\nPrefer: tx=rollback", false, live, live, "default", ""},
		{"Prefer: tx=commit", false, live, live, "default", ""},
		{"Prefer: tx", false, live, live, "default", ""},
		{"Prefer: handling=lenient; tx=rollback", false, live, live, "default", ""},
		{`Prefer: a="x, tx=rollback"`, false, live, live, "default", ""},
		{"Prefer: xtx=rollback", false, live, live, "default", ""},
		{"Prefer: tx=rollback\nbaggage: sd-routing-key=a", true, live, synthetic, "prefer tx=rollback", "uuid"},

		// Configured headers.
		{"X-Shadow: 1", false, live, shadow, "header X-Shadow", ""},
		{"x-shadow: false", false, live, shadow, "header X-Shadow", ""},
		{"X-Shadow:", false, live, live, "default", ""},
		{"X-Shadow:\nX-Shadow: 1", false, live, shadow, "header X-Shadow", ""},
		{"User-Agent: performancetest", false, live, live, "default", ""},
		{"User-Agent: perfomancetest", false, live, shadow, "header User-Agent", ""},
		{"X-Synthetic-Tx: t1", false, live, synthetic, "header X-Synthetic-Tx", "t1"},
		{"X-Shadow: 1\nX-Synthetic-Tx: t1", false, live, synthetic, "header X-Synthetic-Tx", "t1"},
		{"X-Shadow: 1\nbaggage: understudy-tx=t", false, live, shadow, "header X-Shadow", ""},

		// Baggage.
		{"baggage: understudy-tx=t1", false, live, synthetic, "baggage understudy-tx", "t1"},
		{"Baggage: understudy-tx = t%201 ;p=1;q", false, live, synthetic, "baggage understudy-tx", "t 1"},
		{"baggage: understudy-tx=a=b", false, live, synthetic, "baggage understudy-tx", "a=b"},
		{"baggage: understudy-tx=%zz%4", false, live, synthetic, "baggage understudy-tx", "%zz%4"},
		{"baggage: understudy-tx=a+b", false, live, synthetic, "baggage understudy-tx", "a+b"},
		{"baggage: understudy-tx=%ff", false, live, synthetic, "baggage understudy-tx", "\uFFFD"},
		{"baggage: understudy-tx=" + long, false, live, synthetic, "baggage understudy-tx", boundedID(long)},
		{"baggage: understudy-tx=a%0Ab", false, live, synthetic, "baggage understudy-tx", boundedID("a\nb")},
		{"baggage: sd-routing-key=k", false, live, shadow, "baggage sd-routing-key", ""},
		{"baggage: okteto-divert=ns", false, live, shadow, "baggage okteto-divert", ""},
		{"baggage: tenancy=test", false, live, shadow, "baggage tenancy", ""},
		{"baggage: a=1,sd-routing-key=k,b=2", false, live, shadow, "baggage sd-routing-key", ""},
		{"baggage: a=1\nbaggage: b=2\nbaggage: sd-routing-key=k", false, live, shadow, "baggage sd-routing-key", ""},
		{"baggage: sd-routing-key=k,understudy-tx=t", false, live, synthetic, "baggage understudy-tx", "t"},
		{"baggage: tenancy=x,okteto-divert=y", false, live, shadow, "baggage okteto-divert", ""},
		{"baggage: understudy-tx=1,understudy-tx=2", false, live, synthetic, "baggage understudy-tx", "1"},
		{"baggage: sd-routing-key=", false, live, live, "default", ""},
		{"baggage: sd-routing-key=;p=1", false, live, live, "default", ""},
		{"baggage: understudy-tx=,understudy-tx=2", false, live, synthetic, "baggage understudy-tx", "2"},
		{"baggage: sd-routing-key", false, live, live, "default", ""},
		{"baggage: SD-Routing-Key=k", false, live, live, "default", ""},
		{"baggage: a=sd-routing-key=k", false, live, live, "default", ""},
		{"baggage: a=1;sd-routing-key=k", false, live, live, "default", ""},
		{"baggage: ,=x,;,\tokteto-divert\t=\tns\t,", false, live, shadow, "baggage okteto-divert", ""},
		{"baggage: userId=alice,isProduction=false", false, live, live, "default", ""},

		// Tracestate.
		{"tracestate: sd-routing-key=k", false, live, shadow, "tracestate sd-routing-key", ""},
		{"tracestate: rojo=00f067\ntracestate: congo=t61,okteto-divert=n", false, live, shadow, "tracestate okteto-divert", ""},
		{"tracestate: understudy-tx=t%201", false, live, synthetic, "tracestate understudy-tx", "t%201"},
		{"tracestate: acme@sd-routing-key=k", false, live, shadow, "tracestate sd-routing-key", ""},
		{"tracestate: sd-routing-key@acme=k", false, live, shadow, "tracestate sd-routing-key", ""},
		{"tracestate: acme@dd=s:1", false, live, live, "default", ""},
		{"tracestate: sd-routing-key=", false, live, live, "default", ""},
		{"tracestate: understudy-tx=t\nbaggage: sd-routing-key=k", false, live, shadow, "baggage sd-routing-key", ""},

		// The host.
		{"", true, live, shadow, "-shadow host", ""},
		{"baggage: a=1", true, live, shadow, "-shadow host", ""},
		{"baggage: understudy-tx=t", true, live, synthetic, "baggage understudy-tx", "t"},

		// Too much to read.
		{"baggage: " + manyMembers(180), false, live, live, "default", ""},
		{"baggage: " + manyMembers(181), false, live, shadow, "baggage over the limits", ""},
		{"baggage: " + manyMembers(179) + ",sd-routing-key=k", false, live, shadow, "baggage sd-routing-key", ""},
		{"baggage: " + manyMembers(180) + ",understudy-tx=k", false, live, shadow, "baggage over the limits", ""},
		{"baggage: " + manyMembers(200) + "\ntracestate: sd-routing-key=k", false, live, shadow, "tracestate sd-routing-key", ""},
		{"baggage: " + manyMembers(200), true, live, shadow, "-shadow host", ""},
		{"baggage: a=" + strings.Repeat("x", 16<<10-2), false, live, live, "default", ""},
		{"baggage: a=" + strings.Repeat("x", 16<<10-1), false, live, shadow, "baggage over the limits", ""},
		{"baggage: " + strings.Repeat(",", 17<<10), false, live, shadow, "baggage over the limits", ""},
		{"tracestate: " + manyMembers(181), false, live, shadow, "tracestate over the limits", ""},
	} {
		got := c.Classify(read(t, tc.lines), tc.shadowHost, tc.fallback)
		name := tc.lines[:min(len(tc.lines), 80)]
		if got.Origin != tc.origin || got.By != tc.by {
			t.Errorf("%q: %s by %q, want %s by %q", name, got.Origin, got.By, tc.origin, tc.by)
		}
		if tc.transaction == "uuid" {
			if !uuidForm.MatchString(got.Transaction) || !got.Rollback {
				t.Errorf("%q: transaction %q, rollback %v", name, got.Transaction, got.Rollback)
			}
		} else if got.Transaction != tc.transaction || got.Rollback {
			t.Errorf("%q: transaction %q, rollback %v, want %q", name, got.Transaction, got.Rollback, tc.transaction)
		}
	}
	if a, b := c.Classify(read(t, "Prefer: tx=rollback"), false, ""), c.Classify(read(t, "Prefer: tx=rollback"), false, ""); a.Transaction == b.Transaction {
		t.Error("two requests share a transaction of their own")
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "k%d=v", i)
	}
	return b.String()
}

func TestConfigDefault(t *testing.T) {
	c, err := New(Config{Default: live})
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, "")
	if got := c.Classify(r, false, ""); got.Origin != live {
		t.Errorf("got %s", got.Origin)
	}
	if got := c.Classify(r, false, shadow); got.Origin != shadow {
		t.Errorf("the caller's fallback counts before the Config's: got %s", got.Origin)
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := New(Config{
		Default: "ghost", ShadowHeaders: []string{"X-Ok", "bad name"}, SyntheticHeaders: []string{"X-A:"},
		ShadowBaggage: []string{""}, SessionHeader: "a b",
	})
	if simulations.CodeOf(err) != simulations.CodeInvalid {
		t.Fatalf("got %v", err)
	}
	for _, pointer := range []string{"/default", "/shadowHeaders/1", "/syntheticHeaders/0", "/shadowBaggage/0", "/sessionHeader"} {
		if !strings.Contains(err.Error(), pointer) {
			t.Errorf("%q does not name %s", err, pointer)
		}
	}
}

func TestSession(t *testing.T) {
	c := classifier(t)
	for _, tc := range []struct{ lines, want string }{
		{"", "default"},
		{"Understudy-Session: a", "a"},
		{"understudy-session:  a b ", "a b"},
		{"Understudy-Session:", "default"},
		{"Understudy-Session:\nUnderstudy-Session: b", "b"},
		{"baggage: understudy-session=b", "b"},
		{"baggage: x=1\nbaggage: understudy-session=b%20c", "b c"},
		{"baggage: understudy-session=,understudy-session=2", "2"},
		{"X-Test-Id: c", "c"},
		{"X-Test-Id: c\nbaggage: understudy-session=b", "b"},
		{"X-Test-Id: c\nbaggage: understudy-session=b\nUnderstudy-Session: a", "a"},
		{"Understudy-Session: " + strings.Repeat("é", 100), strings.Repeat("é", 100)},
		{"Understudy-Session: " + strings.Repeat("s", 201), boundedID(strings.Repeat("s", 201))},
		{"baggage: understudy-session=a%00b", boundedID("a\x00b")},
		{"Understudy-Session: \xff", boundedID("\xff")},
	} {
		got := c.Session(read(t, tc.lines))
		if got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.lines, got, tc.want)
		}
		if len(got) == 0 || len(got) > maxID {
			t.Errorf("%q: %d bytes", tc.lines, len(got))
		}
	}
	if a := boundedID("a\n"); !strings.HasPrefix(a, "sha256-") || a == boundedID("b\n") {
		t.Errorf("digest %q", a)
	}
}

// naiveMembers is W3C Baggage section 3.3 read aloud, without bounds.
func naiveMembers(lines []string) (keys, values []string) {
	for member := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		kv := strings.Split(strings.Split(member, ";")[0], "=")
		key := strings.Trim(kv[0], " \t")
		if len(kv) == 1 || key == "" {
			continue
		}
		keys = append(keys, key)
		values = append(values, strings.Trim(strings.Join(kv[1:], "="), " \t"))
	}
	return keys, values
}

func FuzzMembers(f *testing.F) {
	for _, s := range []string{"a=1,b=2", "a = 1 ;p=q , b=%20", ",,;=,a", "k=v=w\nl=m", "understudy-tx=%41%zz%"} {
		f.Add(s)
	}
	c := classifier(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxListBytes || strings.Count(text, ",")+strings.Count(text, "\n") >= maxMembers {
			t.Skip("past the bounds, which the naive reader does not have")
		}
		lines := strings.Split(text, "\n")
		keys, values := naiveMembers(lines)
		list := members{lines: lines}
		for i := range keys {
			k, v, ok := list.next()
			if !ok || k != keys[i] || v != values[i] {
				t.Fatalf("%q: member %d is %q=%q %v, want %q=%q", text, i, k, v, ok, keys[i], values[i])
			}
		}
		if k, v, ok := list.next(); ok || list.over {
			t.Fatalf("%q: one more: %q=%q, over %v", text, k, v, list.over)
		}

		// The same through Classify: the first key of the order with a value.
		want, by := unknown, "default"
		for _, m := range c.keys {
			for i, k := range keys {
				if k == m.key && values[i] != "" && by == "default" {
					want, by = m.origin, m.byBaggage
				}
			}
		}
		r := &http.Request{Header: http.Header{"Baggage": lines, "Tracestate": nil}}
		if got := c.Classify(r, false, ""); got.Origin != want || got.By != by {
			t.Fatalf("%q: %s by %q, want %s by %q", text, got.Origin, got.By, want, by)
		}
		r.Header = http.Header{"Tracestate": lines}
		if got := c.Classify(r, false, ""); by != "default" && got.Origin != want && got.Origin != synthetic {
			t.Fatalf("%q as tracestate: %s by %q, want %s", text, got.Origin, got.By, want)
		}
		if id := c.Session(&http.Request{Header: http.Header{"Baggage": lines}}); id == "" || len(id) > maxID {
			t.Fatalf("%q: session %q", text, id)
		}
	})
}

func FuzzDecodeValue(f *testing.F) {
	escape := regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	f.Add("%41%zz%")
	f.Add("%C3%A9%ff")
	f.Fuzz(func(t *testing.T, s string) {
		want := escape.ReplaceAllStringFunc(s, func(e string) string {
			var b byte
			fmt.Sscanf(e, "%%%02x", &b)
			return string([]byte{b})
		})
		if got := decodeValue(s); got != strings.ToValidUTF8(want, "\uFFFD") {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	})
}

// preference is RFC 7240 section 2's grammar as a regular expression.
var preference = regexp.MustCompile(`^[ \t]*([!#$%&'*+.^_|~0-9A-Za-z-]+|` + "`" + `)[ \t]*(?:=[ \t]*("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_|~0-9A-Za-z-]*)[ \t]*)?(?:;[^,"]*(?:"(?:[^"\\]|\\.)*"[^,"]*)*)?(?:,|$)`)

func FuzzPrefer(f *testing.F) {
	for _, s := range []string{"tx=rollback", `a="b, c"; d, TX="rollback"`, "tx=commit, tx=rollback", "return=minimal\ntx=rollback"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		got := rollback(lines)
		// Where the grammar fits the whole text, it is the oracle.
		want := false
		for _, rest := range lines {
			for rest != "" {
				m := preference.FindStringSubmatch(rest)
				if m == nil {
					return
				}
				rest = rest[len(m[0]):]
				if strings.EqualFold(m[1], "tx") {
					want = strings.EqualFold(regexp.MustCompile(`\\(.)`).ReplaceAllString(strings.Trim(m[2], `"`), "$1"), "rollback")
					if strings.Contains(m[2], `\"`) {
						return
					}
					rest, lines = "", nil
				}
			}
			if lines == nil {
				break
			}
		}
		if got != want {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
	})
}

func TestCommonPathAllocatesNothing(t *testing.T) {
	c := classifier(t)
	r := read(t, "Accept: */*\nUser-Agent: curl\nX-Request-Id: 1")
	marked := read(t, "baggage: userId=alice,sd-routing-key=abc;p=1")
	if n := testing.AllocsPerRun(100, func() {
		c.Classify(r, false, live)
		c.Session(r)
		c.Classify(marked, false, live)
		NormalizeHost("pay.example-shadow:8080")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	for name, lines := range map[string]string{
		"plain":   "Accept: */*\nUser-Agent: curl\nX-Request-Id: 1",
		"baggage": "baggage: userId=alice,serverNode=DF%2028,sd-routing-key=abc;p=1",
	} {
		r := read(b, lines)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Classify(r, false, live)
			}
		})
	}
}
