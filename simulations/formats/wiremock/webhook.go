package wiremock

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// webhooks reads what a mapping sends after its answer: the extension webhook,
// as listeners of served events or as the actions that came before them, a list
// or, of version 2, an object by name. Other extensions are in Java.
func webhooks(p convert.Place, out *simulations.Response) {
	for _, name := range []string{"postServeActions", "serveEventListeners"} {
		l := p.Get(name)
		if l.Kind() == simulations.Object {
			for extension, parameters := range l.Members() {
				follow(extension, l.Get(extension), parameters, out)
			}
			continue
		}
		for item := range l.Items() {
			item.Only("name", "parameters", "requestPhases")
			for phase := range item.Get("requestPhases").Items() {
				if phase.Text() != "AFTER_COMPLETE" {
					phase.Warn("a callback is sent when the answer has been given, and once, whatever the phase")
				}
			}
			follow(item.Get("name").Text(), item, item.Get("parameters"), out)
		}
	}
}

// follow reads one listener; at is where it stands.
func follow(name string, at, parameters convert.Place, out *simulations.Response) {
	if name != "webhook" {
		at.Warn("%q is an extension in Java: nothing is done for it here", name)
		return
	}
	c := &simulations.Callback{Method: "GET", URL: parameters.Get("url").Text(), Headers: webhookHeaders(parameters.Get("headers"))}
	if m := parameters.Get("method").Text(); m != "" {
		c.Method = m
	}
	webhookBody(parameters, c)
	for name, v := range parameters.Members() {
		switch name {
		case "method", "url", "headers", "body", "base64Body", "delay":
			continue
		}
		if v.Value() != nil && v.Set() {
			if c.Parameters == nil {
				c.Parameters = make(map[string]*simulations.Value)
			}
			c.Parameters[name] = v.Value()
		}
	}
	if d := parameters.Get("delay"); d.Set() {
		c.Delay = &simulations.Delay{}
		distribution(d, c.Delay)
	}
	if webhookTemplated(c) {
		c.Template, c.Dialect = true, simulations.DialectWireMock
	} else {
		c.Parameters = nil // only templates see them
	}
	switch {
	case c.Template && c.Base64 != nil:
		at.Warn("a body that is no text has no templates: the webhook was left out")
		return
	case len(out.Callbacks) == simulations.MaxCallbacks:
		at.Warn("an answer has %d callbacks at most: this one was left out", simulations.MaxCallbacks)
		return
	case c.Template && strings.Contains(c.URL, "{{"):
	default:
		if _, err := simulations.ParseCallbackURL(c.URL); err != nil {
			at.Warn("its url, %s: the webhook was left out", err)
			return
		}
	}
	if !strings.Contains(c.Method, "{{") && !simulations.ValidMethod(c.Method) {
		at.Warn("%q is no method: the webhook was left out", c.Method)
		return
	}
	out.Callbacks = append(out.Callbacks, c)
}

// webhookHeaders leaves out, with a warning, what a callback does not say.
func webhookHeaders(p convert.Place) simulations.Headers {
	headers, trailers := convert.Headers(p)
	for name := range trailers {
		headers[name] = trailers[name]
	}
	for name := range headers {
		if !simulations.CallbackHeader(name) {
			p.Warn("%s is not the webhook's to say here, and was left out: it belongs to the connection, or to the address", name)
			delete(headers, name)
		}
	}
	return headers
}

func webhookBody(p convert.Place, c *simulations.Callback) {
	body := p.Get("body")
	text := ""
	switch in64 := p.Get("base64Body"); {
	case body.Set() && body.Kind() == simulations.String:
		text = body.Text()
	case body.Set():
		text = string(body.Value().AppendJSON(nil))
	case in64.Set():
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(in64.Text()), ""))
		if err != nil {
			in64.Refuse("not base64: %s", err)
			return
		}
		text = string(raw)
	}
	switch {
	case text == "":
	case utf8.ValidString(text):
		c.Text = &text
	default:
		raw := simulations.Bytes(text)
		c.Base64 = &raw
	}
}

func webhookTemplated(c *simulations.Callback) bool {
	if strings.Contains(c.Method+c.URL, "{{") || c.Text != nil && strings.Contains(*c.Text, "{{") {
		return true
	}
	for _, values := range c.Headers {
		if strings.Contains(strings.Join(values, "\n"), "{{") {
			return true
		}
	}
	return false
}
