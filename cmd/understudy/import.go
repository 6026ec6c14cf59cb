package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// fetchTimeout bounds the fetching of a document by URL.
const fetchTimeout = 2 * time.Minute

func (c *cli) importCommand() *cobra.Command {
	var format string
	var strict bool
	cmd := &cobra.Command{
		Use:   "import FILE|DIR|URL|-…",
		Short: "Load documents into a running understudy",
		Long: `Import replaces a simulation for each document. A folder is read with the
folders below it, and a zip archive as a folder: files that end in .yaml, .yml,
.json or .har, or in that and .gz, but for those that a document names as a body.
Bodies named by file: are sent with their document; nothing outside the folder is
read. Every document is checked before the first is sent.

A URL gives one document, or a zip archive of them. So does stdin, -, once; a
document of stdin has its own name in it.

Files of other tools are recognised by what is in them, or read as --format
says. What of them cannot be carried over is warned about, with its place in
the file; what would answer other requests than it is meant for is refused.`,
		Example: `  understudy import payments.yaml
  understudy import simulations/ https://example.org/catalog.yaml
  understudy import --strict --format hoverfly-first simulation.json
  understudy export payments | understudy import - --admin http://127.0.0.1:9001`,
		Args: cobra.MinimumNArgs(1),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			if i := slices.Index(args, "-"); i >= 0 && slices.Contains(args[i+1:], "-") {
				return usagef("- stands twice: stdin can be read once")
			}
			docs, err := c.readDocuments(ctx, args, format)
			if err == nil && strict {
				err = warned(docs)
			}
			if err != nil {
				return err
			}
			return c.send(ctx, cl, docs)
		}),
	}
	c.formatFlag(cmd, &format)
	cmd.Flags().BoolVar(&strict, "strict", false, "take no file that is warned about")
	return cmd
}

// warned makes warnings failures.
func warned(docs []simulations.Loaded) error {
	var faults []error
	for _, d := range docs {
		for _, w := range d.Warnings {
			faults = append(faults, &simulations.FileError{Path: d.Path, Err: fmt.Errorf("%s: %s", w.Pointer, w.Detail)})
		}
	}
	if len(faults) > 0 {
		faults = append(faults, errors.New("nothing was imported: --strict takes no warnings"))
	}
	return errors.Join(faults...)
}

// readDocuments reads and checks everything that is to be sent.
func (c *cli) readDocuments(ctx context.Context, args []string, format string) ([]simulations.Loaded, error) {
	var docs []simulations.Loaded
	var faults []error
	for _, arg := range args {
		var some []simulations.Loaded
		var err error
		switch {
		case strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://"):
			some, err = fetch(ctx, arg, format)
		case arg == "-":
			some, err = c.readStdin(ctx, format)
		default:
			some, _, err = app.ReadPath(arg, format)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		docs = append(docs, some...)
	}
	owner := make(map[string]string)
	for i, d := range docs {
		if other, ok := owner[d.Document.Name]; ok {
			faults = append(faults, &simulations.FileError{Path: d.Path, Err: fmt.Errorf("the simulation %q stands in %s too", d.Document.Name, other)})
		}
		owner[d.Document.Name] = d.Path
		more, err := app.Check(d.Document)
		if err != nil {
			faults = append(faults, &simulations.FileError{Path: d.Path, Err: err})
		}
		docs[i].Warnings = append(docs[i].Warnings, more...)
	}
	if len(docs) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("there is no document: files end in "+simulations.DocumentEndings))
	}
	return docs, errors.Join(faults...)
}

// readStdin reads what stdin gives as what a URL gives is read.
func (c *cli) readStdin(ctx context.Context, format string) ([]simulations.Loaded, error) {
	return until(ctx, func() ([]simulations.Loaded, error) { return app.ReadStream(c.in, "stdin", "", format) })
}

// fetch reads a document, or an archive of documents, by URL. A document by
// itself that names files is refused: there is no folder that they could lie in.
func fetch(ctx context.Context, address, format string) ([]simulations.Loaded, error) {
	fail := func(err error) ([]simulations.Loaded, error) {
		return nil, &simulations.FileError{Path: address, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fail(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return fail(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fail(fmt.Errorf("answered %s", resp.Status))
	}
	file := strings.TrimSuffix(path.Base(resp.Request.URL.Path), ".gz")
	return app.ReadStream(resp.Body, address, strings.TrimSuffix(file, path.Ext(file)), format)
}

// send puts the documents, one after the other. What was put before one that
// is refused stays; the error says what was.
func (c *cli) send(ctx context.Context, cl *client.Client, docs []simulations.Loaded) error {
	bodies := make([][]byte, len(docs))
	total := int64(0)
	for i, d := range docs {
		bodies[i] = d.Document.Value().AppendJSON(nil)
		total += int64(len(bodies[i]))
	}
	m := c.meter("import", total)
	defer m.end()
	t := newTable("SIMULATION", "REVISION", "STUBS", "COLLECTIONS", "COLLABORATORS", "")
	var taken []simulations.Accepted
	var failed error
	for i, d := range docs {
		answer, err := cl.PutSimulation(ctx, d.Document.Name, m.reader(bytes.NewReader(bodies[i])), int64(len(bodies[i])))
		if err != nil {
			failed = &simulations.FileError{Path: d.Path, Err: withoutPlaces(err)}
			break
		}
		a := answer.Value
		taken = append(taken, a)
		what := "replaced"
		switch {
		case a.Created:
			what = "new"
		case a.Unchanged:
			what = "unchanged"
		}
		t.add(a.Name, a.Revision, a.Stubs, a.Collections, a.Collaborators, what)
		c.sayWarnings(d.Path, distinct(d.Warnings, a.Warnings))
	}
	m.end()
	if len(taken) > 0 {
		if err := c.showValue(taken, func() { t.print(c.out) }); err != nil {
			return err
		}
	}
	return failed
}

// distinct are the warnings of reading and those of acceptance, without the
// latter where the check before sending has said them, in the file's places.
func distinct(read, accepted []simulations.Warning) []simulations.Warning {
	out := slices.Clone(read)
	for _, w := range accepted {
		if !slices.ContainsFunc(read, func(r simulations.Warning) bool { return strings.HasSuffix(r.Detail, w.Detail) }) {
			out = append(out, w)
		}
	}
	return out
}

// withoutPlaces takes line and column off faults in a text that the user has
// not written like that, such as the JSON that a document is sent as.
func withoutPlaces(err error) error {
	e, ok := errors.AsType[*simulations.Error](err)
	if !ok {
		return err
	}
	plain := *e
	plain.Fields = nil
	for _, f := range e.Fields {
		f.Line, f.Column = 0, 0
		plain.Fields = append(plain.Fields, f)
	}
	return &plain
}
