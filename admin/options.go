package admin

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// Options says how the admin plane is served. Engine is required; every other
// field has a default.
type Options struct {
	// Engine is the double.
	Engine Engine
	// Listen is the address to listen on, "127.0.0.1:8888" by default. Port 0
	// takes a free one; see [Server.Addr].
	Listen string
	// Logger gets the access log (level debug) and failures; nil discards them.
	// Bodies are never logged.
	Logger *slog.Logger
	// MaxBody bounds a request's body in bytes, before and after it is
	// decompressed; 256 MiB by default. All bodies being read at one time share
	// twice as much; the first MiB of each does not count, so that small ones go on
	// beside large ones. What is made of them at one time is bounded too, in values:
	// further ones wait. A restore is streamed and has no bound.
	MaxBody int64
	// MaxStream bounds, instead of MaxBody, the body of a simulation that is read
	// piece by piece, [simulations.MaxStreamBytes] by default. While it is read it
	// counts as a body of what has come and did not go to the store, and as one of
	// MaxBody at most.
	MaxStream int64
	// MaxConnections bounds the connections that are open at one time, 512 by
	// default; further ones wait to be accepted. Half of them may wait for their next request;
	// of more, the one that has waited longest is closed.
	MaxConnections int
	// MaxStreams bounds the journal streams that are open at one time, 64 by
	// default; a further one is answered 503.
	MaxStreams int
	// AllowedHosts are names, with or without port, that a Host header may have
	// besides loopback names, IP addresses and the listener's own name. In a
	// cluster that is the service's name.
	AllowedHosts []string
	// AllowedOrigins are the origins, such as "https://tools.example", of web
	// pages that may use the API from elsewhere; they get CORS headers.
	AllowedOrigins []string
	// Token, where set, must come as bearer token with every request but those
	// for /healthz and /readyz.
	Token string
	// Formats are the formats that simulations are read and written in;
	// [formats.Default] by default.
	Formats *formats.Registry
}

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:8888")
	o.MaxBody = cmp.Or(o.MaxBody, 256<<20)
	o.MaxStream = cmp.Or(o.MaxStream, simulations.MaxStreamBytes)
	o.MaxConnections = cmp.Or(o.MaxConnections, 512)
	o.MaxStreams = cmp.Or(o.MaxStreams, 64)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Formats == nil {
		o.Formats = formats.Default()
	}
	return o
}

// validate names every bad field at once.
func (o Options) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if o.Engine == nil {
		fault("Engine: is missing")
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		fault("Listen: %q is no address, such as 127.0.0.1:8888", o.Listen)
	}
	if o.MaxBody < 0 {
		fault("MaxBody: %d is negative", o.MaxBody)
	}
	if o.MaxStream < 0 {
		fault("MaxStream: %d is negative", o.MaxStream)
	}
	if o.MaxConnections < 0 {
		fault("MaxConnections: %d is negative", o.MaxConnections)
	}
	if o.MaxStreams < 0 {
		fault("MaxStreams: %d is negative", o.MaxStreams)
	}
	for _, h := range o.AllowedHosts {
		if _, _, ok := splitAuthority(h); !ok || strings.ContainsAny(h, "/* ") {
			fault("AllowedHosts: %q is no host name: write a name such as understudy.tests.svc, with a port or without", h)
		}
	}
	for _, origin := range o.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			fault("AllowedOrigins: %q is no origin: write a scheme and a host, such as https://tools.example", origin)
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("admin options: %w", errors.Join(faults...))
	}
	return nil
}
