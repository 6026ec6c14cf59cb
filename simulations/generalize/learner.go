package generalize

import (
	"context"
	"slices"

	"understudy/simulations"
)

// learner learns from exchanges what can be said of others.
type learner struct {
	routes *router
	// repeated are the fields of the head, by operation, that answers repeat.
	repeated map[string]bool
	// referred are the texts that stand in requests.
	referred map[string]bool
}

// lesson is what was learnt.
type lesson struct {
	*learner
	operations []*operation
	// loose are those of requests whose bodies may have other members.
	loose []*operation
	// steady are those of one request without its volatile fields.
	steady []*operation
	// anyQuery are those of several whose queries vary along with the path.
	anyQuery []*operation
	// rules are the general answers by operation, reads those that were seen in
	// other answers by request.
	rules map[string]*rule
	reads map[string]*rule
	// byPath are the rules by method and shape of the path, in the order in which
	// they are proposed.
	byPath map[string][]*rule
	// unsteady are the places that the same request was answered differently in.
	unsteady map[string]places
}

// learn learns from all the exchanges. It is linear in them, and ends with the
// context's error.
func learn(ctx context.Context, all []*exchange) (*lesson, error) {
	l := &learner{referred: make(map[string]bool)}
	l.routes = learnRoutes(all)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.learnRepeated(all)
	for _, x := range all {
		l.refer(x.request)
	}
	out := &lesson{learner: l, operations: l.group(all, false), rules: make(map[string]*rule), unsteady: make(map[string]places)}
	for _, op := range out.operations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.unsteady[op.key] = op.unsteady()
		r := l.rule(op)
		if r != nil {
			out.rules[op.key] = r
		}
		if r != nil && r.kind == General {
			continue
		}
		for _, one := range op.steady() {
			if r := l.steadyRule(one); r != nil {
				out.steady = append(out.steady, one)
				out.rules[one.key] = r
			}
		}
	}
	out.pool()
	out.loose = l.group(all, true)
	for _, op := range out.loose {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r := l.rule(op); r != nil {
			r.kind = Fallback
			out.rules[op.key] = r
		}
	}
	out.byPath = make(map[string][]*rule)
	for _, op := range slices.Concat(out.operations, out.anyQuery, out.loose) {
		if r := out.rules[op.key]; r != nil {
			at := pathKey(op.exchanges[0].request, op.path)
			out.byPath[at] = append(out.byPath[at], r)
		}
	}
	out.reads = out.derive()
	return out, ctx.Err()
}

// refer notes the texts of a request that may be identifiers of things.
func (l *learner) refer(r *request) {
	note := func(text string) {
		if len(text) > 0 && len(text) <= maxWord {
			l.referred[text] = true
		}
	}
	for _, s := range r.segments {
		note(decoded(s))
	}
	for _, list := range [][]field{r.query, r.headers, r.body.form} {
		for _, f := range list {
			for _, v := range f.values {
				note(v)
			}
		}
	}
	var walk func(v *simulations.Value)
	walk = func(v *simulations.Value) {
		if scalar(v) {
			note(v.Text)
		}
		for _, item := range v.Items {
			walk(item)
		}
	}
	if r.body.json != nil {
		walk(r.body.json)
	}
}

// spread chooses exchanges evenly, the first and the last among them.
func spread(all []*exchange, most int) []*exchange {
	if len(all) <= most {
		return all
	}
	out := make([]*exchange, most)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(most-1)]
	}
	return out
}
