package matchers

import "slices"

// group is what divides every part of the index; "" stands for any.
type group struct {
	collaborator, method string
	redacted             bool
}

// groupsOf are the groups that a stub belongs to.
func groupsOf(s *Stub) []group {
	return groupsFor(s.Collaborator, s.model.Request.Method, s.pattern.redacted)
}

// groupsFor are the groups of a stub, one for each method.
func groupsFor(collaborator string, methods []string, redacted bool) []group {
	if len(methods) == 0 {
		return []group{{collaborator: collaborator, redacted: redacted}}
	}
	out := make([]group, 0, len(methods))
	for _, m := range methods {
		g := group{collaborator: collaborator, method: m, redacted: redacted}
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// eachGroup calls do with the groups that may have stubs for r, each once.
func eachGroup(r *Request, do func(g group)) {
	collaborators, methods := [...]string{r.Collaborator, ""}, [...]string{r.Method, ""}
	for _, redacted := range [...]bool{false, true} {
		for i, c := range collaborators {
			for j, m := range methods {
				if (i == 1 || c != "") && (j == 1 || m != "") {
					do(group{collaborator: c, method: m, redacted: redacted})
				}
			}
		}
	}
}

func (g group) String() string {
	method, collaborator := g.method, g.collaborator
	if method == "" {
		method = "any method"
	}
	if collaborator == "" {
		collaborator = "any collaborator"
	}
	if g.redacted {
		method += ", redacted"
	}
	return collaborator + ", " + method
}
