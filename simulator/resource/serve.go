package resource

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/matchers"
	"understudy/simulations"
)

// Request is a request that fits one of a collection's paths.
type Request struct {
	Method string
	// AtItem is a request at an item's path, or at that of its Action, "" for
	// none, not at the list's.
	AtItem bool
	Action string
	// Params are the path's parameters, percent-decoded.
	Params map[string]string
	Query  []matchers.Pair
	Header http.Header
	// Body is without its content coding; BodyCut says that there was more.
	Body    []byte
	BodyCut bool
	// Target is its path and query, as they came.
	Target string
	// URL is the request's without its query: links lead to it.
	URL string
	// Session is the id of the session, which ids are made from.
	Session string
	// Dry answers as if it was done, and does nothing.
	Dry bool
	// Render renders a part of the declaration that has templates. The id is
	// among the parameters, but when it is the id that is rendered.
	Render func(part Part, params map[string]string) (*simulations.Value, error)
}

// Part is what of a declaration can have templates.
type Part uint8

// The parts.
const (
	PartID Part = iota
	PartDefaults
	PartStamps
	PartAction
)

// Answer is what a request gets.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Refusal is why the request was not done; Status, Header and Body are its
	// owner's to make then.
	Refusal *Refusal
	// Declared is the answer that the declaration has for what was done, where it
	// has one; Body is nil then.
	Declared *simulations.Response
	// Err is a template that failed.
	Err error
	// Did says in a few words what was done. It holds nothing of the request,
	// which redaction may have to withhold where this is kept.
	Did string
}

// Writes reports whether a method may change a collection.
func Writes(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// Serve answers a request with what a session sees, and changes it. o may be nil
// where the method does not write.
func (c *Collection) Serve(q *Request, o *Overlay) *Answer {
	allowed := c.allowed(q)
	switch {
	case q.Method == http.MethodOptions:
		a := &Answer{Status: http.StatusNoContent, Header: http.Header{"Allow": {strings.Join(allowed, ", ")}}, Did: "told what it allows"}
		if slices.Contains(allowed, http.MethodPatch) {
			a.Header.Set("Accept-Patch", acceptPatch)
		}
		return a
	case !slices.Contains(allowed, q.Method):
		return refused(refuse(http.StatusMethodNotAllowed, "%s is not served here, but %s", q.Method, strings.Join(allowed, ", ")).with("Allow", strings.Join(allowed, ", ")))
	case q.BodyCut:
		return refused(refuse(http.StatusRequestEntityTooLarge, "the request's body is larger than what is kept of it"))
	}
	for _, name := range slices.Sorted(maps.Keys(q.Params)) {
		if !utf8.ValidString(q.Params[name]) {
			return refused(refuse(http.StatusBadRequest, "the path is no UTF-8 at {%s}, and an item's id is", name))
		}
	}
	scope := c.scopeOf(q.Params)
	if len(scope) > maxScope {
		return refused(refuse(http.StatusNotFound, "there is nothing with so long a path"))
	}
	switch q.Method {
	case http.MethodPost:
		if q.Action != "" {
			return c.act(q, o, scope)
		}
		return c.create(q, o, scope)
	case http.MethodPut:
		return c.put(q, o, scope)
	case http.MethodPatch:
		return c.patch(q, o, scope)
	case http.MethodDelete:
		return c.delete(q, o, scope)
	}
	if q.AtItem {
		return c.read(q, o, scope)
	}
	return c.serveList(q, o, scope)
}

func refused(r *Refusal) *Answer {
	return &Answer{Refusal: r, Did: fmt.Sprintf("refused with %d", r.Status)}
}

// allowed lists the methods of a path.
func (c *Collection) allowed(q *Request) []string {
	if q.Action != "" {
		return []string{http.MethodPost, http.MethodOptions}
	}
	all := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions}
	if q.AtItem {
		all = []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	}
	if len(c.Config.Methods) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(m string) bool {
		if m == http.MethodHead {
			m = http.MethodGet
		}
		return m != http.MethodOptions && !slices.Contains(c.Config.Methods, m)
	})
}

// read gives one item.
func (c *Collection) read(q *Request, o *Overlay, scope string) *Answer {
	id := q.Params[c.idParam]
	it, missing := o.read(c, scope, id)
	if missing != nil {
		return refused(missing)
	}
	return c.conditional(q, c.answer(q, http.StatusOK, it.value, "read the item"))
}

// read finds an item, or says that it is missing.
func (o *Overlay) read(c *Collection, scope, id string) (*item, *Refusal) {
	if o != nil {
		o.mu.RLock()
		defer o.mu.RUnlock()
	}
	if it := o.find(c, scope, id); it != nil {
		return it, nil
	}
	return nil, o.missing(c, scope, id)
}

// find finds an item, nil for none or one whose parent is not there. The lock is
// held, or o is nil.
func (o *Overlay) find(c *Collection, scope, id string) *item {
	if !o.exists(c, scope) {
		return nil
	}
	return o.view(c, scope).get(id)
}

// orphaned is a scope whose parent is not there.
func (c *Collection) orphaned(scope string) *Refusal {
	_, above := above(scope)
	return refuse(http.StatusNotFound, "there is no %q in %s", above, c.parent.Name)
}

// missing is an item that is not there, or whose parent is not. The lock is held,
// or o is nil.
func (o *Overlay) missing(c *Collection, scope, id string) *Refusal {
	switch {
	case !o.exists(c, scope):
		return c.orphaned(scope)
	case c.Config.Gone && o.view(c, scope).deleted(id):
		return refuse(http.StatusGone, "%q in %s was deleted", id, c.Name)
	}
	return refuse(http.StatusNotFound, "there is no %q in %s", id, c.Name)
}

// answer is the answer that shows an item.
func (c *Collection) answer(q *Request, status int, value *simulations.Value, did string) *Answer {
	value = c.shown(value)
	text := value.AppendJSON(nil)
	a := &Answer{Status: status, Header: http.Header{"Etag": {etag(text)}}, Body: text, Did: did}
	if c.Config.Envelope != nil {
		a.Body = enclose(c.Config.Envelope, func(s string) *simulations.Value {
			if s == simulations.ItemPlaceholder {
				return value
			}
			return nil
		}).AppendJSON(nil)
	}
	a.Header.Set("Content-Type", "application/json")
	return a
}

// preferred brings the answer to a change into the form that the client
// prefers (RFC 7240 section 4.2).
func preferred(q *Request, a *Answer) *Answer {
	switch preference(q.Header, "return") {
	case "minimal":
		a.Header.Set("Preference-Applied", "return=minimal")
		a.Header.Del("Content-Type")
		if a.Body = nil; a.Status == http.StatusOK {
			a.Status = http.StatusNoContent
		}
	case "representation":
		a.Header.Set("Preference-Applied", "return=representation")
	}
	return a
}

// preference is the value of a preference, the first where it stands twice
// (RFC 7240 section 2), in lower case.
func preference(h http.Header, name string) string {
	for _, line := range h["Prefer"] {
		for part := range strings.SplitSeq(line, ",") {
			part, _, _ = strings.Cut(part, ";")
			key, value, _ := strings.Cut(part, "=")
			if strings.EqualFold(strings.TrimSpace(key), name) {
				return strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
			}
		}
	}
	return ""
}

// enclose copies an envelope with values in place of its placeholders; fill
// gives nil for a text that is none.
func enclose(envelope *simulations.Value, fill func(string) *simulations.Value) *simulations.Value {
	if envelope.Kind == simulations.String {
		if v := fill(envelope.Text); v != nil {
			return v
		}
		return envelope
	}
	if len(envelope.Items) == 0 {
		return envelope
	}
	out := &simulations.Value{Kind: envelope.Kind, Names: envelope.Names, Items: make([]*simulations.Value, len(envelope.Items))}
	for i, item := range envelope.Items {
		out.Items[i] = enclose(item, fill)
	}
	return out
}
