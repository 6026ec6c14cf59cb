package admin

import (
	"encoding/json"
	"fmt"
	"strconv"

	"understudy/simulations"
)

// openAPI writes the OpenAPI 3.1 document of a table.
func openAPI(table []route) ([]byte, error) {
	answers := newSchemas()
	requests := &schemas{components: answers.components, types: answers.types, closed: true}
	failure := answers.of(problem{})
	paths := make(map[string]map[string]any)
	for i := range table {
		rt := &table[i]
		if paths[rt.path] == nil {
			paths[rt.path] = make(map[string]any)
		}
		paths[rt.path][methodKey(rt.method)] = operation(rt, answers, requests, failure)
	}
	for _, s := range []*schemas{answers, requests} {
		if s.err != nil {
			return nil, fmt.Errorf("OpenAPI document: %w", s.err)
		}
	}
	document := map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title":   "understudy admin API",
			"version": simulations.Version,
			"description": "What understudy stands in with, and how. Every edit is visible to the next request on the data plane once it has been answered. " +
				"Errors are problem details (RFC 9457); `errors` names each fault of the input by its JSON pointer, line and column. " +
				"Every GET answers HEAD too.",
			"license": map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []any{map[string]any{"url": "/"}},
		"tags":    tags,
		"paths":   paths,
		"components": map[string]any{
			"schemas": answers.components,
			"securitySchemes": map[string]any{
				"token": map[string]any{"type": "http", "scheme": "bearer", "description": "Demanded where understudy was started with a token."},
			},
		},
		"security": []any{map[string]any{}, map[string]any{"token": []any{}}},
	}
	out, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	return append(out, '\n'), nil
}

// tags say what the groups of routes are about.
var tags = []map[string]string{
	{"name": "simulations", "description": "Named, revisioned sets of stubs."},
	{"name": "stubs", "description": "A request pattern and the response, or responses, it gets."},
	{"name": "collaborators", "description": "The real services that are stood in for, and their modes."},
	{"name": "journal", "description": "The latest exchanges, with the reason for each answer. They are in memory only: after a restart the journal is empty."},
	{"name": "takes", "description": "What was recorded when."},
	{"name": "sessions", "description": "Isolation scopes: scenario states, counters, values, and what was changed in collections."},
	{"name": "fixtures", "description": "Sessions that were frozen, to be restored into any."},
	{"name": "system", "description": "Understudy itself."},
}

func methodKey(method string) string {
	return map[string]string{"GET": "get", "POST": "post", "PUT": "put", "DELETE": "delete"}[method]
}

func operation(rt *route, answers, requests *schemas, failure any) map[string]any {
	op := map[string]any{"operationId": rt.id, "tags": []string{rt.tag}, "summary": rt.summary}
	var params []any
	for i := range rt.params {
		params = append(params, parameter(&rt.params[i]))
	}
	for _, h := range requestHeaders(rt) {
		params = append(params, map[string]any{
			"name": h[0], "in": "header", "description": h[1], "schema": map[string]any{"type": "string"},
		})
	}
	if params != nil {
		op["parameters"] = params
	}
	if rt.body != nil {
		types := rt.body.types
		if types == nil {
			types = []string{"application/json"}
		}
		op["requestBody"] = map[string]any{"required": true, "description": rt.body.summary, "content": content3(types, rt.body.model, requests)}
	}
	responses := map[string]any{
		"default": map[string]any{
			"description": "A failure.",
			"content":     map[string]any{problemType: map[string]any{"schema": failure}},
		},
	}
	for _, re := range rt.replies {
		responses[strconv.Itoa(re.status)] = response3(&re, answers)
	}
	op["responses"] = responses
	if rt.open {
		op["security"] = []any{}
	}
	return op
}

func parameter(p *param) map[string]any {
	schema := map[string]any{"type": "string"}
	if p.integer {
		schema = map[string]any{"type": "integer", "minimum": p.min}
		if p.max > 0 {
			schema["maximum"] = p.max
		}
	}
	if p.enum != nil {
		schema["enum"] = p.enum
	}
	if p.value != "" {
		schema["default"] = json.RawMessage(p.value)
		if !p.integer {
			schema["default"] = p.value
		}
	}
	out := map[string]any{"name": p.name, "in": p.in, "description": p.summary, "schema": schema}
	if p.in == "path" {
		out["required"] = true
	}
	return out
}

// requestHeaders lists the headers, beyond HTTP's own, that a route obeys, each
// with what it means there.
func requestHeaders(rt *route) (headers [][2]string) {
	if rt.conditional {
		headers = append(headers,
			[2]string{"If-Match", "The ETag that it must have, or * to demand that it is there; 412 if not."},
			[2]string{"If-None-Match", "* demands that it is not there yet; 412 if it is."})
	}
	for _, re := range rt.replies {
		if re.status == 304 {
			headers = append(headers, [2]string{"If-None-Match", "The ETag that the client has; 304 if it is still that."})
		}
		if len(re.types) == 1 && re.types[0] == "text/event-stream" {
			headers = append(headers, [2]string{"Last-Event-ID", "The id of the exchange that was seen last; it goes before after."})
		}
	}
	return headers
}

func response3(re *reply, answers *schemas) map[string]any {
	out := map[string]any{"description": re.summary}
	headers := make(map[string]any)
	text := map[string]any{"type": "string"}
	if re.etag {
		headers["ETag"] = map[string]any{"description": "The revision, in quotes.", "schema": text}
	}
	if re.location {
		headers["Location"] = map[string]any{"description": "Where it is.", "schema": text}
	}
	for name, says := range re.headers {
		headers[name] = map[string]any{"description": says, "schema": text}
	}
	if len(headers) > 0 {
		out["headers"] = headers
	}
	types := re.types
	if types == nil && re.model != nil {
		types = []string{"application/json"}
	}
	if types != nil {
		out["content"] = content3(types, re.model, answers)
	}
	return out
}

// content3 is OpenAPI's content object.
func content3(types []string, model any, s *schemas) map[string]any {
	out := make(map[string]any)
	for _, t := range types {
		media := map[string]any{}
		if model != nil {
			media["schema"] = s.of(model)
		}
		out[t] = media
	}
	return out
}
