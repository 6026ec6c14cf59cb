package matchers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/antchfx/xpath"
)

// xpathExpr is an XPath expression that any number of goroutines may evaluate.
// The library's expressions keep their position in themselves, so each
// evaluation has one for itself, and leaves it for the next.
type xpathExpr struct {
	source     string
	namespaces map[string]string
	// localNames hides the prefixes of elements and attributes, asXML finds
	// elements as their XML.
	localNames, asXML bool
	idle              sync.Pool // of *xpath.Expr
}

// key tells expressions that find the same from others, [xpathOf] reads it.
func (e *xpathExpr) key() string {
	out := fmt.Sprintf("%t,%t", e.localNames, e.asXML)
	for _, prefix := range slices.Sorted(maps.Keys(e.namespaces)) {
		out += fmt.Sprintf(",%q,%q", prefix, e.namespaces[prefix])
	}
	return out + "\n" + e.source
}

// xpathOf is the expression of a key.
func xpathOf(key string) *xpathExpr {
	head, source, _ := strings.Cut(key, "\n") // what is quoted has no line's end
	e := &xpathExpr{source: source, namespaces: map[string]string{}}
	var names []string
	for i, rest := 0, head; rest != ""; i++ {
		var word string
		if i < 2 {
			word, rest, _ = strings.Cut(rest, ",")
		} else {
			word, _ = strconv.QuotedPrefix(rest) // it was quoted
			rest = strings.TrimPrefix(rest[len(word):], ",")
		}
		switch i {
		case 0:
			e.localNames = word == "true"
		case 1:
			e.asXML = word == "true"
		default:
			name, _ := strconv.Unquote(word)
			names = append(names, name)
		}
	}
	for pair := range slices.Chunk(names, 2) {
		e.namespaces[pair[0]] = pair[1]
	}
	return e
}

func (e *xpathExpr) document(v value, s *scope) *xmlNode {
	if e.localNames {
		return v.document().asLooseXML(s)
	}
	return v.document().asXML(s)
}

const (
	maxXPath      = 10_000    // bytes of an expression
	maxXPathSteps = 2_000_000 // moves of one evaluation
	maxXPathNodes = 100_000   // nodes that it finds
)

func (e *xpathExpr) compile() (expr *xpath.Expr, err error) {
	if len(e.source) > maxXPath {
		return nil, fmt.Errorf("it is longer than %d bytes", maxXPath)
	}
	// The library reports some faults by a panic.
	defer func() {
		if r := recover(); r != nil {
			expr, err = nil, fmt.Errorf("%v", r)
		}
	}()
	expr, err = xpath.CompileWithNS(e.source, e.namespaces)
	if err == nil && expr == nil {
		err = errors.New("it is empty")
	}
	return expr, err
}

// evaluate runs the expression; false where it takes too long, or the library
// panics. An expression that did not come to its end is not used again.
func (e *xpathExpr) evaluate(root *xmlNode) (f field, ok bool) {
	expr, _ := e.idle.Get().(*xpath.Expr)
	if expr == nil {
		expr, _ = e.compile() // it was compiled at acceptance
	}
	defer func() {
		if recover() != nil {
			f, ok = field{}, false
			return
		}
		e.idle.Put(expr)
	}()
	left := maxXPathSteps
	switch r := expr.Evaluate(&xmlNavigator{at: root, attr: -1, left: &left, localNames: e.localNames}).(type) {
	case bool:
		return one(nodeOf(r)), true
	case float64:
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return field{}, true // no number that JSON has
		}
		return one(nodeOf(json.Number(strconv.FormatFloat(r, 'f', -1, 64)))), true
	case string:
		return one(textOf(r)), true
	case *xpath.NodeIterator:
		f = field{texts: []string{}}
		for r.MoveNext() && len(f.texts) < maxXPathNodes {
			at := r.Current()
			if n, ok := at.(*xmlNavigator); ok && e.asXML && n.attr < 0 && n.at.kind == xmlElement {
				f.texts = append(f.texts, n.markup())
				continue
			}
			f.texts = append(f.texts, at.Value())
		}
		return f, true
	}
	return field{}, false
}
