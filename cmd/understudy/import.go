package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
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
	var as reading
	var strict bool
	cmd := &cobra.Command{
		Use:   "import FILE|DIR|URL|-…",
		Short: "Load documents into a running understudy",
		Long: `Import replaces a simulation for each document. A folder is read with the
folders below it, and a zip archive as a folder: files that end in .yaml, .yml,
.json or .har, or in that and .gz, but for those that a document names as a body.
Bodies named by file: are sent with their document; nothing outside the folder is
read. Every document is checked before the first is sent.

An HTTP archive (HAR) that is named itself may have 4 GiB: it is read entry by
entry, and sent as it is. Everything else may have 256 MiB.

A URL gives one document, or a zip archive of them. So does stdin, -, once.

A simulation is called as its document says, else as the file or the URL ends;
--name calls the only one otherwise, and names one of stdin.

Files of other tools are recognised by what is in them, or read as --format
says. What of them cannot be carried over is warned about, with its place in
the file; what would answer other requests than it is meant for is refused.`,
		Example: `  understudy import payments.yaml
  understudy import simulations/ https://example.org/catalog.yaml
  understudy import --strict --format hoverfly-first simulation.json
  understudy import - --name shop < recording.har
  understudy export payments | understudy import - --admin http://127.0.0.1:9001`,
		Args: cobra.MinimumNArgs(1),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			if i := slices.Index(args, "-"); i >= 0 && slices.Contains(args[i+1:], "-") {
				return usagef("- stands twice: stdin can be read once")
			}
			if as.name != "" && !simulations.ValidName(as.name) {
				return usagef("--name: %q is no name: a name has letters, digits, '.', '_', '~' or '-' and begins with a letter or digit", as.name)
			}
			m := c.meter("check", sizeOf(args))
			parcels, err := c.readDocuments(ctx, args, as, m)
			m.end()
			defer func() {
				for _, p := range parcels {
					p.close()
				}
			}()
			if err == nil && strict {
				err = warned(parcels)
			}
			if err != nil {
				return err
			}
			return c.send(ctx, cl, parcels)
		}),
	}
	c.formatFlag(cmd, &as.format)
	cmd.Flags().StringVar(&as.name, "name", "", "what the simulation is called, where one document is read")
	cmd.Flags().BoolVar(&strict, "strict", false, "take no file that is warned about")
	return cmd
}

// reading is how documents are read: in which format, "" recognises each, and what
// the only one is called, "" for its own name.
type reading struct{ format, name string }

// parcel is a document that was checked and is to be sent.
type parcel struct {
	// path is the file, or the address, name what the simulation is called.
	path, name string
	warnings   []simulations.Warning
	// document is sent as JSON, or else file as it is.
	document *simulations.Document
	file     *app.Streamed
}

func (p *parcel) rename(name string) {
	p.name = name
	if p.document != nil {
		p.document.Name = name
	}
}

func (p *parcel) close() {
	if p.file != nil {
		p.file.Close()
	}
}

// warned makes warnings failures.
func warned(parcels []parcel) error {
	var faults []error
	for _, p := range parcels {
		for _, w := range p.warnings {
			faults = append(faults, &simulations.FileError{Path: p.path, Err: fmt.Errorf("%s: %s", w.Pointer, w.Detail)})
		}
	}
	if len(faults) > 0 {
		faults = append(faults, errors.New("nothing was imported: --strict takes no warnings"))
	}
	return errors.Join(faults...)
}

// sizeOf is how many bytes the files have, 0 where some of it is no file.
func sizeOf(args []string) (bytes int64) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		bytes += info.Size()
	}
	return bytes
}

// readDocuments reads and checks everything that is to be sent. The parcels are to
// be closed, also where there is an error. m measures it: half of the bytes as they
// are read, half as what they hold is compiled.
func (c *cli) readDocuments(ctx context.Context, args []string, as reading, m *meter) ([]parcel, error) {
	var parcels []parcel
	var faults []error
	for _, arg := range args {
		some, err := c.readArgument(ctx, arg, as, m)
		parcels = append(parcels, some...)
		if err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 && as.name != "" && len(parcels) > 0 {
		if len(parcels) > 1 {
			return parcels, usagef("--name names one simulation, and %d documents were read: leave it out, or name one document", len(parcels))
		}
		parcels[0].rename(as.name)
	}
	owner := make(map[string]string)
	for _, p := range parcels {
		if other, ok := owner[p.name]; ok {
			faults = append(faults, &simulations.FileError{Path: p.path, Err: fmt.Errorf("the simulation %q stands in %s too", p.name, other)})
		}
		owner[p.name] = p.path
	}
	if len(parcels) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("there is no document: files end in "+simulations.DocumentEndings))
	}
	return parcels, errors.Join(faults...)
}

// readArgument reads and checks one file, folder, address or stdin.
func (c *cli) readArgument(ctx context.Context, arg string, as reading, m *meter) ([]parcel, error) {
	before := m.done()
	var docs []simulations.Loaded
	var err error
	switch {
	case strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://"):
		docs, err = fetch(ctx, arg, as, m)
	case arg == "-":
		docs, err = c.readStdin(ctx, as, m)
	default:
		if file := app.OpenStreamed(arg, as.format); file != nil {
			return readStreamed(ctx, file, as.name, m)
		}
		docs, _, err = app.ReadPath(arg, as.name, as.format, m.half)
	}
	if err != nil {
		return nil, err
	}
	var faults []error
	parcels := make([]parcel, len(docs))
	read := m.done() - before
	for i, d := range docs {
		warnings, err := app.Check(d.Document, m.add, read/int64(len(docs)))
		if err != nil {
			faults = append(faults, &simulations.FileError{Path: d.Path, Err: err})
		}
		parcels[i] = parcel{path: d.Path, name: d.Document.Name, document: d.Document, warnings: append(d.Warnings, warnings...)}
	}
	return parcels, errors.Join(faults...)
}

// readStreamed checks a file that is too large to be held.
func readStreamed(ctx context.Context, file *app.Streamed, name string, m *meter) ([]parcel, error) {
	if name != "" {
		file.Name = name
	}
	_, warnings, err := file.Check(ctx, m.half)
	return []parcel{{path: file.Path, name: file.Name, file: file, warnings: warnings}}, err
}

// readStdin reads what stdin gives as what a URL gives is read.
func (c *cli) readStdin(ctx context.Context, as reading, m *meter) ([]simulations.Loaded, error) {
	return until(ctx, func() ([]simulations.Loaded, error) {
		return app.ReadStream(m.halfReader(c.in), "stdin", as.name, as.format)
	})
}

// fetch reads a document, or an archive of documents, by URL. A document by
// itself that names files is refused: there is no folder that they could lie in.
func fetch(ctx context.Context, address string, as reading, m *meter) ([]simulations.Loaded, error) {
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
	return app.ReadStream(m.halfReader(resp.Body), address, orElse(as.name, strings.TrimSuffix(file, path.Ext(file))), as.format)
}

// send puts the documents, one after the other. What was put before one that
// is refused stays; the error says what was.
func (c *cli) send(ctx context.Context, cl *client.Client, parcels []parcel) error {
	bodies := make([][]byte, len(parcels))
	total := int64(0)
	for i, p := range parcels {
		if p.file != nil {
			total += p.file.Size
			continue
		}
		bodies[i] = p.document.AppendJSON(nil)
		total += int64(len(bodies[i]))
	}
	m := c.meter("import", total)
	defer m.end()
	t := newTable("SIMULATION", "REVISION", "STUBS", "COLLECTIONS", "COLLABORATORS", "")
	var taken []simulations.Accepted
	var failed error
	for i, p := range parcels {
		var answer client.Answer[simulations.Accepted]
		var err error
		if p.file != nil {
			answer, err = cl.PutFile(ctx, p.name, p.file.Format, m.reader(p.file.Content()), p.file.Size)
		} else {
			answer, err = cl.PutSimulation(ctx, p.name, m.reader(bytes.NewReader(bodies[i])), int64(len(bodies[i])))
		}
		if err != nil {
			failed = &simulations.FileError{Path: p.path, Err: withoutPlaces(err)}
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
		c.sayWarnings(p.path, distinct(p.warnings, a.Warnings))
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
