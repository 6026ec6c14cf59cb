package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
	"understudy/simulations/formats"
)

func (c *cli) exportCommand() *cobra.Command {
	var format, file string
	var timing, strict bool
	cmd := &cobra.Command{
		Use:   "export SIMULATION",
		Short: "Write a simulation as a document, or as a file of another tool",
		Long: `Export writes a simulation, with the collaborators that it declares or names, as
one document that import reads again, or in the format of another tool. The
file is written whole or not at all.

What a format cannot carry is warned about on stderr, with its place in the
document that export writes as JSON: what is lost, and what to do. A stub that
would answer other requests than it is meant for is left out.

When and how fast recorded answers came is left out, so that the same traffic,
recorded twice, gives the same file; --timing keeps it, for playback in their own
time.`,
		Example: `  understudy export payments-recorded --file payments.yaml
  understudy export payments --format json
  understudy export payments --format hoverfly --strict --file payments.json
  understudy export payments --format wiremock --file wiremock/`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(simulationNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			enc, err := formats.Default().Encoder(format)
			if err != nil {
				return usageError{err}
			}
			if formats.Native(enc) {
				return c.exportNative(ctx, cl, args[0], format, file, timing)
			}
			return c.exportForeign(ctx, cl, args[0], enc, file, timing, strict)
		}),
	}
	written := formats.Default().Written()
	cmd.Flags().StringVar(&format, "format", "yaml", "how to write it: one of "+strings.Join(written, ", "))
	cmd.Flags().StringVar(&file, "file", "-", "`file` to write, - is stdout; of wiremock also a folder, which ends in a slash, for mappings/ and __files/")
	cmd.Flags().BoolVar(&timing, "timing", false, "keep when and how fast recorded answers came")
	cmd.Flags().BoolVar(&strict, "strict", false, "write nothing if there is a warning")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(written, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// exportNative writes the document as the understudy sends it.
func (c *cli) exportNative(ctx context.Context, cl *client.Client, name, format, file string, timing bool) error {
	body, size, err := cl.Export(ctx, name, format, timing)
	if err != nil {
		return err
	}
	defer body.Close()
	m := c.meter("export", size)
	defer m.end()
	return c.writeFile(file, 0o666, func(w io.Writer) error {
		_, err := io.Copy(w, m.reader(body))
		return err
	})
}

// exportForeign asks for the document and writes it in another tool's format, so
// that file and warnings are of one revision.
func (c *cli) exportForeign(ctx context.Context, cl *client.Client, name string, enc formats.Encoder, file string, timing, strict bool) error {
	doc, err := c.fetchDocument(ctx, cl, name, timing)
	if err != nil {
		return err
	}
	if strict {
		// Nothing is written, stdout neither, before it is known that nothing is lost.
		warnings, err := enc.Encode(io.Discard, doc)
		if err != nil {
			return err
		}
		if len(warnings) > 0 {
			c.sayWarnings(name, warnings)
			return simulations.Errorf(simulations.CodeInvalid, "nothing was written: --strict takes no warnings")
		}
	}
	warnings, err := c.writeForeign(enc, doc, name, file)
	if err == nil {
		c.sayWarnings(name, warnings)
	}
	return err
}

// writeForeign writes a file, or, where one that exists is named or the name ends
// in a slash, a folder.
func (c *cli) writeForeign(enc formats.Encoder, doc *simulations.Document, name, file string) (warnings []simulations.Warning, err error) {
	info, missing := os.Stat(file)
	if file == "-" || !strings.HasSuffix(file, "/") && (missing != nil || !info.IsDir()) {
		err = c.writeFile(file, 0o666, func(w io.Writer) error {
			warnings, err = enc.Encode(w, doc)
			return err
		})
		return warnings, err
	}
	folder, ok := enc.(formats.FolderEncoder)
	if !ok {
		return nil, usagef("the format %s is one file: name a file, not a folder", enc.Name())
	}
	return folder.EncodeFolder(doc, name, func(path string, fill func(io.Writer) error) error {
		full := filepath.Join(file, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			return &simulations.FileError{Path: full, Err: errors.New(reason(err))}
		}
		return c.writeFile(full, 0o666, fill)
	})
}

// fetchDocument asks for a simulation as a document.
func (c *cli) fetchDocument(ctx context.Context, cl *client.Client, name string, timing bool) (*simulations.Document, error) {
	body, size, err := cl.Export(ctx, name, "json", timing)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	m := c.meter("export", size)
	defer m.end()
	text, err := io.ReadAll(m.reader(body))
	if err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "the document did not come whole: %w", err)
	}
	return simulations.Decode(text)
}

// fewAlike is of how many places a warning names each that says the same of more.
const fewAlike = 3

// sayWarnings prints what was said of a file or a simulation, of what was said of
// many places the first few.
func (c *cli) sayWarnings(of string, warnings []simulations.Warning) {
	left := make(map[string]int)
	for _, w := range warnings {
		left[w.Detail]++
	}
	said := make(map[string]int)
	for _, w := range warnings {
		said[w.Detail]++
		left[w.Detail]--
		more := ""
		switch n := said[w.Detail]; {
		case n > fewAlike:
			continue
		case n == fewAlike && left[w.Detail] > 0:
			more = fmt.Sprintf(" and %d more places", left[w.Detail])
		}
		fmt.Fprintf(c.err, "%s: warning: %s%s: %s\n", clean(of), clean(w.Pointer), more, clean(w.Detail))
	}
}
