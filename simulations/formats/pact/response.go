package pact

import (
	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/recorded"
)

// response reads the example of an answer, and what is generated in it.
func response(p convert.Place) *simulations.Response {
	p.Only("status", "headers", "body", "matchingRules", "generators")
	out := &simulations.Response{Status: convert.Status(p.Get("status"))}
	out.Headers, out.Trailers = convert.Headers(p.Get("headers"))
	g := generators{p: p.Get("generators"), out: out}
	c, _ := contentOf(p)
	c.json = g.prepare(c.json)
	switch {
	case c.json != nil && (out.Status == 204 || out.Status == 304):
		convert.Body(p.Get("body"), out, "null") // says that there is none
	case c.json != nil:
		out.JSON = c.json
	default:
		convert.Body(p.Get("body"), out, c.text)
	}
	recorded.Undecoded(out)
	g.verbatim()
	return out
}
