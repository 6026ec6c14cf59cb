package admin

import "testing"

const recordedVolumes = `
understudy: v1
stubs:
  - {id: one, request: {method: GET, path: /v1/volumes/101}, response: {json: {id: 101, state: free}}}
  - {id: two, request: {method: GET, path: /v1/volumes/102}, response: {json: {id: 102, state: free}}}
`

func TestGeneralize(t *testing.T) {
	const at = "/api/v1/simulations/volumes/generalize"
	p := start(t)
	p.do("POST", at, `{}`).want(404)
	p.do("PUT", "/api/v1/simulations/volumes", recordedVolumes).want(201)
	p.do("POST", at, "").want(400)
	p.do("POST", at, `{"aply": true}`).want(400).says(`"pointer":"/aply"`)
	p.do("POST", at, `{"into": "a b"}`).want(400).says(`"pointer":"/into"`)

	// It is shown, and nothing changes.
	p.do("POST", at, `{}`).want(200).has("Etag", `"1"`).
		says(`"revision":1`, `"applied":false`, `"before":2`, `"after":1`, `"replaced":2`, `"kind":"general"`, `"from":["one","two"]`, `{"template":"/v1/volumes/{id}"}`, `"heldOut":1`, `"asRecorded":1`, `"missed":[]`)
	p.do("GET", "/api/v1/simulations/volumes", "").want(200).has("Etag", `"1"`)

	// Elsewhere there must be nothing yet, or If-Match names what is there.
	p.do("POST", at, `{"apply": true, "into": "general"}`).want(201).has("Location", "/api/v1/simulations/general").has("Etag", `"2"`).says(`"into":"general"`, `"applied":true`)
	p.do("POST", at, `{"apply": true, "into": "general"}`).want(412)
	p.do("POST", at, `{"apply": true, "into": "general"}`, `If-Match: "1"`).want(412)
	p.do("POST", at, `{"apply": true, "into": "general"}`, `If-Match: "2"`).want(200)
	p.do("GET", "/api/v1/simulations/general", "").want(200).says("/v1/volumes/{id}")

	// In place it has to be what the proposal is of.
	p.do("POST", at, `{"apply": true}`).want(428).says("precondition-required", "If-Match")
	p.do("POST", at, `{"apply": true}`, `If-Match: "9"`).want(412)
	p.do("POST", at, `{"apply": true}`, `If-None-Match: *`).want(428)
	p.do("POST", at, `{"apply": true}`, `If-Match: "1"`).want(200).says(`"into":"volumes"`)
	p.do("GET", "/api/v1/simulations/volumes", "").want(200).says("/v1/volumes/{id}")
}
