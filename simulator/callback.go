package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulator/template"
)

// callback is a request that follows an answer, ready to be rendered and sent.
// Immutable.
type callback struct {
	*simulations.Callback
	// message is its headers, body and delay, which are what a response has.
	message response
	// method, url and path are their templates, nil for those that are fixed.
	method, url, path *template.Template
	// size is that of all its templates' source, in bytes.
	size    int
	timeout time.Duration
}

// Defaults of callbacks.
const (
	callbackTimeout    = 10 * time.Second
	callbackBackoff    = time.Second
	callbackMaxBackoff = time.Minute
	callbackWithin     = 10 * time.Minute
)

var (
	// delivered is what a callback expects that expects nothing in particular.
	delivered = simulations.Results{"2xx"}
	// worthRetrying are the results that another attempt may change: of the
	// statuses those that say so (RFC 9110, RFC 6585, RFC 8470).
	worthRetrying = simulations.Results{simulations.ResultError, "408", "425", "429", "5xx"}
)

// compileCallback makes a callback ready; pointers are relative to it.
func compileCallback(c *simulations.Callback) (*callback, []simulations.FieldError) {
	out := &callback{Callback: c, timeout: time.Duration(c.Timeout)}
	if out.timeout == 0 {
		out.timeout = callbackTimeout
	}
	compiler := templateCompiler{dialect: dialects[c.Dialect], callback: true}
	faults := compileMessage(&simulations.Response{
		Headers: c.Headers, Text: c.Text, JSON: c.JSON, Base64: c.Base64,
		Template: c.Template, Dialect: c.Dialect, Parameters: c.Parameters, Delay: c.Delay,
	}, &out.message, nil, compiler)
	if !c.Template {
		return out, faults
	}
	part := func(pointer, source string, check func(text string) error) *template.Template {
		if !strings.Contains(source, "{{") {
			return nil
		}
		return checked(&compiler, pointer, source, func(text string) (struct{}, error) { return struct{}{}, check(text) })
	}
	out.method = part("/method", c.Method, checkMethod)
	out.url = part("/url", c.URL, func(text string) error {
		_, err := simulations.ParseCallbackURL(text)
		return err
	})
	out.path = part("/path", c.Path, func(text string) error {
		_, err := simulations.ParseCallbackPath(text)
		return err
	})
	if r := out.message.render; r != nil {
		out.size = r.size
	}
	out.size += compiler.size
	return out, append(faults, compiler.faults...)
}

func checkMethod(text string) error {
	if !simulations.ValidMethod(text) {
		return fmt.Errorf("%.40q is no method of a callback", text)
	}
	return nil
}

// callbackServer is the part of a callback's URL that stands before anything that
// a template fills in, as far as it names a scheme and a host: nil where that is
// only known once it is rendered.
func callbackServer(c *simulations.Callback) *url.URL {
	fixed, _, templated := strings.Cut(c.URL, "{{")
	if !c.Template || !templated {
		fixed = c.URL
	} else if _, rest, ok := strings.Cut(fixed, "://"); !ok || !strings.Contains(rest, "/") {
		return nil
	}
	u, err := simulations.ParseCallbackURL(fixed)
	if err != nil {
		return nil
	}
	return u
}

// message is a callback with its templates rendered.
type message struct {
	method string
	// url is the whole address, or, for the upstream of a collaborator, path and
	// query.
	url    *url.URL
	header http.Header
	body   []byte
	delay  *simulations.Delay
}

// render renders a callback. data is what its templates see, but for the
// parameters, which are its own. The error is a *renderError, or says what was
// rendered to something that cannot be sent.
func (c *callback) render(r *renderer) (*message, error) {
	out := c.message
	if out.render != nil {
		r.templates = out.render
		r.data.Parameters, r.data.Literals = out.render.parameters, out.render.parameters
		r.data.Answer = &template.Answer{}
		for _, part := range []func(*response) error{r.delay, r.fields, r.body} {
			if err := part(&out); err != nil {
				return nil, err
			}
		}
		for name, value := range r.data.Answer.Header {
			if name = http.CanonicalHeaderKey(name); simulations.CallbackHeader(name) {
				out.header.Set(name, headerText(value))
			}
		}
	}
	m := &message{method: c.Method, header: out.header, body: out.body, delay: out.delay}
	if m.method == "" {
		m.method = http.MethodPost
	}
	if c.method != nil {
		text, err := r.text(c.method)
		if m.method = strings.TrimSpace(text); err == nil {
			err = checkMethod(m.method)
		}
		if err != nil {
			return nil, templateError("the method", err)
		}
	}
	var err error
	if c.Collaborator == "" {
		m.url, err = c.address("the URL", c.URL, c.url, r, simulations.ParseCallbackURL)
	} else {
		m.url, err = c.address("the path", c.Path, c.path, r, simulations.ParseCallbackPath)
	}
	return m, err
}

func (c *callback) address(what, fixed string, t *template.Template, r *renderer, parse func(string) (*url.URL, error)) (*url.URL, error) {
	text := fixed
	if t != nil {
		var err error
		if text, err = r.text(t); err != nil {
			return nil, templateError(what, err)
		}
		text = strings.TrimSpace(text)
	}
	u, err := parse(text)
	if err != nil {
		return nil, templateError(what, err)
	}
	return u, nil
}

// delivered reports whether a status is one that the callback expects.
func (c *callback) delivered(status int) bool {
	if len(c.Expect) > 0 {
		return status != 0 && c.Expect.Has(status)
	}
	return delivered.Has(status) && status != 0
}

// again says how long to wait for another attempt after so many, the last of
// which ended like that, begun being the first one's time; more is false where
// there is none.
func (c *callback) again(attempts, status int, since time.Duration, chance func() float64) (wait time.Duration, more bool) {
	r := c.Retry
	if r == nil || attempts >= r.Attempts {
		return 0, false
	}
	on := r.On
	if len(on) == 0 {
		on = worthRetrying
	}
	if !on.Has(status) {
		return 0, false
	}
	wait, longest, within := time.Duration(r.Backoff), time.Duration(r.MaxBackoff), time.Duration(r.Within)
	if wait == 0 {
		wait = callbackBackoff
	}
	if longest == 0 {
		longest = max(callbackMaxBackoff, wait)
	}
	if within == 0 {
		within = callbackWithin
	}
	for range attempts - 1 {
		wait = min(2*wait, longest)
	}
	wait -= time.Duration(r.Jitter * chance() * float64(wait))
	return wait, since+wait <= within
}

// jitter is the chance of again.
func jitter() float64 { return rand.Float64() }

// hopsHeader counts, in a callback, how many led to one another.
const hopsHeader = "Understudy-Hops"

// hopsOf is how many callbacks have led to a request. What cannot be read counts
// as more than may be.
func hopsOf(h http.Header) int {
	values := h[hopsHeader]
	if len(values) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(values[0], 10, 8)
	if err != nil || len(values) > 1 {
		return maxHops
	}
	return int(n)
}
