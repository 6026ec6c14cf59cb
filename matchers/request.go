package matchers

import (
	"net"
	"net/http"
	"net/textproto"
	"strings"

	"understudy/simulations"
)

// Request is the canonical view of a request, built once per exchange. Its
// exported fields are not written after the first use; what is derived from
// them is parsed at most once, and only if a test asks. A Request is used by
// one goroutine at a time.
type Request struct {
	// Collaborator is the resolved name, "" for a host that none declares.
	Collaborator string
	// Method is as it was sent: methods are case-sensitive (RFC 9110 section 9.1).
	Method string
	// Host is in lower case, without port and -shadow.
	Host string
	// Port is what the request names behind the host, "" for none.
	Port string
	// Path is as it was sent, percent-encoded.
	Path string
	// RawQuery is without '?'.
	RawQuery string
	// Header has canonical names, and Host among them.
	Header http.Header
	// Body is without its content coding, and may be cut.
	Body []byte
	// BodyTruncated says that the body was longer than what is kept.
	BodyTruncated bool
	Session       string
	Origin        simulations.Origin
	// Redacted is the request as redaction leaves it; nil when that changes nothing.
	Redacted *Request

	scope   scope
	path    string // match form
	pathSum uint64 // its hash, 0 until asked for
	query   *pairs
	cookies *pairs
	body    *body
	own     body // what body points to, unless it is another view's
	search  search
}

// EndWith makes searches for r end soon after ctx, a context, does. They then find
// nothing, and [Request.GivenUp] says so.
func (r *Request) EndWith(ctx ender) { r.scope.ctx = ctx }

// GivenUp reports whether a search for r was ended by its context. What the search
// has returned then says nothing of the stubs.
func (r *Request) GivenUp() bool { return r.scope.ended }

// Stats returns the work that was done for the request so far.
func (r *Request) Stats() Work { return r.scope.work }

// JSON is the body as encoding/json decodes it, numbers as json.Number; false
// where it is none. It is decoded once, for matching too. Shared so do not mutate.
func (r *Request) JSON() (any, bool) {
	if r.BodyTruncated {
		return nil, false
	}
	return r.content().asJSON(&r.scope)
}

// view is the request that a pattern looks at.
func (r *Request) view(redacted bool) *Request {
	if !redacted || r.Redacted == nil {
		return r
	}
	// Redaction seldom touches the body; then both views share what was parsed.
	if v := r.Redacted; v.body == nil && len(v.Body) == len(r.Body) && len(r.Body) > 0 && &v.Body[0] == &r.Body[0] {
		v.body = r.content()
	}
	return r.Redacted
}

func (r *Request) matchPath() string {
	if r.path == "" {
		r.path = matchForm(r.Path)
		if r.path == "" {
			r.path = "/"
		}
	}
	return r.path
}

// pathHash is the hash of the match form.
func (r *Request) pathHash() uint64 {
	if r.pathSum == 0 {
		r.pathSum = hashOf(hashText, r.matchPath())
	}
	return r.pathSum
}

// authority is host and port.
func (r *Request) authority() string {
	if r.Port == "" {
		return r.Host
	}
	return net.JoinHostPort(r.Host, r.Port)
}

// url is path and query as they were sent.
func (r *Request) url() string {
	if r.RawQuery == "" {
		return r.Path
	}
	return r.Path + "?" + r.RawQuery
}

func (r *Request) queryPairs() *pairs {
	if r.query == nil {
		r.query = parseQuery(r.RawQuery)
	}
	return r.query
}

// queryValues are the values of a parameter; with fold of any name that is
// equal to it but for the case of letters.
func (r *Request) queryValues(name string, fold bool) []string {
	q := r.queryPairs()
	if !fold {
		return q.values[name]
	}
	var out []string
	for _, n := range q.names {
		if strings.EqualFold(n, name) {
			out = append(out, q.values[n]...)
		}
	}
	return out
}

func (r *Request) cookiePairs() *pairs {
	if r.cookies == nil {
		r.cookies = parseCookies(r.Header["Cookie"])
	}
	return r.cookies
}

// Forget throws away what was made of the body; it is made again where somebody
// asks.
func (r *Request) Forget() {
	r.body, r.own = nil, body{}
	if r.Redacted != nil {
		r.Redacted.Forget()
	}
}

func (r *Request) content() *body {
	if r.body == nil {
		r.own.data, r.own.header = r.Body, textproto.MIMEHeader(r.Header)
		r.body = &r.own
	}
	return r.body
}
