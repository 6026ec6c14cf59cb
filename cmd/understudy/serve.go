package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
)

func (c *cli) serveCommand() *cobra.Command {
	var s settings
	var quiet bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Stand in: answer, forward and record as the collaborators' modes say",
		Long: `Serve stands in for the collaborators that the store, --import and the admin
API declare, until it is interrupted. Logs go to stderr; what it stands in for
is printed on stdout when it is ready.`,
		Example: `  understudy serve --import simulations/
  understudy serve --in-memory --listen :9000 --admin-listen 127.0.0.1:9001`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			opts, err := s.loadValid()
			if err != nil {
				return err
			}
			return c.serve(ctx, opts, quiet, nil, c.banner)
		}),
	}
	s.addTo(cmd)
	quietFlag(cmd, &quiet)
	return cmd
}

func quietFlag(cmd *cobra.Command, quiet *bool) {
	cmd.Flags().BoolVarP(quiet, "quiet", "q", false, "print nothing on stdout")
}

// serve runs an understudy until ctx ends. prepare works on the double before
// anything listens; ready prints what a user should know.
func (c *cli) serve(ctx context.Context, opts app.Options, quiet bool, prepare func(context.Context, app.Engine) error, ready func(io.Writer, *app.App, *app.Options)) error {
	opts.Version = buildVersion()
	log := app.NewLogger(c.err, &opts)
	go keepMemory(ctx)
	a, err := app.New(ctx, opts, log)
	if err != nil {
		return err
	}
	// The end is bounded by itself: a signal that begins it must not cut it short.
	stop := func() error { return a.Stop(context.WithoutCancel(ctx)) }
	if prepare != nil {
		if err := prepare(ctx, a.Engine()); err != nil {
			return errors.Join(err, stop())
		}
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	log.Info("ready", "listen", a.Addr(), "admin", a.AdminAddr(), "version", opts.Version)
	if !quiet {
		ready(c.out, a, &opts)
	}
	<-ctx.Done()
	log.Info("stopping", "drain", opts.DrainTimeout)
	if err := stop(); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}
