package simulations

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
)

// The packed form of a stub is what the store keeps and the catalog holds: a
// fifth of the time of JSON to write, a twentieth to read, and its texts need no
// memory of their own. It is versioned and stable:
//
//	stub    = version struct
//	version = one byte, packedVersion
//	struct  = { number value } 0     the fields that are not empty, in order of their numbers
//	number  = uvarint                the field's `pack` tag
//	text    = length bytes           length is a uvarint
//	integer = zigzag varint
//	float   = 8 bytes, IEEE 754, little-endian
//	boolean = one byte, 1
//	list    = count { value }        count is a uvarint
//	map     = count { text value }   in order of the names
//	pointer = what it points to
//	JSON    = one byte for the kind, then a text, list or map of its contents
//
// Equal stubs have equal packed forms. A number is never used again for another
// field, and the form of a field never changes: a change takes a new number,
// and the old one stays known for reading. A number that is not known was
// written by a newer understudy, and the stub is refused, since a condition that
// is not seen would let a stub answer what it should not.
//
// Rejected: protobuf. It reads about as fast, but its own types would stand
// beside the model and have to be kept equal to it, and its parser for numbers
// that are not known, which are never wanted here, is most of it.

const (
	// packedVersion is the first byte of the form above.
	packedVersion = 1
	// packedID is the number of Stub.ID, the lowest, so that it stands first.
	packedID = 1
)

// maxPackedDepth is how deep values nest in a packed stub: what Parse takes,
// and what reading other tools' files may put around it.
const maxPackedDepth = 2 * MaxDepth

var stubPacker = sync.OnceValue(func() packer {
	p, err := packerOf(reflect.TypeFor[Stub]())
	if err != nil {
		panic("simulations: " + err.Error()) // a defect of the model, seen by any test
	}
	return p
})

// AppendPacked appends the stub in the packed form, which [Unpack] reads.
// Everything is kept but the lines and columns of values; an empty list or map
// becomes a nil one.
func AppendPacked(b []byte, s *Stub) []byte {
	return stubPacker().pack(append(b, packedVersion), reflect.ValueOf(s).Elem())
}

// Unpack reads what [AppendPacked] wrote. The texts of the stub are parts of p.
// Foreign bytes give an error, at a cost in the order of their length.
func Unpack(p string) (*Stub, error) {
	made, err := unpack(p)
	if err != nil {
		return nil, err
	}
	return &made.stub, nil
}

func unpack(p string) (*stubRoom, error) {
	if p == "" {
		return nil, errors.New("a packed stub of no length")
	}
	if p[0] != packedVersion {
		return nil, fmt.Errorf("a packed stub of version %d, this understudy knows %d: a newer one wrote it, or it is damaged", p[0], packedVersion)
	}
	made := new(stubRoom)
	u := unpackers.Get().(*unpacker)
	defer func() {
		*u = unpacker{}
		unpackers.Put(u)
	}()
	*u = unpacker{rest: p[1:], whole: len(p), items: len(p), room: made}
	stubPacker().unpack(u, reflect.ValueOf(&made.stub).Elem())
	if u.err == nil && u.rest != "" {
		u.fail("more than a stub")
	}
	return made, u.err
}

var unpackers = sync.Pool{New: func() any { return new(unpacker) }}

// PackedID returns the ID of a stub in its packed form without reading the rest.
func PackedID(p string) (string, error) {
	if p == "" || p[0] != packedVersion {
		_, err := Unpack(p)
		return "", err
	}
	u := unpacker{rest: p[1:], whole: len(p)}
	if u.rest == "" || u.rest[0] != packedID {
		return "", u.err // a stub without one
	}
	u.rest = u.rest[1:]
	id := u.text()
	return id, u.err
}

// stubRoom is memory for a stub and for what nearly every stub points to, taken
// at once.
type stubRoom struct {
	stored   StoredStub
	stub     Stub
	method   [1]string
	response Response
	path     Predicate
	value    Value
	text     string
	taken    [4]bool
	// methodTaken is set once a pattern has the list of methods.
	methodTaken bool
}

var roomTypes = [4]reflect.Type{reflect.TypeFor[Response](), reflect.TypeFor[Predicate](), reflect.TypeFor[Value](), reflect.TypeFor[string]()}

// make returns a pointer to a zero value of a type, from the room where there is
// one left.
func (r *stubRoom) make(t reflect.Type) reflect.Value {
	for i, own := range roomTypes {
		if t != own || r.taken[i] {
			continue
		}
		r.taken[i] = true
		switch i {
		case 0:
			return reflect.ValueOf(&r.response)
		case 1:
			return reflect.ValueOf(&r.path)
		case 2:
			return reflect.ValueOf(&r.value)
		default:
			return reflect.ValueOf(&r.text)
		}
	}
	return reflect.New(t)
}

// packer is how the values of one type are packed. The values are addressable.
type packer interface {
	pack(b []byte, v reflect.Value) []byte
	// unpack sets to, which is zero. After a fault it leaves it as it is.
	unpack(u *unpacker, to reflect.Value)
}

// packerOf puts the packer of a type together, once, from its `pack` tags.
func packerOf(t reflect.Type) (packer, error) { return packers{}.of(t) }

// packers are those of structs that are being put together: a struct that holds
// itself, as a pattern does, finds its own here.
type packers map[reflect.Type]*packedStruct

func (all packers) of(t reflect.Type) (packer, error) {
	if t == reflect.TypeFor[map[string]Predicate]() {
		return selfPacking{func(p any) selfPacker { return (*predicates)(p.(*map[string]Predicate)) }}, nil
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[selfPacker]()) {
		return selfPacking{func(p any) selfPacker { return p.(selfPacker) }}, nil
	}
	switch t.Kind() {
	case reflect.String:
		if e, ok := reflect.Zero(t).Interface().(enumerated); ok {
			return packedText{known: e.values()}, nil
		}
		return packedText{}, nil
	case reflect.Int, reflect.Int64:
		return packedInt{}, nil
	case reflect.Float64:
		return packedFloat{}, nil
	case reflect.Bool:
		return packedBool{}, nil
	case reflect.Pointer:
		elem, err := all.of(t.Elem())
		return packedPointer{elem, t.Elem()}, err
	case reflect.Slice:
		elem, err := all.of(t.Elem())
		return packedList{elem}, err
	case reflect.Map:
		elem, err := all.of(t.Elem())
		return packedMap{elem, t}, err
	case reflect.Struct:
		return all.structure(t)
	}
	return nil, fmt.Errorf("the packed form knows no %s", t)
}

// packedStruct packs a struct's fields, which are in order of their numbers.
type packedStruct struct {
	name   string
	fields []packedField
}

type packedField struct {
	number uint64
	index  int
	kind   reflect.Kind
	packer packer
}

func (all packers) structure(t reflect.Type) (packer, error) {
	if p := all[t]; p != nil {
		return p, nil
	}
	p := &packedStruct{name: t.Name()}
	all[t] = p
	for i := range t.NumField() {
		f := t.Field(i)
		_, inDocument := f.Tag.Lookup("doc")
		tag, packed := f.Tag.Lookup("pack")
		if !packed && !inDocument {
			continue
		}
		number, err := strconv.ParseUint(tag, 10, 16)
		if err != nil || number == 0 {
			return nil, fmt.Errorf("%s.%s has no number for the packed form: give it a tag such as `pack:\"7\"`, one that no field of %s ever had", t.Name(), f.Name, t.Name())
		}
		elem, err := all.of(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.Name(), f.Name, err)
		}
		at := len(p.fields)
		for at > 0 && p.fields[at-1].number >= number {
			at--
			if p.fields[at].number == number {
				return nil, fmt.Errorf("%s.%s has the number %d of another field", t.Name(), f.Name, number)
			}
		}
		p.fields = append(p.fields, packedField{})
		copy(p.fields[at+1:], p.fields[at:])
		p.fields[at] = packedField{number, i, f.Type.Kind(), elem}
	}
	return p, nil
}

func (p *packedStruct) pack(b []byte, v reflect.Value) []byte {
	for i := range p.fields {
		f := &p.fields[i]
		if at := v.Field(f.index); !f.empty(at) {
			b = f.packer.pack(appendUvarint(b, f.number), at)
		}
	}
	return append(b, 0)
}

func (p *packedStruct) unpack(u *unpacker, to reflect.Value) {
	if u.depth++; u.depth > maxPackedDepth {
		u.fail("a %s nested deeper than %d", p.name, maxPackedDepth)
		return
	}
	p.unpackFields(u, to)
	u.depth--
}

func (p *packedStruct) unpackFields(u *unpacker, to reflect.Value) {
	rest := p.fields
	for {
		number := u.uvarint()
		if number == 0 { // the end, or a fault
			return
		}
		for len(rest) > 0 && rest[0].number < number {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0].number != number {
			u.fail("a %s has no field %d here: a newer understudy wrote it, or it is damaged", p.name, number)
			return
		}
		rest[0].packer.unpack(u, to.Field(rest[0].index))
		rest = rest[1:]
	}
}

// empty reports whether the field's value is left out.
func (f *packedField) empty(v reflect.Value) bool {
	switch f.kind {
	case reflect.Pointer:
		return v.IsNil()
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false // a struct that is no pointer is always there
	default:
		return v.IsZero()
	}
}
