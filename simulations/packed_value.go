package simulations

import "reflect"

// The first byte of a packed Value.
const (
	packedNone   = iota // no value, a nil pointer
	packedNull          // nothing follows
	packedFalse         // nothing follows
	packedTrue          // nothing follows
	packedNumber        // its digits
	packedString        // its text
	packedArray         // its items, as a list
	packedObject        // its members in their order, as a map
)

func (x *Value) appendPacked(b []byte) []byte { return appendPackedValue(b, x) }

func (x *Value) unpack(u *unpacker) {
	if u.value(x, 0) == nil {
		u.fail("a value is missing")
	}
}

func (p *Predicate) appendPacked(b []byte) []byte { return appendPackedValue(b, p.Value) }

func (p *Predicate) unpack(u *unpacker) {
	p.Value = u.value(u.room.make(reflect.TypeFor[Value]()).Interface().(*Value), 0)
}

func appendPackedValue(b []byte, v *Value) []byte {
	if v == nil {
		return append(b, packedNone)
	}
	switch v.Kind {
	case Bool:
		if v.Text == "true" {
			return append(b, packedTrue)
		}
		return append(b, packedFalse)
	case Number:
		return appendText(append(b, packedNumber), v.Text)
	case String:
		return appendText(append(b, packedString), v.Text)
	case Array:
		b = appendUvarint(append(b, packedArray), uint64(len(v.Items)))
		for _, item := range v.Items {
			b = appendPackedValue(b, item)
		}
		return b
	case Object:
		b = appendUvarint(append(b, packedObject), uint64(len(v.Items)))
		for i, item := range v.Items {
			b = appendPackedValue(appendText(b, v.Names[i]), item)
		}
		return b
	default:
		return append(b, packedNull)
	}
}

// value reads a value into v, which is zero, and returns it, or nil where there
// is none.
func (u *unpacker) value(v *Value, depth int) *Value {
	if depth > maxPackedDepth {
		u.fail("values nested deeper than %d", maxPackedDepth)
		return nil
	}
	switch kind := u.byte(); kind {
	case packedNone:
		return nil
	case packedNull:
		v.Kind = Null
	case packedFalse:
		v.Kind, v.Text = Bool, "false"
	case packedTrue:
		v.Kind, v.Text = Bool, "true"
	case packedNumber:
		v.Kind, v.Text = Number, u.text()
	case packedString:
		v.Kind, v.Text = String, u.text()
	case packedArray:
		v.Kind = Array
		u.list(v, depth)
	case packedObject:
		v.Kind = Object
		u.list(v, depth)
	default:
		u.fail("%d is no kind of value: a newer understudy wrote it, or it is damaged", kind)
		return nil
	}
	return v
}

// list reads the items of v, and their names where it is an object.
func (u *unpacker) list(v *Value, depth int) {
	n := u.count()
	if n == 0 {
		return
	}
	v.Items = make([]*Value, n)
	if v.Kind == Object {
		v.Names = make([]string, n)
	}
	values := make([]Value, n)
	for i := 0; i < n && u.err == nil; i++ {
		if v.Kind == Object {
			v.Names[i] = u.text()
		}
		v.Items[i] = u.value(&values[i], depth+1)
	}
}
