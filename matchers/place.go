package matchers

import (
	"cmp"
	"strconv"
	"strings"
)

// place is where a literal is looked for in a request.
type place struct {
	source source
	what   what
	as     reading
	// nth tells the literals apart that one stub asks for here.
	nth uint8
	// fold finds the parameter under any name that folds to this one.
	fold bool
	// name is the field's, of an item with [listName] before it, the JSONPath, or the
	// XPath as [xpathExpr.key] writes it.
	name string
}

// listName is what the name of a field has before it for items of a list that is
// separated so; [cutListName] takes it off.
func listName(separator string) string { return strconv.Itoa(len(separator)) + ":" + separator }

func cutListName(name string) (separator, field string) {
	length, rest, _ := strings.Cut(name, ":")
	n, _ := strconv.Atoi(length) // listName has written it
	return rest[:n], rest[n:]
}

// maxNth is how many literals of one place are kept of a stub.
const maxNth = 8

// reading is how a scalar is read before it is hashed.
type reading uint8

const (
	asScalar reading = iota // as equals does: a text, a number or a word
	asText                  // as text does: the digits of a number as they were sent
	asFolded                // as equalsIgnoreCase does
)

// String is what a trace adds to the place.
func (a reading) String() string {
	return [...]string{asScalar: "", asText: " as text", asFolded: " ignoring case"}[a]
}

// each calls do with the hashes that a text has, read so.
func (a reading) each(text string, do func(h uint64)) {
	switch a {
	case asScalar:
		eachText(text, do)
	case asText:
		do(hashOf(hashText, text))
	case asFolded:
		do(hashFolded(text))
	}
}

// node is the hash of a value of JSON, read so; false where it has none.
func (a reading) node(n any) (uint64, bool) {
	switch a {
	case asText:
		return hashOf(hashText, nodeOf(n).string()), true
	case asFolded:
		return hashFolded(nodeOf(n).string()), true
	}
	return hashNode(n)
}

type what uint8

const (
	noLiteral what = iota
	// literalText is the whole value.
	literalText
	// Pieces of the value: its beginning, its end, a text within, an item of a list.
	literalBegin
	literalEnd
	literalWithin
	literalItem
	// Of a body: its JSON, what a path in it leads to, some member of an object, or
	// item of a member's array, some scalar; what an XPath finds, its texts as XML; a
	// field of its form.
	literalJSON
	literalPath
	literalMember
	literalScalar
	literalXPath
	literalXML
	literalForm
)

// isPiece reports whether the literal has a length, and is looked for in a text.
func (w what) isPiece() bool { return w == literalBegin || w == literalEnd || w == literalWithin }

// isScalar reports whether the literal is a scalar by itself, with a text.
func (w what) isScalar() bool { return w == literalText || w == literalPath || w == literalForm }

// compare orders places: those that cost no parsing first.
func (p place) compare(q place) int {
	body := func(p place) int {
		if p.source == fromBody {
			return 1
		}
		return 0
	}
	fold := func(p place) int {
		if p.fold {
			return 1
		}
		return 0
	}
	return cmp.Or(
		body(p)-body(q), cmp.Compare(p.source, q.source), cmp.Compare(p.what, q.what),
		strings.Compare(p.name, q.name), fold(p)-fold(q), cmp.Compare(p.as, q.as), cmp.Compare(p.nth, q.nth),
	)
}

func (p place) String() string {
	what := ""
	switch p.what {
	case literalBegin:
		what = "the beginning of "
	case literalEnd:
		what = "the end of "
	case literalWithin:
		what = "a text in "
	case literalItem:
		what = "an item of "
	}
	return what + p.field() + p.as.String()
}

func (p place) field() string {
	name := p.name
	if p.what == literalItem {
		_, name = cutListName(name)
	}
	switch p.source {
	case fromPath:
		return "the path"
	case fromQuery:
		return "query." + name
	case fromHeader:
		return "headers." + name
	case fromCookie:
		return "cookies." + name
	case fromHost:
		return "host"
	case fromSession:
		return "session"
	case fromOrigin:
		return "origin"
	case fromAuthority:
		return "authority"
	case fromURL:
		return "url"
	}
	switch p.what {
	case literalJSON:
		return "body as JSON"
	case literalPath:
		return "body " + name
	case literalForm:
		return "body form." + name
	case literalMember:
		return "a member of the body"
	case literalScalar:
		return "a scalar of the body"
	case literalXPath:
		return "body " + xpathOf(p.name).source
	case literalXML:
		return "body as XML"
	}
	return "body"
}
