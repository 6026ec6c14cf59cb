package template

import (
	"encoding/base64"
	"slices"
)

// Response is an answer that has been given, as the templates of a callback see
// it.
type Response struct {
	Status int
	// Header has canonical names.
	Header map[string][]string
	// Body is as it was written by the stub, without a content coding that the
	// client made understudy apply.
	Body string
}

// callbackManners are the dialects' in a callback, which also sees the answer
// that it follows: response in the native dialect; originalRequest and
// originalResponse, and no request, in WireMock's. Hoverfly has no callbacks
// with templates, and its dialect sees what it always does.
var callbackManners [3]manners

var (
	nativeCallbackRoots   = append(slices.Clone(nativeRoots), "response")
	wiremockCallbackRoots = []string{"originalRequest", "originalResponse", "parameters"}
)

// inCallbacks are the manners of the dialects in callbacks.
func inCallbacks(dialects [3]manners) [3]manners {
	native, wiremock := &dialects[Native], &dialects[WireMock]
	native.roots, native.root = nativeCallbackRoots, func(r *run, name string) (any, bool) {
		if name == "response" {
			return r.response()
		}
		return nativeRoot(r, name)
	}
	wiremock.roots, wiremock.root = wiremockCallbackRoots, func(r *run, name string) (any, bool) {
		switch name {
		case "originalRequest":
			return wiremockRoot(r, "request")
		case "originalResponse":
			return r.response()
		case "parameters":
			return wiremockRoot(r, name)
		}
		return nil, false
	}
	return dialects
}

// CompileCallback reads a template of a callback: it may name the answer that
// the callback follows, Data.Response. The error is an *Error.
func CompileCallback(src string, dialect Dialect) (*Template, error) {
	if int(dialect) >= len(callbackManners) {
		return Compile(src, dialect)
	}
	return compile(src, dialect, &callbackManners[dialect])
}

// responseFields are the members of response.
var responseFields = []string{"status", "headers", "body"}

func (r *run) response() (any, bool) {
	if r.data.Response == nil {
		return nil, false
	}
	return (*responseView)(r), true
}

// responseView is the answer that a callback follows.
type responseView run

func (v *responseView) memberNames() []string { return responseFields }

func (v *responseView) get(name string) (any, bool) {
	r := (*run)(v)
	switch a := r.data.Response; name {
	case "status":
		return integer(a.Status), true
	case "headers":
		return &valuesView{values: a.Header, fold: true}, true
	case "body":
		return r.answerBody(), true
	case "bodyAsBase64":
		return base64.StdEncoding.EncodeToString([]byte(a.Body)), r.manners.errorText
	}
	return nil, false
}

// answerBody prints as the answer's text; its members and items are those of
// the JSON that it holds.
func (r *run) answerBody() any {
	if r.views.answer == nil {
		text := r.data.Response.Body
		r.views.answer = text
		if value, err := r.parse(text); err == nil {
			r.views.answer = rawJSON{value, text}
		}
	}
	return r.views.answer
}
