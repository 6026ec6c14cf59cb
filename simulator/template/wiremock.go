package template

import (
	"encoding/base64"
	"errors"
	"slices"
	"unicode/utf8"
)

// The WireMock dialect: the names and helpers of WireMock 3.13 and of the
// Handlebars.java that it carries. Messages are its own, since they are part of
// the answer there.

var wiremockRoots = []string{"request", "parameters"}

func wiremockRoot(r *run, name string) (any, bool) {
	switch name {
	case "request":
		if r.request() == nil {
			return nil, false
		}
		return (*wiremockRequest)(r), true
	case "parameters":
		return r.data.Parameters, true
	}
	return nil, false
}

// wiremockRequest is request in WireMock's templates.
type wiremockRequest run

func (v *wiremockRequest) memberNames() []string {
	return []string{"id", "method", "url", "path", "pathSegments", "query", "headers", "cookies", "body", "scheme", "host", "port", "baseUrl", "clientIp"}
}

func (v *wiremockRequest) get(name string) (any, bool) {
	r := (*run)(v)
	switch name {
	case "id", "method", "url", "path", "query", "headers", "cookies", "scheme", "port", "baseUrl", "parts":
		return (*requestView)(r).get(name)
	case "pathSegments":
		return (*pathView)(r), true
	case "host":
		host, _ := r.hostPort()
		return host, true
	case "clientIp":
		return r.request().ClientIP(), true
	case "body":
		return r.body(), true
	case "bodyAsBase64":
		return base64.StdEncoding.EncodeToString([]byte(r.body())), true
	case "binary":
		return !utf8.ValidString(r.body()), true
	case "multipart":
		return len(r.parts().names) > 0, true
	case "requestLine":
		return v, true // it has the same members
	}
	return nil, false
}

func wiremockHelpers() []*helper {
	return slices.Concat(wiremockData, wiremockLists, wiremockValues, wiremockTexts, wiremockLogic)
}

// wm makes a helper of WireMock's, whose arguments it looks at itself.
func wm(name, signature, doc string, value func(r *run, a args) (any, error), examples ...example) *helper {
	return &helper{name: name, signature: signature, doc: doc, value: value, examples: examples, max: -1, anyHash: true}
}

func (h *helper) as(form blockForm) *helper {
	h.block = form
	return h
}

func (h *helper) preparing(f func(c *call) (any, error)) *helper {
	h.prepare = f
	return h
}

// fixed makes an error out of one of WireMock's own messages.
func fixed(message string) error { return errors.New(message) }
