package admin

import (
	"net/http"
	"net/url"
	"strings"

	"understudy/simulations"
)

// askRequest is simulations.Ask as a body.
type askRequest struct {
	Method     string              `json:"method,omitempty" help:"GET by default."`
	URL        string              `json:"url" help:"An absolute http or https URL, or a path with its query; then a Host header names the collaborator."`
	Headers    map[string][]string `json:"headers,omitempty" help:"A name to one value or a list of them."`
	Body       string              `json:"body,omitempty" help:"The body's text."`
	BodyBase64 []byte              `json:"bodyBase64,omitempty" help:"The body's bytes; or body."`
	Session    string              `json:"session,omitempty" help:"The session to ask in; by default what the headers say."`
}

func (a *askRequest) check() (faults []simulations.FieldError) {
	fault := func(pointer, detail string) {
		faults = append(faults, simulations.FieldError{Pointer: pointer, Detail: detail})
	}
	u, err := url.Parse(a.URL)
	switch {
	case err != nil:
		fault("/url", "is no URL: write it as a client would send it, special characters as %XX")
	case u.IsAbs() && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https"):
		fault("/url", "is no http or https URL with a host")
	case !u.IsAbs() && !strings.HasPrefix(a.URL, "/"):
		fault("/url", "is neither an absolute URL nor a path that begins with '/'")
	}
	if a.Method != "" && strings.ContainsFunc(a.Method, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) {
		fault("/method", "is no method")
	}
	if a.Body != "" && len(a.BodyBase64) > 0 {
		fault("/bodyBase64", "a request has either body or bodyBase64")
	}
	return faults
}

func (c *call) explain() error {
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask askRequest
	v, err := decodeStrict(data, &ask)
	if err != nil {
		return err
	}
	if faults := ask.check(); len(faults) > 0 {
		return invalidBody(v.Locate(faults))
	}
	if ask.Method == "" {
		ask.Method = http.MethodGet
	}
	model := simulations.Ask(ask)
	explanation, err := c.opts.Engine.Explain(c.r.Context(), &model)
	if err != nil {
		return located(err, v.Locate)
	}
	return c.json(http.StatusOK, explanation)
}
