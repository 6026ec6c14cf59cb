package matchers

import (
	"errors"
	"fmt"
	"regexp/syntax"
)

// regexFault says what is wrong with a regular expression, and for what other
// dialects have and RE2 has not, why.
func regexFault(err error) string {
	se, ok := errors.AsType[*syntax.Error](err)
	if errors.Is(err, errLargeExpression) {
		return err.Error()
	}
	if !ok {
		return "not a regular expression: " + err.Error()
	}
	hint := ""
	switch {
	case se.Code == syntax.ErrInvalidPerlOp:
		hint = "; RE2 has no lookahead, lookbehind and atomic groups: say it with `all` and `not`"
	case se.Code == syntax.ErrInvalidEscape:
		hint = "; RE2 has no backreferences"
	}
	return fmt.Sprintf("not a regular expression: %s: `%s`%s", se.Code, se.Expr, hint)
}
