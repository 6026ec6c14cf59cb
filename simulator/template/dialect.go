package template

import (
	"fmt"
	"slices"
)

// Dialect chooses the vocabulary and the manners of a template. The zero value
// is Native.
type Dialect uint8

// The dialects.
const (
	// Native is understudy's own: nothing is escaped, lists and objects print
	// as JSON, and a helper that fails fails the answer.
	Native Dialect = iota
	// WireMock is that of WireMock 3: nothing is escaped (its default since
	// 3.0), values print as Java prints them, and a helper that fails leaves
	// "[ERROR: …]" in the text, as there.
	WireMock
	// Hoverfly is that of Hoverfly 1: {{x}} escapes HTML and {{{x}}} does not,
	// lists print joined, and what is missing prints as nothing.
	Hoverfly
)

func (d Dialect) String() string {
	switch d {
	case Native:
		return "native"
	case WireMock:
		return "wiremock"
	case Hoverfly:
		return "hoverfly"
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

// manners are what a dialect does its own way.
type manners struct {
	helpers map[string]*helper
	// roots are the names at the root; root finds them.
	roots []string
	root  func(r *run, name string) (any, bool)
	// strict refuses names that nothing defines, and checks the number and
	// names of arguments when compiling.
	strict bool
	// standalone drops the line of a block tag that stands alone on it, as
	// handlebars.js does and Handlebars.java does not.
	standalone bool
	// escape is whether {{x}} escapes HTML.
	escape bool
	// errorText is whether a helper's failure becomes text.
	errorText bool
	// print appends a list or an object.
	print func(r *run, b []byte, v any, depth int) ([]byte, error)
}

var dialects [3]manners

// The tables are filled by init because helpers refer to the compiler, which
// refers to the tables.
func init() {
	dialects = [3]manners{
		Native: {
			helpers: table(blockHelpers, logicHelpers, nativeHelpers()), roots: nativeRoots, root: nativeRoot,
			strict: true, standalone: true, print: appendJSON,
		},
		WireMock: {
			helpers: table(only(blockHelpers, "if", "unless", "each", "with", "lookup", "assign"), wiremockHelpers()), roots: wiremockRoots, root: wiremockRoot,
			errorText: true, print: appendJava,
		},
		Hoverfly: {
			helpers: table(only(blockHelpers, "if", "unless", "each", "with", "lookup"), hoverflyHelpers()), roots: hoverflyRoots, root: hoverflyRoot,
			standalone: true, escape: true, print: appendJoined,
		},
	}
	callbackManners = inCallbacks(dialects)
}

func (d Dialect) manners() *manners { return &dialects[d] }

// only are the helpers of these names.
func only(list []*helper, names ...string) []*helper {
	return slices.DeleteFunc(slices.Clone(list), func(h *helper) bool { return !slices.Contains(names, h.name) })
}

// table merges lists of helpers; a later one replaces an earlier of its name.
func table(lists ...[]*helper) map[string]*helper {
	out := make(map[string]*helper)
	for _, list := range lists {
		for _, h := range list {
			out[h.name] = h
		}
	}
	return out
}
