// Package govcr reads cassettes of go-vcr, versions 1 and 2.
//
// The rule is go-vcr's default: method and URL as they are written decide, the
// body (but for [Bodies]) and headers do not; a request that stands several times gets the answers
// in turn. Where go-vcr then fails, the last answer stays. Version 2 waits as
// long as the recorded call took.
package govcr

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/recorded"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads cassettes.
type Format struct {
	name    string
	anyHost bool
	// bodies are compared too.
	bodies bool
}

// The ways of reading: with the hosts of the recording, or for any host, such
// as understudy's own; and with the requests' bodies, for recordings that were
// played with a matcher of those.
var (
	Hosts   = &Format{name: "go-vcr"}
	AnyHost = &Format{name: "go-vcr-anyhost", anyHost: true}
	Bodies  = &Format{name: "go-vcr-bodies", bodies: true}
)

// Name is what users call the format.
func (f *Format) Name() string { return f.name }

// Aliases are further names: none.
func (f *Format) Aliases() []string { return nil }

// Sniff recognises version and interactions.
func (f *Format) Sniff(data []byte) bool {
	return f == Hosts && sniff.HasAll(data, "version", "interactions")
}

// Decode reads a cassette.
func (f *Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	root.Only("version", "interactions")
	if n := root.Get("version"); n.Text() != "1" && n.Text() != "2" {
		n.Refuse("%q is no version that is known: there are 1 and 2", n.Text())
	}
	fold := recorded.NewFold(recorded.Options{AnyHost: f.anyHost, ExactURL: true})
	for i := range root.Get("interactions").Items() {
		if err := fold.Add(f.interaction(i)); err != nil {
			return nil, nil, err
		}
	}
	warnings, err := convert.Said(root, "cassette")
	if err != nil {
		return nil, nil, err
	}
	doc, err := fold.Draft().Document()
	return doc, warnings, err
}

func (f *Format) interaction(p convert.Place) recorded.Exchange {
	request, response := p.Get("request"), p.Get("response")
	method := request.Get("method").Text()
	if method == "" {
		method = "GET" // as net/http has it
	}
	out := &simulations.Response{Status: convert.Status(response.First("code", "status_code"))}
	if out.Status == 0 {
		out.Status = status(response.Get("status"))
	}
	out.Headers, out.Trailers = convert.Headers(response.Get("headers"))
	for name, values := range trailers(response.Get("trailer")) {
		if out.Trailers == nil {
			out.Trailers = make(simulations.Headers)
		}
		out.Trailers[name] = values
	}
	convert.Body(response.Get("body"), out, response.Get("body").Text())
	recorded.Undecoded(out)
	if d := response.Get("duration"); d.Text() != "" && d.Text() != "0" && d.Text() != "0s" {
		took, err := time.ParseDuration(d.Text())
		if err != nil || took < 0 {
			d.Refuse("%q is no duration", d.Text())
		}
		if took > 0 {
			out.Delay = &simulations.Delay{Fixed: simulations.Duration(took)}
		}
	}
	x := recorded.Exchange{At: p, Method: method, URL: request.Get("url").Text(), URLAt: request.Get("url"), Response: out}
	if f.bodies {
		sent, _ := convert.Headers(request.Get("headers"))
		x.Body = recorded.Body(request.Get("body").Text(), http.Header(sent).Get("Content-Type"))
	}
	return x
}

// status reads the number of a status line such as "200 OK".
func status(p convert.Place) int {
	digits, _, _ := strings.Cut(p.Text(), " ")
	n, err := strconv.Atoi(digits)
	if p.Text() != "" && (err != nil || n < 200 || n > 599) {
		p.Refuse("%q is no status", p.Text())
		return 0
	}
	return n
}

func trailers(p convert.Place) simulations.Headers {
	h, _ := convert.Headers(p)
	return h
}
