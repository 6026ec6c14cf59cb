package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) fixturesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fixtures",
		Short: "List the fixtures: sessions that were frozen",
		Long: `A fixture is what a session held when it was frozen: states of scenarios, values,
counters, and what it had changed in collections and tables. It is restored into any session,
as often as need be: see sessions freeze and sessions restore.`,
		Args: cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			answer, err := cl.Fixtures(ctx)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { fixtureTable(answer.Value.Fixtures...).print(c.out) })
		}),
	}
	cmd.AddCommand(c.showFixture(), c.exportFixture(), c.importFixtures(), &cobra.Command{
		Use:               "delete NAME",
		Short:             "Forget a fixture; sessions that it was restored into stay",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(fixtureNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return c.done(cl.DeleteFixture(ctx, args[0]), "fixture %s: deleted", args[0])
		}),
	})
	return cmd
}

func fixtureTable(all ...simulations.FixtureInfo) *table {
	t := newTable("FIXTURE", "FROZEN", "SESSION", "SCENARIOS", "COUNTED STUBS", "VALUES", "COLLECTIONS", "CHANGED ITEMS", "TABLES", "CHANGED ROWS", "BYTES")
	for _, f := range all {
		t.add(f.Name, f.Frozen.Local().Format(time.DateTime), orElse(f.Session, "-"), f.Scenarios, f.Answers, f.Values, f.Collections, f.Items, f.Tables, f.Rows, f.Bytes)
	}
	return t
}

// readFixture asks for a fixture.
func readFixture(ctx context.Context, cl *client.Client, name string) (*simulations.Fixture, error) {
	answer, err := cl.Fixture(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := simulations.DecodeFixture(answer.Raw)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return f, nil
}

func (c *cli) showFixture() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Show what a fixture holds",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(fixtureNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			f, err := readFixture(ctx, cl, args[0])
			if err != nil {
				return err
			}
			return c.showValue(f.Value(), func() { c.fixture(f) })
		}),
	}
}

func (c *cli) fixture(f *simulations.Fixture) {
	c.sayf("fixture %s", f.Name)
	frozen := func(what string, all map[string]simulations.Frozen) {
		for name, k := range sortedPairs(all) {
			left := ""
			if k.TTL > 0 {
				left = fmt.Sprintf(", for %s", time.Duration(k.TTL).Round(time.Millisecond))
			}
			c.sayf("  %s %s: %s%s", what, name, k.Is, left)
		}
	}
	frozen("scenario", f.Scenarios)
	for stub, n := range sortedPairs(f.Answers) {
		c.sayf("  %s answered %s", stub, count(n, "time"))
	}
	frozen("value", f.Values)
	for name, collection := range sortedPairs(f.Collections) {
		one := simulations.Fixture{Collections: map[string]*simulations.FrozenCollection{name: collection}}
		c.sayf("  collection %s: %s changed", name, count(one.Info().Items, "item"))
	}
	for name, table := range sortedPairs(f.Tables) {
		one := simulations.Fixture{Tables: map[string]*simulations.FrozenTable{name: table}}
		c.sayf("  table %s: %s changed", name, count(one.Info().Rows, "row"))
	}
}

func (c *cli) exportFixture() *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:               "export NAME",
		Short:             "Write a fixture to a file, which import reads again",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(fixtureNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			if format != string(simulations.YAML) && format != string(simulations.JSON) {
				return usagef("--format %q is none of yaml, json", format)
			}
			f, err := readFixture(ctx, cl, args[0])
			if err != nil {
				return err
			}
			text, err := simulations.EncodeValue(f.Value(), simulations.Syntax(format))
			if err != nil {
				return err
			}
			return c.writeFile(file, 0o666, func(w io.Writer) error {
				_, err := w.Write(text)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&file, "file", "-", "`file` to write; - is stdout")
	cmd.Flags().StringVar(&format, "format", string(simulations.YAML), "how to write it: yaml or json")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

func (c *cli) importFixtures() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE…",
		Short: "Keep fixtures that files hold, YAML or JSON",
		Long: `Import keeps fixtures under the names that they have, else under those of their
files. All files are read before one is sent.`,
		Args: cobra.MinimumNArgs(1),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			fixtures := make([]*simulations.Fixture, len(args))
			for i, path := range args {
				f, err := fixtureOfFile(path)
				if err != nil {
					return &simulations.FileError{Path: path, Err: err}
				}
				fixtures[i] = f
			}
			kept := []client.KeptFixture{}
			infos := []simulations.FixtureInfo{}
			for i, f := range fixtures {
				answer, err := cl.PutFixture(ctx, f.Name, f)
				if err != nil {
					return &simulations.FileError{Path: args[i], Err: withoutPlaces(err)}
				}
				kept, infos = append(kept, answer.Value), append(infos, answer.Value.FixtureInfo)
				c.sayWarnings(args[i], answer.Value.Warnings)
			}
			return c.showValue(kept, func() { fixtureTable(infos...).print(c.out) })
		}),
	}
}

func fixtureOfFile(path string) (*simulations.Fixture, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, simulations.MaxDocumentBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > simulations.MaxDocumentBytes {
		return nil, fmt.Errorf("larger than the %d bytes that may be read", simulations.MaxDocumentBytes)
	}
	f, err := simulations.DecodeFixture(data)
	if err != nil {
		return nil, err
	}
	if base := filepath.Base(path); f.Name == "" {
		f.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	if !simulations.ValidName(f.Name) {
		return nil, fmt.Errorf("%q is no name: write the field `name`", f.Name)
	}
	return f, nil
}

func (c *cli) freezeSession() *cobra.Command {
	return &cobra.Command{
		Use:               "freeze ID FIXTURE",
		Short:             "Keep what a session holds as a fixture",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			answer, err := cl.FreezeSession(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { fixtureTable(answer.Value).print(c.out) })
		}),
	}
}

func (c *cli) restoreSession() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:               "restore ID FIXTURE",
		Short:             "Put a session into what a fixture says",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			answer, err := cl.RestoreSession(ctx, args[0], args[1], strict)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { c.sayWarnings(args[1], answer.Value.Warnings) })
		}),
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "fail where the fixture speaks of stubs, collections or tables that nobody declares")
	return cmd
}
