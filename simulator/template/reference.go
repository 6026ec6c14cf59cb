package template

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reference returns the reference page of the vocabularies in Markdown: every
// helper with its arguments and examples, whose results a test holds true. It
// stands in HELPERS.md beside the code.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	for i, title := range []string{"Native", "WireMock", "Hoverfly"} {
		d := Dialect(i)
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, referenceIntro[i])
		writeGroups(&b, d)
	}
	return b.String()
}

const referenceHead = `# Template helpers

Generated from the tables of the engine; do not edit. Templates are Handlebars: ` + "`{{value}}`, `{{helper argument name=value}}`, `{{#block}}…{{else}}…{{/block}}`, `{{! comment }}`, `{{~ trims ~}}`, `(sub expressions)`, `as |name index|`, `{{{{raw}}}} text {{{{/raw}}}}`, `\\{{not a tag}}`" + `.
A path's segments are joined by dots; odd names stand in brackets, ` + "`request.headers.[X-Odd name]`, and `.[0]`, `.0` and `.[-1]`" + ` are items of a list.
Partials are not supported. What a template uses is checked when it is accepted: unknown helpers and names, missing arguments, and literal patterns.

Each example is shown with what it renders to for ` + "`POST https://shop.example:8443/v1/orders/42?page=2&tag=a&tag=b`" + ` at 2024-05-06T07:08:09Z with the body

` + "```json\n" + `{"customer":{"name":"Ada"},"items":[{"sku":"A-1","qty":1},{"sku":"B-2","qty":3}],"tags":["new","hot"],"amount":12.50}
` + "```\n"

var referenceIntro = [...]string{
	"Values: `request.` " + "`" + strings.Join(requestFields, "`, `") + "`" +
		"; `state.key`; `session`; `parameters.name`; `variables.name`. `request.body` is the text, `request.body.a.b` a place in its JSON; `request.path.[0]` is a segment, `request.path.id` and `request.pathParams.id` a path parameter; " +
		"a query parameter, header, cookie or form field prints its first value and has all of them as items. A callback also sees `response.status`, `response.headers` and `response.body`, the answer that it follows. Nothing is escaped. Lists and objects print as JSON, numbers as they were written. A helper that fails fails the answer, with status 500 and the place.",
	"The vocabulary of WireMock 3 for imported stubs. Nothing is escaped, values print as Java prints them, and a helper that fails leaves `[ERROR: …]` in the text. As there, `.[-1]` of a query parameter or header is the last but one. Blocks are those of the native dialect without `let`. A callback sees `originalRequest`, `originalResponse` and `parameters`.",
	"The vocabulary of Hoverfly for imported simulations: `Request.Path`, `Request.QueryParam`, `Request.Header`, `Request.FormData`, `Request.Scheme`, `Request.Method`, `Request.Host`, `State`, `Literals`, `Vars`. `{{x}}` escapes HTML, `{{{x}}}` does not; lists print joined. Blocks are those of the native dialect without `let` and `assign`.",
}

func writeGroups(b *strings.Builder, d Dialect) {
	groups := map[string][]*helper{}
	var order []string
	for _, h := range slices.SortedFunc(maps.Values(d.manners().helpers), func(x, y *helper) int { return cmp.Compare(x.name, y.name) }) {
		if d != Native && dialects[Native].helpers[h.name] == h {
			continue
		}
		if groups[h.group] == nil {
			order = append(order, h.group)
		}
		groups[h.group] = append(groups[h.group], h)
	}
	slices.Sort(order)
	for _, g := range order {
		fmt.Fprintf(b, "\n### %s\n\n| helper | what it is | examples |\n|---|---|---|\n", g)
		for _, h := range groups[g] {
			forms := ""
			switch h.block {
			case onlyBlock:
				forms = "block"
			case noBlock:
			default:
				forms = "also a block"
			}
			if forms != "" {
				forms = " *(" + forms + ")*"
			}
			var examples []string
			for _, e := range h.examples {
				examples = append(examples, code(e.source)+" → "+code(e.result))
			}
			fmt.Fprintf(b, "| %s%s | %s | %s |\n", code(h.usage()), forms, strings.ReplaceAll(h.doc, "|", `\|`), strings.Join(examples, "<br>"))
		}
	}
}

// code is a span of code in a table's cell.
func code(s string) string {
	if s == "" {
		return "nothing"
	}
	s = strings.NewReplacer("|", `\|`, "\n", "⏎").Replace(s)
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}
