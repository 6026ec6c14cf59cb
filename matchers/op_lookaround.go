package matchers

import (
	"time"

	"github.com/dlclark/regexp2/v2"

	"understudy/simulations"
)

// maxBacktrack bounds one match, which backtracking can make exponential. It is
// time that passes, on a busy machine too, where an honest match may be held up
// for a while.
const maxBacktrack = time.Second

var _ = register(Operator{
	Name: "lookaround",
	Doc: "A regular expression with what RE2 has not: look-ahead and look-behind, back-references, atomic groups; searched in the value. " +
		"It is matched by backtracking, so it costs more than `regex`, and one that takes longer than a second does not hold. On the path it sees the match form.",
	Example: "{path: {lookaround: \"^/v1/(?!admin/)\"}}",
	Cost:    CostTree,
	Schema:  `{"type":"string"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.String) {
			return
		}
		re, err := regexp2.Compile(arg.Text, regexp2.None)
		if err != nil {
			c.fail(arg, "not a regular expression: %s", err)
			return
		}
		c.dear = true
		re.MatchTimeout = maxBacktrack
		p.add(part{op: op, arg: arg, value: &lookaround{re}})
	},
})

type lookaround struct{ re *regexp2.Regexp }

func (t *lookaround) holds(v value, s *scope) bool {
	s.work.Regexes++
	ok, err := t.re.MatchString(v.string())
	return ok && err == nil // an error is the time that is up
}
