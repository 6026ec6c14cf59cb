package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
	"understudy/simulator/template"
)

// render returns a response with its templates rendered; params and before are
// those of templateData. The parts are rendered in one order, so that what they
// draw at random or count is the same again in a session that begins anew. The
// error is a *renderError.
func (x *exchange) render(res *response, params map[string]string, before map[string]*string) (*response, error) {
	if res.render == nil {
		return res, nil
	}
	data := x.templateData(params, before)
	data.Answer = &template.Answer{}
	data.Parameters, data.Literals = res.render.parameters, res.render.parameters
	r := renderer{ctx: x.r.Context(), data: data, memory: x.memory, templates: res.render}
	out := *res
	for _, part := range []func(out *response) error{r.variables, r.status, r.delay, r.fields, r.body, r.answer, r.sets} {
		if err := part(&out); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// renderer renders the parts of one response.
type renderer struct {
	ctx       context.Context //nolint:containedctx // it lasts as long as the rendering
	data      *template.Data
	memory    *memory
	templates *rendering
	// scratch is memory for texts.
	scratch []byte
}

func (r *renderer) text(t *template.Template) (string, error) {
	r.scratch = r.scratch[:0]
	err := t.Execute(r.ctx, &r.scratch, r.data)
	return string(r.scratch), err
}

// variables are what the other templates refer to; none sees another.
func (r *renderer) variables(*response) error {
	if len(r.templates.variables) == 0 {
		return nil
	}
	vars := make(map[string]any, len(r.templates.variables))
	for _, v := range r.templates.variables {
		text, err := r.text(v.template)
		if err != nil {
			return templateError("the variable "+v.name, err)
		}
		vars[v.name] = text
	}
	r.data.Vars = vars
	return nil
}

func (r *renderer) status(out *response) error {
	if r.templates.status == nil {
		return nil
	}
	text, err := r.text(r.templates.status)
	if err == nil {
		out.status, err = parseStatus(text)
	}
	if err != nil {
		return templateError("the status", err)
	}
	return nil
}

// parseStatus reads a status that a template has made.
func parseStatus(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 200 || n > 599 {
		return 0, fmt.Errorf("%.40q is no status: a status is 200 to 599", text)
	}
	return n, nil
}

func (r *renderer) delay(out *response) error {
	if r.templates.delay == nil {
		return nil
	}
	text, err := r.text(r.templates.delay)
	if err == nil {
		d := *out.delay
		d.Fixed, err = parseDelay(text)
		out.delay = &d
	}
	if err != nil {
		return templateError("the delay", err)
	}
	return nil
}

// parseDelay reads a fixed delay that a template has made.
func parseDelay(text string) (simulations.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%.40q is no duration: it is a number with a unit, such as 20ms", text)
	case d < 0 || d > simulations.MaxDelay:
		return 0, fmt.Errorf("a delay is 0s to %s, not %.40s", simulations.MaxDelay, text)
	}
	return simulations.Duration(d), nil
}

// fields are the headers and trailers.
func (r *renderer) fields(out *response) error {
	out.header = out.header.Clone()
	if err := r.each("the header ", r.templates.headers, func(name string, values []string) { out.header[name] = values }); err != nil {
		return err
	}
	if len(r.templates.trailers) == 0 {
		return nil
	}
	out.trailer = out.trailer.Clone()
	return r.each("the trailer ", r.templates.trailers, func(name string, values []string) { out.trailer[http.TrailerPrefix+name] = values })
}

func (r *renderer) each(what string, fields []fieldTemplate, put func(name string, values []string)) error {
	for _, f := range fields {
		values := make([]string, len(f.values))
		for i, t := range f.values {
			v, err := r.text(t)
			if err != nil {
				return templateError(what+f.name, err)
			}
			values[i] = headerText(v)
		}
		put(f.name, values)
	}
	return nil
}

func (r *renderer) body(out *response) (err error) {
	switch {
	case r.templates.text != nil:
		out.body = make([]byte, 0, r.templates.text.Length())
		err = r.templates.text.Execute(r.ctx, &out.body, r.data)
	case r.templates.json != nil:
		out.body, err = renderJSON(r.ctx, r.templates.json, r.data)
	case r.templates.file != nil:
		return r.file(out)
	}
	if err != nil {
		return templateError("the body", err)
	}
	return nil
}

// file gives the body out of one of the files.
func (r *renderer) file(out *response) error {
	name, err := r.text(r.templates.file)
	if err != nil {
		return templateError("the file's name", err)
	}
	body, found, err := r.templates.files.find(name)
	if err != nil {
		return templateError("the file's name", err)
	}
	if out.body = body.raw; body.text == nil {
		return nil
	}
	out.body = make([]byte, 0, body.text.Length())
	if err := body.text.Execute(r.ctx, &out.body, r.data); err != nil {
		return templateError("the file "+found, err)
	}
	return nil
}

// answer takes over what helpers have set of the answer.
func (r *renderer) answer(out *response) error {
	for name, value := range r.data.Answer.Header {
		if !slices.Contains(connectionHeaders, http.CanonicalHeaderKey(name)) {
			out.header.Set(name, headerText(value))
		}
	}
	if s := r.data.Answer.Status; s >= 200 {
		out.status = s
	}
	if out.status == http.StatusNoContent || out.status == http.StatusNotModified {
		out.body = nil // RFC 9110 section 6.4.1
	}
	return nil
}

// sets are the values of the session that the answer sets.
func (r *renderer) sets(*response) error {
	for _, s := range r.templates.sets {
		v, err := r.text(s.template)
		if err == nil {
			err = r.memory.keep(s.name, v, r.templates.ttl)
		}
		if err != nil {
			return templateError("the state's value "+s.name, err)
		}
	}
	return nil
}

// renderJSON renders the templates in a JSON value.
func renderJSON(ctx context.Context, t jsonTemplate, data *template.Data) ([]byte, error) {
	return t(nil, func(t *template.Template) (any, error) {
		if helper, one := t.Expression(); one && helper == "json" {
			return t.Value(ctx, data)
		}
		var b []byte
		err := t.Execute(ctx, &b, data)
		return string(b), err
	})
}

// connectionHeaders belong to the connection; no template sets them.
var connectionHeaders = []string{"Connection", "Content-Length", "Trailer", "Transfer-Encoding"}

// headerText makes what a template gave fit for a header: it must not begin
// another one.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// renderError is a template that could not be rendered.
type renderError struct {
	// place is the part of the response that it is, such as "the header Link".
	place string
	err   error
}

func (e *renderError) Error() string { return e.place + " cannot be rendered: " + e.err.Error() }

func (e *renderError) Unwrap() error { return e.err }

// templateError says which part of a response an error belongs to; of one that
// names a place already, what that is a part of.
func templateError(where string, err error) error {
	if inner := (*renderError)(nil); errors.As(err, &inner) {
		return &renderError{where + " at " + inner.place, inner.err}
	}
	return &renderError{where, err}
}

// unrendered answers a request whose answer has a template that failed; who
// says what has the template.
func (x *exchange) unrendered(who string, err error) {
	x.entry.Error = err.Error()
	x.entry.Reason += ", but " + err.Error()
	var more problemDetails
	if at := (*renderError)(nil); errors.As(err, &at) {
		more.Place = at.place
	}
	if at := (*template.Error)(nil); errors.As(err, &at) {
		more.Line, more.Column, more.Helper = at.Line, at.Column, at.Helper
	}
	x.problem(http.StatusInternalServerError, "template", who+", but "+err.Error(), simulations.OutcomeStub, more)
}
