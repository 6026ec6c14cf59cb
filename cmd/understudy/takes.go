package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) takesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "takes",
		Short: "List what was recorded when",
		Long: `Takes lists the takes. The current one of a collaborator is the one that what
is recorded next goes into, until a switch of its mode begins another: each to
record, and one to learn from a mode that does not record. It stays marked
while the collaborator does not record.`,
		Args: cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			answer, err := cl.Takes(ctx)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() {
				t := newTable("TAKE", "COLLABORATOR", "SIMULATION", "STARTED", "EXCHANGES", "REQUESTS", "CUT", "")
				for _, k := range answer.Value.Takes {
					t.add(k.ID, k.Collaborator, k.Simulation, k.Started.Local().Format(time.DateTime), k.Exchanges, k.Requests, k.Cut, current(k))
				}
				t.print(c.out)
			})
		}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "show ID",
		Short:             "Show a take and what it changed",
		Args:              cobra.MatchAll(cobra.ExactArgs(1), number("a take", "understudy takes")),
		ValidArgsFunction: c.complete(takeNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			answer, err := cl.Take(ctx, args[0])
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { c.take(&answer.Value) })
		}),
	}, &cobra.Command{
		Use:               "drop ID",
		Short:             "Forget a take; what older takes had counts again",
		Args:              cobra.MatchAll(cobra.ExactArgs(1), number("a take", "understudy takes")),
		ValidArgsFunction: c.complete(takeNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			take, err := cl.Take(ctx, args[0])
			if err != nil {
				return err
			}
			if err := cl.DropTake(ctx, args[0]); err != nil {
				return err
			}
			return c.show(take.Raw, func() {
				t := &take.Value
				c.sayf("take %d of %s into %s: dropped, %s, %s", t.ID, t.Collaborator, t.Simulation, count(t.Exchanges, "exchange"), count(t.Requests, "different request"))
			})
		}),
	})
	return cmd
}

func current(t simulations.Take) string {
	if t.Current {
		return "current"
	}
	return ""
}

func (c *cli) take(t *simulations.TakeInfo) {
	c.sayf("take %d of %s into %s, started %s %s", t.ID, t.Collaborator, t.Simulation, t.Started.Local().Format(time.DateTime), current(t.Take))
	c.sayf("  %s, %s, %d cut", count(t.Exchanges, "exchange"), count(t.Requests, "different request"), t.Cut)
	if t.Differences.Before == 0 {
		return
	}
	c.sayf("against take %d: %d answered alike", t.Differences.Before, t.Differences.Same)
	for _, group := range []struct {
		what  string
		stubs []string
	}{{"new", t.Differences.New}, {"changed", t.Differences.Changed}, {"not seen again", t.Differences.NotSeen}} {
		for _, s := range group.stubs {
			c.sayf("  %s: %s", group.what, s)
		}
	}
}
