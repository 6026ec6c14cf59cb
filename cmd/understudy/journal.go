package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// filterFlags are the flags that choose exchanges. The names of method and
// path are taken by the pattern of a verification.
func filterFlags(flags *pflag.FlagSet, f *client.Filter) {
	flags.Uint64Var(&f.After, "after", 0, "only exchanges with a greater `id`")
	flags.StringVar(&f.Collaborator, "collaborator", "", "only this collaborator's")
	flags.StringVar(&f.Session, "session", "", "only this session's")
	flags.StringVar(&f.Origin, "origin", "", "only requests of this origin: live, shadow, synthetic or unknown")
	flags.StringVar(&f.Outcome, "outcome", "", "only this outcome: stub, forwarded, recorded, miss or refused; callback for all callbacks, or callback-sent, -failed, -refused or -dropped")
	flags.Uint64Var(&f.Cause, "cause", 0, "only the callbacks that followed the exchange of this `id`")
}

func (c *cli) completeFilters(cmd *cobra.Command) {
	must(cmd.RegisterFlagCompletionFunc("collaborator", func(cmd *cobra.Command, _ []string, s string) ([]string, cobra.ShellCompDirective) {
		return c.complete(collaboratorNames)(cmd, nil, s)
	}))
	must(cmd.RegisterFlagCompletionFunc("origin", cobra.FixedCompletions(simulations.Origins(), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions(simulations.Outcomes(), cobra.ShellCompDirectiveNoFileComp)))
}

func (c *cli) journalCommand() *cobra.Command {
	var f client.Filter
	var follow, clear bool
	cmd := &cobra.Command{
		Use:   "journal [ID]",
		Short: "Show the latest exchanges, or one of them whole",
		Long: `Journal shows the exchanges that were served, oldest first, with the reason for
each answer, and the callbacks that followed answers, with their results. With an
id it shows that exchange with headers and bodies. The journal is in memory only:
after a restart it is empty.

--follow begins with the latest --limit exchanges, with --limit 0 with all that
are kept, and with --after with all behind that id.`,
		Example: `  understudy journal --outcome miss
  understudy journal --follow --collaborator payments
  understudy journal --cause 17
  understudy journal 17 --output yaml`,
		Args: cobra.MatchAll(cobra.MaximumNArgs(1), number("an exchange", "understudy journal")),
		PreRunE: func(cmd *cobra.Command, args []string) error {
			if follow && f.After > 0 && cmd.Flags().Changed("limit") {
				return usagef("--follow begins after an id or with the latest: --after and --limit exclude each other")
			}
			if !follow && len(args) == 0 && cmd.Flags().Changed("limit") && f.Limit == 0 {
				return usagef("--limit 0 goes with --follow, which begins with all that are kept; a page has 1 to 1000: go on from one with --after")
			}
			return nil
		},
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			switch {
			case clear && (follow || len(args) > 0) || follow && len(args) > 0:
				return usagef("an id, --follow and --clear exclude each other")
			case clear:
				return c.done(cl.ClearJournal(ctx), "the journal is empty")
			case len(args) == 1:
				return c.showEntry(ctx, cl, args[0])
			case follow:
				if f.After > 0 {
					f.Limit = 0
				}
				return c.follow(ctx, cl, &f)
			}
			return c.showJournal(ctx, cl, &f)
		}),
	}
	flags := cmd.Flags()
	filterFlags(flags, &f)
	flags.StringVar(&f.Method, "method", "", "only this method")
	flags.StringVar(&f.Path, "path", "", "only this path, or paths of this glob")
	flags.Uint64Var(&f.Limit, "limit", 100, "at most this many")
	flags.BoolVarP(&follow, "follow", "f", false, "go on showing exchanges as they come")
	flags.BoolVar(&clear, "clear", false, "empty the journal instead")
	c.completeFilters(cmd)
	return cmd
}

func (c *cli) showJournal(ctx context.Context, cl *client.Client, f *client.Filter) error {
	answer, err := cl.Journal(ctx, f)
	if err != nil {
		return err
	}
	page := answer.Value
	return c.show(answer.Raw, func() {
		t := newTable("ID", "TIME", "COLLABORATOR", "METHOD", "PATH", "STATUS", "OUTCOME", "STUB", "TOOK", "REASON")
		for _, e := range page.Entries {
			t.add(e.ID, e.Time.Local().Format(time.TimeOnly), orElse(e.Collaborator, "-"), e.Request.Method, target(&e), e.Response.Status, e.Outcome, orElse(e.Stub, "-"), took(e.Duration), because(&e))
		}
		t.print(c.out)
		if page.Missed > 0 {
			fmt.Fprintf(c.err, "%s before are not kept any more\n", count(int(page.Missed), "exchange"))
		}
		if page.More {
			fmt.Fprintf(c.err, "there are more: --after %d\n", page.Next)
		}
	})
}

// follow prints a line for each exchange, as it comes. With --output json a
// line is one JSON value; with yaml it is a document.
func (c *cli) follow(ctx context.Context, cl *client.Client, f *client.Filter) error {
	return cl.Follow(ctx, f, c.followed, func(n uint64) {
		fmt.Fprintf(c.err, "%s were overwritten before they could be shown\n", count(int(n), "exchange"))
	})
}

func (c *cli) followed(a client.Answer[client.Entry]) error {
	switch c.output {
	case outputJSON:
		_, err := fmt.Fprintf(c.out, "%s\n", a.Raw)
		return err
	case outputYAML:
		fmt.Fprintln(c.out, "---")
		return c.show(a.Raw, nil)
	}
	e := &a.Value
	_, err := fmt.Fprintln(c.out, clean(fmt.Sprintf("%d %s %s %s %s %d %s %s: %s", e.ID, e.Time.Local().Format(time.TimeOnly),
		orElse(e.Collaborator, "-"), e.Request.Method, target(e), e.Response.Status, e.Outcome, orElse(e.Stub, "-"), because(e))))
	return err
}

// because is why an exchange was answered as it was, or which stub almost did.
func because(e *client.Entry) string {
	why := orElse(e.Reason, "-")
	if len(e.NearMisses) > 0 {
		why += "; " + e.NearMisses[0].String()
	}
	return why
}

func (c *cli) showEntry(ctx context.Context, cl *client.Client, id string) error {
	answer, err := cl.JournalEntry(ctx, id)
	if err != nil {
		return err
	}
	if c.output == outputTable {
		// An exchange is no table; YAML is what people can read of it.
		c.output = outputYAML
	}
	return c.show(answer.Raw, nil)
}

func target(e *client.Entry) string {
	if e.Request.Query != "" {
		return e.Request.Path + "?" + e.Request.Query
	}
	return e.Request.Path
}

// took rounds a duration to what is worth reading.
func took(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
