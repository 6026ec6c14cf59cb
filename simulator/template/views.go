package template

import (
	"maps"
	"math/rand/v2"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// views is what a rendering made of its data so far, so that it is asked for
// once.
type views struct {
	query, header, cookies, form *valuesView
	segments                     []any
	hasSegments                  bool
	bodyText                     string
	hasBody                      bool
	bodyValue                    any
	bodyIsJSON, triedJSON        bool
	// answer is the body of the answer that a callback follows, nil before it
	// was asked for.
	answer any
	parts  *object
}

func (r *run) request() Request { return r.data.Request }

func (r *run) now() time.Time {
	if r.data.Now != nil {
		return r.data.Now()
	}
	return time.Now()
}

// random is the source of random values.
func (r *run) random() *rand.Rand {
	if r.data.Rand != nil {
		return r.data.Rand
	}
	if r.rand == nil {
		r.rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return r.rand
}

func (r *run) body() string {
	if !r.views.hasBody && r.request() != nil {
		r.views.bodyText, r.views.hasBody = r.request().Body(), true
	}
	return r.views.bodyText
}

func (r *run) bodyJSON() (any, bool) {
	if !r.views.triedJSON && r.request() != nil {
		r.views.bodyValue, r.views.bodyIsJSON = r.request().JSON()
		r.views.triedJSON = true
	}
	return r.views.bodyValue, r.views.bodyIsJSON
}

// rootView has the names at the root.
type rootView run

func (v *rootView) get(name string) (any, bool) {
	r := (*run)(v)
	return r.manners.root(r, name)
}

func (v *rootView) memberNames() []string { return (*run)(v).roots }

// requestFields are the members of request.
var requestFields = []string{
	"id", "method", "url", "path", "pathSegments", "pathParams", "query", "headers", "cookies",
	"body", "form", "host", "hostname", "port", "scheme", "baseUrl", "clientIP", "parts",
}

// requestView is request in the native dialect.
type requestView run

func (v *requestView) memberNames() []string { return requestFields }

func (v *requestView) get(name string) (any, bool) {
	r := (*run)(v)
	q := r.request()
	switch name {
	case "id":
		return q.ID(), true
	case "method":
		return q.Method(), true
	case "url":
		return r.url(), true
	case "path":
		return (*pathView)(r), true
	case "pathSegments":
		return r.segments(), true
	case "pathParams":
		return paramsView(q.PathParams()), true
	case "query":
		return r.query(), true
	case "headers":
		return r.header(), true
	case "cookies":
		return r.cookies(), true
	case "body":
		return bodyView{r}, true
	case "form":
		return r.form(), true
	case "host":
		return q.Host(), true
	case "hostname":
		name, _ := r.hostPort()
		return name, true
	case "port":
		_, port := r.hostPort()
		return number(port), true
	case "scheme":
		return q.Scheme(), true
	case "baseUrl":
		return r.baseURL(), true
	case "clientIP":
		return q.ClientIP(), true
	case "parts":
		return r.parts(), true
	}
	return nil, false
}

func (r *run) url() string {
	q := r.request()
	if raw := q.RawQuery(); raw != "" {
		return q.Path() + "?" + raw
	}
	return q.Path()
}

// hostPort splits the host; where it has no port, it is the scheme's.
func (r *run) hostPort() (host, port string) {
	h := r.request().Host()
	if i := strings.LastIndexByte(h, ':'); i >= 0 && i > strings.LastIndexByte(h, ']') {
		if _, ok := smallInt(h[i+1:]); ok {
			return h[:i], h[i+1:]
		}
	}
	if r.request().Scheme() == "https" {
		return h, "443"
	}
	return h, "80"
}

func (r *run) baseURL() string {
	host, port := r.hostPort()
	scheme := r.request().Scheme()
	if port == "443" && scheme == "https" || port == "80" && scheme == "http" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// segments are those of the path, decoded, without the empty first one.
func (r *run) segments() []any {
	if !r.views.hasSegments {
		p := strings.TrimPrefix(r.request().Path(), "/")
		if p != "" {
			for s := range strings.SplitSeq(p, "/") {
				if d, err := url.PathUnescape(s); err == nil {
					s = d
				}
				r.views.segments = append(r.views.segments, s)
			}
		}
		r.views.hasSegments = true
	}
	return r.views.segments
}

// pathView prints as the path, has its segments as items and its parameters as
// members.
type pathView run

func (v *pathView) text(*run) (string, error) { return (*run)(v).request().Path(), nil }

func (v *pathView) get(name string) (any, bool) {
	r := (*run)(v)
	if s, ok := r.request().PathParams()[name]; ok {
		return s, true
	}
	return r.item(anyList(r.segments()), r.segments(), name)
}

func (v *pathView) memberNames() []string {
	return paramsView((*run)(v).request().PathParams()).memberNames()
}

func (v *pathView) len() int     { return len((*run)(v).segments()) }
func (v *pathView) at(i int) any { return (*run)(v).segments()[i] }

// paramsView is a map of single texts.
type paramsView map[string]string

func (v paramsView) get(name string) (any, bool) {
	s, ok := v[name]
	return s, ok
}

func (v paramsView) memberNames() []string { return slices.Sorted(maps.Keys(v)) }

// valuesView is a map of names to one or several texts.
type valuesView struct {
	values map[string][]string
	// fold finds names in any case, as those of headers are.
	fold bool
}

func (v *valuesView) get(name string) (any, bool) {
	list, ok := v.values[name]
	if !ok && v.fold {
		if list, ok = v.values[textproto.CanonicalMIMEHeaderKey(name)]; !ok {
			for n, l := range v.values {
				if strings.EqualFold(n, name) {
					return texts(l), true
				}
			}
		}
	}
	if !ok {
		return nil, false
	}
	return texts(list), true
}

func (v *valuesView) memberNames() []string { return slices.Sorted(maps.Keys(v.values)) }

func (r *run) query() *valuesView {
	return lazily(&r.views.query, false, func() map[string][]string { return r.request().Query() })
}

func (r *run) header() *valuesView {
	return lazily(&r.views.header, true, func() map[string][]string { return r.request().Header() })
}

func (r *run) cookies() *valuesView {
	return lazily(&r.views.cookies, false, func() map[string][]string { return r.request().Cookies() })
}

func (r *run) form() *valuesView {
	return lazily(&r.views.form, false, func() map[string][]string { return r.request().Form() })
}

func lazily(at **valuesView, fold bool, of func() map[string][]string) *valuesView {
	if *at == nil {
		*at = &valuesView{values: of(), fold: fold}
	}
	return *at
}

// bodyView prints as the body's text; its members and items are those of the
// JSON that it holds.
type bodyView struct{ r *run }

func (v bodyView) text(*run) (string, error) { return v.r.body(), nil }

func (v bodyView) get(name string) (any, bool) {
	j, ok := v.r.bodyJSON()
	if !ok {
		return nil, false
	}
	return v.r.member(j, name)
}

func (v bodyView) memberNames() []string {
	j, _ := v.r.bodyJSON()
	names, _ := memberNames(j)
	return names
}

// stateView is the session's memory.
type stateView struct{ State }

func (v stateView) get(name string) (any, bool) {
	if v.State == nil {
		return nil, false
	}
	s, ok := v.Get(name)
	return s, ok
}

func (v stateView) memberNames() []string { return nil }

var nativeRoots = []string{"request", "state", "session", "parameters", "variables"}

func nativeRoot(r *run, name string) (any, bool) {
	switch name {
	case "request":
		if r.request() == nil {
			return nil, false
		}
		return (*requestView)(r), true
	case "state":
		return stateView{r.data.State}, true
	case "session":
		return r.data.Session, true
	case "parameters":
		return r.data.Parameters, true
	case "variables":
		return r.data.Vars, true
	}
	return nil, false
}
