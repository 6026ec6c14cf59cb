// Package mockoon reads environments of Mockoon.
//
// The first route that fits answers, with the first of its responses whose rules
// hold, or else with its default: that is stated as the stubs' specificity. CRUD
// routes become collections. Templates are translated into understudy's own
// helpers, where each that they use has one that does the same.
package mockoon

import (
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads environments.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "mockoon" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises an environment by its routes and their prefix.
func (Format) Sniff(data []byte) bool { return sniff.HasAll(data, "routes", "endpointPrefix") }

// Encode refuses: the format is read only.
func (Format) Encode(*simulations.Document) ([]byte, string, error) {
	return nil, "", simulations.Errorf(simulations.CodeInvalid, "the format mockoon is read, not written")
}

// Decode reads an environment.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	root.Only("uuid", "lastMigration", "name", "port", "hostname", "endpointPrefix", "latency", "folders", "routes", "rootChildren", "proxyMode",
		"proxyRemovePrefix", "proxyHost", "proxyReqHeaders", "proxyResHeaders", "tlsOptions", "cors", "headers", "data", "callbacks", "routesFolder", "$schema")
	r := &reader{root: root, doc: &simulations.Document{Collections: make(map[string]*simulations.Collection)}, buckets: make(map[string]convert.Place)}
	for b := range root.Get("data").Items() {
		r.buckets[b.Get("id").Text()], r.buckets[b.Get("uuid").Text()], r.buckets[b.Get("name").Text()] = b, b, b
	}
	delete(r.buckets, "")
	if p := root.Get("proxyMode"); p.Bool() {
		p.Warn("nothing is forwarded of itself: declare a collaborator with `upstream: %s` and mode spy, which forwards what no stub answers", root.Get("proxyHost").Text())
	}
	if tls := root.Get("tlsOptions").Get("enabled"); tls.Bool() {
		tls.Warn("give understudy a certificate, or send requests through it as a proxy")
	}
	if c := root.Get("cors"); c.Bool() {
		r.preflight(c)
	}
	for _, route := range r.inOrder() {
		r.route(route)
	}
	for n, s := range r.doc.Stubs {
		s.Specificity = len(r.doc.Stubs) - n
	}
	if len(r.doc.Collections) == 0 {
		r.doc.Collections = nil
	}
	return convert.Done(root, "Mockoon environment", r.doc, r.origins)
}

type reader struct {
	root    convert.Place
	doc     *simulations.Document
	origins []string
	// buckets are the data buckets, by each of their names.
	buckets map[string]convert.Place
}

func (r *reader) add(s *simulations.Stub, p convert.Place) {
	r.doc.Stubs = append(r.doc.Stubs, s)
	r.origins = append(r.origins, p.Pointer())
}

// preflight answers every OPTIONS, as Mockoon does before it looks at routes.
func (r *reader) preflight(p convert.Place) {
	r.add(&simulations.Stub{
		Request: simulations.Pattern{Method: simulations.Strings{"OPTIONS"}},
		Response: &simulations.Response{Status: 200, Headers: simulations.Headers{
			"Access-Control-Allow-Origin":  {"*"},
			"Access-Control-Allow-Methods": {"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"},
			"Access-Control-Allow-Headers": {"Content-Type, Origin, Accept, Authorization, Content-Length, X-Requested-With"},
		}},
	}, p)
}

// maxFolders bounds folders within folders.
const maxFolders = 100

// inOrder lists the routes as they are asked: through the folders, each route
// once.
func (r *reader) inOrder() (list []convert.Place) {
	children := r.root.Get("rootChildren")
	if !children.Set() {
		for route := range r.root.Get("routes").Items() {
			if route.IsObject() {
				list = append(list, route)
			}
		}
		return list
	}
	routes, folders := make(map[string]convert.Place), make(map[string]convert.Place)
	for route := range r.root.Get("routes").Items() {
		routes[route.Get("uuid").Text()] = route
	}
	for f := range r.root.Get("folders").Items() {
		folders[f.Get("uuid").Text()] = f
	}
	var walk func(children convert.Place, depth int)
	walk = func(children convert.Place, depth int) {
		if depth > maxFolders {
			children.Refuse("folders are nested deeper than %d", maxFolders)
			return
		}
		for c := range children.Items() {
			id := c.Get("uuid").Text()
			if route, ok := routes[id]; ok {
				list = append(list, route)
				delete(routes, id)
			} else if f, ok := folders[id]; ok {
				delete(folders, id) // one that held itself would never end
				walk(f.Get("children"), depth+1)
			}
		}
	}
	walk(children, 0)
	return list
}

func (r *reader) route(p convert.Place) {
	p.Only("uuid", "type", "documentation", "method", "endpoint", "responses", "responseMode", "enabled", "streamingMode", "streamingInterval", "randomResponse", "sequentialResponse")
	if p.Kind() != simulations.Object {
		return
	}
	if on := p.Get("enabled"); on.Set() && !on.Bool() {
		return
	}
	endpoint := "/" + strings.Trim(r.root.Get("endpointPrefix").Text(), "/") + "/" + strings.TrimPrefix(p.Get("endpoint").Text(), "/")
	for strings.Contains(endpoint, "//") {
		endpoint = strings.ReplaceAll(endpoint, "//", "/")
	}
	switch kind := p.Get("type"); kind.Text() {
	case "http", "":
	case "crud":
		r.crud(p, endpoint)
		return
	default:
		kind.Warn("a route of the type %q was left out", kind.Text())
		return
	}
	request := simulations.Pattern{Method: methods(p.Get("method"))}
	if !pathOf(p.Get("endpoint"), endpoint, &request) {
		return
	}
	r.responses(p, request)
}

// methods are those that a route answers: as in Express, one of GET answers
// HEAD, too.
func methods(p convert.Place) simulations.Strings {
	switch m := strings.ToUpper(p.Text()); m {
	case "", "ALL":
		return nil
	case "GET":
		return simulations.Strings{"GET", "HEAD"}
	default:
		return simulations.Strings{m}
	}
}

// responses makes the stubs of a route: one for each response with rules, and
// one for the rest.
func (r *reader) responses(p convert.Place, request simulations.Pattern) {
	var list []convert.Place
	for a := range p.Get("responses").Items() {
		list = append(list, a)
	}
	if len(list) == 0 {
		p.Warn("the route has no response, and was left out")
		return
	}
	rest := list[0]
	for _, a := range list {
		if a.Get("default").Bool() {
			rest = a
			break
		}
	}
	mode := p.Get("responseMode")
	several := func(order simulations.Order) {
		s := &simulations.Stub{Request: request}
		for _, a := range list {
			s.Responses = append(s.Responses, r.response(a))
		}
		if s.Order = order; len(list) == 1 {
			s.Response, s.Responses, s.Order = s.Responses[0], nil, ""
		}
		r.add(s, p)
	}
	switch mode.Text() {
	case "RANDOM":
		several(simulations.OrderRandom)
		return
	case "SEQUENTIAL":
		several(simulations.OrderCycle)
		return
	case "", "FALLBACK":
		if counted, ok := r.counted(list, rest); ok && mode.Text() == "" {
			counted.Request = request
			r.add(counted, p)
			return
		}
		for _, a := range list {
			if rules := enabled(a); len(rules) > 0 {
				r.add(&simulations.Stub{Request: withRules(request, rules, a.Get("rulesOperator").Text() == "AND"), Response: r.response(a), Labels: label(a)}, a)
			}
		}
		if mode.Text() == "FALLBACK" {
			return
		}
	case "DISABLE_RULES":
	default:
		mode.Refuse("%q is no way to choose a response: there are RANDOM, SEQUENTIAL, DISABLE_RULES and FALLBACK", mode.Text())
	}
	r.add(&simulations.Stub{Request: request, Response: r.response(rest), Labels: label(rest)}, rest)
}

func label(p convert.Place) []string {
	if text := p.Get("label").Text(); text != "" {
		return []string{text}
	}
	return nil
}

// delay adds a response's latency to the environment's, in milliseconds.
func (r *reader) delay(p convert.Place) *simulations.Delay {
	n := r.root.Get("latency").Int() + p.Int()
	if n < 0 {
		p.Refuse("a delay must not be negative")
	}
	if n <= 0 {
		return nil
	}
	return &simulations.Delay{Fixed: simulations.Duration(time.Duration(n) * time.Millisecond)}
}
