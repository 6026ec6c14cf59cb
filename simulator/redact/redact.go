// Package redact takes secrets out of an exchange before anything of it is
// stored, journalled or logged, and out of a request before it is matched
// against stubs that were recorded so.
//
// Rules are applied to the text as it is, in place: what is not redacted keeps
// its bytes, order and spelling, in JSON too. A body that a rule has to see and
// that cannot be seen whole is withheld, never passed.
package redact

import (
	"fmt"
	"regexp"
	"strconv"

	"understudy/matchers"
	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

// Bounds of what is redacted. A body beyond one of them is withheld.
const (
	// MaxBody is the longest body, without its content coding, in bytes.
	MaxBody = 16 << 20
	// maxNodes is how many values a JSON body may have, maxDepth how deep they
	// may nest.
	maxNodes = 1 << 20
	maxDepth = 1000
	// maxEdits is how many places of one text may be redacted.
	maxEdits = 100_000
)

// Rules are a collaborator's redaction rules, compiled, with the built-in ones.
// They are immutable; any number of goroutines may use them.
//
// The built-in rules mask the values of the request and response headers
// Authorization and Proxy-Authorization (the scheme stays: "Bearer REDACTED"),
// of cookies (Cookie, Set-Cookie: names and attributes stay) and of the usual
// API-key headers (X-Api-Key, X-Auth-Token and so on, see secretHeaders). A
// collaborator's own rule for such a header or cookie takes the place of the
// built-in one and keeps the same parts; "drop" drops all.
//
// Several rules may meet in one place. Each sees the original; of two that want
// the same text the first counts, of two that overlap the one that begins
// earlier, then the longer, and all that either wanted goes. Rules for a name
// or a path come before regex rules, and these before the built-in ones; for
// one cookie a cookie rule comes before one for its header, which leaves
// nothing to regex rules. An empty value, and null in JSON, hides nothing and
// stays, unless it is dropped.
type Rules struct {
	key     []byte
	headers []nameRule
	cookies []nameRule
	queries []nameRule
	forms   []nameRule
	paths   []pathRule
	regexes []regexRule
}

// nameRule redacts the value of a field whose name holds.
type nameRule struct {
	name nameTest
	as   simulations.RedactAs
}

// pathRule redacts nodes of JSON.
type pathRule struct {
	path *jsonpath.Path
	as   simulations.RedactAs
}

// regexRule redacts what is found in text.
type regexRule struct {
	re *regexp.Regexp
	as simulations.RedactAs
}

// Compile compiles a collaborator's rules. key is the secret of the action
// token: with the same key a value has the same token in every exchange; it is
// kept and must not be changed. The faults, pointers beginning at the rules'
// list ("/0/regex"), are all of them; with any the result is nil.
func Compile(rules []simulations.Redaction, key []byte) (*Rules, []simulations.FieldError) {
	x := &Rules{key: key}
	var faults []simulations.FieldError
	for i := range rules {
		faults = append(faults, x.add(&rules[i], "/"+strconv.Itoa(i))...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return x, nil
}

func (x *Rules) add(r *simulations.Redaction, pointer string) (faults []simulations.FieldError) {
	fail := func(field, format string, args ...any) {
		faults = append(faults, simulations.FieldError{Pointer: pointer + field, Detail: fmt.Sprintf(format, args...)})
	}
	as := r.As
	switch as {
	case "":
		as = simulations.RedactMask
	case simulations.RedactDrop, simulations.RedactMask:
	case simulations.RedactToken:
		if len(x.key) == 0 {
			fail("/as", "token needs a key, and there is none: without one values could be guessed from their tokens")
		}
	default:
		fail("/as", "%q is none of drop, mask, token", as)
	}
	set := 0
	addName := func(p *simulations.Predicate, field string, to *[]nameRule, fold bool) {
		if p == nil {
			return
		}
		set++
		test, f := compileName(*p, pointer+field, fold)
		faults = append(faults, f...)
		*to = append(*to, nameRule{test, as})
	}
	addName(r.Header, "/header", &x.headers, true)
	addName(r.Cookie, "/cookie", &x.cookies, false)
	addName(r.Query, "/query", &x.queries, false)
	addName(r.Form, "/form", &x.forms, false)
	if r.JSONPath != "" {
		set++
		if p, err := jsonpath.Compile(r.JSONPath); err != nil {
			fail("/jsonPath", "%s", err)
		} else {
			x.paths = append(x.paths, pathRule{p, as})
		}
	}
	if r.Regex != "" {
		set++
		if re, err := regexp.Compile(r.Regex); err != nil {
			fail("/regex", "%s", err)
		} else {
			x.regexes = append(x.regexes, regexRule{re, as})
		}
	}
	if set != 1 {
		fail("", "a redaction rule has exactly one of header, cookie, query, form, jsonPath and regex")
	}
	return faults
}

// StreamSafe reports whether no rule looks into bodies (none is a form,
// jsonPath or regex rule), so that a body may go to the store, or be cut,
// before the message is redacted. Otherwise such a body is withheld.
func (x *Rules) StreamSafe() bool {
	return len(x.forms) == 0 && len(x.paths) == 0 && len(x.regexes) == 0
}

// own reports whether there are rules besides the built-in ones.
func (x *Rules) own() bool {
	return !x.StreamSafe() || len(x.headers) > 0 || len(x.cookies) > 0 || len(x.queries) > 0
}

// Result says what redaction did to a message.
type Result struct {
	// Changed reports whether the message is another than it was.
	Changed bool
	// Withheld is, where the body was left out whole because a rule had to
	// see it and could not, the reason as one clause; else "".
	Withheld string
}

// nameTest tests a field's name.
type nameTest interface {
	MatchString(name string) bool
}

var _ nameTest = (*matchers.Predicate)(nil)
