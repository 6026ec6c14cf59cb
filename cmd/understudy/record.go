package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
	"understudy/simulations"
)

func (c *cli) recordCommand() *cobra.Command {
	var s settings
	var quiet bool
	var name string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "record URL",
		Short: "Stand in for one real service and record what it says",
		Long: `Record forwards every request to the service at URL and keeps the answers, as
stubs of the simulation "NAME-recorded". The collaborator stays declared: run
understudy serve on the same --data to play back, after

  understudy mode NAME simulate

A collaborator of that name that is there already keeps its settings, but it has
to be the same service. If it was recording, the take it was in goes on.

It goes by the host of URL and by each --host. Where that host is another
collaborator's already, as of a second service on one machine, it goes by --host
alone, and its requests have to be sent under that.`,
		Example: `  understudy record https://api.example
  understudy record http://127.0.0.1:8080 --name payments --host payments
  understudy record http://127.0.0.1:8081 --name ledger --host ledger.localhost`,
		Args: cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			upstream, err := upstreamURL(args[0])
			if err != nil {
				return err
			}
			if name == "" {
				name = nameOf(upstream)
			}
			if !simulations.ValidName(name) {
				return usagef("%q cannot name a collaborator: give --name, 1 to 200 letters, digits, '.', '_', '~' or '-'", name)
			}
			opts, err := s.loadValid()
			if err != nil {
				return err
			}
			prepare := func(ctx context.Context, engine app.Engine) error {
				return recordFrom(ctx, engine, name, upstream, hosts)
			}
			return c.serve(ctx, opts, quiet, prepare, func(w io.Writer, a *app.App, opts *app.Options) {
				c.whereabouts(w, a, opts)
				c.recordingHelp(w, a, name, upstream, hosts)
			})
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "the collaborator's `name` (default: made from the URL's host)")
	cmd.Flags().StringArrayVar(&hosts, "host", nil, "one more Host `value` that names the collaborator (repeatable)")
	s.addTo(cmd)
	quietFlag(cmd, &quiet)
	return cmd
}

// upstreamURL reads the address of a real service.
func upstreamURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		return nil, usagef("%q is no URL: give it with http:// or https://", s)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, usagef("%q is no URL", s)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, usagef("%q is no http or https URL", s)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, usagef("%q: a service is named by scheme, host and path, without query, fragment or user", s)
	}
	return u, nil
}

// nameOf makes a collaborator's name of a URL's host.
func nameOf(u *url.URL) string {
	name := notInNames.ReplaceAllString(strings.ToLower(u.Hostname()), "-")
	return strings.Trim(name, "-._~")
}

var notInNames = regexp.MustCompile(`[^a-z0-9._~-]+`)

// recordFrom declares the collaborator, or takes the one that is there, and
// has it record.
func recordFrom(ctx context.Context, engine app.Engine, name string, upstream *url.URL, hosts []string) error {
	address := strings.TrimSuffix(upstream.String(), "/")
	owner := ownerOf(engine, name, upstream)
	if owner == "" {
		hosts = append([]string{strings.ToLower(upstream.Hostname())}, hosts...)
	}
	info, err := engine.Collaborator(name)
	if simulations.CodeOf(err) == simulations.CodeNotFound {
		if len(hosts) == 0 {
			return simulations.Errorf(simulations.CodeConflict, "the host %s is the collaborator %s's already: give %s a Host value of its own, such as --host %s.localhost, and send its requests under that", upstream.Hostname(), owner, name, name)
		}
		_, _, err := engine.PutCollaborator(ctx, name, &simulations.Collaborator{Hosts: hosts, Upstream: address, Mode: simulations.ModeRecord}, simulations.Condition{})
		return err
	}
	if err != nil {
		return err
	}
	if has := strings.TrimSuffix(info.Config.Upstream, "/"); has != "" && has != address {
		return simulations.Errorf(simulations.CodeConflict, "the collaborator %s is declared already, with the upstream %s: give this one another --name, and a --host of its own where both are on one host, or another --data", name, has)
	}
	changed := *info.Config
	missing := false
	for _, h := range hosts {
		if !containsFold(changed.Hosts, h) {
			changed.Hosts = append(changed.Hosts[:len(changed.Hosts):len(changed.Hosts)], h)
			missing = true
		}
	}
	if missing || changed.Upstream == "" {
		changed.Upstream = address
		if _, _, err := engine.PutCollaborator(ctx, name, &changed, simulations.Condition{Revision: info.Revision}); err != nil {
			return err
		}
	}
	if info.Mode == simulations.ModeRecord {
		return nil
	}
	_, err = engine.SetMode(ctx, name, simulations.ModeRecord)
	return err
}

// ownerOf is the collaborator other than name that has declared the host of a
// service, "" for none.
func ownerOf(engine app.Engine, name string, upstream *url.URL) string {
	for _, c := range engine.Collaborators() {
		if c.Name != name && containsFold(c.Config.Hosts, upstream.Hostname()) {
			return c.Name
		}
	}
	return ""
}

// hostOf is a Host value that requests to a collaborator of that service can be
// sent under: the service's, where the collaborator goes by it, else its first.
func hostOf(c *simulations.Collaborator, upstream *url.URL) string {
	host := strings.ToLower(upstream.Hostname())
	if containsFold(c.Hosts, host) {
		return host
	}
	for _, h := range c.Hosts {
		if !strings.Contains(h, "*") {
			return h
		}
	}
	return host
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// recordingHelp says how to send requests: under a host that was asked for, if any.
func (c *cli) recordingHelp(w io.Writer, a *app.App, name string, upstream *url.URL, asked []string) {
	admin := adminFlag(a)
	host := upstream.Hostname()
	if i := slices.IndexFunc(asked, func(h string) bool { return !strings.Contains(h, "*") }); i >= 0 {
		host = asked[i]
	} else if info, err := a.Engine().Collaborator(name); err == nil {
		host = hostOf(info.Config, upstream)
	}
	fmt.Fprintf(w, `
Recording %[1]s from %[2]s. Send its requests here instead:
  curl -i -H %[3]s http://%[4]s/
Then play back:
  understudy mode %[1]s simulate%[5]s
  understudy export %[1]s-recorded%[5]s
`, name, upstream, quote("Host: "+host), reachable(a.Addr()), admin)
}
