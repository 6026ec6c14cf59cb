package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything that is stored to a file",
		Long: `Backup writes simulations, collaborators, recordings and sessions to a file, whole
or not at all; - is stdout.`,
		Args: cobra.ExactArgs(1),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			body, err := cl.Backup(ctx)
			if err != nil {
				return err
			}
			defer body.Close()
			m := c.meter("backup", 0)
			defer m.end()
			return c.writeFile(args[0], 0o600, func(w io.Writer) error {
				if _, err := io.Copy(w, m.reader(body)); err != nil {
					return simulations.Errorf(simulations.CodeUnavailable, "the backup was cut off: %w", err)
				}
				return nil
			})
		}),
	}
}

func (c *cli) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty understudy from a backup",
		Args:  cobra.ExactArgs(1),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return &simulations.FileError{Path: args[0], Err: errors.New(reason(err))}
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return &simulations.FileError{Path: args[0], Err: errors.New(reason(err))}
			}
			if !info.Mode().IsRegular() {
				return &simulations.FileError{Path: args[0], Err: fmt.Errorf("not a file")}
			}
			m := c.meter("restore", info.Size())
			defer m.end()
			return cl.Restore(ctx, m.reader(f), info.Size())
		}),
	}
}
