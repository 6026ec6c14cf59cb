package openapi

import (
	"slices"
	"strings"

	"understudy/simulations/formats/internal/convert"
)

// reader reads one document.
type reader struct {
	root    convert.Place
	edition edition
	// requests and responses are the schemas for either direction.
	requests, responses *schemas
	out                 *output
}

func newReader(root convert.Place) *reader {
	r := &reader{root: root, out: newOutput()}
	r.requests, r.responses = newSchemas(r, request), newSchemas(r, response)
	return r
}

// methods are the names of operations in a path item, as methods.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (r *reader) document() {
	paths := r.root.Get("paths")
	if !paths.Set() && !r.root.Get("webhooks").Set() {
		r.root.Refuse("a description has `paths`")
		return
	}
	if hooks := r.root.Get("webhooks"); len(names(hooks)) > 0 {
		hooks.Warn("webhooks are requests that the service makes by itself: they are not made here")
	}
	bases := r.bases(r.root)
	for path, item := range paths.Members() {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		if !strings.HasPrefix(path, "/") {
			item.Refuse("a path begins with '/': write /%s", path)
			continue
		}
		if item = r.deref(item); item.Set() {
			r.pathItem(path, item, bases)
		}
	}
}

func (r *reader) pathItem(path string, item convert.Place, bases []string) {
	if item.Get("servers").Set() {
		bases = r.bases(item)
	}
	for name, at := range item.Members() {
		if !slices.Contains(methods, name) {
			continue
		}
		op := r.operation(strings.ToUpper(name), path, at, item)
		own := bases
		if at.Get("servers").Set() {
			own = r.bases(at)
		}
		for _, base := range own {
			r.stubs(op, base)
		}
	}
}

// deref follows references, within the document only, to what is meant. What
// leads nowhere is refused.
func (r *reader) deref(p convert.Place) convert.Place {
	for range maxRefs {
		ref := p.Get("$ref")
		if !ref.Set() {
			return p
		}
		to, ok := r.target(ref)
		if !ok {
			return convert.Place{}
		}
		p = to
	}
	p.Refuse("the reference leads to itself, or over more than %d others", maxRefs)
	return convert.Place{}
}

// maxRefs is how many references may lead to each other.
const maxRefs = 32

// target is the place that a reference names.
func (r *reader) target(ref convert.Place) (convert.Place, bool) {
	text := ref.Text()
	pointer, local := strings.CutPrefix(text, "#")
	switch {
	case !local:
		ref.Refuse("%q is outside of the document, and nothing is read or fetched: bundle the description into one file first", text)
		return convert.Place{}, false
	case pointer == "":
		return r.root, true
	case pointer[0] != '/':
		ref.Refuse("%q is no JSON pointer: write #/components/schemas/NAME", text)
		return convert.Place{}, false
	}
	p := r.root
	for token := range strings.SplitSeq(pointer[1:], "/") {
		p = step(p, token)
		if !p.Is() {
			ref.Refuse("%q leads nowhere in the document", text)
			return convert.Place{}, false
		}
	}
	return p, true
}
