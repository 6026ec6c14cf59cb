package matchers

import "understudy/simulations"

var _ = register(Operator{
	Name: "glob",
	Doc: "A glob, which the whole value fits. On the path `*` is any run of characters but '/', `**` any run, `?` one character but '/', " +
		"`[a-z]` and `[!a-z]` one character of a class, never '/'; it is compared with the match form. " +
		"On other fields `*` is any run, `?` one character. `\\` takes the next character literally.",
	Example: "{path: {glob: /v1/rates/*}, headers: {Content-Type: {glob: \"application/json*\"}}}",
	Cost:    CostPattern,
	Schema:  `{"type":"string"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.String) {
			return
		}
		g, err := parseGlob(arg.Text, c.where == pathContext)
		if err != nil {
			c.fail(arg, "not a glob: %s", err)
			return
		}
		c.dear = c.dear || g.re != nil
		p.add(part{op: op, arg: arg, value: g})
	},
})

func (g *glob) holds(v value, s *scope) bool { return g.match(v.string(), s) }

func (g *glob) literalPieces() (prefix, end, within string) {
	if g.re != nil {
		return g.prefix, "", ""
	}
	if len(g.pieces) == 1 {
		return g.pieces[0], g.pieces[0], ""
	}
	for _, piece := range g.pieces[1 : len(g.pieces)-1] {
		within = longer(within, piece)
	}
	return g.prefix, g.pieces[len(g.pieces)-1], within
}
