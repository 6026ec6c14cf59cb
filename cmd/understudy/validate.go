package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
	"understudy/simulations"
	"understudy/simulations/formats"
)

// checkedFile is one document that validate has looked at.
type checkedFile struct {
	File          string                   `json:"file"`
	Valid         bool                     `json:"valid"`
	Name          string                   `json:"name,omitempty"`
	Stubs         int                      `json:"stubs"`
	Collections   int                      `json:"collections"`
	Collaborators int                      `json:"collaborators"`
	Errors        []simulations.FieldError `json:"errors,omitempty"`
	Warnings      []simulations.Warning    `json:"warnings,omitempty"`
}

func (c *cli) validateCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "validate FILE|DIR…",
		Short: "Check documents without a running understudy",
		Long: `Validate reads documents as import would and compiles them as acceptance would:
every fault is told with file, line, column and JSON pointer. They are held
against the JSON Schema that editors use, too. Exit code 1 when one of them is
not valid.`,
		Args: cobra.MinimumNArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			if err := c.checkOutput(); err != nil {
				return err
			}
			var files []checkedFile
			valid := true
			for _, path := range args {
				for _, f := range checkPath(ctx, path, format) {
					files = append(files, f)
					valid = valid && f.Valid
				}
				if err := ctx.Err(); err != nil {
					return err // of the file that was being checked nothing is known
				}
			}
			err := c.showValue(files, func() {
				for _, f := range files {
					c.checkedLines(f)
				}
			})
			if err == nil && !valid {
				return errNo
			}
			return err
		}),
	}
	c.outputFlag(cmd)
	c.formatFlag(cmd, &format)
	return cmd
}

// formatFlag adds --format.
func (c *cli) formatFlag(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", "", "the files' format, of "+strings.Join(formats.Default().Names(), ", ")+"; recognised when absent")
}

// checkedLines prints what people should know of a file: faults on stderr.
func (c *cli) checkedLines(f checkedFile) {
	for _, e := range f.Errors {
		fmt.Fprintln(c.err, clean(fieldLine(e, f.File)))
	}
	c.sayWarnings(f.File, f.Warnings)
	if f.Valid {
		holds := count(f.Stubs, "stub") + ", " + count(f.Collaborators, "collaborator")
		if f.Collections > 0 {
			holds += ", " + count(f.Collections, "collection")
		}
		c.sayf("%s: valid: simulation %s, %s", f.File, f.Name, holds)
	}
}

// checkPath checks a file or a folder.
func checkPath(ctx context.Context, path, format string) []checkedFile {
	if file := app.OpenStreamed(path, format); file != nil {
		defer file.Close()
		return checkStreamed(ctx, file)
	}
	docs, folder, err := app.ReadPath(path, "", format, nil)
	files := failedFiles(err, path)
	if folder && err == nil && len(docs) == 0 {
		files = failedFiles(simulations.Errorf(simulations.CodeInvalid, "there is no document in the folder: a document ends in %s", simulations.DocumentEndings), path)
	}
	for _, d := range docs {
		f := checkedFile{File: d.Path, Name: d.Document.Name, Stubs: len(d.Document.Stubs), Collections: len(d.Document.Collections), Collaborators: len(d.Document.Collaborators)}
		var err error
		if f.Warnings, err = app.Inspect(d.Document); err != nil {
			f.Errors = fieldsOf(err)
		}
		f.Warnings = append(d.Warnings, f.Warnings...)
		f.Valid = err == nil
		files = append(files, f)
	}
	return files
}

// checkStreamed checks a file that is too large to be held. It is of another tool,
// so that no editor holds it against the JSON Schema.
func checkStreamed(ctx context.Context, file *app.Streamed) []checkedFile {
	stubs, warnings, err := file.Check(ctx, nil)
	if err != nil {
		return failedFiles(err, file.Path)
	}
	return []checkedFile{{File: file.Path, Name: file.Name, Valid: true, Stubs: stubs, Warnings: warnings}}
}

// failedFiles takes the faults of reading apart by file.
func failedFiles(err error, path string) []checkedFile {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var files []checkedFile
		for _, e := range many.Unwrap() {
			files = append(files, failedFiles(e, path)...)
		}
		return files
	}
	if f, ok := errors.AsType[*simulations.FileError](err); ok {
		path, err = f.Path, f.Err
	}
	return []checkedFile{{File: path, Errors: fieldsOf(err)}}
}

// fieldsOf is an error as places of a document.
func fieldsOf(err error) []simulations.FieldError {
	if e, ok := errors.AsType[*simulations.Error](err); ok && len(e.Fields) > 0 {
		return e.Fields
	}
	return []simulations.FieldError{{Detail: err.Error()}}
}

// percent writes a share. What is not all is not 100 %, and what is not nothing is
// not 0 %.
func percent(share float64) string {
	n := math.Round(share * 100)
	if share < 1 {
		n = min(n, 99)
	}
	if share > 0 {
		n = max(n, 1)
	}
	return strconv.Itoa(int(n)) + "%"
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
