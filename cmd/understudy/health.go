package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

func (c *cli) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask whether understudy is ready; exit code 1 when it is not",
		Args:  cobra.NoArgs,
		RunE: c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
			if err := cl.Ready(ctx); err != nil {
				return err
			}
			return c.showValue(map[string]bool{"ready": true}, func() { c.sayf("ready") })
		}),
	}
}

func (c *cli) caCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of the CA that signs intercepted hosts",
		Long: `Ca prints the CA's certificate, PEM, for the trust store of the service under
test. The CA is made at understudy's first start; its key never leaves the data
folder.`,
		Example: `  understudy ca > understudy-ca.pem
  understudy ca --data understudy-data`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			if data != "" {
				file := filepath.Join(data, "ca.pem")
				pem, err := os.ReadFile(file)
				if err != nil {
					return &simulations.FileError{Path: file, Err: errors.New(reason(err))}
				}
				_, err = c.out.Write(pem)
				return err
			}
			cl, err := c.client()
			if err != nil {
				return err
			}
			defer cl.Close()
			pem, err := cl.CA(ctx)
			if err != nil {
				return err
			}
			_, err = c.out.Write(pem)
			return err
		}),
	}
	cmd.Flags().StringVar(&data, "data", "", "read it from this data `folder` instead of asking")
	must(cmd.MarkFlagDirname("data"))
	return cmd
}
