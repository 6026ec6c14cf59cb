package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Dates in Java's letters and in strftime print as Go's layouts do, and are read
// back.
func TestDateOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, f := range []struct{ pattern, layout string }{
		{"yyyy-MM-dd'T'HH:mm:ssXXX", "2006-01-02T15:04:05Z07:00"},
		{"EEE, dd MMM yyyy HH:mm:ss Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
		{"d/M/yy h:mm a", "2/1/06 3:04 PM"},
		{"EEEE d MMMM yyyy", "Monday 2 January 2006"},
		{"yyyyMMddHHmmss", "20060102150405"},
		{"%Y-%m-%dT%H:%M:%S", "2006-01-02T15:04:05"},
		{"%d.%m.%y %I:%M %p", "02.01.06 03:04 PM"},
		{"%e %b %Y", "_2 Jan 2006"},
		{"%j", "002"},
		{"%FT%T.%L%z", "2006-01-02T15:04:05.000-0700"},
		{"yyyy-MM-dd HH:mm:ss.SSSSSS", "2006-01-02 15:04:05.000000"},
		{"%A, %B %-d", "Monday, January 2"},
	} {
		compiled, err := parseDateFormat(f.pattern, anyNotation)
		if err != nil {
			t.Fatal(f.pattern, err)
		}
		for range 500 {
			zone := time.FixedZone("", (rnd.IntN(49)-24)*1800)
			at := time.Unix(rnd.Int64N(3_000_000_000), rnd.Int64N(1e9)).In(zone)
			got, want := string(compiled.append(nil, at)), at.Format(f.layout)
			if got != want {
				t.Fatalf("%s: %q, Go prints %q", f.pattern, got, want)
			}
			back, err := compiled.parse(got, zone)
			if strings.Contains(f.pattern, "yy") == false && !strings.Contains(f.pattern, "%Y") && !strings.Contains(f.pattern, "%F") {
				continue // no year, no date
			}
			if err != nil {
				t.Fatalf("%s: %q is not read back: %v", f.pattern, got, err)
			}
			wantBack, err := time.ParseInLocation(f.layout, want, zone)
			if err != nil || !back.Equal(wantBack) {
				t.Fatalf("%s: %q is read as %s, Go reads %s, %v", f.pattern, got, back, wantBack, err)
			}
		}
	}
}

// JSON that is read and written stays the same, byte by byte.
func TestJSONOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var make1 func(depth int) any
	make1 = func(depth int) any {
		switch n := rnd.IntN(7); {
		case n == 0 && depth < 5:
			list := make([]any, rnd.IntN(4))
			for i := range list {
				list[i] = make1(depth + 1)
			}
			return list
		case n <= 2 && depth < 5:
			m := map[string]any{}
			for range rnd.IntN(4) {
				m[fmt.Sprintf("k%d\"\n", rnd.IntN(9))] = make1(depth + 1)
			}
			return m
		case n == 3:
			return json.Number(fmt.Sprintf("%d.%d0", rnd.IntN(100), rnd.IntN(100)))
		case n == 4:
			return nil
		case n == 5:
			return rnd.IntN(2) == 0
		}
		return fmt.Sprintf("é<%d>\t\\", rnd.IntN(100))
	}
	r := newRun(t)
	for range 2000 {
		v := make1(0)
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		source := strings.TrimSpace(want.String())
		tree, err := r.parse(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []any{v, tree} {
			if got, err := r.encode(nil, x, compact, 0); err != nil || string(got) != source {
				t.Fatalf("%s\n%s, %v", source, got, err)
			}
		}
		var indented bytes.Buffer
		_ = json.Indent(&indented, []byte(source), "", "  ")
		if got, _ := r.encode(nil, tree, pretty, 0); string(got) != indented.String() {
			t.Fatalf("%s\n%s", indented.String(), got)
		}
		if plain, err := r.plain(tree); err != nil || !reflect.DeepEqual(plain, v) {
			t.Fatalf("%#v\n%#v, %v", v, plain, err)
		}
		r.steps, r.made = MaxSteps, 0
	}
}

func newRun(t *testing.T) *run {
	t.Helper()
	tpl, err := Compile("", Native)
	if err != nil {
		t.Fatal(err)
	}
	return tpl.begin(t.Context(), sample())
}

// Sums, products and roundings equal those of big.Int on scaled numbers.
func TestNumberOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	r := newRun(t)
	scaled := func(n int64) string { return new(big.Rat).SetFrac64(n, 1000).FloatString(3) }
	for range 5000 {
		x, y := rnd.Int64N(2_000_000)-1_000_000, rnd.Int64N(2_000_000)-1_000_000
		for op, want := range map[string]string{
			"add": scaled(x + y), "subtract": scaled(x - y),
			"multiply": new(big.Rat).SetFrac64(x*y, 1_000_000).FloatString(6),
		} {
			got, err := call1(r, op, json.Number(scaled(x)), scaled(y))
			if err != nil {
				t.Fatal(err)
			}
			g, ok1 := new(big.Rat).SetString(fmt.Sprint(got))
			w, _ := new(big.Rat).SetString(want)
			if !ok1 || g.Cmp(w) != 0 {
				t.Fatalf("%s %s %s is %v, want %s", op, scaled(x), scaled(y), got, want)
			}
		}
		// A half goes away from zero: round the count of thousandths by hand.
		units := x / 10
		if rest := x % 10; rest >= 5 {
			units++
		} else if rest <= -5 {
			units--
		}
		got, err := call1(r, "round", json.Number(scaled(x)), json.Number("2"))
		g, _ := new(big.Rat).SetString(fmt.Sprint(got))
		if err != nil || g.Cmp(new(big.Rat).SetFrac64(units, 100)) != 0 {
			t.Fatalf("round %s is %v, %v", scaled(x), got, err)
		}
		r.steps, r.made = MaxSteps, 0
	}
}

// call1 calls a native helper with values.
func call1(r *run, name string, values ...any) (any, error) {
	c := &call{helper: Native.manners().helpers[name]}
	return c.invoke(r, args{call: c, list: values})
}

// The distance of misspellings equals the textbook's recursion.
func TestEditDistanceOracle(t *testing.T) {
	var naive func(a, b string) int
	naive = func(a, b string) int {
		switch {
		case a == "":
			return len(b)
		case b == "":
			return len(a)
		case a[0] == b[0]:
			return naive(a[1:], b[1:])
		}
		return 1 + min(naive(a[1:], b), naive(a, b[1:]), naive(a[1:], b[1:]))
	}
	rnd := rand.New(rand.NewPCG(9, 10))
	word := func() string {
		b := make([]byte, rnd.IntN(6))
		for i := range b {
			b[i] = "abc"[rnd.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		a, b := word(), word()
		if got, want := editDistance(a, b, 10), naive(a, b); got != want {
			t.Fatalf("%q and %q: %d, want %d", a, b, got, want)
		}
	}
}

// A text without braces, and one with them escaped, comes out as it went in.
func TestTextOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	const letters = "ab {}\\\n~'\"[]|=<"
	for range 5000 {
		b := make([]byte, rnd.IntN(30))
		for i := range b {
			b[i] = letters[rnd.IntN(len(letters))]
		}
		s := string(b)
		if !strings.Contains(s, "{{") {
			if got, err := render(t, Native, s, sample()); err != nil || got != s {
				t.Fatalf("%q: %q, %v", s, got, err)
			}
		}
		if got, err := render(t, Native, "{{{{raw}}}}"+s+"{{{{/raw}}}}", sample()); err != nil || got != s {
			t.Fatalf("raw %q: %q, %v", s, got, err)
		}
	}
}

// A UUID has the form of RFC 9562 and is never the same.
func TestUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	r := newRun(t)
	seen := map[string]bool{}
	for range 1000 {
		u := r.uuid()
		if !form.MatchString(u) || seen[u] {
			t.Fatal(u)
		}
		seen[u] = true
	}
}

func TestRandomRanges(t *testing.T) {
	r := newRun(t)
	seen := map[string]bool{}
	for range 2000 {
		v, err := call1(r, "randomInt", json.Number("-2"), json.Number("2"))
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(v)] = true
		d, err := call1(r, "randomDecimal", "1.5", "1.6")
		if n, ok := new(big.Rat).SetString(fmt.Sprint(d)); err != nil || !ok || n.Cmp(big.NewRat(15, 10)) < 0 || n.Cmp(big.NewRat(16, 10)) > 0 {
			t.Fatalf("%v, %v", d, err)
		}
	}
	if len(seen) != 5 || !seen["-2"] || !seen["2"] {
		t.Errorf("%v", seen)
	}
}
