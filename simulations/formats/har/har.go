// Package har reads HTTP archives, versions 1.1 and 1.2.
//
// An archive says nothing of matching: method, host, path, the parameters of
// the query in any order and the body, JSON and forms as what they are, decide;
// headers do not. A request that was answered differently gets the answers in
// recorded order, and the last one stays.
package har

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/recorded"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads archives.
type Format struct {
	name    string
	anyHost bool
}

// The ways of reading: with the hosts of the archive, or for any host, such as
// understudy's own.
var (
	Hosts   = &Format{name: "har"}
	AnyHost = &Format{name: "har-anyhost", anyHost: true}
)

// Name is what users call the format.
func (f *Format) Name() string { return f.name }

// Aliases are further names: none.
func (f *Format) Aliases() []string { return nil }

// Sniff recognises a log with entries.
func (f *Format) Sniff(data []byte) bool {
	return f == Hosts && sniff.Has(data, "log") && bytes.Contains(data, []byte("entries"))
}

// Begins recognises the beginning of a log in JSON, whose entries may come later.
func (f *Format) Begins(head []byte) bool { return sniff.Flow(head) && sniff.Has(head, "log") }

// entry reads one exchange; false for one that has no answer, or is none.
func entry(p convert.Place) (recorded.Exchange, bool) {
	if !p.IsObject() {
		return recorded.Exchange{}, false
	}
	request, response := p.Get("request"), p.Get("response")
	status := response.Get("status")
	switch n := status.Int(); {
	case n < 200:
		status.Warn("the exchange has no answer of status 200 to 599 and was left out")
		return recorded.Exchange{}, false
	case strings.EqualFold(request.Get("method").Text(), "CONNECT"):
		p.Warn("a tunnel is no exchange: it was left out")
		return recorded.Exchange{}, false
	case local(request.Get("url").Text()):
		request.Get("url").Warn("the browser answered this itself, no service did: it was left out")
		return recorded.Exchange{}, false
	}
	out := &simulations.Response{Status: convert.Status(status)}
	out.Headers = headers(response.Get("headers"))
	content(response.Get("content"), out)
	recorded.Undecoded(out)
	x := recorded.Exchange{At: p, Method: request.Get("method").Text(), URL: request.Get("url").Text(), URLAt: request.Get("url"), Response: out}
	// A fragment is never sent.
	x.URL, _, _ = strings.Cut(x.URL, "#")
	x.Body = postData(request.Get("postData"))
	return x, true
}

// local reports whether a URL is one that browsers write into archives, but ask no
// service about.
func local(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	switch strings.ToLower(scheme) {
	case "data", "blob", "about", "file", "chrome-extension", "moz-extension":
		return true
	}
	return false
}

// headers reads a list of names and values; what HTTP/2 has for the first line
// is passed over.
func headers(p convert.Place) simulations.Headers {
	out := make(simulations.Headers)
	for h := range p.Items() {
		name, value := h.Get("name").Text(), h.Get("value").Text()
		if !strings.HasPrefix(name, ":") {
			// Some write several lines of one header into one value.
			convert.AddHeader(h, out, name, strings.Split(value, "\n")...)
		}
	}
	return out
}

func content(p convert.Place, out *simulations.Response) {
	text := p.Get("text").Text()
	switch encoding := p.Get("encoding").Text(); {
	case strings.EqualFold(encoding, "base64"):
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			p.Get("text").Refuse("not base64, as `encoding` says: %s", err)
		}
		text = string(raw)
	case encoding != "":
		p.Get("encoding").Refuse("%q is no encoding that is known: base64 is", encoding)
	}
	if text == "" && p.Get("size").Float() > 0 && out.Status != 304 {
		p.Warn("the body is not in the archive, and the answer comes without: export it with contents")
	}
	convert.Body(p, out, text)
}

// postData is what a request's body must be like.
func postData(p convert.Place) *simulations.Value {
	if !p.Set() {
		return nil
	}
	kind := p.Get("mimeType").Text()
	text := p.Get("text").Text()
	if strings.HasPrefix(strings.ToLower(kind), "multipart/") {
		p.Warn("a multipart body is not compared, as its boundary is never the same")
		return nil
	}
	if text == "" && p.Get("params").Set() {
		var pairs []string
		for param := range p.Get("params").Items() {
			pairs = append(pairs, url.QueryEscape(param.Get("name").Text())+"="+url.QueryEscape(param.Get("value").Text()))
		}
		text, kind = strings.Join(pairs, "&"), "application/x-www-form-urlencoded"
	}
	return recorded.Body(text, kind)
}
