package generalize

import (
	"maps"
	"slices"

	"understudy/simulations"
	"understudy/simulations/volatile"
)

// headers infers the headers that all answers have. Those that differ and do not
// follow from the request are left out.
func (s *sample) headers(r *rule) {
	r.headers = make(map[string][]*node)
	names := make(map[string]int)
	for _, x := range s.exchanges {
		for name := range x.response.Headers {
			names[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if name == "Content-Length" {
			continue // it follows from the body
		}
		var nodes []*node
		known := names[name] == len(s.exchanges) && !volatile.ResponseHeader(name)
		if known {
			nodes, known = s.header(name)
		}
		if known {
			r.headers[name] = nodes
		} else {
			r.dropped = append(r.dropped, name)
		}
	}
}

func (s *sample) header(name string) ([]*node, bool) {
	count := len(s.exchanges[0].response.Headers[name])
	nodes := make([]*node, count)
	for i := range nodes {
		values := make([]*simulations.Value, len(s.exchanges))
		for k, x := range s.exchanges {
			lines := x.response.Headers[name]
			if len(lines) != count {
				return nil, false
			}
			values[k] = simulations.NewString(lines[i])
		}
		nodes[i] = s.infer(values, "", maxDepth)
		if nodes[i].kind == openNode || nodes[i].kind == madeNode {
			return nil, false
		}
	}
	return nodes, true
}
