package har

import (
	"cmp"
	"encoding/base64"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of an archive.
func (f *Format) MediaType() string { return "application/json" }

// anyHost stands where a stub is for any host.
const anyHost = "localhost"

// Encode writes an archive of version 1.2: an entry for each answer of each stub,
// in the order in which it is given.
func (f *Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, false)
	list := export.NewList(w, "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"creator\": {\n      \"name\": \"understudy\",\n      \"version\": \"1\"\n    },\n    \"entries\": [", 3)
	seen := make(map[string]int)
	for _, i := range export.Order(doc) {
		if list.Err() != nil {
			break
		}
		for _, e := range entries(doc, i, log.Stub(i), seen) {
			list.Add(e)
		}
	}
	return log.Warnings(), list.Close("]\n  }\n}\n")
}

// entries makes the entries of a stub, none where it is left out. Of stubs with
// one request only the first is kept, since the entries of both would be answers
// in turn.
func entries(doc *simulations.Document, i int, at export.Place, seen map[string]int) []*simulations.Value {
	s := doc.Stubs[i]
	export.Stateless(s, at)
	sample := export.SampleOf(doc, s, at, false)
	if s.Order == simulations.OrderCycle && len(s.Responses) > 1 {
		at.Get("order").LeaveOut("of answers in turn the last one stays there; write `order: sequence`")
	}
	if len(sample.Query) > 0 && !s.Request.ExactQuery || len(sample.Query) == 0 && !s.Request.ExactQuery && s.Request.URL == nil {
		at.Get("request").Warn("the query of a request is compared as a whole there")
	}
	if at.Left() {
		return nil
	}
	steps := export.Steps(s, at)
	var out []*simulations.Value
	for _, method := range sample.Methods {
		request := requestOf(sample, method, at)
		key := request.String()
		if before, ok := seen[key]; ok {
			at.LeaveOut("its request is that of /stubs/%d, which answers before it", before)
			return nil
		}
		for _, step := range steps {
			response := responseOf(s, step)
			if at.Left() {
				return nil
			}
			out = append(out, entryOf(request, response, step.Response))
		}
		seen[key] = i
	}
	return out
}

func entryOf(request, response *simulations.Value, r *simulations.Response) *simulations.Value {
	started, wait := time.Unix(0, 0).UTC(), int64(0)
	if d := r.Delay; d != nil {
		wait = export.Milliseconds(d.Fixed)
	}
	ms := simulations.NewInt(wait)
	none := simulations.NewInt(0)
	return convert.Object("startedDateTime", simulations.NewString(started.Format("2006-01-02T15:04:05.000Z")), "time", ms,
		"request", request, "response", response, "cache", convert.Object(),
		"timings", convert.Object("send", none, "wait", ms, "receive", none))
}

func requestOf(x *export.Sample, method string, at export.Place) *simulations.Value {
	host := x.Host
	switch {
	case host == "":
		at.Get("request").Warn("a URL has a host: " + anyHost + " stands for any; read the archive as har-anyhost")
		host = anyHost
	case x.Scheme == "":
		at.Get("request").Warn("a URL has a scheme: http stands for one that is not known; declare the collaborator with its `upstream`")
	}
	address := cmp.Or(x.Scheme, "http") + "://" + host + x.Base + x.Path
	if query := x.RawQuery(); query != "" {
		address += "?" + query
	}
	headers := x.Headers
	var m export.Members
	m.Text("method", method)
	m.Text("url", address)
	m.Text("httpVersion", "HTTP/1.1")
	m.Set("cookies", simulations.NewArray())
	m.Set("headers", export.Named(headers, "name", "value"))
	m.Set("queryString", export.Named(x.Query, "name", "value"))
	size := 0
	switch {
	case len(x.Form) > 0:
		text := x.FormText()
		size = len(text)
		m.Set("postData", convert.Object("mimeType", simulations.NewString(x.MediaType()), "params", export.Named(x.Form, "name", "value"), "text", simulations.NewString(text)))
	case x.HasBody:
		size = len(x.Body)
		kind := x.MediaType()
		if kind == "" {
			kind = "text/plain"
		}
		m.Set("postData", convert.Object("mimeType", simulations.NewString(kind), "text", simulations.NewString(x.Body)))
	}
	m.Set("headersSize", simulations.NewInt(-1))
	m.Set("bodySize", simulations.NewInt(int64(size)))
	return m.Value()
}

func responseOf(s *simulations.Stub, step export.Step) *simulations.Value {
	r, at := step.Response, step.At
	if r.Terms() != nil {
		at.Get("fault").LeaveOut("an entry has an answer")
	}
	if r.File != "" {
		at.Get("file").LeaveOut("bodies are in the file there")
	}
	export.AtOnce(r, at)
	if d := export.Delay(r, at); d != nil {
		at.Get("delay").Warn("how long an answer took is in the archive, and is not waited for when it is read")
	}
	if len(r.Trailers) > 0 {
		at.Get("trailers").Warn("trailers are not in an archive: they were left out")
	}
	rendered := export.Render(s, r, at, "", nil)
	status := r.Status
	if status == 0 {
		status = 200
	}
	kind := "application/octet-stream"
	if list := rendered.Headers["Content-Type"]; len(list) > 0 {
		kind = list[0]
	} else if utf8.Valid(rendered.Body) {
		kind = "text/plain"
	}
	content := convert.Object("size", simulations.NewInt(int64(len(rendered.Body))), "mimeType", simulations.NewString(kind))
	if text, inBase64 := string(rendered.Body), !utf8.Valid(rendered.Body); inBase64 {
		content.Set("text", simulations.NewString(base64.StdEncoding.EncodeToString(rendered.Body)))
		content.Set("encoding", simulations.NewString("base64"))
	} else {
		content.Set("text", simulations.NewString(text))
	}
	redirect := ""
	if list := rendered.Headers["Location"]; len(list) > 0 {
		redirect = list[0]
	}
	return convert.Object("status", simulations.NewInt(int64(status)), "statusText", simulations.NewString(http.StatusText(status)),
		"httpVersion", simulations.NewString("HTTP/1.1"), "cookies", simulations.NewArray(),
		"headers", export.Named(export.HeaderPairs(rendered.Headers), "name", "value"), "content", content,
		"redirectURL", simulations.NewString(redirect), "headersSize", simulations.NewInt(-1), "bodySize", simulations.NewInt(int64(len(rendered.Body))))
}
