package wiremock

import (
	"regexp"

	"understudy/simulations/formats/internal/convert"
)

// delimited rewrites placeholders with delimiters of their own.
func delimited(p convert.Place, text string) string {
	opening, closing := p.Get("placeholderOpeningDelimiterRegex"), p.Get("placeholderClosingDelimiterRegex")
	if !opening.Set() && !closing.Set() {
		return text
	}
	first, last := `\$\{`, `\}`
	if opening.Set() {
		first = opening.Text()
	}
	if closing.Set() {
		last = closing.Text()
	}
	re, err := regexp.Compile(`(?:` + first + `)\s*(xmlunit\..*?)\s*(?:` + last + `)`)
	if err != nil {
		opening.Refuse("the delimiters are no regular expressions: %s", err)
		return text
	}
	return re.ReplaceAllString(text, "$${$1}")
}
