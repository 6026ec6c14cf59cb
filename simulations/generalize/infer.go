package generalize

import (
	"strconv"

	"understudy/simulations"
)

// sample is some of an operation's exchanges, from which its answer is
// inferred: all have one status.
type sample struct {
	learner   *learner
	exchanges []*exchange
	sources   []*sources
}

// infer says where a value comes from that stands in the same place of all
// answers, values[i] in that of exchanges[i]; name is that of the member.
func (s *sample) infer(values []*simulations.Value, name string, depth int) *node {
	latest := values[len(values)-1]
	alike := true
	for _, v := range values[1:] {
		alike = alike && same(v, values[0])
	}
	if n := s.echo(values, name, alike); n != nil {
		return n
	}
	if alike && scalar(latest) {
		if n := s.text(values, minAlike); n != nil {
			return n
		}
		return &node{kind: fixedNode, value: latest}
	}
	if alike && !s.holdsRequest(latest) {
		return &node{kind: fixedNode, value: latest}
	}
	if n := s.optional(values, name); n != nil {
		return n
	}
	if depth < maxDepth {
		if n := s.inside(values, name, depth); n != nil {
			return n
		}
	}
	if n := s.text(values, minVaried); n != nil {
		return n
	}
	if distinct(values) >= manyVaried {
		if n := s.text(values, 1); n != nil {
			return n
		}
	}
	made, why := s.made(values, name)
	if made != nil {
		return made
	}
	_, usual := s.most(values, func(v *simulations.Value) string { return string(v.AppendCanonical(nil)) })
	return &node{kind: openNode, value: usual[len(usual)-1], why: why}
}

// distinct counts the values that differ.
func distinct(values []*simulations.Value) int {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		seen[string(v.AppendCanonical(nil))] = true
	}
	return len(seen)
}

// inside infers the parts of objects with the same members and of lists of the
// same length; where answers differ in that, of those that most have.
func (s *sample) inside(values []*simulations.Value, name string, depth int) *node {
	s, values = s.most(values, func(v *simulations.Value) string {
		if scalar(v) {
			return ""
		}
		return content{json: v}.form() + strconv.Itoa(len(v.Items))
	})
	first := values[0]
	if scalar(first) || len(first.Items) == 0 {
		return nil
	}
	n := &node{kind: listNode, items: make([]*node, len(first.Items))}
	if first.Kind == simulations.Object {
		n.kind, n.names = objectNode, first.Names
	}
	for i := range first.Items {
		parts := make([]*simulations.Value, len(values))
		below := name
		for k, v := range values {
			if n.kind == listNode {
				parts[k] = v.Items[i]
			} else {
				below = n.names[i]
				parts[k] = v.Get(below)
			}
		}
		n.items[i] = s.infer(parts, below, depth+1)
	}
	return n
}

// most narrows a sample to the exchanges whose values have in common what most
// have, the latest where two are as many.
func (s *sample) most(values []*simulations.Value, key func(*simulations.Value) string) (*sample, []*simulations.Value) {
	count := make(map[string]int)
	keys := make([]string, len(values))
	for i, v := range values {
		keys[i] = key(v)
		count[keys[i]]++
	}
	best := keys[len(keys)-1]
	for _, k := range keys {
		if count[k] > count[best] {
			best = k
		}
	}
	if count[best] == len(values) {
		return s, values
	}
	out := &sample{learner: s.learner}
	var kept []*simulations.Value
	for i, k := range keys {
		if k == best {
			out.exchanges, out.sources, kept = append(out.exchanges, s.exchanges[i]), append(out.sources, s.sources[i]), append(kept, values[i])
		}
	}
	return out, kept
}
