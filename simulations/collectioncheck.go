package simulations

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (IDKind) values() []string {
	return []string{string(IDInteger), string(IDUUID), string(IDClient)}
}

func (WriteStyle) values() []string {
	return []string{string(WriteReplace), string(WriteMerge), string(WriteShallow)}
}

func (PagingStyle) values() []string {
	return []string{string(PagingPage), string(PagingOffset), string(PagingCursor)}
}

func (FilterTest) values() []string {
	return []string{
		string(FilterEquals), string(FilterNot), string(FilterIn), string(FilterContains), string(FilterStartsWith),
		string(FilterLess), string(FilterAtMost), string(FilterGreater), string(FilterAtLeast),
	}
}

// pointer is a JSON pointer that does not name the whole.
var pointer = regexp.MustCompile(`^(/([^~/]|~0|~1)*)+$`)

func validPointer(s string) bool { return pointer.MatchString(s) }

const pointerRule = "%q is no place in an item: write a JSON pointer (RFC 6901), such as /id or /owner/email"

// collectionMethods are those that a collection can serve.
var collectionMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

func (c *Collection) check(report func(pointer, detail string)) {
	if c.Collaborator != "" && !ValidName(c.Collaborator) {
		report("/collaborator", nameRule)
	}
	for at, p := range map[string]string{"/path": c.Path, "/item": c.Item} {
		if p != "" && (!strings.HasPrefix(p, "/") || strings.ContainsAny(p, "?#")) {
			report(at, "a path begins with '/' and has neither query nor fragment")
		}
	}
	for i, m := range c.Methods {
		if !slices.Contains(collectionMethods, m) {
			report("/methods", fmt.Sprintf("%q (number %d) is none of %s; HEAD goes with GET, OPTIONS is always served", m, i, strings.Join(collectionMethods, ", ")))
		}
	}
	if len(c.Items) > 0 && c.File != "" {
		report("/file", "a collection has items or a file of them")
	}
	if c.File != "" && !fileBelow(c.File) {
		report("/file", "a file is named by a path below the document's folder, without '..'")
	}
	wrong := 0
	for i, item := range c.Items {
		if item.Kind != Object {
			report("/items/"+strconv.Itoa(i), fmt.Sprintf("is %s, but an item is an object", item.Kind))
			if wrong++; wrong == maxFaults {
				break
			}
		}
	}
	places := func(at string, all ...string) {
		for _, p := range all {
			if !validPointer(p) {
				report(at, fmt.Sprintf(pointerRule, p))
			}
		}
	}
	places("/readOnly", c.ReadOnly...)
	places("/writeOnly", c.WriteOnly...)
	places("/unique", c.Unique...)
	if c.Body != "" {
		places("/body", c.Body)
	}
	for name, p := range c.Scope {
		places("/scope/"+PointerToken(name), p)
	}
	for at, v := range map[string]*Value{"/defaults": c.Defaults, "/stamps": c.Stamps} {
		if v != nil && v.Kind != Object {
			report(at, fmt.Sprintf("is %s, but must be an object", v.Kind))
		}
	}
	if c.Patch == WriteReplace {
		report("/patch", "PATCH changes what is there: merge or shallow")
	}
	if c.CreateStatus != 0 && (c.CreateStatus < 200 || c.CreateStatus > 299) {
		report("/createStatus", "the status of a creation is 200 to 299")
	}
	if c.Envelope != nil && !c.Envelope.holds(ItemPlaceholder) {
		report("/envelope", fmt.Sprintf("the text %q is nowhere in it: it stands for the item", ItemPlaceholder))
	}
	if c.Delay != nil && c.Delay.FixedTemplate != "" {
		report("/delay", "the delay of a collection is no template: write a duration such as \"20ms\"")
	}
	c.checkErrors(report)
}

func (c *Collection) checkErrors(report func(pointer, detail string)) {
	for key, r := range c.Errors {
		at := "/errors/" + PointerToken(key)
		if n, err := strconv.Atoi(key); err != nil || n < 400 || n > 599 {
			report(at, "an error is named by its status, 400 to 599, such as \"404\"")
		}
		if r.Status != 0 && r.Status < 400 {
			report(at+"/status", "the status of an error is 400 to 599")
		}
		checkPlain(at, r, report)
	}
	for name, a := range c.Actions {
		at := "/actions/" + PointerToken(name)
		if !ValidName(name) {
			report(at, nameRule)
		}
		if a.Set != nil && a.Set.Kind != Object {
			report(at+"/set", fmt.Sprintf("is %s, but must be an object", a.Set.Kind))
		}
		if a.Response != nil {
			checkPlain(at+"/response", a.Response, report)
		}
	}
	if c.Deleted != nil {
		checkPlain("/deleted", c.Deleted, report)
		if c.Deleted.Status > 299 {
			report("/deleted/status", "the status of a deletion is 200 to 299")
		}
	}
}

// checkPlain refuses what an answer of a collection cannot have.
func checkPlain(at string, r *Response, report func(pointer, detail string)) {
	switch {
	case r.Terms() != nil:
		report(at+"/fault", "a collection's answers have no faults: put a stub before it")
	case r.Delay != nil:
		report(at+"/delay", "write the delay at the collection")
	case r.Pace != nil:
		report(at+"/pace", "a collection's answers go out at the pace of its collaborator")
	case r.StatusTemplate != "":
		report(at+"/status", "the status of a collection's answer is no template: write a number")
	case r.Repeat != 0 || r.Weight != 0:
		report(at, "repeat and weight go with responses")
	case len(r.Callbacks) > 0:
		report(at+"/callbacks", "a collection's answers have no callbacks: put a stub before it")
	}
}

func (id *ItemID) check(report func(pointer, detail string)) {
	if id.Field != "" && !validPointer(id.Field) {
		report("/field", fmt.Sprintf(pointerRule, id.Field))
	}
	if id.Template != "" && id.Make != "" {
		report("/template", "an id is made by template or by make")
	}
	if id.From != 0 && (id.Template != "" || id.Make != "" && id.Make != IDInteger) {
		report("/from", "from goes with `make: integer`")
	}
	if id.From < 0 || id.From > 1<<53 {
		report("/from", "the first integer is 1 to 2^53, which every client can read exactly")
	}
}

func (l *Listing) check(report func(pointer, detail string)) {
	if l.Envelope != nil && !l.Envelope.holds("{items}") {
		report("/envelope", `the text "{items}" is nowhere in it: it stands for the items`)
	}
	for at, name := range map[string]string{"/totalHeader": l.TotalHeader, "/filterHeader": l.FilterHeader} {
		if name != "" && !ValidHeaderName(name) {
			report(at, fmt.Sprintf("%q is no header name", name))
		}
	}
	if l.Link && l.Paging == nil {
		report("/link", "links lead to other pages: say how they are asked for by `paging`")
	}
}

func (p *Paging) check(report func(pointer, detail string)) {
	switch {
	case p.Default < 0:
		report("/default", "a page has 1 item or more")
	case p.Max < 0 || p.Max > MaxPage:
		report("/max", fmt.Sprintf("a page has 1 to %d items", MaxPage))
	case p.Max != 0 && p.Default > p.Max || p.Max == 0 && p.Default > DefaultMaxPage:
		report("/default", "default is more than max")
	}
	if p.ZeroBased && p.Style != PagingPage {
		report("/zeroBased", "pages are counted with `style: page` only")
	}
}

// holds reports whether a text stands somewhere in the value.
func (v *Value) holds(text string) bool {
	return v.Kind == String && v.Text == text || slices.ContainsFunc(v.Items, func(item *Value) bool { return item.holds(text) })
}

// fileBelow reports whether a name leads to a file below a folder.
func fileBelow(name string) bool {
	return !path.IsAbs(name) && !strings.Contains(name, `\`) && !slices.Contains(strings.Split(name, "/"), "..")
}
