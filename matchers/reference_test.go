package matchers

import (
	"flag"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

//go:generate go test -run TestReference$ -update .

var update = flag.Bool("update", false, "write OPERATORS.md anew")

// TestReference holds OPERATORS.md equal to what the package's comment and the
// operators say. Run `go test ./matchers -run TestReference -update` after a
// change of either.
func TestReference(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Matching\n\n<!-- Generated from the code by go test ./matchers -run TestReference -update. -->\n\n")
	b.WriteString(markdown(file.Doc))
	b.WriteString("\n## Operators\n\nA predicate is a scalar (which means `equals`), a map of operators, or a list (which means `all`).\n")
	for _, op := range Operators() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n```yaml\nrequest: %s\n```\n", op.Name, op.Doc, op.Example)
	}
	want := b.String()
	if *update {
		if err := os.WriteFile("OPERATORS.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("OPERATORS.md")
	if err != nil || string(got) != want {
		t.Error("OPERATORS.md is stale: run go test ./matchers -run TestReference -update")
	}
}

// markdown writes a comment as Markdown. What the comment has in backticks is
// code there; the printer would escape them into text.
func markdown(doc *ast.CommentGroup) string {
	var p comment.Parser
	pr := comment.Printer{HeadingLevel: 2, HeadingID: func(*comment.Heading) string { return "" }}
	text := string(pr.Markdown(p.Parse(doc.Text())))
	_, text, _ = strings.Cut(text, "\n\n") // what a package is, is of no use to a user
	_, text, _ = strings.Cut(text, "\n\n")
	return escapedCode.ReplaceAllStringFunc(text, func(code string) string { return strings.ReplaceAll(code, `\`, "") })
}

var escapedCode = regexp.MustCompile("\\\\`[^`]+\\\\`")

func TestMarkdownKeepsCode(t *testing.T) {
	doc := &ast.CommentGroup{List: []*ast.Comment{{Text: "/*\nPackage p.\n\nMore.\n\nWith `a_*` and * as it is, `b`.\n*/"}}}
	if got, want := markdown(doc), "With `a_*` and \\* as it is, `b`.\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
