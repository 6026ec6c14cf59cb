package simulations

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// The codec is one pair of walks over the model, along the plans of its types: the `doc` tags name
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

// decoder reads a Value into the model and gathers the faults it meets. Once it
// is full it reads nothing more: nobody reads what it has made.
type decoder struct {
	path     trail
	faults   []FieldError
	internal bool
	// apart is the text that the value is of, where a list of it is read piece by
	// piece.
	apart *Apart
}

// maxFaults bounds how many faults one document is told of.
const maxFaults = 100

// full reports whether so many faults were met that no more would be told.
func (d *decoder) full() bool { return len(d.faults) >= maxFaults }

func (d *decoder) fail(v *Value, format string, args ...any) {
	if !d.full() {
		d.faults = append(d.faults, FieldError{
			Pointer: d.path.pointer(), Detail: fmt.Sprintf(format, args...),
			Line: int(v.Line), Column: int(v.Column),
		})
	}
}

// err is the error of what was decoded, nil where no fault was met.
func (d *decoder) err() error {
	if d.full() {
		return &Error{Code: CodeInvalid, Detail: fmt.Sprintf("the document is not valid; these are its first %d faults", maxFaults), Fields: d.faults}
	}
	return Invalid(d.faults)
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

// decode reads v into to, which is addressable and of p's type.
func (d *decoder) decode(v *Value, to reflect.Value, p *plan) {
	if d.full() {
		return
	}
	if p.decodes {
		to.Addr().Interface().(docDecoder).decodeDoc(d, v)
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		d.decode(v, to.Elem(), p.elem)
	case reflect.String:
		if d.want(v, String) {
			to.SetString(v.Text)
			if p.values != nil && !slices.Contains(p.values, v.Text) {
				d.fail(v, "%q is none of %s%s", v.Text, strings.Join(p.values, ", "), Suggest(v.Text, p.values))
			}
		}
	case reflect.Bool:
		if d.want(v, Bool) {
			to.SetBool(v.Text == "true")
		}
	case reflect.Int, reflect.Int64:
		if d.want(v, Number) {
			d.decodeInt(v, to)
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
		if d.want(v, Array) {
			d.decodeSlice(v, to, p)
		}
	case reflect.Map:
		if d.want(v, Object) && len(v.Items) > 0 {
			to.Set(reflect.MakeMapWithSize(to.Type(), min(len(v.Items), maxAhead)))
			for i, item := range v.Items {
				if d.full() {
					break
				}
				d.path.push(v.Names[i], -1)
				elem := reflect.New(to.Type().Elem()).Elem()
				d.decode(item, elem, p.elem)
				to.SetMapIndex(reflect.ValueOf(v.Names[i]), elem)
				d.path.pop()
			}
		}
	case reflect.Struct:
		d.decodeStruct(v, to, p)
	default:
		panic("simulations: the codec knows no " + to.Type().String()) // a defect of the model, seen by any test
	}
}

// maxAhead is for how many items of a list there is room made before they are
// read: an item may be larger by far than its text, and wrong.
const maxAhead = 1024

func (d *decoder) decodeSlice(v *Value, to reflect.Value, p *plan) {
	if d.apart != nil && v == d.apart.List {
		d.decodeApart(to.Addr().Interface().(*[]*Stub))
		return
	}
	if values, ok := to.Addr().Interface().(*[]*Value); ok {
		*values = v.Items // data, as it stands
		return
	}
	for i, item := range v.Items {
		if d.full() {
			return
		}
		if i == to.Cap() {
			to.Grow(min(len(v.Items)-i, max(i, maxAhead)))
		}
		to.SetLen(i + 1)
		d.path.push("", i)
		d.decode(item, to.Index(i), p.elem)
		d.path.pop()
	}
}

func (d *decoder) decodeInt(v *Value, to reflect.Value) {
	bits := 32
	if to.Kind() == reflect.Int64 {
		bits = 64
	}
	i, err := strconv.ParseInt(v.Text, 10, bits)
	if err != nil { // 1.0 and 1e2 are whole numbers too
		i, err = strconv.ParseInt(CanonicalNumber(v.Text), 10, bits)
	}
	if err != nil {
		d.fail(v, "%s is no whole number of %d bits", v.Text, bits)
	}
	to.SetInt(i)
}

func (d *decoder) decodeStruct(v *Value, to reflect.Value, p *plan) {
	if !d.want(v, Object) {
		return
	}
	before, at := len(d.faults), -1
	for i, item := range v.Items {
		if d.full() {
			return
		}
		name := v.Names[i]
		var f *field
		d.path.push(name, -1)
		if at, f = p.find(name, at); f == nil || f.internal && !d.internal {
			d.fail(item, "unknown field%s", Suggest(name, names(p.fields)))
		} else if f.template >= 0 && HasTemplate(item) {
			to.Field(f.template).SetString(item.Text)
		} else if f.object >= 0 && item.Kind == Object {
			d.decode(item, to.Field(f.object), f.objectPlan)
		} else {
			d.decode(item, to.Field(f.index), f.plan)
		}
		d.path.pop()
	}
	for i := range p.fields {
		if f := &p.fields[i]; f.required && v.Get(f.name) == nil {
			d.fail(v, "the field %s is missing", f.name)
		}
	}
	if !p.checked || d.full() {
		return
	}
	// The rules across fields presume fields that are right in themselves; the
	// document's look at names only.
	c := to.Addr().Interface().(checked)
	if _, whole := c.(*Document); whole || len(d.faults) == before {
		c.check(func(pointer, detail string) {
			if !d.full() {
				at := d.at(v, pointer)
				d.faults = append(d.faults, FieldError{Pointer: d.path.pointer() + pointer, Detail: detail, Line: int(at.Line), Column: int(at.Column)})
			}
		})
	}
}

// at is where the pointer leads from v; of what is not in memory it is not known.
func (d *decoder) at(v *Value, pointer string) *Value {
	at := v.At(pointer)
	if d.apart != nil && at == d.apart.List {
		return &Value{}
	}
	return at
}

// HasTemplate reports whether v is a text with a template in it.
func HasTemplate(v *Value) bool { return v.Kind == String && strings.Contains(v.Text, "{{") }

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

// encode writes a model value of p's type; nil stands for one that is left out.
func encode(from reflect.Value, p *plan, internal bool) *Value {
	if from.Kind() == reflect.Pointer && from.IsNil() {
		return nil
	}
	if p.encodes {
		return from.Interface().(docEncoder).encodeDoc()
	}
	switch from.Kind() {
	case reflect.Pointer:
		if v := encode(from.Elem(), p.elem, internal); v != nil {
			return v
		}
		return blank(from.Elem()) // a pointer says by itself that something is there
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
		return encodeSlice(from, p, internal)
	case reflect.Map:
		return encodeMap(from, p, internal)
	case reflect.Struct:
		return encodeStruct(from, p, internal)
	}
	return nil
}

func encodeSlice(from reflect.Value, p *plan, internal bool) *Value {
	if from.Len() == 0 {
		return nil
	}
	out := &Value{Kind: Array, Items: make([]*Value, from.Len())}
	for i := range out.Items {
		item := encode(from.Index(i), p.elem, internal)
		if item == nil {
			item = blank(from.Index(i))
		}
		out.Items[i] = item
	}
	return out
}

func encodeMap(from reflect.Value, p *plan, internal bool) *Value {
	if from.Len() == 0 {
		return nil
	}
	out := &Value{Kind: Object}
	keys := from.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		item := encode(from.MapIndex(k), p.elem, internal)
		if item == nil {
			item = blank(from.MapIndex(k))
		}
		out.Names = append(out.Names, k.String())
		out.Items = append(out.Items, item)
	}
	return out
}

// blank is the written form of what is empty, where that cannot be left out.
func blank(from reflect.Value) *Value {
	switch from.Kind() {
	case reflect.String:
		return NewString("")
	case reflect.Int, reflect.Int64, reflect.Float64:
		return NewInt(0)
	}
	return &Value{Kind: Object}
}

func encodeStruct(from reflect.Value, p *plan, internal bool) *Value {
	var out *Value
	for i := range p.fields {
		f := &p.fields[i]
		if f.internal && !internal {
			continue
		}
		item := encode(from.Field(f.index), f.plan, internal)
		if f.template >= 0 && from.Field(f.template).Len() > 0 {
			item = NewString(from.Field(f.template).String())
		}
		if f.object >= 0 && !from.Field(f.object).IsNil() {
			item = encode(from.Field(f.object), f.objectPlan, internal)
		}
		if item != nil {
			if out == nil {
				out = &Value{Kind: Object, Names: make([]string, 0, 4), Items: make([]*Value, 0, 4)}
			}
			out.Names = append(out.Names, f.name)
			out.Items = append(out.Items, item)
		}
	}
	return out
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
