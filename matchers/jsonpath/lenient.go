package jsonpath

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var lenient = &dialect{name: "JSONPath", functions: functions, lenient: true}

// CompileLenient reads a query of the dialects from before RFC 9535, those of
// Jayway (Java) and Kubernetes, as far as they can be told from it:
//
//   - a dot may stand before a bracket: $.a.[0]
//   - a filter of an object looks at the object itself, not at its members
//   - @.a =~ /re/ and @.a =~ /re/i match a regular expression with the whole
//   - @.a.size() and @.a.length() are length(@.a)
//   - in, nin, subsetof, anyof, noneof, all, size, empty and contains stand between
//     two operands of a filter, and ['a', 1] is a list there
//   - $.a.length() and $.a.size() are how many items or members there are, where
//     the path names one value
//   - a path without $ begins at the root
//   - a text that is compared with a number is one, if it is written as one
//
// The error is a *SyntaxError about the query as it is understood.
func CompileLenient(query string) (*Path, error) {
	if len(query) > maxQuery {
		return compile(query, lenient) // which refuses it
	}
	rewritten := rewrite(query)
	switch r, _ := utf8.DecodeRuneInString(rewritten); {
	case r == '[':
		rewritten = "$" + rewritten
	case r == '_' || unicode.IsLetter(r):
		rewritten = "$." + rewritten
	}
	of := pathSize.ReplaceAllString(rewritten, "")
	p, err := compile(of, lenient)
	if err == nil && of != rewritten && !p.singular {
		_, err = compile(rewritten, lenient) // it says what is not understood, and where
	}
	if err != nil {
		return nil, explain(rewritten, err)
	}
	p.source, p.sized, p.singular = query, of != rewritten, p.singular && of == rewritten
	return p, nil
}

// pathSize asks for the size of what the path before it finds.
var pathSize = regexp.MustCompile(`\.(?:length|size)\(\)$`)

var (
	pathOperand = `(@(?:\.[\pL\pN_-]+|\[[^\[\]]*\])*)`
	regexOp     = regexp.MustCompile(pathOperand + `\s*=~\s*/((?:[^/\\]|\\.)*)/(i?)`)
	sizeOf      = regexp.MustCompile(pathOperand + `\.(?:size|length)\(\)`)
)

var behindPath = regexp.MustCompile(`\.(?:length|size|min|max|avg|sum|stddev|first|last|index|keys|concat|append)$`)

// explain says of what only Jayway has what to write instead.
func explain(query string, err error) error {
	se, ok := errors.AsType[*SyntaxError](err)
	if !ok || se.Offset > len(query) {
		return err
	}
	out := *se
	switch before, after := query[:se.Offset], query[se.Offset:]; {
	case strings.HasPrefix(after, "(") && behindPath.MatchString(before):
		out.Detail = "a function of what the path finds is not understood: write the path alone, and a predicate on what it finds; " +
			"there are $.a.size() and $.a.length() where the path names one value, and in a filter @.a.size() and @.a.length()"
	case strings.HasPrefix(after, "(@"):
		out.Detail = "an index that is computed is not understood: count from the end, [-1] for the last"
	}
	return &out
}

// rewrite says in RFC 9535 what only the older dialects have.
func rewrite(query string) string {
	query = regexOp.ReplaceAllStringFunc(query, func(m string) string {
		g := regexOp.FindStringSubmatch(m)
		expr := strings.ReplaceAll(g[2], `\/`, "/")
		if g[3] != "" {
			expr = "(?i)" + expr
		}
		return "match(" + g[1] + ", " + quoted(expr) + ")"
	})
	query = sizeOf.ReplaceAllString(query, "length($1)")
	var b strings.Builder
	var quote byte
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case quote != 0 && c == '\\':
			b.WriteByte(c)
			if i++; i < len(query) {
				b.WriteByte(query[i])
			}
			continue
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == '.' && i+1 < len(query) && query[i+1] == '[' && (i == 0 || query[i-1] != '.'):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// quoted is a string literal of a query.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
