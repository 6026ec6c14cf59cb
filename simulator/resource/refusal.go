package resource

import (
	"fmt"
	"net/http"

	"understudy/simulations"
)

// Refusal is a request that a collection does not do, and why.
type Refusal struct {
	Status int
	Detail string
	// Errors name the faults of an item, where there are several.
	Errors []simulations.FieldError
	// Header goes with the answer: Allow, Accept-Patch.
	Header http.Header
}

func refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Detail: fmt.Sprintf(format, args...)}
}

func (r *Refusal) with(name, value string) *Refusal {
	r.Header = http.Header{name: {value}}
	return r
}
