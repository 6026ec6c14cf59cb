package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
)

func (c *cli) exportCommand() *cobra.Command {
	var format, file string
	var timing bool
	cmd := &cobra.Command{
		Use:   "export SIMULATION",
		Short: "Write a simulation as a document",
		Long: `Export writes a simulation, with the collaborators that it declares or names, as
one document that import reads again. The file is written whole or not at all.

When and how fast recorded answers came is left out, so that the same traffic,
recorded twice, gives the same file; --timing keeps it, for playback in their own
time.`,
		Example: `  understudy export payments-recorded --file payments.yaml
  understudy export payments --format json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.complete(simulationNames),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			body, size, err := cl.Export(ctx, args[0], format, timing)
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
	cmd.Flags().BoolVar(&timing, "timing", false, "keep when and how fast recorded answers came")
	must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}
