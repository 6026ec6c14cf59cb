package simulator

import (
	"net/http"
	"strconv"
	"sync"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/template"
)

// How far templates look back in the journal.
const (
	maxPast      = 10_000
	maxPastBytes = 32 << 20
	// pastChunk is how many entries are copied out at once: most look-ups find
	// what they want among the latest.
	pastChunk = 16
)

// templateJournal is the journal as templates see it: the exchanges of one
// session, as redaction and the journal's bounds have left them.
type templateJournal struct {
	journal *journal
	session string
}

func (t templateJournal) Back(read func(bytes int) error, show func(*template.Past) (more bool, err error)) error {
	fits := &filter{JournalFilter: simulations.JournalFilter{Session: t.session}}
	first, end := t.journal.bounds()
	first = max(first, end-min(end, maxPast))
	var buf []byte
	size := 0
	for to := end; to > first && size < maxPastBytes; {
		from := max(first, to-min(to, pastChunk))
		var forms []string
		forms, buf = t.journal.read(from, to, buf)
		chunk := 0
		for _, form := range forms {
			chunk += len(form)
		}
		if err := read(chunk); err != nil {
			return err
		}
		size += chunk
		for ; to > from; to-- {
			form := forms[to-1-from]
			if form == "" {
				continue // it has made room
			}
			if x := fits.pick(to-1, form); x != nil && x.Callback == nil {
				if more, err := show(pastOf(x)); err != nil || !more {
					return err
				}
			}
		}
	}
	return nil
}

func pastOf(x *simulations.Exchange) *template.Past {
	return &template.Past{
		Request: &pastRequest{exchange: x, match: journalled(x)},
		Status:  x.Response.Status, Header: x.Response.Header, Time: x.Time, Stub: x.Stub, Outcome: string(x.Outcome),
		Body: sync.OnceValue(func() string {
			if plain, _, ok := uncoded(x.Response.Header, &x.Response.Body); ok {
				return string(plain)
			}
			return string(x.Response.Body.Data)
		}),
	}
}

// pastRequest is the request of a journalled exchange as templates see it.
type pastRequest struct {
	exchange *simulations.Exchange
	match    *matchers.Request
}

func (p *pastRequest) ID() string                    { return strconv.FormatUint(p.exchange.ID, 10) }
func (p *pastRequest) Method() string                { return p.match.Method }
func (p *pastRequest) Scheme() string                { return "http" } // the journal does not know
func (p *pastRequest) Host() string                  { return p.exchange.Request.Host }
func (p *pastRequest) Path() string                  { return p.match.Path }
func (p *pastRequest) RawQuery() string              { return p.match.RawQuery }
func (p *pastRequest) PathParams() map[string]string { return nil }
func (p *pastRequest) Header() map[string][]string   { return p.match.Header }
func (p *pastRequest) Body() string                  { return string(p.match.Body) }
func (p *pastRequest) JSON() (any, bool)             { return p.match.JSON() }
func (p *pastRequest) ClientIP() string              { return "" }

func (p *pastRequest) Query() map[string][]string {
	return pairsOf(matchers.ParseQuery(p.match.RawQuery))
}

func (p *pastRequest) Form() map[string][]string {
	return pairsOf(matchers.ParseQuery(string(p.match.Body)))
}

func (p *pastRequest) Cookies() map[string][]string {
	return cookiesOf(&http.Request{Header: p.match.Header})
}
