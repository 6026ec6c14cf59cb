package main

import (
	"fmt"
	"io"
	"net"

	"understudy/cmd/internal/app"
	"understudy/simulations"
)

// banner says where understudy listens, what it stands in for, and what to
// try next.
func (c *cli) banner(w io.Writer, a *app.App, opts *app.Options) {
	c.whereabouts(w, a, opts)
	engine := a.Engine()
	served := engine.Simulations()
	if len(served) > 0 {
		fmt.Fprintln(w)
		printServed(w, served)
	}
	collaborators := engine.Collaborators()
	if len(collaborators) > 0 {
		fmt.Fprintln(w)
		printStandIns(w, collaborators)
	}
	fmt.Fprintln(w)
	if line := tryNext(engine, a.Addr()); line != "" {
		fmt.Fprintf(w, "Try:\n  %s\n", line)
		return
	}
	if len(collaborators) > 0 || len(served) > 0 {
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

// maxNamed bounds the simulations, and the collaborators, that the banner names.
const maxNamed = 10

// printServed says what is served, of many simulations the first and how many more.
func printServed(w io.Writer, served []simulations.SimulationInfo) {
	t := newTable("SIMULATION", "STUBS", "COLLECTIONS")
	for _, s := range served[:min(len(served), maxNamed)] {
		t.add(s.Name, s.Stubs, s.Collections)
	}
	t.print(w)
	printMore(w, len(served)-maxNamed)
}

// printStandIns says what is stood in for, of many collaborators the first and how
// many more.
func printStandIns(w io.Writer, collaborators []simulations.CollaboratorInfo) {
	standIns(collaborators[:min(len(collaborators), maxNamed)]).print(w)
	printMore(w, len(collaborators)-maxNamed)
}

// printMore says how many more there are than were named, if any.
func printMore(w io.Writer, more int) {
	if more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
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
