package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readJSON reads a text as a tree: what stands less than `within` deep is gone
// through, and the rest read whole.
func readJSON(from io.Reader, within, most int) (*Value, error) {
	r := NewJSONReader(from, most)
	v, err := readTree(r, within)
	if err != nil {
		return nil, err
	}
	return v, r.End()
}

func readTree(r *JSONReader, within int) (*Value, error) {
	v, err := r.Next()
	if err != nil || within == 0 || v.Kind < Array {
		if err == nil {
			return r.Value()
		}
		return nil, err
	}
	add := func() error {
		item, err := readTree(r, within-1)
		v.Items = append(v.Items, item)
		return err
	}
	if v.Kind == Array {
		return &v, r.Array(func(i int) error {
			if i != len(v.Items) {
				return fmt.Errorf("item %d is called %d", len(v.Items), i)
			}
			return add()
		})
	}
	return &v, r.Object(func(name string) error {
		v.Names = append(v.Names, name)
		return add()
	})
}

// alike compares what Parse says of a text with what reading it piece by piece
// says, places included.
func alike(t *testing.T, text []byte, within int) {
	t.Helper()
	want, wrong := Parse(text)
	for how, from := range map[string]io.Reader{
		"whole": bytes.NewReader(text), "by bytes": iotest.OneByteReader(bytes.NewReader(text)), "end with data": iotest.DataErrReader(bytes.NewReader(text)),
	} {
		got, err := readJSON(from, within, 1<<20)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%s, %d deep: %v, but Parse says: %v\n%q", how, within, err, wrong, text)
		}
		if err == nil && fmt.Sprint(tree(got)) != fmt.Sprint(tree(want)) {
			t.Fatalf("%s, %d deep: other values\n%s\n%s", how, within, tree(got), tree(want))
		}
	}
	// What is passed over is held to the same.
	r := NewJSONReader(bytes.NewReader(text), 1<<20)
	err := r.Pass()
	if err == nil {
		err = r.End()
	}
	if (err == nil) != (wrong == nil) {
		t.Fatalf("passed over: %v, but Parse says: %v\n%q", err, wrong, text)
	}
}

// tree is a value with the places of all that is in it.
func tree(v *Value) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d %d %q %q[", v.Line, v.Column, v.Kind, v.Text, v.Names)
	for _, item := range v.Items {
		b.WriteString(tree(item))
	}
	return b.String() + "]"
}

// someJSON writes a random value.
func someJSON(r *rand.Rand, b *bytes.Buffer, depth int) {
	space := func() { b.WriteString([]string{"", "", "", " ", "\n", "\r\n\t ", "  "}[r.IntN(7)]) }
	text := func() {
		b.WriteByte('"')
		for range r.IntN(6) {
			b.WriteString([]string{"a", "é", `\"`, `\\`, `\u00e9`, `\ud83d\ude00`, "{", "]", ",", strings.Repeat("x", r.IntN(40))}[r.IntN(10)])
		}
		b.WriteByte('"')
	}
	space()
	kind := r.IntN(7)
	if depth == 0 {
		kind = 5 + r.IntN(2)
	} else if depth > 4 {
		kind = r.IntN(5)
	}
	switch kind {
	case 0:
		b.WriteString([]string{"null", "true", "false"}[r.IntN(3)])
	case 1, 2:
		b.WriteString([]string{"0", "-1.5e+7", "12345678901234567890"}[r.IntN(3)])
	case 3, 4:
		text()
	default:
		open, end := "[", "]"
		if kind == 6 {
			open, end = "{", "}"
		}
		b.WriteString(open)
		for i := range r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			if kind == 6 {
				fmt.Fprintf(b, `"%d`, i)
				b.WriteString([]string{`"`, `é"`}[r.IntN(2)])
				space()
				b.WriteByte(':')
			}
			someJSON(r, b, depth+1)
		}
		space()
		b.WriteString(end)
	}
	space()
}

// TestJSONReader: a text that is read piece by piece, in pieces of any size, is
// what Parse makes of it whole, and what Parse refuses is refused.
func TestJSONReader(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 3000 {
		var b bytes.Buffer
		someJSON(r, &b, 0)
		alike(t, b.Bytes(), r.IntN(5))
		// One byte less, or another.
		broken := bytes.Clone(b.Bytes())
		switch at := r.IntN(len(broken)); r.IntN(2) {
		case 0:
			broken = append(broken[:at], broken[at+1:]...)
		default:
			broken[at] = "{}[]\",:\\ x\xff1"[r.IntN(12)]
		}
		if trimmed := bytes.TrimLeft(broken, " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
			alike(t, broken, r.IntN(5))
		}
	}
	alike(t, []byte("\ufeff{\"a\":[1]}"), 2)
	alike(t, []byte(strings.Repeat("[", MaxDepth)+strings.Repeat("]", MaxDepth)), 2)
	alike(t, []byte(strings.Repeat("[", MaxDepth+1)+strings.Repeat("]", MaxDepth+1)), 2)
	alike(t, []byte(`{"`+strings.Repeat("a", 3*readRoom)+`":["`+strings.Repeat(`\"`, readRoom)+`"]}`), 2)
}

// TestJSONReaderFaults: an error says where in the whole text it is.
func TestJSONReaderFaults(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\":\n [1, {\"b\": tru}]}":  "/a/1/b 2:12",
		"{\"a\": {\"é\":1, \"a\":x}}":   "/a/a 1:19",
		"{\"a\":1,\n\"a\":2}":           "/a 2:1",
		"{\"a\":[1 2]}":                 "/a 1:9",
		"[{\"a\":1,\"a\":2}]":           "/0/a 1:9",
		"{\"a\":[1,":                    "/a 1:9",
		"{\"a\":[1]} 2":                 " 1:11",
		"{\"a\"\n:\n[\n{\"b\":\"\xff\"": " 4:7",
	} {
		_, err := readJSON(strings.NewReader(text), 2, 1<<20)
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Fields) != 1 {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if f := e.Fields[0]; fmt.Sprintf("%s %d:%d", f.Pointer, f.Line, f.Column) != want {
			t.Errorf("%q: %s %d:%d: %s; want %s", text, f.Pointer, f.Line, f.Column, f.Detail, want)
		}
	}
}

// TestJSONReaderHolds: however long the text, no more is held than a value, and a
// value that is too large is refused before it is read.
func TestJSONReaderHolds(t *testing.T) {
	endless := func(begin, again string) *counted {
		return &counted{Reader: io.MultiReader(strings.NewReader(begin), repeated(again))}
	}
	for begin, again := range map[string]string{
		`{"a":["`: "x", `{"a":[`: "[", `{"a":[{"b":`: `"",`, `{"a":[1`: "1",
	} {
		from := endless(begin, again)
		_, err := readJSON(from, 2, 100_000)
		if CodeOf(err) != CodeTooLarge || from.n > 100_000+4*readRoom {
			t.Errorf("%s%s…: %v after %d bytes", begin, again, err, from.n)
		}
	}
	r := NewJSONReader(io.LimitReader(endless(`{"b":[`, `"`+strings.Repeat("x", 1000)+`",`), 20<<20), 1<<20)
	if err := r.Object(func(string) error { return nil }); CodeOf(err) != CodeInvalid {
		t.Error(err) // it is cut off
	}
	if len(r.room) > readRoom {
		t.Errorf("for values of 1 KB %d bytes are held", len(r.room))
	}
	var names strings.Builder
	for i := range maxMembers + 1 {
		fmt.Fprintf(&names, `,"%d":1`, i)
	}
	r = NewJSONReader(strings.NewReader("{"+names.String()[1:]+"}"), 100)
	if err := r.Object(func(string) error { return nil }); CodeOf(err) != CodeTooLarge {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := readJSON(io.MultiReader(strings.NewReader(`[1,`), iotest.ErrReader(broken)), 1, 100); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := readJSON(readerFunc(func([]byte) (int, error) { return 0, nil }), 1, 100); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// TestJSONReaderPasses: what nobody reads is not built, however many values it has;
// it has to be right all the same.
func TestJSONReaderPasses(t *testing.T) {
	many := strings.Repeat(`0,`, 3*maxPieceValues)
	for _, text := range []string{
		`{"a":{"b":[` + many + `0]}}`, `{"a":[[` + many + `0],{"b":[` + many + `0]}]}`,
		`{"a":{"b":[` + strings.Repeat(`{"b":["c",{"d":1}]},`, maxPieceValues/2) + `0]}}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := passed(text); err != nil {
			t.Errorf("%.40s…: %v", text, err)
		}
		runtime.ReadMemStats(&after)
		// The text is held, in a window that doubles.
		if made := after.TotalAlloc - before.TotalAlloc; made > uint64(5*len(text)+1<<20) {
			t.Errorf("%.40s…, %d bytes: %d bytes were allocated", text, len(text), made)
		}
	}
	few := many[:2000]
	for text, want := range map[string]string{
		`{"a":{"b":[` + few + `x]}}`: "/a/b/1000",
		`{"a":[[` + few + `0,]]}`:    "/a/0/1001",
		`{"a":{"b":1,"b":2}}`:        "/a/b",
		`{"a":"\x"}`:                 "/a",
	} {
		if at, err := passed(text); CodeOf(err) != CodeInvalid || at != want {
			t.Errorf("%.40s…: %v, want a fault at %s", text, err, want)
		}
	}
	var names strings.Builder
	for i := range maxPieceValues {
		fmt.Fprintf(&names, `"%x":0,`, i)
	}
	if at, err := passed(`{"a":{` + names.String() + `"x":0}}`); CodeOf(err) != CodeTooLarge || at != "/a" {
		t.Errorf("an object of a million names is passed over: %v", err)
	}
}

// passed goes through the members of an object and reads none; at is where the
// first fault is.
func passed(text string) (at string, err error) {
	r := NewJSONReader(strings.NewReader(text), len(text))
	err = r.Object(func(string) error { return nil })
	if e, ok := errors.AsType[*Error](err); ok {
		at = e.Fields[0].Pointer
	}
	return at, err
}

// TestJSONReaderManyValues: a value that is read whole has a bound on what is in it.
func TestJSONReaderManyValues(t *testing.T) {
	text := func(zeros int) string { return `[1,` + "\n" + ` [` + strings.Repeat("0,", zeros-1) + `0]]` }
	if _, err := readJSON(strings.NewReader(text(maxPieceValues-1)), 1, 1<<30); err != nil {
		t.Error(err)
	}
	_, err := readJSON(strings.NewReader(text(maxPieceValues)), 1, 1<<30)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeTooLarge || e.Fields[0].Pointer != "/1" || e.Fields[0].Line != 2 || e.Fields[0].Column != 2*maxPieceValues+1 {
		t.Error(err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func repeated(text string) io.Reader {
	return readerFunc(func(p []byte) (n int, err error) {
		for n < len(p) && text != "" {
			n += copy(p[n:], text)
		}
		return n, nil
	})
}

type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// FuzzJSONReader holds the reader against Parse.
func FuzzJSONReader(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"\\\""}],"c":null}`, `[[],{}," "]`, `{"a":1,"a":2}`, "[1,\n2\xff]", `[1 2`, `{"a"}`} {
		f.Add([]byte(s), 2)
	}
	f.Fuzz(func(t *testing.T, text []byte, within int) {
		if trimmed := bytes.TrimLeft(bytes.TrimPrefix(text, byteOrderMark), " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
			alike(t, text, max(within, 0)%6)
		}
	})
}

// admitting is a reader that is asked.
type admitting struct {
	io.Reader
	asked []string
	err   error
}

func (a *admitting) Admit(text []byte) error {
	a.asked = append(a.asked, string(text))
	return a.err
}

// TestJSONReaderAsks: the reader of a text is asked before a value is made of it,
// and not where it is passed over; its error ends the reading.
func TestJSONReaderAsks(t *testing.T) {
	from := &admitting{Reader: strings.NewReader(`{"a": [1, {"b":2}], "c": [3]}`)}
	r := NewJSONReader(from, 1000)
	err := r.Object(func(name string) error {
		if name == "c" {
			return r.Pass()
		}
		return r.Array(func(int) error {
			_, err := r.Value()
			return err
		})
	})
	if want := []string{`"a"`, `1`, `{"b":2}`, `"c"`}; err != nil || !slices.Equal(from.asked, want) {
		t.Errorf("%q, %v", from.asked, err)
	}
	from = &admitting{Reader: strings.NewReader(`[1]`), err: io.ErrClosedPipe}
	if _, err := NewJSONReader(from, 1000).Value(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}
