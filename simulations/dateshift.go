package simulations

// DateShift says which dates of a recorded answer go with the clock: by as much
// as has passed since the answer was recorded. The headers Date, Expires and
// Retry-After and the expiry of cookies do in any case. It is written as true, as
// false, or as the list of its Paths.
type DateShift struct {
	// Off leaves all dates as they are.
	Off bool `pack:"1"`
	// Paths are the JSONPaths (RFC 9535) of dates in the body.
	Paths []string `pack:"2"`
}

func (s *DateShift) decodeDoc(d *decoder, v *Value) {
	if v.Kind == Bool {
		s.Off = v.Text == "false"
		return
	}
	if v.Kind != Array || len(v.Items) == 0 {
		d.fail(v, "is %s, but must be true, false, or a list of the JSONPaths of dates in the body", v.Kind)
		return
	}
	var paths Strings
	paths.decodeDoc(d, v)
	s.Paths = paths
}

func (s DateShift) encodeDoc() *Value {
	if len(s.Paths) == 0 {
		return NewBool(!s.Off)
	}
	out := &Value{Kind: Array}
	for _, p := range s.Paths {
		out.Items = append(out.Items, NewString(p))
	}
	return out
}
