package simulations

import (
	"encoding/base64"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// The written forms of the types whose Go form differs.

func (x *Value) decodeDoc(_ *decoder, v *Value) { *x = *v }
func (x *Value) encodeDoc() *Value              { return x }

func (p *Predicate) decodeDoc(d *decoder, v *Value) { p.Value = v }

func (p Predicate) encodeDoc() *Value { return p.Value }

func (x *Duration) decodeDoc(d *decoder, v *Value) {
	if v.Kind != String {
		d.fail(v, "is %s, but a duration is a string such as \"20ms\", \"1.5s\" or \"2m\"", v.Kind)
		return
	}
	t, err := time.ParseDuration(v.Text)
	switch {
	case err != nil:
		d.fail(v, "%q is no duration: write a number with a unit, such as \"20ms\", \"1.5s\" or \"2m\"", v.Text)
	case t < 0:
		d.fail(v, "a duration must not be negative")
	}
	*x = Duration(t)
}

func (x Duration) encodeDoc() *Value {
	if x == 0 {
		return nil
	}
	return NewString(time.Duration(x).String())
}

func (x *Strings) decodeDoc(d *decoder, v *Value) {
	if v.Kind == String {
		*x = Strings{v.Text}
		return
	}
	if v.Kind != Array {
		d.fail(v, "is %s, but must be a string or a list of strings", v.Kind)
		return
	}
	for i, item := range v.Items {
		d.path.push("", i)
		if d.want(item, String) {
			*x = append(*x, item.Text)
		}
		d.path.pop()
	}
}

func (x Strings) encodeDoc() *Value {
	switch len(x) {
	case 0:
		return nil
	case 1:
		return NewString(x[0])
	}
	out := &Value{Kind: Array}
	for _, s := range x {
		out.Items = append(out.Items, NewString(s))
	}
	return out
}

func (x *Headers) decodeDoc(d *decoder, v *Value) {
	if !d.want(v, Object) {
		return
	}
	for i, item := range v.Items {
		name := v.Names[i]
		d.path.push(name, -1)
		var values Strings
		switch item.Kind {
		case Number, Bool: // as written; a header has no other type than text
			values = Strings{item.Text}
		default:
			values.decodeDoc(d, item)
		}
		if !ValidHeaderName(name) {
			d.fail(item, "%q is no header name", name)
		}
		for _, s := range values {
			if !validHeaderValue(s) {
				d.fail(item, "a header value has no control characters such as line breaks")
			}
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if _, ok := (*x)[key]; ok {
			d.fail(item, "the header stands twice, in another letter case: write one list of values")
		}
		if *x == nil {
			*x = make(Headers, len(v.Items))
		}
		(*x)[key] = values
		d.path.pop()
	}
}

func (x Headers) encodeDoc() *Value {
	if len(x) == 0 {
		return nil
	}
	out := &Value{Kind: Object}
	for name := range x {
		out.Names = append(out.Names, name)
	}
	slices.Sort(out.Names)
	for _, name := range out.Names {
		item := Strings(x[name]).encodeDoc()
		if item == nil {
			item = &Value{Kind: Array}
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// ValidHeaderName reports whether s can name a header: `token` of RFC 9110
// section 5.6.2.
func ValidHeaderName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// validHeaderValue follows RFC 9110 section 5.5.
func validHeaderValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func (x *Bytes) decodeDoc(d *decoder, v *Value) {
	if !d.want(v, String) {
		return
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.Text), ""))
	if err != nil {
		d.fail(v, "not standard base64 (RFC 4648 section 4, with padding)")
	}
	*x = b
}

func (x Bytes) encodeDoc() *Value {
	return NewString(base64.StdEncoding.EncodeToString(x))
}

// delayForm is Delay without its short form.
type delayForm Delay

func (x *Delay) decodeDoc(d *decoder, v *Value) {
	switch {
	case HasTemplate(v): // delay: "{{request.query.wait}}ms"
		x.FixedTemplate = v.Text
		return
	case v.Kind == String: // delay: 20ms
		x.Fixed.decodeDoc(d, v)
		return
	}
	if v.Kind != Object {
		d.fail(v, "is %s, but a delay is a duration such as \"20ms\", or an object of fixed, uniform, lognormal or recorded", v.Kind)
		return
	}
	before := len(d.faults)
	form := reflectValueOf((*delayForm)(x))
	d.decode(v, form, planOf(form.Type()))
	if len(d.faults) > before {
		return
	}
	parts := 0
	for _, is := range []bool{x.Uniform != nil, x.Lognormal != nil, x.Recorded != nil} {
		if is {
			parts++
		}
	}
	switch {
	case parts > 1:
		d.fail(v, "a delay draws once: it has one of uniform, lognormal and recorded, and fixed beside it or not")
	case parts == 0 && v.Get("fixed") == nil:
		d.fail(v, "a delay has fixed, uniform, lognormal or recorded")
	}
}

func (x Delay) encodeDoc() *Value {
	form := reflectValueOf((*delayForm)(&x))
	out := encode(form, planOf(form.Type()), false)
	if out == nil {
		out = &Value{Kind: Object}
	}
	if x.Uniform == nil && x.Lognormal == nil && x.Recorded == nil && x.Fixed == 0 && x.FixedTemplate == "" {
		out.Set("fixed", NewString("0s"))
	}
	return out
}
