package simulations

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
)

// The packers of what structs are made of.

func appendUvarint(b []byte, n uint64) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	return binary.AppendUvarint(b, n)
}

func appendText(b []byte, s string) []byte {
	return append(appendUvarint(b, uint64(len(s))), s...)
}

// unpacker reads a packed form piece by piece. From the first fault on
// everything that it reads is zero.
type unpacker struct {
	rest  string
	whole int
	// items is how many items lists and maps may still have. Each takes a byte
	// at least, so that there are never more of them than the form is long:
	// this bounds the memory that a count alone can claim.
	items int
	// depth is how many structs stand in each other.
	depth int
	err   error
	room  *stubRoom
}

func (u *unpacker) fail(format string, args ...any) {
	if u.err == nil {
		u.err = fmt.Errorf("packed stub, byte %d: %s", u.whole-len(u.rest), fmt.Sprintf(format, args...))
	}
	u.rest = ""
}

func (u *unpacker) byte() byte {
	if u.rest == "" {
		u.fail("it ends too early")
		return 0
	}
	c := u.rest[0]
	u.rest = u.rest[1:]
	return c
}

func (u *unpacker) uvarint() uint64 {
	if u.rest != "" && u.rest[0] < 0x80 {
		n := uint64(u.rest[0])
		u.rest = u.rest[1:]
		return n
	}
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := u.byte()
		if shift == 63 && c > 1 {
			break
		}
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	u.fail("a number of more than 64 bits")
	return 0
}

// text shares the packed form.
func (u *unpacker) text() string {
	n := u.uvarint()
	if n > uint64(len(u.rest)) {
		u.fail("a text of %d bytes, but only %d follow", n, len(u.rest))
		return ""
	}
	s := u.rest[:n]
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) count() int {
	n := u.uvarint()
	if n > uint64(u.items) {
		u.fail("%d items, more than there can be", n)
		return 0
	}
	u.items -= int(n)
	return int(n)
}

// packedText packs a string type, whose values are known where it is an enumeration.
type packedText struct{ known []string }

func (packedText) pack(b []byte, v reflect.Value) []byte { return appendText(b, v.String()) }

func (p packedText) unpack(u *unpacker, to reflect.Value) {
	s := u.text()
	if p.known != nil && u.err == nil && !slices.Contains(p.known, s) {
		u.fail("%q is no known %s: a newer understudy wrote it, or it is damaged", s, to.Type().Name())
		return
	}
	to.SetString(s)
}

type packedInt struct{}

func (packedInt) pack(b []byte, v reflect.Value) []byte {
	i := v.Int()
	return appendUvarint(b, uint64(i<<1)^uint64(i>>63))
}

func (packedInt) unpack(u *unpacker, to reflect.Value) {
	i := u.int()
	if to.OverflowInt(i) {
		u.fail("the number %d is too large", i)
		return
	}
	to.SetInt(i)
}

// int reads a zigzag varint.
func (u *unpacker) int() int64 {
	n := u.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

type packedFloat struct{}

func (packedFloat) pack(b []byte, v reflect.Value) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float()))
}

func (packedFloat) unpack(u *unpacker, to reflect.Value) {
	var bits uint64
	for i := range 8 {
		bits |= uint64(u.byte()) << (8 * i)
	}
	to.SetFloat(math.Float64frombits(bits))
}

type packedBool struct{}

func (packedBool) pack(b []byte, _ reflect.Value) []byte { return append(b, 1) }

func (packedBool) unpack(u *unpacker, to reflect.Value) {
	if c := u.byte(); c != 1 && u.err == nil {
		u.fail("%d stands for no boolean", c)
		return
	}
	to.SetBool(true)
}

// packedPointer packs what a pointer points to. Where a list holds a nil one, it
// reads back as one to an empty value, as it does from a document.
type packedPointer struct {
	elem packer
	typ  reflect.Type
}

func (p packedPointer) pack(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		v = reflect.New(p.typ)
	}
	return p.elem.pack(b, v.Elem())
}

func (p packedPointer) unpack(u *unpacker, to reflect.Value) {
	made := u.room.make(p.typ)
	to.Set(made)
	p.elem.unpack(u, made.Elem())
}

type packedList struct{ elem packer }

func (p packedList) pack(b []byte, v reflect.Value) []byte {
	b = appendUvarint(b, uint64(v.Len()))
	for i := range v.Len() {
		b = p.elem.pack(b, v.Index(i))
	}
	return b
}

func (p packedList) unpack(u *unpacker, to reflect.Value) {
	n := u.count()
	to.Grow(n)
	to.SetLen(n)
	for i := 0; i < n && u.err == nil; i++ {
		p.elem.unpack(u, to.Index(i))
	}
}

// packedMap packs a map by names. What it holds of a nil pointer reads back as
// it does in a list.
type packedMap struct {
	elem packer
	typ  reflect.Type
}

func (p packedMap) pack(b []byte, v reflect.Value) []byte {
	names := make([]string, 0, v.Len())
	for at := v.MapRange(); at.Next(); {
		names = append(names, at.Key().String())
	}
	slices.Sort(names)
	b = appendUvarint(b, uint64(len(names)))
	elem := reflect.New(p.typ.Elem()).Elem()
	for _, name := range names {
		elem.Set(v.MapIndex(reflect.ValueOf(name)))
		b = p.elem.pack(appendText(b, name), elem)
	}
	return b
}

func (p packedMap) unpack(u *unpacker, to reflect.Value) {
	n := u.count()
	if n == 0 {
		return
	}
	to.Set(reflect.MakeMapWithSize(p.typ, n))
	names := ascending{u: u}
	for i := 0; i < n && u.err == nil; i++ {
		name, elem := names.next(), reflect.New(p.typ.Elem()).Elem()
		p.elem.unpack(u, elem)
		to.SetMapIndex(reflect.ValueOf(name), elem)
	}
}

// selfPacker is a type that packs itself: one whose form is not that of its Go
// type, or one that is too frequent for reflection.
type selfPacker interface {
	appendPacked(b []byte) []byte
	unpack(u *unpacker)
}

// selfPacking packs a type through its selfPacker, which of makes of a pointer.
type selfPacking struct{ of func(p any) selfPacker }

func (p selfPacking) pack(b []byte, v reflect.Value) []byte {
	return p.of(v.Addr().Interface()).appendPacked(b)
}

func (p selfPacking) unpack(u *unpacker, to reflect.Value) {
	p.of(to.Addr().Interface()).unpack(u)
}

func (x *Bytes) appendPacked(b []byte) []byte {
	return append(appendUvarint(b, uint64(len(*x))), *x...)
}

// unpack copies: Bytes can be written to.
func (x *Bytes) unpack(u *unpacker) { *x = Bytes(u.text()) }

func (x *Strings) appendPacked(b []byte) []byte {
	b = appendUvarint(b, uint64(len(*x)))
	for _, s := range *x {
		b = appendText(b, s)
	}
	return b
}

func (x *Strings) unpack(u *unpacker) {
	n := u.count()
	if n == 1 && !u.room.methodTaken {
		*x, u.room.methodTaken = u.room.method[:], true
	} else {
		*x = make(Strings, n)
	}
	for i := 0; i < n && u.err == nil; i++ {
		(*x)[i] = u.text()
	}
}

func (x *Headers) appendPacked(b []byte) []byte {
	var room [16]string
	b = appendUvarint(b, uint64(len(*x)))
	for _, name := range sortedNames(room[:0], *x) {
		values := (*x)[name]
		b = appendUvarint(appendText(b, name), uint64(len(values)))
		for _, s := range values {
			b = appendText(b, s)
		}
	}
	return b
}

// unpack shares headers between stubs: those of many stubs are the same, and
// where there are many stubs most are unpacked for one answer.
func (x *Headers) unpack(u *unpacker) {
	from := *u
	skipHeaders(u)
	if u.err != nil || u.rest == from.rest {
		return
	}
	packed := from.rest[:len(from.rest)-len(u.rest)]
	sum := maphash.String(headersSeed, packed)
	known := &knownHeaders[sum%uint64(len(knownHeaders))]
	if k := known.shared.Load(); k != nil && k.packed == packed {
		*x = k.headers
		return
	}
	x.read(&from)
	u.err = from.err
	// What comes twice in a row may come often. The copy lets go of the stub.
	if known.last.Swap(sum) == sum && u.err == nil && len(packed) <= maxKnownHeaders {
		k := &sharedHeaders{packed: strings.Clone(packed)}
		k.headers.read(&unpacker{rest: k.packed, whole: len(k.packed), items: len(k.packed)})
		known.shared.Store(k)
	}
}

var (
	headersSeed  = maphash.MakeSeed()
	knownHeaders [256]struct {
		last   atomic.Uint64
		shared atomic.Pointer[sharedHeaders]
	}
)

type sharedHeaders struct {
	packed  string
	headers Headers
}

const maxKnownHeaders = 1 << 10

func skipHeaders(u *unpacker) {
	for n := u.count(); n > 0 && u.err == nil; n-- {
		u.text()
		for values := u.count(); values > 0 && u.err == nil; values-- {
			u.text()
		}
	}
}

func (x *Headers) read(u *unpacker) {
	n := u.count()
	if n == 0 {
		return
	}
	*x = make(Headers, n)
	single := make([]string, n) // the lists of one value, which nearly all are
	names := ascending{u: u}
	for i := 0; i < n && u.err == nil; i++ {
		name := names.next()
		switch values := u.count(); values {
		case 0:
			(*x)[name] = nil
		case 1:
			single[i] = u.text()
			(*x)[name] = single[i : i+1 : i+1]
		default:
			list := make([]string, values)
			for j := range list {
				list[j] = u.text()
			}
			(*x)[name] = list
		}
	}
}

// predicates are those of a pattern on fields that have names.
type predicates map[string]Predicate

func (x *predicates) appendPacked(b []byte) []byte {
	var room [16]string
	b = appendUvarint(b, uint64(len(*x)))
	for _, name := range sortedNames(room[:0], *x) {
		b = appendPackedValue(appendText(b, name), (*x)[name].Value)
	}
	return b
}

func (x *predicates) unpack(u *unpacker) {
	n := u.count()
	if n == 0 {
		return
	}
	*x = make(predicates, n)
	values := make([]Value, n)
	names := ascending{u: u}
	for i := 0; i < n && u.err == nil; i++ {
		name := names.next()
		(*x)[name] = Predicate{u.value(&values[i], 0)}
	}
}

func sortedNames[V any](names []string, of map[string]V) []string {
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ascending reads the names of a map, none of which stands twice.
type ascending struct {
	u    *unpacker
	last string
	any  bool
}

func (a *ascending) next() string {
	name := a.u.text()
	if a.any && name <= a.last && a.u.err == nil {
		a.u.fail("the name %.100q is not in its place", name)
	}
	a.last, a.any = name, true
	return name
}
