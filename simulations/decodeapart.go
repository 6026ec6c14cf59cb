package simulations

// decodeApart is Decode for a JSON document that is right, without the values of
// all its stubs in memory: they are read and decoded piece by piece, on all
// processors. It returns nil for any other text.
func decodeApart(data []byte) *Document {
	apart := ParseApart(data, "stubs")
	if apart == nil {
		return nil
	}
	doc, err := DecodeValue(apart.Root)
	if err != nil {
		return nil
	}
	right := true
	inOrder(len(apart.list.starts), apart.list.decodeStubs, func(stubs []*Stub) bool {
		doc.Stubs = append(doc.Stubs, stubs...)
		right = stubs != nil
		return right
	})
	doc.check(func(_, _ string) { right = false })
	if !right {
		return nil
	}
	doc.source, doc.text = nil, data
	return doc
}

// decodeStubs decodes the stubs of a piece; nil where anything is wrong with one.
func (l *listText) decodeStubs(piece int) []*Stub {
	var stubs []*Stub
	for _, item := range l.read(piece) {
		s, err := decodeInto[Stub](item, false)
		if err != nil {
			return nil
		}
		stubs = append(stubs, s)
	}
	return stubs
}
