package generalize

import (
	"fmt"
	"slices"

	"understudy/simulations"
)

// answer makes the response; an error says why there can be none.
func (r *rule) answer() (*simulations.Response, error) {
	out := &simulations.Response{Status: r.latest.response.Status, Delay: r.delay, Trailers: r.latest.response.Trailers}
	if as := r.latest.response.Recording; as != nil { // the pieces were those of another body
		out.Recording = &simulations.Recording{At: as.At, Latency: as.Latency}
	}
	rendered := false
	for _, n := range r.headers {
		for _, line := range n {
			rendered = rendered || line.kind != fixedNode
		}
	}
	if r.body != nil {
		r.body.walk("", func(_ string, n *node) { rendered = rendered || n.kind != fixedNode && n.kind != openNode })
	}
	for name, lines := range out.Trailers {
		if rendered && slices.ContainsFunc(lines, tagged) {
			return nil, fmt.Errorf("the trailer %s holds {{, which is a template's", name)
		}
	}
	if len(r.headers) > 0 {
		out.Headers = make(simulations.Headers, len(r.headers))
	}
	for name, nodes := range r.headers {
		for _, n := range nodes {
			if !rendered {
				out.Headers[name] = append(out.Headers[name], n.value.Text)
				continue
			}
			v, ok := n.template()
			if !ok {
				return nil, fmt.Errorf("the header %s holds {{, which is a template's", name)
			}
			out.Headers[name] = append(out.Headers[name], v.Text)
		}
	}
	if r.kind == Derived {
		out.JSON = r.body.value
		return out, nil
	}
	if !rendered || r.body == nil {
		out.Text, out.JSON, out.Base64 = r.latest.response.Text, r.latest.response.JSON, r.latest.response.Base64
		out.Template = rendered
		return out, nil
	}
	out.Template = true
	v, ok := r.body.template()
	switch {
	case !ok:
		return nil, fmt.Errorf("the body holds {{, which is a template's")
	case r.structured:
		out.JSON = v
	case r.latest.response.Base64 != nil:
		out.Base64 = r.latest.response.Base64
	default:
		out.Text = &v.Text
	}
	return out, nil
}
