package simulations

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The codec is one table-free pair of walks over the model: the `doc` tags name
// the members, [docDecoder] and [docEncoder] are for the few types whose
// written form is not their Go form, and [checked] is for what a type alone
// cannot say. Reading, writing and the JSON Schema follow the same tags, so
// that they cannot drift apart.

// docDecoder is a type that reads its written form itself.
type docDecoder interface {
	decodeDoc(d *decoder, v *Value)
}

// docEncoder is a type that writes its written form itself.
type docEncoder interface {
	encodeDoc() *Value
}

// enumerated is a string type of few values.
type enumerated interface {
	values() []string
}

// checked is a struct with rules across, or on the contents of, its fields.
type checked interface {
	check(report func(pointer, detail string))
}

// field is one member of a struct.
type field struct {
	name     string
	index    int
	required bool
	// internal members are written to the store only, never to a document.
	internal bool
}

var structFields sync.Map // reflect.Type -> []field

func fieldsOf(t reflect.Type) []field {
	if f, ok := structFields.Load(t); ok {
		return f.([]field)
	}
	var out []field
	for i := range t.NumField() {
		name, opts, _ := strings.Cut(t.Field(i).Tag.Get("doc"), ",")
		if name == "" || name == "-" {
			continue
		}
		out = append(out, field{name: name, index: i, required: opts == "required", internal: opts == "internal"})
	}
	structFields.Store(t, out)
	return out
}

// decoder reads a Value into the model and gathers every fault it meets.
type decoder struct {
	path     trail
	faults   []FieldError
	internal bool
}

// maxFaults bounds how many faults one document is told of.
const maxFaults = 100

func (d *decoder) fail(v *Value, format string, args ...any) {
	if len(d.faults) < maxFaults {
		d.faults = append(d.faults, FieldError{
			Pointer: d.path.pointer(), Detail: fmt.Sprintf(format, args...),
			Line: int(v.Line), Column: int(v.Column),
		})
	}
}

// want reports whether v is of kind k, and the fault if it is not.
func (d *decoder) want(v *Value, k Kind) bool {
	if v.Kind == k {
		return true
	}
	hint := ""
	switch {
	case v.Kind == Null:
		hint = ": leave the field out, or give it a value"
	case k == String && (v.Kind == Number || v.Kind == Bool):
		hint = fmt.Sprintf(": quote it: %q", v.Text)
	}
	d.fail(v, "is %s, but must be %s%s", v.Kind, k, hint)
	return false
}

func (d *decoder) decode(v *Value, to reflect.Value) {
	if to.CanAddr() {
		if dd, ok := to.Addr().Interface().(docDecoder); ok {
			dd.decodeDoc(d, v)
			return
		}
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		d.decode(v, to.Elem())
	case reflect.String:
		if d.want(v, String) {
			to.SetString(v.Text)
			if e, ok := to.Interface().(enumerated); ok && !slices.Contains(e.values(), v.Text) {
				d.fail(v, "%q is none of %s%s", v.Text, strings.Join(e.values(), ", "), Suggest(v.Text, e.values()))
			}
		}
	case reflect.Bool:
		if d.want(v, Bool) {
			to.SetBool(v.Text == "true")
		}
	case reflect.Int, reflect.Int64:
		if d.want(v, Number) {
			bits := 32
			if to.Kind() == reflect.Int64 {
				bits = 64
			}
			i, err := strconv.ParseInt(CanonicalNumber(v.Text), 10, bits)
			if err != nil {
				d.fail(v, "%s is no whole number of %d bits", v.Text, bits)
			}
			to.SetInt(i)
		}
	case reflect.Float64:
		if d.want(v, Number) {
			f, err := strconv.ParseFloat(v.Text, 64)
			if err != nil {
				d.fail(v, "%s is too large", v.Text)
			}
			to.SetFloat(f)
		}
	case reflect.Slice:
		if d.want(v, Array) && len(v.Items) > 0 {
			to.Set(reflect.MakeSlice(to.Type(), len(v.Items), len(v.Items)))
			for i, item := range v.Items {
				d.path.push("", i)
				d.decode(item, to.Index(i))
				d.path.pop()
			}
		}
	case reflect.Map:
		if d.want(v, Object) && len(v.Items) > 0 {
			to.Set(reflect.MakeMapWithSize(to.Type(), len(v.Items)))
			for i, item := range v.Items {
				d.path.push(v.Names[i], -1)
				elem := reflect.New(to.Type().Elem()).Elem()
				d.decode(item, elem)
				to.SetMapIndex(reflect.ValueOf(v.Names[i]), elem)
				d.path.pop()
			}
		}
	case reflect.Struct:
		d.decodeStruct(v, to)
	default:
		panic("simulations: the codec knows no " + to.Type().String()) // a defect of the model, seen by any test
	}
}

func (d *decoder) decodeStruct(v *Value, to reflect.Value) {
	if !d.want(v, Object) {
		return
	}
	before := len(d.faults)
	fields := fieldsOf(to.Type())
	for i, item := range v.Items {
		name := v.Names[i]
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == name && (d.internal || !f.internal) })
		d.path.push(name, -1)
		if at < 0 {
			d.fail(item, "unknown field%s", Suggest(name, names(fields)))
		} else {
			d.decode(item, to.Field(fields[at].index))
		}
		d.path.pop()
	}
	for _, f := range fields {
		if f.required && v.Get(f.name) == nil {
			d.fail(v, "the field %s is missing", f.name)
		}
	}
	// The rules across fields presume fields that are right in themselves; the
	// document's look at names only.
	_, whole := to.Addr().Interface().(*Document)
	if c, ok := to.Addr().Interface().(checked); ok && (whole || len(d.faults) == before) {
		base := d.path.pointer()
		c.check(func(pointer, detail string) {
			at := v.At(pointer)
			if len(d.faults) < maxFaults {
				d.faults = append(d.faults, FieldError{Pointer: base + pointer, Detail: detail, Line: int(at.Line), Column: int(at.Column)})
			}
		})
	}
}

func names(fields []field) []string {
	var out []string
	for _, f := range fields {
		if !f.internal {
			out = append(out, f.name)
		}
	}
	return out
}

// At follows a JSON pointer as far as it goes and returns the value there.
func (v *Value) At(pointer string) *Value {
	for _, token := range strings.Split(pointer, "/")[min(1, len(pointer)):] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		next := v.Get(token)
		if i, err := strconv.Atoi(token); err == nil && v.Kind == Array && i >= 0 && i < len(v.Items) {
			next = v.Items[i]
		}
		if next == nil {
			break
		}
		v = next
	}
	return v
}

// Locate fills in, for faults found after decoding, the line and column of
// their pointers below v.
func (v *Value) Locate(fields []FieldError) []FieldError {
	for i := range fields {
		if fields[i].Line == 0 {
			at := v.At(fields[i].Pointer)
			fields[i].Line, fields[i].Column = int(at.Line), int(at.Column)
		}
	}
	return fields
}

// encode writes a model value; nil stands for one that is left out.
func encode(from reflect.Value, internal bool) *Value {
	if from.Kind() == reflect.Pointer && from.IsNil() {
		return nil
	}
	if e, ok := from.Interface().(docEncoder); ok {
		return e.encodeDoc()
	}
	switch from.Kind() {
	case reflect.Pointer:
		if v := encode(from.Elem(), internal); v != nil {
			return v
		}
		// A pointer says by itself that something is there: an empty text too.
		if from.Elem().Kind() == reflect.String {
			return NewString("")
		}
		return &Value{Kind: Object}
	case reflect.String:
		if from.Len() > 0 {
			return NewString(from.String())
		}
	case reflect.Bool:
		if from.Bool() {
			return NewBool(true)
		}
	case reflect.Int, reflect.Int64:
		if from.Int() != 0 {
			return NewInt(from.Int())
		}
	case reflect.Float64:
		if from.Float() != 0 {
			return &Value{Kind: Number, Text: CanonicalNumber(strconv.FormatFloat(from.Float(), 'g', -1, 64))}
		}
	case reflect.Slice:
		if from.Len() == 0 {
			return nil
		}
		out := &Value{Kind: Array}
		for i := range from.Len() {
			item := encode(from.Index(i), internal)
			if item == nil {
				item = &Value{Kind: Object}
				if from.Index(i).Kind() == reflect.String {
					item = NewString("")
				}
			}
			out.Items = append(out.Items, item)
		}
		return out
	case reflect.Map:
		if from.Len() == 0 {
			return nil
		}
		out := &Value{Kind: Object}
		keys := from.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			item := encode(from.MapIndex(k), internal)
			if item == nil {
				item = &Value{Kind: Object}
			}
			out.Names = append(out.Names, k.String())
			out.Items = append(out.Items, item)
		}
		return out
	case reflect.Struct:
		out := &Value{Kind: Object}
		for _, f := range fieldsOf(from.Type()) {
			if f.internal && !internal {
				continue
			}
			if item := encode(from.Field(f.index), internal); item != nil {
				out.Names = append(out.Names, f.name)
				out.Items = append(out.Items, item)
			}
		}
		if len(out.Names) > 0 {
			return out
		}
	}
	return nil
}

// Suggest returns `: did you mean "x"?` for the name nearest to s, or "".
func Suggest(s string, known []string) string {
	best, bestDistance := "", max(2, len(s)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(s), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance is Levenshtein's, between short names.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
