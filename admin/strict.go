package admin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
)

// decodeStrict reads a small request body into a struct by its json tags. An
// unknown member, a wrong type and a value outside its enumeration are refused,
// all at once, each with pointer, line and column. Members without omitempty
// are required. Patterns are read by the document's own codec.
func decodeStrict(data []byte, into any) (*simulations.Value, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, invalidBody(fieldsOf(err))
	}
	d := &strictDecoder{}
	d.value(v, reflect.ValueOf(into).Elem(), "")
	if len(d.faults) > 0 {
		return nil, invalidBody(d.faults)
	}
	return v, nil
}

func invalidBody(fields []simulations.FieldError) error {
	return &simulations.Error{Code: simulations.CodeInvalid, Detail: "the body is not valid", Fields: fields}
}

// fieldsOf returns the fields of the first Error in err's chain.
func fieldsOf(err error) []simulations.FieldError {
	if e, ok := errors.AsType[*simulations.Error](err); ok {
		return e.Fields
	}
	return nil
}

// maxFaults bounds how many faults one body is told of.
const maxFaults = 100

// ttl is how long something stays, as a request says it: "10m".
type ttl time.Duration

// maxTTL bounds a ttl; what is to stay for longer needs none.
const maxTTL = 10 * 365 * 24 * time.Hour

type strictDecoder struct{ faults []simulations.FieldError }

func (d *strictDecoder) fail(v *simulations.Value, at, format string, args ...any) {
	if len(d.faults) < maxFaults {
		d.faults = append(d.faults, simulations.FieldError{
			Pointer: at, Detail: fmt.Sprintf(format, args...), Line: int(v.Line), Column: int(v.Column),
		})
	}
}

func (d *strictDecoder) want(v *simulations.Value, at string, kind simulations.Kind) bool {
	if v.Kind != kind {
		d.fail(v, at, "is %s, but must be %s", v.Kind, kind)
	}
	return v.Kind == kind
}

var (
	patternType = reflect.TypeFor[simulations.Pattern]()
	bytesType   = reflect.TypeFor[[]byte]()
	ttlType     = reflect.TypeFor[ttl]()
	headersType = reflect.TypeFor[map[string][]string]()
)

func (d *strictDecoder) value(v *simulations.Value, to reflect.Value, at string) {
	switch to.Type() {
	case patternType:
		p, err := simulations.DecodePattern(v)
		if err != nil {
			for _, f := range fieldsOf(err) {
				f.Pointer = at + f.Pointer
				d.faults = append(d.faults, f)
			}
			return
		}
		to.Set(reflect.ValueOf(*p))
		return
	case bytesType:
		if d.want(v, at, simulations.String) {
			b, err := base64.StdEncoding.DecodeString(v.Text)
			if err != nil {
				d.fail(v, at, "not standard base64 (RFC 4648 section 4, with padding)")
			}
			to.SetBytes(b)
		}
		return
	case headersType:
		d.headers(v, to, at)
		return
	case ttlType:
		if d.want(v, at, simulations.String) {
			t, err := time.ParseDuration(v.Text)
			if err != nil || t <= 0 || t > maxTTL {
				d.fail(v, at, "%q is no duration of more than 0s and at most %s: write one such as \"90s\" or \"10m\"", cut(v.Text), maxTTL)
			}
			to.SetInt(int64(t))
		}
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		d.value(v, to.Elem(), at)
	case reflect.String:
		if d.want(v, at, simulations.String) {
			if enum := enums[to.Type()]; enum != nil && !slices.Contains(enum(), v.Text) {
				d.fail(v, at, "%q is none of %s%s", v.Text, strings.Join(enum(), ", "), simulations.Suggest(v.Text, enum()))
			}
			to.SetString(v.Text)
		}
	case reflect.Bool:
		if d.want(v, at, simulations.Bool) {
			to.SetBool(v.Text == "true")
		}
	case reflect.Int:
		if d.want(v, at, simulations.Number) {
			n, err := strconv.ParseInt(simulations.CanonicalNumber(v.Text), 10, 32)
			if err != nil || n < 0 {
				d.fail(v, at, "%s is no whole number from 0 to 2147483647", cut(v.Text))
			}
			to.SetInt(n)
		}
	case reflect.Uint64:
		if d.want(v, at, simulations.Number) {
			n, err := strconv.ParseUint(simulations.CanonicalNumber(v.Text), 10, 64)
			if err != nil {
				d.fail(v, at, "%s is no whole number from 0 up", cut(v.Text))
			}
			to.SetUint(n)
		}
	case reflect.Slice:
		if d.want(v, at, simulations.Array) {
			to.Set(reflect.MakeSlice(to.Type(), len(v.Items), len(v.Items)))
			for i, item := range v.Items {
				d.value(item, to.Index(i), at+"/"+strconv.Itoa(i))
			}
		}
	case reflect.Struct:
		d.object(v, to, at)
	default:
		panic("admin: the strict decoder knows no " + to.Type().String()) // a defect of a request type, seen by any test
	}
}

func (d *strictDecoder) object(v *simulations.Value, to reflect.Value, at string) {
	if !d.want(v, at, simulations.Object) {
		return
	}
	members := membersOf(to.Type())
	for i, item := range v.Items {
		name := v.Names[i]
		m := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		here := at + "/" + simulations.PointerToken(name)
		if m < 0 {
			var names []string
			for _, m := range members {
				names = append(names, m.name)
			}
			d.fail(item, here, "unknown field%s", simulations.Suggest(name, names))
			continue
		}
		d.value(item, to.FieldByIndex(members[m].index), here)
	}
	for _, m := range members {
		if m.required && v.Get(m.name) == nil {
			d.fail(v, at, "the field %s is missing", m.name)
		}
	}
}

// headers reads a map from a name to a value or a list of them.
func (d *strictDecoder) headers(v *simulations.Value, to reflect.Value, at string) {
	if !d.want(v, at, simulations.Object) {
		return
	}
	out := make(map[string][]string, len(v.Items))
	for i, item := range v.Items {
		here := at + "/" + simulations.PointerToken(v.Names[i])
		values := []*simulations.Value{item}
		if item.Kind == simulations.Array {
			values = item.Items
		}
		list := []string{}
		for _, value := range values {
			if value.Kind != simulations.String && value.Kind != simulations.Number && value.Kind != simulations.Bool {
				d.fail(value, here, "is %s, but must be a string or a list of strings", value.Kind)
				continue
			}
			list = append(list, value.Text)
		}
		out[v.Names[i]] = list
	}
	to.Set(reflect.ValueOf(out))
}
