package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// completeTimeout bounds what a shell waits for when it completes a name.
const completeTimeout = time.Second

// complete completes a command's first argument with names that a running
// understudy knows. Where none answers there is nothing to complete.
func (c *cli) complete(names func(context.Context, *client.Client) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		cl, err := c.client()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer cl.Close()
		ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
		defer cancel()
		return names(ctx, cl), cobra.ShellCompDirectiveNoFileComp
	}
}

func simulationNames(ctx context.Context, cl *client.Client) (names []string) {
	answer, _ := cl.Simulations(ctx) // no answer, no names
	for _, s := range answer.Value.Simulations {
		names = append(names, s.Name)
	}
	return names
}

func collaboratorNames(ctx context.Context, cl *client.Client) (names []string) {
	answer, _ := cl.Collaborators(ctx) // no answer, no names
	for _, s := range answer.Value.Collaborators {
		names = append(names, s.Name)
	}
	return names
}

func sessionNames(ctx context.Context, cl *client.Client) (names []string) {
	all, err := cl.Sessions(ctx, simulations.SessionFilter{})
	if err != nil {
		return nil // no answer, no names
	}
	for _, s := range all.Sessions {
		names = append(names, s.ID)
	}
	return names
}

func fixtureNames(ctx context.Context, cl *client.Client) (names []string) {
	answer, _ := cl.Fixtures(ctx) // no answer, no names
	for _, f := range answer.Value.Fixtures {
		names = append(names, f.Name)
	}
	return names
}

func takeNames(ctx context.Context, cl *client.Client) (names []string) {
	answer, _ := cl.Takes(ctx) // no answer, no names
	for _, t := range answer.Value.Takes {
		names = append(names, strconv.FormatUint(t.ID, 10)+"\t"+t.Collaborator)
	}
	return names
}
