package app

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulator"
)

// Options are the settings of one understudy. The `option` tag is the name
// that flags, the environment and the config file build theirs from; what
// each means for a user is the table [Settings].
type Options struct {
	// Listen are the data plane's addresses, "host:port"; port 0 picks a free one.
	Listen []string `option:"listen"`
	// AdminListen is the admin plane's address.
	AdminListen string `option:"admin-listen"`
	// AdminHosts are Host values, without port, that the admin plane accepts
	// besides loopback names, IP addresses and its own.
	AdminHosts []string `option:"admin-host"`
	// AdminToken is the bearer token that the admin plane demands; "" demands none.
	AdminToken string `option:"admin-token"`

	// DataDir is the folder of the embedded store and of the CA; made with
	// mode 0700 when absent. Not used with InMemory.
	DataDir string `option:"data"`
	// InMemory keeps everything in memory, and nothing after the end.
	InMemory bool `option:"in-memory"`
	// Import are files and folders of documents that are loaded at start; a
	// folder is watched and loaded again when it changes.
	Import []string `option:"import"`

	// LogLevel is debug, info, warn or error; LogFormat text or json.
	LogLevel  string `option:"log-level"`
	LogFormat string `option:"log-format"`

	// JournalSize is how many exchanges the journal holds, JournalBytes how
	// many bytes at most.
	JournalSize  int      `option:"journal-size"`
	JournalBytes ByteSize `option:"journal-bytes"`

	// MaxHeaderBytes bounds a request's header.
	MaxHeaderBytes ByteSize `option:"max-header-bytes"`
	// MaxBodyBytes is how much of a request's body is kept for matching; the
	// rest is passed on, but no predicate sees it.
	MaxBodyBytes ByteSize `option:"max-body-bytes"`
	// BodiesBytes is how much memory the bodies of more than 64 KiB of requests
	// under way take together; further ones wait for their turn.
	BodiesBytes ByteSize `option:"bodies-bytes"`
	// RecordBodyBytes is the largest body that a recording keeps whole; a
	// larger one is cut, with a mark, and makes no stub.
	RecordBodyBytes ByteSize `option:"record-body-bytes"`
	// MaxConnections bounds the data plane's open connections, over all its
	// listeners.
	MaxConnections int `option:"max-connections"`
	// ReadHeaderTimeout bounds the reading of a request's header, IdleTimeout
	// the wait for the next request on a connection.
	ReadHeaderTimeout time.Duration `option:"read-header-timeout"`
	IdleTimeout       time.Duration `option:"idle-timeout"`
	// DrainTimeout bounds the wait at the end for exchanges that are under way.
	DrainTimeout time.Duration `option:"drain-timeout"`

	// MissStatus is the status of misses and refusals, 400 to 599.
	MissStatus int `option:"miss-status"`
	// Delay is that of answers which neither their stub nor their collaborator
	// delays, as a document has it; "" for none.
	Delay string `option:"delay"`
	// DelayShadow applies delays to shadow and synthetic traffic too.
	DelayShadow bool `option:"delay-shadow"`

	// CallbackHosts are the hosts that callbacks may go to besides the upstreams
	// of collaborators; see simulator.ParseCallbackHosts.
	CallbackHosts []string `option:"callback-host"`
	// CallbackShadow sends callbacks for shadow and synthetic traffic too.
	CallbackShadow bool `option:"callback-shadow"`
	// CallbackQueue is how many callbacks may wait and run at a time,
	// CallbackConcurrency how many run.
	CallbackQueue       int `option:"callback-queue"`
	CallbackConcurrency int `option:"callback-concurrency"`

	// Origin is what unmarked requests count as where their collaborator does
	// not say.
	Origin string `option:"origin"`
	// ShadowHeaders and SyntheticHeaders are request headers, "Name" or
	// "Name: value", that mark shadow and synthetic requests.
	ShadowHeaders    []string `option:"shadow-header"`
	SyntheticHeaders []string `option:"synthetic-header"`
	// ShadowBaggage are keys of baggage and tracestate that mark shadow requests.
	ShadowBaggage []string `option:"shadow-baggage"`
	// SessionHeader is one more request header that names the session.
	SessionHeader string `option:"session-header"`
	// SessionIdle is after how long an unused session is forgotten,
	// MaxSessions how many there may be, SessionBytes what they may hold together.
	SessionIdle  time.Duration `option:"session-idle"`
	MaxSessions  int           `option:"max-sessions"`
	SessionBytes ByteSize      `option:"session-bytes"`
	// Seed is what random orders and random values of templates are made from, with the
	// session's name.
	Seed int `option:"seed"`

	// TLS takes TLS on the data plane's ports too, beside clear text, with
	// certificates by understudy's CA or with TLSCert and TLSKey.
	TLS bool `option:"tls"`
	// TLSCert and TLSKey are PEM files that replace the CA's certificates;
	// both or none.
	TLSCert string `option:"tls-cert"`
	TLSKey  string `option:"tls-key"`

	// UpstreamProxy is the forward proxy for upstream calls, where a
	// collaborator names none; the environment's proxy variables are never obeyed.
	UpstreamProxy string `option:"upstream-proxy"`
	// UpstreamTimeout bounds the wait for an upstream's response header.
	UpstreamTimeout time.Duration `option:"upstream-timeout"`

	// Version is shown in the status; it is no user's option.
	Version string `option:"-"`
}

// DefaultOptions are the options that nothing has changed.
func DefaultOptions() Options {
	return Options{
		Listen:            []string{":8500"},
		AdminListen:       "127.0.0.1:8888",
		DataDir:           "understudy-data",
		LogLevel:          "info",
		LogFormat:         "text",
		JournalSize:       10_000,
		JournalBytes:      64 << 20,
		MaxHeaderBytes:    64 << 10,
		MaxBodyBytes:      10 << 20,
		BodiesBytes:       256 << 20,
		RecordBodyBytes:   64 << 20,
		MaxConnections:    10_000,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		DrainTimeout:      10 * time.Second,
		MissStatus:        501,
		Origin:            string(simulations.OriginUnknown),
		SessionIdle:       time.Hour,
		MaxSessions:       10_000,
		SessionBytes:      simulator.DefaultSessionBytes,
		UpstreamTimeout:   30 * time.Second,

		CallbackQueue:       10_000,
		CallbackConcurrency: 32,
	}
}

// Validate reports every option that cannot be, by name; the Pointers of the
// *simulations.Error are the options' names.
func (o *Options) Validate() error {
	c := optionCheck{}
	c.listen(o.Listen)
	c.address("admin-listen", o.AdminListen)
	for _, h := range o.AdminHosts {
		c.want("admin-host", h != "" && !strings.ContainsAny(h, "/: \t"), "%q is no host name: give it without scheme and port", h)
	}
	c.want("admin-token", !strings.ContainsFunc(o.AdminToken, func(r rune) bool { return r <= ' ' || r > '~' }), "a token is printable ASCII without spaces")
	c.want("data", o.InMemory || o.DataDir != "", "a folder is needed, or --in-memory")
	for _, p := range o.Import {
		_, err := os.Stat(p)
		c.want("import", err == nil, "%q: %s", p, cause(err))
	}
	c.oneOf("log-level", o.LogLevel, logLevels)
	c.oneOf("log-format", o.LogFormat, logFormats)

	c.between("journal-size", int64(o.JournalSize), 1, 10_000_000)
	c.between("journal-bytes", int64(o.JournalBytes), 1<<16, 1<<40)
	c.between("max-header-bytes", int64(o.MaxHeaderBytes), 1<<10, 64<<20)
	c.between("max-body-bytes", int64(o.MaxBodyBytes), 0, 1<<30)
	c.between("bodies-bytes", int64(o.BodiesBytes), 1<<20, 1<<40)
	c.between("record-body-bytes", int64(o.RecordBodyBytes), 0, 1<<40)
	c.between("max-connections", int64(o.MaxConnections), 1, 1_000_000)
	c.between("miss-status", int64(o.MissStatus), 400, 599)
	c.between("max-sessions", int64(o.MaxSessions), 1, 10_000_000)
	if o.Delay != "" {
		_, err := simulations.ParseDelay(o.Delay)
		c.want("delay", err == nil, "%q: %v", o.Delay, err)
	}
	c.between("session-bytes", int64(o.SessionBytes), simulator.MinSessionBytes, 1<<40)
	c.between("seed", int64(o.Seed), 0, math.MaxInt64)
	c.between("callback-queue", int64(o.CallbackQueue), 1, 1_000_000)
	c.between("callback-concurrency", int64(o.CallbackConcurrency), 1, 10_000)
	for _, h := range o.CallbackHosts {
		_, err := simulator.ParseCallbackHosts([]string{h})
		c.want("callback-host", err == nil, "%v", err)
	}
	c.positive("read-header-timeout", o.ReadHeaderTimeout)
	c.positive("idle-timeout", o.IdleTimeout)
	c.positive("drain-timeout", o.DrainTimeout)
	c.positive("session-idle", o.SessionIdle)
	c.positive("upstream-timeout", o.UpstreamTimeout)

	c.oneOf("origin", o.Origin, simulations.Origins())
	for _, h := range o.ShadowHeaders {
		c.header("shadow-header", h)
	}
	for _, h := range o.SyntheticHeaders {
		c.header("synthetic-header", h)
	}
	for _, k := range o.ShadowBaggage {
		c.want("shadow-baggage", isToken(k), "%q is no baggage key", k)
	}
	c.want("session-header", o.SessionHeader == "" || isToken(o.SessionHeader), "%q is no header name", o.SessionHeader)

	c.want("tls-key", (o.TLSCert == "") == (o.TLSKey == ""), "tls-cert and tls-key go together")
	c.want("tls-cert", o.TLSCert == "" || o.TLS, "a certificate without --tls would not be used")
	for name, file := range map[string]string{"tls-cert": o.TLSCert, "tls-key": o.TLSKey} {
		if file != "" {
			_, err := os.Stat(file)
			c.want(name, err == nil, "%q: %s", file, cause(err))
		}
	}
	if o.UpstreamProxy != "" {
		u, err := url.Parse(o.UpstreamProxy)
		c.want("upstream-proxy", err == nil && u.Host != "" && slices.Contains([]string{"http", "https", "socks5"}, u.Scheme),
			"%q is no proxy: give it as http://host:port, https://… or socks5://…", o.UpstreamProxy)
	}
	return c.err()
}

// DataPath is the data folder as an absolute path, for messages; "" in memory.
func (o *Options) DataPath() string {
	if o.InMemory {
		return ""
	}
	if abs, err := filepath.Abs(o.DataDir); err == nil {
		return abs
	}
	return o.DataDir
}

var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"text", "json"}
)

// optionCheck gathers what is wrong, in the order of the checks.
type optionCheck struct{ faults []simulations.FieldError }

func (c *optionCheck) want(name string, ok bool, format string, args ...any) {
	if !ok {
		c.faults = append(c.faults, simulations.FieldError{Pointer: name, Detail: fmt.Sprintf(format, args...)})
	}
}

func (c *optionCheck) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b simulations.FieldError) int { return strings.Compare(a.Pointer, b.Pointer) })
	return &simulations.Error{Code: simulations.CodeInvalid, Detail: "these options cannot be", Fields: c.faults}
}

func (c *optionCheck) listen(addresses []string) {
	c.want("listen", len(addresses) > 0, "at least one address is needed")
	seen := make(map[string]bool, len(addresses))
	for _, a := range addresses {
		c.address("listen", a)
		_, port, _ := net.SplitHostPort(a)
		c.want("listen", !seen[a] || port == "0", "%q stands twice", a)
		seen[a] = true
	}
}

func (c *optionCheck) address(name, address string) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		c.want(name, false, "%q is no address: give it as host:port or :port", address)
		return
	}
	_, err = strconv.ParseUint(port, 10, 16)
	c.want(name, err == nil, "%q has no port between 0 and 65535", address)
}

func (c *optionCheck) oneOf(name, value string, known []string) {
	c.want(name, slices.Contains(known, value), "%q is none of %s%s", value, strings.Join(known, ", "), simulations.Suggest(value, known))
}

func (c *optionCheck) between(name string, value, low, high int64) {
	c.want(name, value >= low && value <= high, "%d is not between %d and %d", value, low, high)
}

func (c *optionCheck) positive(name string, d time.Duration) {
	c.want(name, d > 0, "%s: a duration above 0 is needed", d)
}

// header checks "Name" or "Name: value".
func (c *optionCheck) header(option, h string) {
	name, _, _ := strings.Cut(h, ":")
	c.want(option, isToken(strings.TrimSpace(name)), "%q is neither a header name nor `Name: value`", h)
}

// isToken is `token` of RFC 9110 section 5.6.2, which header names and baggage
// keys are.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// cause is what is wrong with a file, without the path that stands before it.
func cause(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// level is the LogLevel that Validate let pass.
func (o *Options) level() slog.Level {
	return []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[max(slices.Index(logLevels, o.LogLevel), 0)]
}
