package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
	"understudy/simulations"
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
	a, err := app.New(opts, log)
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

// banner says where understudy listens, what it stands in for, and what to
// try next.
func (c *cli) banner(w io.Writer, a *app.App, opts *app.Options) {
	c.whereabouts(w, a, opts)
	engine := a.Engine()
	collaborators := engine.Collaborators()
	if len(collaborators) > 0 {
		fmt.Fprintln(w)
		standIns(collaborators).print(w)
	}
	fmt.Fprintln(w)
	if line := tryNext(engine, a.Addr()); line != "" {
		fmt.Fprintf(w, "Try:\n  %s\n", line)
		return
	}
	if len(collaborators) > 0 || len(engine.Simulations()) > 0 {
		fmt.Fprintf(w, "See what it does:\n  understudy simulations%[1]s\n  understudy journal --follow%[1]s\n", adminFlag(a))
		return
	}
	fmt.Fprintf(w, `It stands in for nothing yet. Load a document, or record a real service:
  understudy import FILE%[1]s
  understudy record https://api.example
`, adminFlag(a))
}

func (c *cli) whereabouts(w io.Writer, a *app.App, opts *app.Options) {
	data := "in memory only"
	if p := opts.DataPath(); p != "" {
		data = p
	}
	fmt.Fprintf(w, "understudy %s\n", clean(opts.Version))
	for _, address := range a.Engine().Status().Listen {
		fmt.Fprintf(w, "  stands in at  http://%s\n", reachable(address))
		if opts.TLS {
			fmt.Fprintf(w, "                https://%s\n", reachable(address))
		}
	}
	fmt.Fprintf(w, "  admin plane   http://%s\n  data          %s\n", reachable(a.AdminAddr()), clean(data))
}

// adminFlag is how client commands find this understudy, "" where they do by
// themselves.
func adminFlag(a *app.App) string {
	if addr := reachable(a.AdminAddr()); addr != "127.0.0.1:8888" && addr != "localhost:8888" {
		return " --admin http://" + addr
	}
	return ""
}

func standIns(collaborators []simulations.CollaboratorInfo) *table {
	t := newTable("COLLABORATOR", "MODE", "STUBS", "HOSTS", "PORT", "UPSTREAM")
	for _, info := range collaborators {
		var hosts []string
		upstream := ""
		if info.Config != nil {
			hosts, upstream = info.Config.Hosts, info.Config.Upstream
		}
		t.add(info.Name, modeOf(info.Mode), info.Stubs, orElse(list(hosts), "-"), orElse(info.Address, "-"), orElse(upstream, "-"))
	}
	return t
}

func modeOf(m simulations.Mode) simulations.Mode {
	if m == "" {
		return simulations.ModeSimulate
	}
	return m
}

// reachable makes an address that a client on this machine can use of one
// that a server listens on.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Bounds of the search for something to try.
const (
	trySimulations = 20
	tryStubs       = 200
)

// tryNext is a curl line that the first simple stub answers, "" where there is
// none among the first few.
func tryNext(engine app.Engine, addr string) string {
	collaborators := make(map[string]simulations.CollaboratorInfo)
	for _, info := range engine.Collaborators() {
		collaborators[info.Name] = info
	}
	for i, s := range engine.Simulations() {
		if i == trySimulations {
			break
		}
		stubs, _, err := engine.Stubs(context.Background(), s.Name, "", tryStubs)
		if err != nil {
			continue // a hint is not worth an error
		}
		for _, stub := range stubs {
			info, known := collaborators[stub.Collaborator]
			if line := curl(stub.Stub, info, known, addr); line != "" {
				return line
			}
		}
	}
	return ""
}

// curl makes the call that a stub answers where it is a plain GET of one path.
func curl(s *simulations.Stub, to simulations.CollaboratorInfo, known bool, addr string) string {
	p := &s.Request
	get := len(p.Method) == 0
	for _, m := range p.Method {
		get = get || m == "GET"
	}
	first := s.Scenario == nil || s.Scenario.Requires == "" || s.Scenario.Requires == simulations.ScenarioStart
	if !get || !first || p.Path == nil || p.Path.Kind != simulations.String || p.Host != nil || p.Body != nil ||
		p.Session != nil || p.Origin != nil || len(p.Headers)+len(p.Cookies) > 0 {
		return ""
	}
	if s.Response == nil || s.Response.Terms() != nil || s.Collaborator != "" && !known || modeOf(to.Mode) != simulations.ModeSimulate {
		return ""
	}
	path, err := url.PathUnescape(p.Path.Text)
	if err != nil {
		return ""
	}
	query := url.Values{}
	for name, want := range p.Query {
		if want.Value == nil || want.Kind != simulations.String {
			return ""
		}
		query.Set(name, want.Text)
	}
	host := ""
	if to.Address != "" {
		addr = to.Address
	} else if s.Collaborator != "" {
		if host = plainHost(to.Config); host == "" {
			return ""
		}
	}
	target := "http://" + reachable(addr) + (&url.URL{Path: path, RawPath: p.Path.Text}).EscapedPath()
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	line := "curl -i "
	if host != "" {
		line += "-H " + quote("Host: "+host) + " "
	}
	return line + quote(target)
}

// plainHost is the first of the hosts that is no glob.
func plainHost(c *simulations.Collaborator) string {
	if c != nil {
		for _, h := range c.Hosts {
			if !strings.Contains(h, "*") {
				return h
			}
		}
	}
	return ""
}

// quote makes s one word of a POSIX shell.
func quote(s string) string {
	plain := !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:.-_~@%+,", r))
	})
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
