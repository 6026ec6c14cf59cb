package matchers

import "slices"

// group is what divides every part of the index; "" stands for any.
type group struct {
	collaborator, method string
	redacted             bool
}

// groupsOf are the groups that a stub belongs to, one for each method.
func groupsOf(s *Stub) []group {
	methods := s.Request.Method
	if len(methods) == 0 {
		methods = []string{""}
	}
	out := make([]group, 0, len(methods))
	for _, m := range methods {
		g := group{collaborator: s.Collaborator, method: m, redacted: s.pattern.redacted}
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// eachGroup calls do with the groups that may have stubs for r.
func eachGroup(r *Request, do func(g group)) {
	for _, redacted := range [...]bool{false, true} {
		do(group{method: r.Method, redacted: redacted})
		do(group{redacted: redacted})
		if r.Collaborator != "" {
			do(group{collaborator: r.Collaborator, method: r.Method, redacted: redacted})
			do(group{collaborator: r.Collaborator, redacted: redacted})
		}
	}
}
