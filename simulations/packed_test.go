package simulations

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestPackedIdentity: what is packed reads back equal, whatever fields are set.
func TestPackedIdentity(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 0))
		f := filler{r: r, sparse: seed > 100} // the first ones have every field
		s := new(Stub)
		f.fill(reflect.ValueOf(s).Elem(), 0)
		packed := AppendPacked(nil, s)
		got, err := Unpack(string(packed))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !reflect.DeepEqual(got, s) {
			t.Fatalf("seed %d: packed\n%s\nbecomes\n%s", seed, s.Value(), got.Value())
		}
		if id, err := PackedID(string(packed)); err != nil || id != s.ID {
			t.Fatalf("seed %d: PackedID is %q, %v, want %q", seed, id, err, s.ID)
		}
		if again := AppendPacked(nil, got); !bytes.Equal(again, packed) {
			t.Fatalf("seed %d: equal stubs have other forms:\n%x\n%x", seed, packed, again)
		}
	}
}

// filler sets everything that is exported at random, through all types that it
// meets, so that a field that is new is tested without anybody thinking of it.
type filler struct {
	r      *rand.Rand
	sparse bool
	// within is how many lists of structs stand around: a pattern holds patterns.
	within int
}

func (f filler) fill(v reflect.Value, depth int) {
	if f.sparse && depth > 0 && f.r.IntN(3) == 0 {
		return
	}
	switch at := v.Addr().Interface().(type) {
	case *Value:
		*at = *f.value(0)
		return
	case *Predicate:
		at.Value = f.value(0)
		return
	case *Bytes:
		*at = Bytes(f.text())
		return
	case enumerated:
		values := at.values()
		v.SetString(values[f.r.IntN(len(values))])
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.r.Uint64() >> f.r.IntN(64)))
	case reflect.Float64:
		v.SetFloat(f.r.NormFloat64())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), 0) // what is pointed to is there
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			if f.within++; f.within > 2 {
				return
			}
		}
		n := 1 + f.r.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			if at := v.Index(i); at.Kind() == reflect.Pointer {
				at.Set(reflect.New(at.Type().Elem())) // a list has no nil
			}
			f.fill(v.Index(i), 1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + f.r.IntN(3) {
			elem := reflect.New(v.Type().Elem()).Elem()
			if elem.Kind() == reflect.Pointer {
				elem.Set(reflect.New(elem.Type().Elem())) // nor has a map
			}
			f.fill(elem, depth+1)
			v.SetMapIndex(reflect.ValueOf(f.text()), elem)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth+1)
			}
		}
	default:
		panic("no filling for " + v.Type().String())
	}
}

func (f filler) text() string {
	const runes = "aZ0 \"\\\n\x00é漢\xff"
	n := f.r.IntN(6)
	if f.r.IntN(20) == 0 {
		n = 100 + f.r.IntN(200) // a length of two bytes
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = runes[f.r.IntN(len(runes))]
	}
	return string(b)
}

func (f filler) value(depth int) *Value {
	kind := Kind(f.r.IntN(int(Object) + 1))
	if depth > 3 && kind >= Array {
		kind = String
	}
	v := &Value{Kind: kind}
	switch kind {
	case Bool:
		v.Text = strconv.FormatBool(f.r.IntN(2) == 0)
	case Number:
		v.Text = strconv.FormatFloat(f.r.NormFloat64(), 'g', -1, 64)
	case String:
		v.Text = f.text()
	case Array, Object:
		for range f.r.IntN(4) {
			var item *Value // a nil one is kept, too
			if f.r.IntN(8) > 0 {
				item = f.value(depth + 1)
			}
			v.Items = append(v.Items, item)
			if kind == Object {
				v.Names = append(v.Names, f.text())
			}
		}
	}
	return v
}

// TestPackedNumbers: each field of a document has a number, and no two the same.
func TestPackedNumbers(t *testing.T) {
	if _, err := packerOf(reflect.TypeFor[Stub]()); err != nil {
		t.Error(err)
	}
	type inner struct {
		A string `doc:"a"`
	}
	for want, of := range map[string]reflect.Type{
		"inner.A has no number": reflect.TypeFor[struct {
			X []*inner `pack:"1"`
		}](),
		".B has the number 7 of another": reflect.TypeFor[struct {
			A int `doc:"a" pack:"7"`
			C int `doc:"c" pack:"9"`
			B int `doc:"b" pack:"7"`
		}](),
		".A has no number": reflect.TypeFor[struct {
			A int `doc:"a" pack:"0"`
		}](),
		"the packed form knows no uint16": reflect.TypeFor[struct {
			A uint16 `pack:"1"`
		}](),
	} {
		if _, err := packerOf(of); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}

// TestPackedGolden holds the form itself: what stores have in them. A line that
// fails means that stubs on disk are no longer read, or are written otherwise
// than by the understudy before; lines are added for new fields, never changed.
func TestPackedGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/packed-v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines)%2 != 0 {
		t.Fatal("a stub has two lines: its JSON, and its packed form in hex")
	}
	for i := 0; i < len(lines); i += 2 {
		s, err := ParseStub([]byte(lines[i]))
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if got := hex.EncodeToString(AppendPacked(nil, s)); got != lines[i+1] {
			t.Errorf("line %d is now packed as\n%s", i+1, got)
		}
		packed, err := hex.DecodeString(lines[i+1])
		if err != nil {
			t.Fatalf("line %d: %v", i+2, err)
		}
		got, err := Unpack(string(packed))
		if err != nil {
			t.Errorf("line %d: %v", i+2, err)
			continue
		}
		if b, err := AppendStub(nil, got); err != nil || string(b) != lines[i] {
			t.Errorf("line %d is now read as\n%s", i+2, b)
		}
	}
}

// TestUnpackRefuses: what is wrong is said, and where.
func TestUnpackRefuses(t *testing.T) {
	for _, c := range []struct{ packed, want string }{
		{"", "no length"},
		{"\x02\x00", "version 2"},
		{"\x01", "byte 1: it ends too early"},
		{"\x01\x00x", "byte 2: more than a stub"},
		{"\x01\x7f\x00", "a Stub has no field 127 here: a newer understudy"},
		{"\x01\x02\x01a\x01\x01b\x00", "a Stub has no field 1 here"},
		{"\x01\x01\x01a\x01\x01b\x00", "a Stub has no field 1 here"},
		{"\x01\x01\x05abc", "byte 3: a text of 5 bytes, but only 3 follow"},
		{"\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a text of 18446744073709551615 bytes"},
		{"\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "more than 64 bits"},
		{"\x01\x04\x7f\x00", "127 items, more than there can be"},
		{"\x01\x08\x04best\x00", `"best" is no known Order`},
		{"\x01\x05\x02\x09\x00\x00", "9 is no kind of value"},
		{"\x01\x05\x05\x02\x00\x00", "2 stands for no boolean"},
		{"\x01\x06\x05\x00\x00\x00", "a value is missing"},
		{"\x01\x05\x04\x02\x01b\x01\x01b\x01\x00\x00", `the name "b" is not in its place`},
		{"\x01\x05\x04\x02\x01b\x01\x01a\x01\x00\x00", `the name "a" is not in its place`},
		{"\x01\x05\x02" + strings.Repeat("\x06\x01", 2000), "nested deeper than 1024"},
		{"\x01\x05" + strings.Repeat("\x11\x01", 2000), "a Pattern nested deeper than 1024"},
	} {
		if _, err := Unpack(c.packed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: the error is %v, want one with %q", c.packed, err, c.want)
		}
		if id, err := PackedID(c.packed); id != "" && err != nil {
			t.Errorf("%.40q: both an id, %q, and %v", c.packed, id, err)
		}
	}
}

// TestUnpackBounded: a count claims no memory that its items do not pay for.
func TestUnpackBounded(t *testing.T) {
	const size = 1 << 16
	pad := strings.Repeat("\x01", size)
	lists := strings.Repeat("\x06\xff\xff\x03", 500) // lists of 65,535 in lists
	for name, packed := range map[string]string{
		"nested lists":  "\x01\x05\x02" + lists + pad,
		"labels":        "\x01\x04\xff\xff\x03" + strings.Repeat("\x00", size),
		"responses":     "\x01\x07\xff\xff\x03" + strings.Repeat("\x00", size),
		"patterns":      "\x01\x05\x11\xff\xff\x03" + strings.Repeat("\x00", size),
		"texts by name": "\x01\x0c\x02\xff\xff\x03" + pad,
		"a map's count": "\x01\x05\x06\xff\xff\x03" + pad,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Unpack(packed) // right or wrong, it is about what it costs
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) / uint64(len(packed)); took > 512 {
			t.Errorf("%s: %d bytes of memory for each byte", name, took)
		}
	}
}

// FuzzUnpack: foreign bytes do no harm, and what is taken is packed again to
// what reads back equal.
func FuzzUnpack(f *testing.F) {
	for seed := range uint64(20) {
		fill := filler{r: rand.New(rand.NewPCG(seed, 0)), sparse: seed > 0}
		s := new(Stub)
		fill.fill(reflect.ValueOf(s).Elem(), 0)
		f.Add(AppendPacked(nil, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Unpack(string(data))
		if err != nil {
			return
		}
		packed := AppendPacked(nil, s)
		again, err := Unpack(string(packed))
		if err != nil {
			t.Fatalf("%x, packed as %x, reads not back: %v", data, packed, err)
		}
		if second := AppendPacked(nil, again); !bytes.Equal(packed, second) {
			t.Fatalf("not the identity:\n%x\n%x", packed, second)
		}
	})
}

// usualStub is what most stubs of a large simulation look like.
func usualStub() *Stub {
	text := strings.Repeat("0123456789", 60)
	return &Stub{
		ID:      "stub-012345",
		Request: Pattern{Method: Strings{"POST"}, Path: &Predicate{NewString("/v1/charges/012345")}},
		Response: &Response{
			Status:  201,
			Headers: Headers{"Content-Type": {"application/json"}, "X-Request-Id": {"012345"}},
			Text:    &text,
		},
	}
}

// TestUnpackAllocations: that a stub is packed is to save memory.
func TestUnpackAllocations(t *testing.T) {
	packed := string(AppendPacked(nil, usualStub()))
	if n := testing.AllocsPerRun(100, func() { _, _ = Unpack(packed) }); n > 15 {
		t.Errorf("%v allocations for a usual stub", n)
	}
	b := make([]byte, 0, 2*len(packed))
	s := usualStub()
	if n := testing.AllocsPerRun(100, func() { b = AppendPacked(b[:0], s) }); n > 0 {
		t.Errorf("%v allocations to pack a usual stub", n)
	}
}

func BenchmarkPacked(b *testing.B) {
	s := usualStub()
	packed := string(AppendPacked(nil, s))
	text, _ := AppendStub(nil, s)
	b.Run("pack", func(b *testing.B) {
		buf := make([]byte, 0, 2*len(packed))
		for b.Loop() {
			buf = AppendPacked(buf[:0], s)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Unpack(packed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("JSON/write", func(b *testing.B) {
		for b.Loop() {
			text, _ = AppendStub(text[:0], s)
		}
	})
	b.Run("JSON/read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseStub(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
