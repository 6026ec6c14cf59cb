package admin

import (
	"unicode/utf8"

	"understudy/simulations"
)

// The views are what the API shows where the model's own types do not say it.
// The names of these types are the names of the OpenAPI document's schemas.

type simulationList struct {
	Simulations []simulations.SimulationInfo `json:"simulations"`
}

type stubList struct {
	Stubs []stubValue `json:"stubs"`
	// Next is the cursor of the page that follows; absent on the last.
	Next string `json:"next,omitempty"`
}

// stubValue is a stub as a document writes it.
type stubValue struct{ *simulations.Value }

func viewStub(s *simulations.StoredStub) stubValue { return stubValue{s.Value()} }

type collaboratorList struct {
	Collaborators []collaborator `json:"collaborators"`
}

// collaborator is one as declared and as it stands.
type collaborator struct {
	simulations.CollaboratorInfo
	// Config is what stands under the name in a document.
	Config configValue `json:"config"`
}

// configValue is a collaborator as a document writes it.
type configValue struct{ *simulations.Value }

func viewCollaborator(info simulations.CollaboratorInfo) collaborator {
	config := info.Config
	if config == nil {
		config = &simulations.Collaborator{}
	}
	return collaborator{CollaboratorInfo: info, Config: configValue{config.Value()}}
}

type takeList struct {
	Takes []simulations.Take `json:"takes"`
}

type sessionList struct {
	Sessions []simulations.SessionInfo `json:"sessions"`
	// Next is the cursor of the page that follows; absent on the last.
	Next string `json:"next,omitempty"`
}

// journalPage is a JournalPage with readable bodies.
type journalPage struct {
	Entries []exchange `json:"entries"`
	Next    uint64     `json:"next"`
	Missed  uint64     `json:"missed"`
	More    bool       `json:"more"`
}

func viewPage(p *simulations.JournalPage) journalPage {
	out := journalPage{Next: p.Next, Missed: p.Missed, More: p.More, Entries: make([]exchange, len(p.Entries))}
	for i, e := range p.Entries {
		out.Entries[i] = viewExchange(e)
	}
	return out
}

// exchange is an Exchange with readable bodies.
type exchange struct {
	simulations.Exchange
	Request  exchangeRequest  `json:"request"`
	Response exchangeResponse `json:"response"`
}

type exchangeRequest struct {
	simulations.RequestMessage
	Body content `json:"body"`
}

type exchangeResponse struct {
	simulations.ResponseMessage
	Body content `json:"body"`
}

// content is a Body for people: as text where it is text, else in base64.
type content struct {
	// Size is the length on the wire in bytes, kept or not.
	Size      int64 `json:"size"`
	Truncated bool  `json:"truncated,omitempty"`
	// Text is what was kept, where it is UTF-8 and not content-encoded, Base64
	// where it is not; both are absent where nothing was kept here.
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
	// Stored names content that is in the store.
	Stored *simulations.BodyRef `json:"stored,omitempty"`
}

func viewExchange(e *simulations.Exchange) exchange {
	return exchange{
		Exchange: *e,
		Request:  exchangeRequest{e.Request, viewBody(&e.Request.Body, e.Request.Header["Content-Encoding"])},
		Response: exchangeResponse{e.Response, viewBody(&e.Response.Body, e.Response.Header["Content-Encoding"])},
	}
}

func viewBody(b *simulations.Body, encodings []string) content {
	out := content{Size: b.Size, Truncated: b.Truncated, Stored: b.Stored}
	encoded := false
	for _, e := range encodings {
		encoded = encoded || e != "" && e != "identity"
	}
	text := b.Data
	if b.Truncated {
		text = wholeRunes(text)
	}
	if !encoded && utf8.Valid(text) {
		out.Text = string(text)
	} else {
		out.Base64 = b.Data
	}
	return out
}

// wholeRunes leaves out a character at the end that was cut in two.
func wholeRunes(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			return b
		}
	}
	return b
}
