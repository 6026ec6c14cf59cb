package mockoon

import (
	"path"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// response reads an answer. Its templates, and those of its headers, are
// translated together: where one cannot be, all stay as they are written.
func (r *reader) response(p convert.Place) *simulations.Response {
	p.Only("uuid", "label", "body", "latency", "statusCode", "headers", "filePath", "sendFileAsBody", "rules", "rulesOperator", "disableTemplating",
		"fallbackTo404", "default", "databucketID", "bodyType", "crudKey", "callbacks")
	out := &simulations.Response{Status: convert.Status(p.Get("statusCode")), Delay: r.delay(p.Get("latency"))}
	if c := p.Get("callbacks"); c.Kind() == simulations.Array && len(c.Value().Items) > 0 {
		c.Warn("nothing is called beside an answer here: call it from the test, or from the journal's stream")
	}
	headers := make(simulations.Headers)
	for _, list := range []convert.Place{r.root.Get("headers"), p.Get("headers")} {
		own := make(map[string]bool)
		for h := range list.Items() {
			name := h.Get("key").Text()
			if name == "" {
				continue
			}
			key := canonical(name)
			if !own[key] {
				delete(headers, key) // a response's header replaces the environment's
			}
			own[key] = true
			convert.AddHeader(h, headers, name, h.Get("value").Text())
		}
	}
	delete(headers, "Content-Length")
	delete(headers, "Trailer")
	if len(headers) > 0 {
		out.Headers = headers
	}
	r.body(p, out)
	if !p.Get("disableTemplating").Bool() {
		r.templates(p, out)
	}
	return out
}

func (r *reader) body(p convert.Place, out *simulations.Response) {
	switch kind := p.Get("bodyType").Text(); {
	case kind == "DATABUCKET":
		id := p.Get("databucketID")
		bucket, ok := r.buckets[id.Text()]
		if !ok {
			id.Warn("there is no such data bucket: the answer has no body")
			return
		}
		value := bucket.Get("value")
		convert.Body(value, out, value.Text())
	case kind == "FILE" || kind == "" && p.Get("filePath").Text() != "":
		file(p.Get("filePath"), out)
		if name := path.Base(out.File); out.File != "" && !p.Get("sendFileAsBody").Bool() {
			if out.Headers == nil {
				out.Headers = make(simulations.Headers)
			}
			out.Headers["Content-Disposition"] = []string{`attachment; filename="` + strings.ReplaceAll(name, `"`, "") + `"`}
		}
	default:
		body := p.Get("body")
		convert.Body(body, out, body.Text())
	}
}

// file names a file below the environment's folder.
func file(p convert.Place, out *simulations.Response) {
	name := p.Text()
	switch {
	case name == "":
	case strings.Contains(name, "{{"):
		p.Refuse("the name of a file is no template here: write a response for each")
	case path.IsAbs(name), strings.Contains(name, `\`), strings.Contains(name, ":"), slices.Contains(strings.Split(name, "/"), ".."):
		p.Refuse("a file is named by a path below the environment's folder, without '..'")
	default:
		out.File = path.Clean(name)
	}
}

// templates translates the texts of an answer that have templates.
func (r *reader) templates(p convert.Place, out *simulations.Response) {
	t := translator{buckets: r.buckets, parameters: make(map[string]*simulations.Value), variables: make(map[string]bool)}
	found := false
	translate := func(text string) string {
		if !strings.Contains(text, "{{") {
			return text
		}
		found = true
		return t.text(text)
	}
	var text *string
	if out.Text != nil {
		body := translate(*out.Text)
		text = &body
	}
	headers := make(simulations.Headers, len(out.Headers))
	for _, name := range sortedNames(out.Headers) {
		for _, value := range out.Headers[name] {
			headers[name] = append(headers[name], translate(value))
		}
	}
	switch {
	case !found:
	case t.unknown != "":
		p.Warn("the templates are given as they are written, since understudy has nothing for %s: write them anew, with `template: true`", t.unknown)
	default:
		out.Template = true
		out.Text = text
		if len(headers) > 0 {
			out.Headers = headers
		}
		if len(t.parameters) > 0 {
			out.Parameters = t.parameters
		}
	}
}
