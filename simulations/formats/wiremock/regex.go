package wiremock

import (
	"regexp"
	"strings"

	"github.com/dlclark/regexp2/v2"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// wholeRegex says a regular expression of Java's that the whole value fits, its
// dot any character. RE2 takes most; what looks around or back is for
// `lookaround`. What one of them would read otherwise than Java is refused.
func wholeRegex(p convert.Place, text string) *simulations.Value {
	if p.Kind() != simulations.String {
		p.Refuse("is %s, but must be a regular expression", p.Kind())
		return nil
	}
	expr, foreign := fromJava(text)
	if foreign != "" {
		p.Refuse("%s means something else outside of Java: write the expression without it", foreign)
		return nil
	}
	if _, err := regexp.Compile(expr); err == nil {
		return convert.TextOp("regex", `\A(?s:`+expr+`)\z`)
	}
	whole := `\A(?s:` + expr + `)\z`
	if _, err := regexp2.Compile(whole, regexp2.None); err != nil {
		p.Refuse("a regular expression of Java that is understood neither by RE2 nor with look-around: %s", err)
		return nil
	}
	return convert.TextOp("lookaround", whole)
}

// classes are Java's names of POSIX classes, which the others spell otherwise.
var classes = map[string]string{
	"Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "XDigit": "0-9a-fA-F",
	"Space": ` \t\n\x0B\f\r`, "Blank": ` \t`, "ASCII": `\x00-\x7F`, "Cntrl": `\x00-\x1F\x7F`, "Graph": "!-~", "Print": " -~",
	"Punct": "!-/:-@\\[-`{-~",
}

// fromJava brings an expression into what RE2 and Java have in common, and
// names the first thing that they read differently.
func fromJava(text string) (expr, foreign string) {
	var b strings.Builder
	inClass := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			switch e := text[i]; {
			case e == 'Q':
				end := strings.Index(text[i:], `\E`)
				literal := text[i+1:]
				if end >= 0 {
					literal = text[i+1 : i+end]
					i += end + 1
				} else {
					i = len(text)
				}
				b.WriteString(regexp.QuoteMeta(literal))
			case e == 'p' && i+1 < len(text) && text[i+1] == '{':
				end := strings.IndexByte(text[i:], '}')
				if end < 0 {
					return text, ""
				}
				name := text[i+2 : i+end]
				set, posix := classes[strings.TrimPrefix(name, "Is")]
				switch {
				case posix && inClass:
					b.WriteString(set)
				case posix:
					b.WriteString("[" + set + "]")
				default:
					b.WriteString(`\p{` + strings.TrimPrefix(name, "Is") + "}")
				}
				i += end
			case e == 'h' && !inClass:
				b.WriteString(`[ \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]`)
			case e == 'Z' && !inClass:
				b.WriteString(`(?:\n?\z)`)
			case e == 'v', e == 'R', e == 'X', e == 'G', e == 'N', e == '0', e == 'c', e == 'e':
				return "", `\` + string(e)
			default:
				b.WriteByte('\\')
				b.WriteByte(e)
			}
		case inClass && c == '[':
			return "", "a class within a class"
		case inClass && c == '&' && strings.HasPrefix(text[i:], "&&"):
			return "", "&& in a class"
		case inClass && c == ']':
			inClass = false
			b.WriteByte(c)
		case !inClass && c == '[':
			inClass = true
			b.WriteByte(c)
			if strings.HasPrefix(text[i+1:], "^") {
				i++
				b.WriteByte('^')
			}
			if strings.HasPrefix(text[i+1:], "]") {
				return "", "] as the first of a class"
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
