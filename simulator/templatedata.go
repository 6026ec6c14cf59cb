package simulator

import (
	"math/rand/v2"
	"net"
	"net/http"

	"understudy/matchers"
	"understudy/simulator/template"
)

// templateData is what templates see of an exchange; params are the path's,
// before the values of the session that the answer's claim has changed, as they
// were.
func (x *exchange) templateData(params map[string]string, before map[string]*string) *template.Data {
	if x.memory == nil {
		x.memory = x.engine.sessions.memory(x.entry.Session, x.rollback, before)
	}
	if x.draws == nil {
		x.draws = rand.New(&drawing{sessions: x.engine.sessions, session: x.entry.Session, dry: x.rollback})
	}
	return &template.Data{
		Request: &templateRequest{x: x, params: params}, State: x.memory, Session: x.entry.Session, Rand: x.draws,
		Tables: &templateTables{x: x}, Journal: templateJournal{x.engine.journal, x.entry.Session},
	}
}

// templateRequest is a request as templates see it.
type templateRequest struct {
	x      *exchange
	params map[string]string
}

func (t *templateRequest) ID() string { return t.x.id() }

func (t *templateRequest) Method() string { return t.x.r.Method }

func (t *templateRequest) Scheme() string {
	if t.x.r.TLS != nil {
		return "https"
	}
	return "http"
}

func (t *templateRequest) Host() string                  { return t.x.r.Host }
func (t *templateRequest) Path() string                  { return t.x.match.Path }
func (t *templateRequest) RawQuery() string              { return t.x.match.RawQuery }
func (t *templateRequest) PathParams() map[string]string { return t.params }
func (t *templateRequest) Header() map[string][]string   { return t.x.r.Header }
func (t *templateRequest) Body() string                  { return string(t.x.match.Body) }

func (t *templateRequest) Query() map[string][]string {
	return pairsOf(matchers.ParseQuery(t.x.match.RawQuery))
}

func (t *templateRequest) Form() map[string][]string {
	return pairsOf(matchers.ParseQuery(string(t.x.match.Body)))
}

func pairsOf(pairs []matchers.Pair) map[string][]string {
	out := make(map[string][]string, len(pairs))
	for _, p := range pairs {
		out[p.Name] = append(out[p.Name], p.Value)
	}
	return out
}

func (t *templateRequest) Cookies() map[string][]string { return cookiesOf(t.x.r) }

func cookiesOf(r *http.Request) map[string][]string {
	out := make(map[string][]string)
	for _, c := range r.Cookies() {
		out[c.Name] = append(out[c.Name], c.Value)
	}
	return out
}

func (t *templateRequest) JSON() (any, bool) {
	return t.x.match.JSON()
}

func (t *templateRequest) ClientIP() string {
	host, _, err := net.SplitHostPort(t.x.r.RemoteAddr)
	if err != nil {
		return t.x.r.RemoteAddr
	}
	return host
}
