package simulator

import "understudy/simulations"

// rendering is the templates of one response.
type rendering struct{}

func compileRendering(r *response) (*rendering, []simulations.FieldError) {
	return nil, []simulations.FieldError{{Pointer: "/template", Detail: "templates are not served"}}
}

// rendered returns the response to give.
func (x *exchange) rendered(f *found) (*response, error) { return f.claim.response, nil }
