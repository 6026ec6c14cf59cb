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
	var filter simulations.SessionFilter
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions, with how much each holds",
		Example: `  understudy sessions --id 'run-17*'
  understudy sessions --scenario checkout --state paid`,
		Args: cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			if filter.State != "" && filter.Scenario == "" {
				return usagef("--state is a scenario's: say which with --scenario")
			}
			all, err := cl.Sessions(ctx, filter)
			if err != nil {
				return err
			}
			return c.showValue(all, func() {
				t := newTable("SESSION", "LAST USED", "SCENARIOS", "COUNTED STUBS", "VALUES", "COLLECTIONS", "CHANGED ITEMS", "TABLES", "CHANGED ROWS", "BYTES")
				for _, s := range all.Sessions {
					t.add(s.ID, s.LastUsed.Local().Format(time.DateTime), len(s.Scenarios), len(s.Answers), len(s.Values),
						len(s.Collections), sum(s.Collections), len(s.Tables), sum(s.Tables), s.Bytes)
				}
				t.print(c.out)
			})
		}),
	}
	cmd.Flags().StringVar(&filter.ID, "id", "", "only the session of this `id`; '*' in it is any run of characters")
	cmd.Flags().StringVar(&filter.Scenario, "scenario", "", "only those in which the scenario of this `name` has been moved")
	cmd.Flags().StringVar(&filter.State, "state", "", "with --scenario: only those in which it is in this `state`")
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
			return c.done(cl.DeleteSession(ctx, args[0]), "session %s: deleted", args[0])
		}),
	}, &cobra.Command{
		Use:               "reset ID",
		Short:             "Put a session back to its beginning",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return c.done(cl.ResetSession(ctx, args[0]), "session %s: at its beginning", args[0])
		}),
	}, c.lasting(&cobra.Command{
		Use:   "set ID SCENARIO STATE",
		Short: "Put a scenario of a session into a state",
		Args:  cobra.ExactArgs(3),
	}, (*client.Client).SetScenario), c.lasting(&cobra.Command{
		Use:   "set-value ID KEY VALUE",
		Short: "Set a value of a session",
		Args:  cobra.ExactArgs(3),
	}, (*client.Client).SetValue), &cobra.Command{
		Use:               "remove-value ID KEY",
		Short:             "Remove a value of a session",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: c.complete(sessionNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return c.done(cl.RemoveValue(ctx, args[0], args[1]), "session %s: value %s removed", args[0], args[1])
		}),
	}, c.freezeSession(), c.restoreSession())
	return cmd
}

// lasting completes a command that sets something of a session, for a time if
// need be.
func (c *cli) lasting(cmd *cobra.Command, set func(cl *client.Client, ctx context.Context, session, name, to string, ttl time.Duration) error) *cobra.Command {
	var ttl time.Duration
	cmd.ValidArgsFunction = c.complete(sessionNames)
	cmd.RunE = c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
		if ttl < 0 {
			return usagef("--ttl %s is negative", ttl)
		}
		until := ""
		if ttl > 0 {
			until = " for " + ttl.String()
		}
		return c.done(set(cl, ctx, args[0], args[1], args[2], ttl), "session %s: %s is %s%s", args[0], args[1], args[2], until)
	})
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "how long it stays so, such as 10m; 0 is until it is changed")
	return cmd
}

func (c *cli) session(s *simulations.SessionInfo) {
	c.sayf("session %s, last used %s, %d bytes", s.ID, s.LastUsed.Local().Format(time.DateTime), s.Bytes)
	for name, state := range sortedPairs(s.Scenarios) {
		c.sayf("  scenario %s: %s%s", name, state, expiry(s.Expires.Scenarios, name))
	}
	for stub, n := range sortedPairs(s.Answers) {
		c.sayf("  %s answered %s", stub, count(n, "time"))
	}
	for key, value := range sortedPairs(s.Values) {
		c.sayf("  value %s: %s%s", key, value, expiry(s.Expires.Values, key))
	}
	for name, n := range sortedPairs(s.Collections) {
		c.sayf("  collection %s: %s changed", name, count(n, "item"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		c.sayf("  table %s: %s changed", name, count(s.Tables[name], "row"))
	}
}

// sum adds up what is counted by name.
func sum(counts map[string]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

// expiry says when something expires, if it does.
func expiry(all map[string]time.Time, name string) string {
	if at, ok := all[name]; ok {
		return ", until " + at.Local().Format(time.DateTime)
	}
	return ""
}

// sortedPairs yields a map by its keys.
func sortedPairs[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
