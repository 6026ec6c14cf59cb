package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
)

func (c *cli) exportCommand() *cobra.Command {
	var format, file string
	cmd := &cobra.Command{
		Use:   "export SIMULATION",
		Short: "Write a simulation as a document",
		Long: `Export writes a simulation, with the collaborators that it declares or names, as
one document that import reads again. The file is written whole or not at all.`,
		Example: `  understudy export payments-recorded --file payments.yaml
  understudy export payments --format json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(simulationNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			body, size, err := cl.Export(ctx, args[0], format)
			if err != nil {
				return err
			}
			defer body.Close()
			m := c.meter("export", size)
			defer m.end()
			return c.writeFile(file, 0o666, func(w io.Writer) error {
				_, err := io.Copy(w, m.reader(body))
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&format, "format", "yaml", "how to write it: yaml, json or another `format` that the understudy knows")
	cmd.Flags().StringVar(&file, "file", "-", "`file` to write; - is stdout")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}
