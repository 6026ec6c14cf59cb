package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) simulationsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulations",
		Short: "List the simulations",
		Args:  cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			answer, err := cl.Simulations(ctx)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() {
				t := newTable("SIMULATION", "REVISION", "STUBS", "COLLECTIONS", "COLLABORATORS")
				for _, s := range answer.Value.Simulations {
					t.add(s.Name, s.Revision, s.Stubs, s.Collections, orElse(list(s.Collaborators), "-"))
				}
				t.print(c.out)
			})
		}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "delete NAME",
		Short:             "Remove a simulation with its stubs",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(simulationNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return c.done(cl.DeleteSimulation(ctx, args[0]), "simulation %s: deleted", args[0])
		}),
	})
	return cmd
}

func (c *cli) collaboratorsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "collaborators",
		Short: "List the collaborators and their modes",
		Args:  cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			answer, err := cl.Collaborators(ctx)
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { collaboratorTable(answer.Value.Collaborators).print(c.out) })
		}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "delete NAME",
		Short:             "Forget a collaborator; its stubs stay",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(collaboratorNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			return c.done(cl.DeleteCollaborator(ctx, args[0]), "collaborator %s: deleted", args[0])
		}),
	}, &cobra.Command{
		Use:               "show NAME",
		Short:             "Show one collaborator",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(collaboratorNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			answer, err := cl.Collaborator(ctx, args[0])
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { collaboratorTable([]client.Collaborator{answer.Value}).print(c.out) })
		}),
	})
	return cmd
}

func collaboratorTable(all []client.Collaborator) *table {
	infos := make([]simulations.CollaboratorInfo, len(all))
	for i, a := range all {
		infos[i] = a.CollaboratorInfo
		infos[i].Config = &simulations.Collaborator{Hosts: a.Config.Hosts, Upstream: a.Config.Upstream}
	}
	return standIns(infos)
}

// switched says what a switch has done. One to the mode that was there before is
// none, and begins no take; nor does one from record to learn.
func (c *cli) switched(before simulations.Mode, to *client.Collaborator) {
	now := modeOf(to.Mode)
	note := ""
	switch records := now == simulations.ModeRecord || now == simulations.ModeLearn; {
	case before == now && records:
		note = ", as before: its take goes on; to begin one, switch to another mode and back"
	case before == simulations.ModeRecord && now == simulations.ModeLearn:
		note = ": its take goes on"
	}
	c.sayf("%s: %s%s", to.Name, now, note)
}

func (c *cli) modeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mode COLLABORATOR MODE",
		Short: "Switch what happens to a collaborator's traffic",
		Long: `Mode switches a collaborator while traffic runs. The modes:

  simulate  answer from stubs, or miss
  record    forward, and keep the answers as stubs; begins a take
  spy       answer from stubs, else forward what changes nothing
  learn     like spy, and keep what was forwarded; begins a take, but after
            record
  forward   forward everything
  diff      answer from the real service, and compare with the stub's answer`,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return simulations.Modes(), cobra.ShellCompDirectiveNoFileComp
			}
			return c.complete(collaboratorNames)(cmd, args, toComplete)
		},
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			if modes := simulations.Modes(); !slices.Contains(modes, args[1]) {
				return usagef("%q is none of %s%s", args[1], list(modes), simulations.Suggest(args[1], modes))
			}
			before, err := cl.Collaborator(ctx, args[0])
			if err != nil {
				return err
			}
			answer, err := cl.SetMode(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return c.show(answer.Raw, func() { c.switched(modeOf(before.Value.Mode), &answer.Value) })
		}),
	}
}
