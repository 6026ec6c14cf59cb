package matchers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"slices"
	"unicode/utf8"

	"understudy/matchers/jsonpath"
)

// body is content that is parsed at most once, as whatever a test asks for.
type body struct {
	data   []byte
	header textproto.MIMEHeader // with the Content-Type of a multipart body; may be nil

	text    string
	hasText bool

	node     any
	nodeOK   bool
	nodeDone bool
	// valid is whether the data is JSON, where that was asked without decoding it.
	valid, validated bool
	// apart is set for what is no body but the text of another field.
	apart bool

	// asked is the path whose hash was asked for last, and what came of it: each
	// index asks for the same.
	asked struct {
		path *jsonpath.Path
		as   reading
		hash uint64
		ok   bool
	}
	// sought is what the path that was searched with last has found: each near miss
	// asks several times, and stubs of one path often search with the same.
	sought *sought
	hashes [2]uint64 // of the text and of the JSON, 0 until asked for
	leaves []uint32  // of the JSON, nil until asked for
	// members and scalars are what scalarHashes returns, nil until asked for.
	members, scalars *scalarHashes
	// extent is that of the JSON, nil until asked for: every schema asks for it.
	extent *extent
	form   *pairs
	xml    *xmlNode
	xmlOK  bool
	parts  []bodyPart
	mimed  bool
	isMIME bool
}

// sought is a path that is not singular, and what it finds in a body.
type sought struct {
	path  *jsonpath.Path
	nodes []any
}

// bodyPart is one part of a multipart body.
type bodyPart struct {
	name string
	// filename has one value, or none.
	filename []string
	content  *body
}

func (b *body) string() string {
	if !b.hasText {
		b.text, b.hasText = string(b.data), true
	}
	return b.text
}

// asJSON is the content as JSON; false where it is none.
func (b *body) asJSON(s *scope) (any, bool) {
	if !b.nodeDone {
		b.nodeDone = true
		if !b.validated {
			b.parsed(s)
		}
		if !b.validated || b.valid {
			b.node, b.nodeOK = decodeJSONText(b.string())
		}
	}
	return b.node, b.nodeOK
}

// at returns what a singular path leads to in the content as JSON; isJSON is
// false where it is none. Scalars are read from the text, where nobody has asked
// for the whole yet.
func (b *body) at(path *jsonpath.Path, s *scope) (n any, found, isJSON bool) {
	if !b.nodeDone {
		if !b.isValid(s) {
			return nil, false, false
		}
		text, there, ok := path.GetText(b.json())
		if ok && !there {
			return nil, false, true
		}
		if ok && text[0] != '{' && text[0] != '[' {
			n, _ = decodeJSON(text)
			return n, true, true
		}
	}
	root, ok := b.asJSON(s)
	if !ok {
		return nil, false, false
	}
	n, found = path.Get(root)
	return n, found, true
}

// values is what a path that is not singular finds in the content as JSON; isJSON is
// false where it is none. Shared so do not mutate.
func (b *body) values(path *jsonpath.Path, s *scope) (nodes []any, isJSON bool) {
	n, ok := b.asJSON(s)
	if !ok {
		return nil, false
	}
	if b.sought == nil || b.sought.path != path {
		s.work.Paths++
		b.sought = &sought{path, path.Values(n)}
	}
	return b.sought.nodes, true
}

// json is the data without a byte order mark.
func (b *body) json() []byte { return bytes.TrimPrefix(b.data, byteOrderMark) }

// isValid reports whether the content is JSON, as decodeJSON has it.
func (b *body) isValid(s *scope) bool {
	if !b.validated {
		b.validated = true
		b.parsed(s)
		b.valid = utf8.Valid(b.data) && json.Valid(b.json())
	}
	return b.valid
}

// pathHash is the hash of the scalar that a path leads to, read so.
func (b *body) pathHash(path *jsonpath.Path, as reading, s *scope) (uint64, bool) {
	if b.asked.path != path || b.asked.as != as {
		b.asked.path, b.asked.as, b.asked.hash, b.asked.ok = path, as, 0, false
		if n, found, isJSON := b.at(path, s); isJSON && found {
			b.asked.hash, b.asked.ok = as.node(n)
		}
	}
	return b.asked.hash, b.asked.ok
}

// textHash is the content's as literals hash.
func (b *body) textHash() uint64 {
	if b.hashes[0] == 0 {
		b.hashes[0] = hashOf(hashText, b.string())
	}
	return b.hashes[0]
}

// jsonHash is that of the content, which is JSON.
func (b *body) jsonHash() uint64 {
	if b.hashes[1] == 0 {
		b.hashes[1] = hashJSON(b.node)
	}
	return b.hashes[1]
}

// jsonLeaves are those of the content; none where it is no JSON.
func (b *body) jsonLeaves(s *scope) []uint32 {
	if b.leaves == nil {
		if n, ok := b.asJSON(s); ok {
			s.work.Leaves++
			b.leaves = nodeLeaves(n)
		}
	}
	return b.leaves
}

// parsed counts that the content is read as a document.
func (b *body) parsed(s *scope) {
	if !b.apart {
		s.work.Bodies++
	}
}

type scalarHashes struct {
	all    []uint64
	sorted bool
}

// scalarHashes are the hashes of all scalars of the content as JSON but null, as the
// literals of the kind have them; none where it is no JSON.
func (b *body) scalarHashes(of what, s *scope) []uint64 { return b.scalarsOf(of, s).all }

// sortedScalars are scalarHashes in order.
func (b *body) sortedScalars(of what, s *scope) []uint64 {
	h := b.scalarsOf(of, s)
	if !h.sorted {
		slices.Sort(h.all)
		h.sorted = true
	}
	return h.all
}

func (b *body) scalarsOf(of what, s *scope) *scalarHashes {
	kept := &b.scalars
	if of == literalMember {
		kept = &b.members
	}
	if *kept != nil {
		return *kept
	}
	out := &scalarHashes{}
	*kept = out
	var walk func(name string, n any)
	walk = func(name string, n any) {
		switch n := n.(type) {
		case map[string]any:
			for name, item := range n {
				walk(name, item)
			}
		case []any:
			for _, item := range n {
				walk(name, item)
			}
		case nil:
		default:
			h, _ := hashNode(n)
			if of == literalMember {
				h = hashMember(name, h)
			}
			out.all = append(out.all, h)
		}
	}
	if n, ok := b.asJSON(s); ok {
		walk("", n)
	}
	return out
}

// asForm is the content as a form; anything can be read as one.
func (b *body) asForm(s *scope) *pairs {
	if b.form == nil {
		b.parsed(s)
		b.form = parseQuery(b.string())
	}
	return b.form
}

// asXML is the content as XML; nil where it is none.
func (b *body) asXML(s *scope) *xmlNode {
	if root := b.asLooseXML(s); root != nil && !root.unbound {
		return root
	}
	return nil
}

// asLooseXML is asXML, but takes prefixes that nothing declares.
func (b *body) asLooseXML(s *scope) *xmlNode {
	if !b.xmlOK {
		b.xmlOK = true
		b.parsed(s)
		b.xml, _ = parseXML(b.data)
	}
	return b.xml
}

// maxParts bounds the parts of a multipart body.
const maxParts = 1000

// asMultipart is the content's parts; false where it is not multipart.
func (b *body) asMultipart(s *scope) ([]bodyPart, bool) {
	if !b.mimed {
		b.mimed = true
		b.parsed(s)
		b.parts, b.isMIME = parseMultipart(b.data, b.header.Get("Content-Type"))
	}
	return b.parts, b.isMIME
}

func parseMultipart(data []byte, contentType string) ([]bodyPart, bool) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil, false
	}
	var out []bodyPart
	for in := multipart.NewReader(bytes.NewReader(data), params["boundary"]); ; {
		p, err := in.NextPart()
		if errors.Is(err, io.EOF) {
			return out, true
		}
		if err != nil || len(out) == maxParts {
			return nil, false
		}
		content, err := io.ReadAll(p)
		if err != nil {
			return nil, false
		}
		part := bodyPart{name: p.FormName(), content: &body{data: content, header: p.Header}}
		if _, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition")); err == nil {
			if name, ok := params["filename"]; ok {
				part.filename = []string{name}
			}
			part.name = params["name"] // of any disposition, not of form-data only
		}
		out = append(out, part)
	}
}

func canonicalHeader(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }
