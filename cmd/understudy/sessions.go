package main

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) sessionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions, with their scenarios and counters",
		Args:  cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			answer, err := cl.Sessions(ctx)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() {
				t := newTable("SESSION", "LAST USED", "SCENARIOS", "COUNTED STUBS")
				for _, s := range answer.Value.Sessions {
					t.add(s.ID, s.LastUsed.Local().Format(time.DateTime), len(s.Scenarios), len(s.Answers))
				}
				t.print(c.out)
			})
		}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "show ID",
		Short:             "Show one session",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			answer, err := cl.Session(ctx, args[0])
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { c.session(&answer.Value) })
		}),
	}, &cobra.Command{
		Use:               "delete ID",
		Short:             "Forget a session: its states, counters, values and changed items",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return cl.DeleteSession(ctx, args[0])
		}),
	}, &cobra.Command{
		Use:               "set ID SCENARIO STATE",
		Short:             "Put a scenario of a session into a state",
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return cl.SetScenario(ctx, args[0], args[1], args[2])
		}),
	})
	return cmd
}

func (c *cli) session(s *simulations.SessionInfo) {
	c.sayf("session %s, last used %s", s.ID, s.LastUsed.Local().Format(time.DateTime))
	for name, state := range sortedPairs(s.Scenarios) {
		c.sayf("  scenario %s: %s", name, state)
	}
	for _, stub := range slices.Sorted(maps.Keys(s.Answers)) {
		c.sayf("  %s answered %s", stub, count(s.Answers[stub], "time"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Collections)) {
		c.sayf("  collection %s: %s changed", name, count(s.Collections[name], "item"))
	}
}

// sortedPairs yields a map by its keys.
func sortedPairs(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
