package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"understudy/simulations"
)

// writeError prints an error for people: a line for each fault, and for each
// place of a document the file, the line and the column, as editors take them.
func writeError(w io.Writer, err error) {
	for _, line := range errorLines(err, "") {
		fmt.Fprintln(w, clean(line))
	}
}

func errorLines(err error, file string) []string {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, e := range many.Unwrap() {
			lines = append(lines, errorLines(e, file)...)
		}
		return lines
	}
	if u, ok := err.(usageError); ok { //nolint:errorlint // a wrapper is taken off, not looked for
		return errorLines(u.error, file)
	}
	if f, ok := err.(*simulations.FileError); ok { //nolint:errorlint // a wrapper is taken off, not looked for
		return errorLines(f.Err, f.Path)
	}
	e, ok := errors.AsType[*simulations.Error](err)
	if !ok || len(e.Fields) == 0 {
		if file != "" {
			return []string{fmt.Sprintf("%s: %s", file, err)}
		}
		return []string{"understudy: " + err.Error()}
	}
	var lines []string
	if file == "" {
		// What wraps the faults says what was being done.
		head, _, _ := strings.Cut(err.Error(), e.Error())
		lines = append(lines, "understudy: "+head+orElse(e.Detail, "not valid")+":")
	}
	for _, f := range e.Fields {
		lines = append(lines, fieldLine(f, file))
	}
	return lines
}

func fieldLine(f simulations.FieldError, file string) string {
	if file == "" {
		return "  " + f.String()
	}
	where := file
	if f.Line > 0 {
		where += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	if f.Pointer == "" {
		return where + ": " + f.Detail
	}
	return fmt.Sprintf("%s: %s: %s", where, f.Pointer, f.Detail)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// clean keeps what others have sent from steering the terminal: control
// characters become what they are written as.
func clean(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func steers(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
