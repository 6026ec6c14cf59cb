package convert

import (
	"regexp"
	"strings"
)

var tag = regexp.MustCompile(`\\*\{\{`)

// Verbatim is a template that renders to the text, whatever stands in it.
func Verbatim(text string) string {
	return tag.ReplaceAllString(text, "{{'$0'}}")
}

// TemplateString is a text as a template's tag writes it, in quotes. It reports
// false for one that ends in a backslash, which cannot be written so.
func TemplateString(text string) (string, bool) {
	return "'" + strings.ReplaceAll(text, "'", `\'`) + "'", !strings.HasSuffix(text, `\`)
}
