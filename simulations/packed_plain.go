package simulations

// Plain is a stub that asks for nothing but methods, one exact path and a few
// literal values, and has one fixed text to answer, as most stubs do. It can be
// read from the packed form without anything being made.
type Plain struct {
	ID, Collaborator string
	// Path is as the document has it.
	Path string
	// Conditions are what it asks for besides, the first Count of them.
	Conditions [MaxPlain]PlainCondition
	Count      int
	// Response has a status, headers, which are shared, and the text that is in
	// Text, or no body.
	Response Response
	Text     string
	HasText  bool
}

// MaxPlain is how many conditions a plain stub has at most.
const MaxPlain = 3

// PlainCondition is equality with a scalar.
type PlainCondition struct {
	Where PlainPlace
	// Name is the query parameter's, header's or cookie's as written, or the
	// JSONPath in the body.
	Name string
	// Kind and Text are the scalar's.
	Kind Kind
	Text string
}

// PlainPlace is where a plain condition looks.
type PlainPlace uint8

// The places.
const (
	PlainQuery PlainPlace = iota
	PlainHeader
	PlainCookie
	PlainJSONPath
)

// UnpackPlain reads a packed stub that is plain. ok is false for every other,
// and for what is no packed stub.
func UnpackPlain(packed string, p *Plain) (ok bool) {
	if packed == "" || packed[0] != packedVersion {
		return false
	}
	u := unpacker{rest: packed[1:], whole: len(packed), items: len(packed)}
	for {
		switch u.uvarint() { // the numbers of Stub's fields
		case 0:
			return u.err == nil && u.rest == "" && p.Path != ""
		case 1:
			p.ID = u.text()
		case 2:
			p.Collaborator = u.text()
		case 3:
			u.uvarint() // the priority counts in the order of stubs, not here
		case 11:
			u.uvarint() // so does the specificity
		case 4:
			for n := u.count(); n > 0 && u.err == nil; n-- {
				u.text()
			}
		case 5:
			if !p.pattern(&u) {
				return false
			}
		case 6:
			if !p.response(&u) {
				return false
			}
		default:
			return false
		}
	}
}

func (p *Plain) pattern(u *unpacker) bool {
	for {
		switch number := u.uvarint(); number { // of Pattern's fields
		case 0:
			return u.err == nil
		case 1:
			for n := u.count(); n > 0 && u.err == nil; n-- {
				u.text()
			}
		case 3:
			if u.byte() != packedString {
				return false
			}
			p.Path = u.text()
		case 4, 6, 7:
			where := PlainQuery
			switch number {
			case 6:
				where = PlainHeader
			case 7:
				where = PlainCookie
			}
			for n := u.count(); n > 0; n-- {
				if !p.condition(u, where) {
					return false
				}
			}
		case 8:
			// {jsonPath: {path: scalar, …}}
			if u.byte() != packedObject || u.count() != 1 || u.text() != "jsonPath" || u.byte() != packedObject {
				return false
			}
			for n := u.count(); n > 0; n-- {
				if !p.condition(u, PlainJSONPath) {
					return false
				}
			}
		default:
			return false
		}
	}
}

// condition reads a name and the scalar that is asked for under it.
func (p *Plain) condition(u *unpacker, where PlainPlace) bool {
	if p.Count == MaxPlain {
		return false
	}
	c := PlainCondition{Where: where, Name: u.text()}
	switch u.byte() {
	case packedString:
		c.Kind, c.Text = String, u.text()
	case packedNumber:
		c.Kind, c.Text = Number, u.text()
	case packedTrue:
		c.Kind, c.Text = Bool, "true"
	case packedFalse:
		c.Kind, c.Text = Bool, "false"
	default:
		return false
	}
	p.Conditions[p.Count] = c
	p.Count++
	return u.err == nil
}

func (p *Plain) response(u *unpacker) bool {
	for {
		switch u.uvarint() { // the numbers of Response's fields
		case 0:
			return u.err == nil
		case 1:
			p.Response.Status = int(u.int())
		case 2:
			p.Response.Headers.unpack(u)
		case 4:
			p.Text, p.HasText = u.text(), true
		default:
			return false
		}
	}
}
