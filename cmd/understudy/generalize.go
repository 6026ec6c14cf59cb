package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
)

func (c *cli) generalizeCommand() *cobra.Command {
	var apply bool
	var into string
	cmd := &cobra.Command{
		Use:   "generalize SIMULATION",
		Short: "Turn recorded stubs into fewer, general ones",
		Long: `Generalize looks at the recorded stubs of a simulation and proposes general ones:
parts of paths and fields that vary become parameters, what answers repeat of the
request becomes a template, and what differs from call to call is not asked for.
It shows which stubs become which, and why, and a score: how many of the exchanges
it would answer as recorded, had it learnt from the other half only. Nothing
changes without --apply.`,
		Example: `  understudy generalize payments-recorded
  understudy generalize payments-recorded --apply --into payments
  understudy generalize payments-recorded --apply`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(simulationNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			if into != "" && !apply {
				return usagef("--into says where --apply writes: give both, or neither")
			}
			var revision uint64
			if apply && into == "" {
				shown, err := cl.Generalize(ctx, args[0], "", false, 0)
				if err != nil {
					return err
				}
				revision = shown.Value.Revision
			}
			answer, err := cl.Generalize(ctx, args[0], into, apply, revision)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { c.generalized(&answer.Value) })
		}),
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "write what is proposed")
	cmd.Flags().StringVar(&into, "into", "", "the new `simulation` to write; the one that is generalised by default")
	return cmd
}

func (c *cli) generalized(g *client.Generalization) {
	c.sayf("%s: %s before, %d after: %d new, %d replaced", g.Simulation, count(g.Before, "stub"), g.After, g.Proposed, g.Replaced)
	for i := range g.Changes {
		change := &g.Changes[i]
		c.sayf("%s %s", change.Kind, change.Stub.ID)
		c.idList("from", change.From)
		if len(change.Replaces) > 0 {
			c.sayf("  takes the place of %s", count(len(change.Replaces), "stub"))
		}
		for _, why := range change.Why {
			c.sayf("  - %s", why)
		}
	}
	if more := g.Proposed - len(g.Changes); more > 0 {
		c.sayf("and %d more", more)
	}
	for _, k := range g.Kept {
		c.sayf("%s as before: %s", count(k.Count, "stub"), k.Why)
	}
	s := g.Score
	if s.HeldOut == 0 {
		c.sayf("held out: none of %s: each is the only one of its kind", count(s.Exchanges, "exchange"))
	} else {
		c.sayf("held out: %d of %s; answered as recorded %d (%s), the body equal in every field %d",
			s.HeldOut, count(s.Exchanges, "exchange"), s.AsRecorded, percent(s.Share), s.Equal)
	}
	for _, t := range g.Missed {
		c.sayf("  %s, answer %d: %s", t.Stub, t.Answer+1, t.Why)
	}
	if g.Applied {
		c.sayf("written into %s", g.Into)
		return
	}
	c.sayf("nothing is written without --apply")
}

// idList prints ids, a few of many.
func (c *cli) idList(what string, ids []string) {
	const few = 5
	if len(ids) > few {
		c.sayf("  %s %s and %d more", what, strings.Join(ids[:few], ", "), len(ids)-few)
		return
	}
	c.sayf("  %s %s", what, strings.Join(ids, ", "))
}
