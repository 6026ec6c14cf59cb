package app

// Setting is an option as a user meets it: --name, UNDERSTUDY_NAME (with _ for
// -), or name: in a config file.
type Setting struct {
	Name  string
	Group string
	// Usage is a line for the help.
	Usage string
	// Value points at the option: *string, *[]string, *int, *bool,
	// *time.Duration or *ByteSize.
	Value func(*Options) any
	// Secret keeps the value out of what is printed.
	Secret bool
}

// Settings lists every option, in the order of the reference. A new option is a
// field of Options, its default, its check and a row here.
var Settings = []Setting{
	{Name: "listen", Group: "Listeners", Usage: "address of the data plane (repeatable)", Value: func(o *Options) any { return &o.Listen }},
	{Name: "tls", Group: "Listeners", Usage: "take TLS on the data plane's ports too, with certificates by understudy's CA", Value: func(o *Options) any { return &o.TLS }},
	{Name: "tls-cert", Group: "Listeners", Usage: "PEM file with the certificate chain for --tls, instead of the CA's", Value: func(o *Options) any { return &o.TLSCert }},
	{Name: "tls-key", Group: "Listeners", Usage: "PEM file with the key of --tls-cert", Value: func(o *Options) any { return &o.TLSKey }},
	{Name: "admin-listen", Group: "Listeners", Usage: "address of the admin plane", Value: func(o *Options) any { return &o.AdminListen }},
	{Name: "admin-host", Group: "Listeners", Usage: "host name under which the admin plane may be called, such as a service's name (repeatable)", Value: func(o *Options) any { return &o.AdminHosts }},
	{Name: "admin-token", Group: "Listeners", Usage: "bearer token that the admin plane demands", Value: func(o *Options) any { return &o.AdminToken }, Secret: true},

	{Name: "data", Group: "Data", Usage: "folder of the store and the CA", Value: func(o *Options) any { return &o.DataDir }},
	{Name: "in-memory", Group: "Data", Usage: "keep everything in memory only", Value: func(o *Options) any { return &o.InMemory }},
	{Name: "import", Group: "Data", Usage: "file or folder of documents to load at start, each of 256 MiB at most; a folder is watched (repeatable)", Value: func(o *Options) any { return &o.Import }},

	{Name: "miss-status", Group: "Answers", Usage: "status of a miss and of a refusal", Value: func(o *Options) any { return &o.MissStatus }},
	{Name: "delay", Group: "Answers", Usage: "`delay` of answers that neither stub nor collaborator delays: 20ms, or as in a document, such as \"{recorded: {scale: 0.5}}\"", Value: func(o *Options) any { return &o.Delay }},
	{Name: "delay-shadow", Group: "Answers", Usage: "apply delays to shadow and synthetic traffic too", Value: func(o *Options) any { return &o.DelayShadow }},
	{Name: "upstream-proxy", Group: "Answers", Usage: "forward proxy for upstream calls (the environment's proxy variables are not obeyed)", Value: func(o *Options) any { return &o.UpstreamProxy }},
	{Name: "upstream-timeout", Group: "Answers", Usage: "how long to wait for an upstream's response header", Value: func(o *Options) any { return &o.UpstreamTimeout }},

	{Name: "callback-host", Group: "Callbacks", Usage: "host that callbacks may go to, besides collaborators' upstreams: a name, a glob of names, an address, a prefix such as 10.0.0.0/8, with :port or not, or * (repeatable)", Value: func(o *Options) any { return &o.CallbackHosts }},
	{Name: "callback-shadow", Group: "Callbacks", Usage: "send callbacks for shadow and synthetic traffic too", Value: func(o *Options) any { return &o.CallbackShadow }},
	{Name: "callback-queue", Group: "Callbacks", Usage: "how many callbacks may wait and be sent at a time; more are dropped", Value: func(o *Options) any { return &o.CallbackQueue }},
	{Name: "callback-concurrency", Group: "Callbacks", Usage: "how many callbacks are sent at once", Value: func(o *Options) any { return &o.CallbackConcurrency }},

	{Name: "origin", Group: "Origin and session", Usage: "what unmarked requests count as: live, shadow, synthetic or unknown", Value: func(o *Options) any { return &o.Origin }},
	{Name: "shadow-header", Group: "Origin and session", Usage: "header, `Name` or \"Name: value\", that marks shadow requests (repeatable)", Value: func(o *Options) any { return &o.ShadowHeaders }},
	{Name: "synthetic-header", Group: "Origin and session", Usage: "header, `Name` or \"Name: value\", that marks synthetic requests (repeatable)", Value: func(o *Options) any { return &o.SyntheticHeaders }},
	{Name: "shadow-baggage", Group: "Origin and session", Usage: "key of baggage and tracestate that marks shadow requests (repeatable)", Value: func(o *Options) any { return &o.ShadowBaggage }},
	{Name: "session-header", Group: "Origin and session", Usage: "header that names the session, after Understudy-Session and baggage", Value: func(o *Options) any { return &o.SessionHeader }},
	{Name: "session-idle", Group: "Origin and session", Usage: "after how long an unused session is forgotten", Value: func(o *Options) any { return &o.SessionIdle }},
	{Name: "max-sessions", Group: "Origin and session", Usage: "how many sessions there may be", Value: func(o *Options) any { return &o.MaxSessions }},
	{Name: "session-bytes", Group: "Origin and session", Usage: "how much memory all sessions take at most", Value: func(o *Options) any { return &o.SessionBytes }},
	{Name: "seed", Group: "Origin and session", Usage: "number that random orders and random values of templates are made from, with the session's name", Value: func(o *Options) any { return &o.Seed }},

	{Name: "journal-size", Group: "Limits", Usage: "how many exchanges the journal holds", Value: func(o *Options) any { return &o.JournalSize }},
	{Name: "journal-bytes", Group: "Limits", Usage: "how much memory the journal takes at most", Value: func(o *Options) any { return &o.JournalBytes }},
	{Name: "max-header-bytes", Group: "Limits", Usage: "largest header of a request", Value: func(o *Options) any { return &o.MaxHeaderBytes }},
	{Name: "max-body-bytes", Group: "Limits", Usage: "how much of a request's body predicates see", Value: func(o *Options) any { return &o.MaxBodyBytes }},
	{Name: "bodies-bytes", Group: "Limits", Usage: "how much memory large bodies of requests under way take together; further ones wait", Value: func(o *Options) any { return &o.BodiesBytes }},
	{Name: "record-body-bytes", Group: "Limits", Usage: "largest body that a recording keeps whole", Value: func(o *Options) any { return &o.RecordBodyBytes }},
	{Name: "max-connections", Group: "Limits", Usage: "how many connections the data plane keeps open", Value: func(o *Options) any { return &o.MaxConnections }},
	{Name: "read-header-timeout", Group: "Limits", Usage: "how long a request's header may take", Value: func(o *Options) any { return &o.ReadHeaderTimeout }},
	{Name: "idle-timeout", Group: "Limits", Usage: "how long a connection may wait for its next request", Value: func(o *Options) any { return &o.IdleTimeout }},
	{Name: "drain-timeout", Group: "Limits", Usage: "how long exchanges under way may take at the end", Value: func(o *Options) any { return &o.DrainTimeout }},

	{Name: "log-level", Group: "Logs", Usage: "debug, info, warn or error", Value: func(o *Options) any { return &o.LogLevel }},
	{Name: "log-format", Group: "Logs", Usage: "text or json", Value: func(o *Options) any { return &o.LogFormat }},
}
