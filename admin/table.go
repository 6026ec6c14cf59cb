package admin

import (
	"slices"
	"strings"
)

// route is one operation: how it is reached, what it takes and gives, and what
// it does. The mux, the OpenAPI document and ROUTES.md are made from it.
type route struct {
	method, path string
	// id is the operation's id, also its name in the access log.
	id      string
	tag     string
	summary string
	// params are those of the path and the query. A query parameter that is not
	// listed is refused.
	params []param
	// body is what the request carries; nil for nothing.
	body *body
	// replies are the answers besides errors, the usual one first.
	replies []reply
	// conditional routes obey If-Match and If-None-Match.
	conditional bool
	// open routes need no token.
	open   bool
	handle func(*call) error
}

// param is a parameter of the path or the query.
type param struct {
	name    string
	in      string // "path" or "query"
	summary string
	// integer parameters are whole numbers from min to max.
	integer  bool
	min, max uint64
	// enum lists the values; none for any.
	enum []string
	// value is the default, "" for none.
	value string
}

// body is a request's content.
type body struct {
	summary string
	// model is a value of the Go type that the content decodes to, or a
	// [schemaRef]; nil for plain bytes.
	model any
	// types are the media types that are documented; see [acceptedTypes].
	types []string
	// stream bodies are handed on as they come, and have no bound.
	stream bool
}

// reply is one kind of answer.
type reply struct {
	status  int
	summary string
	// model is as in body; nil for no content or plain bytes.
	model any
	// types are the media types, application/json where a model stands alone.
	types []string
	// etag says that the answer carries one; location that it says where the
	// new thing is.
	etag, location bool
	// headers are others that the answer may carry, by name, and what they say.
	headers map[string]string
}

// schemaRef is a place in the document's JSON Schema.
type schemaRef string

// The places of the document's schema that the API speaks of; simulations.Schema
// is generated with these definitions.
const (
	refDocument     schemaRef = "schema/v1.json"
	refStub         schemaRef = "schema/v1.json#/$defs/stub"
	refCollaborator schemaRef = "schema/v1.json#/$defs/collaborator"
	refFixture      schemaRef = "schema/v1.json#/$defs/fixture"
	refPattern      schemaRef = "schema/v1.json#/$defs/pattern"
)

// param returns the parameter of that name, or nil.
func (rt *route) param(name, in string) *param {
	i := slices.IndexFunc(rt.params, func(p param) bool { return p.name == name && p.in == in })
	if i < 0 {
		return nil
	}
	return &rt.params[i]
}

// queryNames lists the query parameters.
func (rt *route) queryNames() []string {
	var names []string
	for _, p := range rt.params {
		if p.in == "query" {
			names = append(names, p.name)
		}
	}
	return names
}

// muxPath is the path as gorilla/mux takes it: numbers are matched as such.
func (rt *route) muxPath() string {
	path := rt.path
	for _, p := range rt.params {
		if p.in == "path" && p.integer {
			path = strings.Replace(path, "{"+p.name+"}", "{"+p.name+":[0-9]+}", 1)
		}
	}
	return path
}
