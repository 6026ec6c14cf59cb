package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"understudy/simulations"
)

// The ways of printing an answer.
const (
	outputTable = "table"
	outputJSON  = "json"
	outputYAML  = "yaml"
)

var outputs = []string{outputTable, outputJSON, outputYAML}

func (c *cli) checkOutput() error {
	if !slices.Contains(outputs, c.output) {
		return usagef("--output %q is none of %s%s", c.output, strings.Join(outputs, ", "), simulations.Suggest(c.output, outputs))
	}
	return nil
}

// show prints an answer: as people read it, or whole, as it came.
func (c *cli) show(raw json.RawMessage, people func()) error {
	if c.output == outputTable {
		people()
		return nil
	}
	v, err := simulations.Parse(raw)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	text, err := simulations.EncodeValue(v, simulations.Syntax(c.output))
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// showValue is show for what was made here.
func (c *cli) showValue(v any, people func()) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.show(raw, people)
}

// sayf prints a line for people on stdout.
func (c *cli) sayf(format string, args ...any) {
	fmt.Fprintln(c.out, clean(fmt.Sprintf(format, args...)))
}

// done says what has been done, where that has no answer to show: to people only.
func (c *cli) done(err error, format string, args ...any) error {
	if err == nil && c.output == outputTable {
		c.sayf(format, args...)
	}
	return err
}

// table gathers rows and prints them so that they fit the terminal.
type table struct {
	rows [][]string
}

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = clean(fmt.Sprint(cell))
	}
	t.rows = append(t.rows, row)
}

// gap is the space between two columns.
const gap = 2

// print writes the table; with it cells are cut to a terminal's width, with
// none elsewhere.
func (t *table) print(w io.Writer) {
	if width, ok := terminal(w); ok {
		t.fit(width)
	}
	tw := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	for _, row := range t.rows {
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	_ = tw.Flush() // as with fmt.Fprintln: nothing can be done about a stdout that is gone
}

// fit cuts the widest columns, evenly, until the rows are width wide. No
// column becomes narrower than its head, or than minColumn.
func (t *table) fit(width int) {
	const minColumn = 8
	widths := make([]int, len(t.rows[0]))
	least := make([]int, len(t.rows[0]))
	for i, row := range t.rows {
		for j, cell := range row {
			n := utf8.RuneCountInString(cell)
			widths[j] = max(widths[j], n)
			if i == 0 {
				least[j] = max(n, minColumn)
			}
		}
	}
	over := gap*(len(widths)-1) - width
	for _, n := range widths {
		over += n
	}
	for ; over > 0; over-- {
		widest := -1
		for j, n := range widths {
			if n > least[j] && (widest < 0 || n > widths[widest]) {
				widest = j
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range t.rows {
		for j, cell := range row {
			row[j] = cut(cell, widths[j])
		}
	}
}

// cut shortens s to n runes, the last an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}

// list joins names for a cell.
func list(names []string) string { return strings.Join(names, ", ") }
