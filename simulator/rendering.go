package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/template"
)

// rendering is the templates of one response: of its headers and trailers, and
// of its body, which is text, or JSON with templates in its strings.
type rendering struct {
	headers, trailers map[string][]*template.Template
	text              *template.Template
	json              jsonTemplate
	// size is that of all the templates' source, in bytes.
	size int
	// sets are values of the session, variables what the others may refer to.
	sets, variables map[string]*template.Template
	parameters      map[string]any
}

// compileRendering compiles the templates of a response that has `template: true`.
func compileRendering(r *response, state *simulations.State) (*rendering, []simulations.FieldError) {
	c := templateCompiler{dialect: dialects[r.Dialect]}
	out := &rendering{headers: c.fields("/headers/", r.Headers), trailers: c.fields("/trailers/", r.Trailers)}
	out.variables = c.texts("/variables/", r.Variables)
	if len(r.Parameters) > 0 {
		out.parameters = make(map[string]any, len(r.Parameters))
		for name, v := range r.Parameters {
			out.parameters[name] = v.Interface()
		}
	}
	if state != nil {
		templates := make(map[string]string)
		for key, value := range state.Sets {
			if _, fixed := r.sets[key]; !fixed {
				templates[key] = value
			}
		}
		// One step up from the response, into the stub.
		c.beside = "the value that the state sets for "
		out.sets = c.texts("", templates)
		c.beside = ""
	}
	switch {
	case r.Text != nil:
		out.text = c.compile("/text", *r.Text, nil)
	case r.JSON != nil:
		out.json = c.json("/json", r.JSON)
	case r.Base64 != nil:
		if utf8.Valid(*r.Base64) {
			out.text = c.compile("/base64", string(*r.Base64), nil)
		} else {
			c.faults = append(c.faults, simulations.FieldError{Pointer: "/template", Detail: "bytes that are no text cannot be a template: leave `template` out, or split the stub"})
		}
	}
	out.size = c.size
	return out, c.faults
}

// dialects are the template engine's by the names that documents have for them.
var dialects = map[simulations.Dialect]template.Dialect{
	"":                          template.Native,
	simulations.DialectHoverfly: template.Hoverfly,
	simulations.DialectWireMock: template.WireMock,
}

type templateCompiler struct {
	dialect template.Dialect
	faults  []simulations.FieldError
	size    int
	// beside, where set, names what stands outside of the response: the fault's
	// detail says then what its pointer cannot.
	beside string
}

func (c *templateCompiler) compile(pointer, source string, at *simulations.Value) *template.Template {
	c.size += len(source)
	t, err := template.Compile(source, c.dialect)
	if err != nil {
		f := simulations.FieldError{Pointer: pointer, Detail: err.Error()}
		if c.beside != "" {
			f.Pointer, f.Detail = "", c.beside+pointer+": "+f.Detail
		}
		if at != nil {
			f.Line, f.Column = int(at.Line), int(at.Column)
		}
		c.faults = append(c.faults, f)
	}
	return t
}

func (c *templateCompiler) fields(pointer string, h simulations.Headers) map[string][]*template.Template {
	var out map[string][]*template.Template
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !slices.ContainsFunc(h[name], func(v string) bool { return strings.Contains(v, "{{") }) {
			continue
		}
		templated := false
		var all []*template.Template
		for _, v := range h[name] {
			t := c.compile(pointer+simulations.PointerToken(name), v, nil)
			templated = templated || t != nil && !t.Static()
			all = append(all, t)
		}
		if templated {
			if out == nil {
				out = make(map[string][]*template.Template)
			}
			out[name] = all
		}
	}
	return out
}

// texts compiles named templates.
func (c *templateCompiler) texts(pointer string, sources map[string]string) map[string]*template.Template {
	if len(sources) == 0 {
		return nil
	}
	out := make(map[string]*template.Template, len(sources))
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		out[name] = c.compile(pointer+simulations.PointerToken(name), sources[name], nil)
	}
	return out
}

// jsonTemplate writes a JSON value with its templates rendered.
type jsonTemplate func(b []byte, render func(*template.Template) (any, error)) ([]byte, error)

// json compiles a JSON body. Templates stand in strings, names of members
// included, and give strings; a string that is one call of the helper json, and
// nothing else, gives that value itself: a number, a list, an object.
func (c *templateCompiler) json(pointer string, v *simulations.Value) jsonTemplate {
	switch v.Kind {
	case simulations.String:
		return c.jsonString(pointer, v.Text, v)
	case simulations.Array:
		items := make([]jsonTemplate, len(v.Items))
		for i, item := range v.Items {
			items[i] = c.json(pointer+"/"+strconv.Itoa(i), item)
		}
		return func(b []byte, render func(*template.Template) (any, error)) ([]byte, error) {
			b = append(b, '[')
			for i, item := range items {
				if i > 0 {
					b = append(b, ',')
				}
				var err error
				if b, err = item(b, render); err != nil {
					return nil, err
				}
			}
			return append(b, ']'), nil
		}
	case simulations.Object:
		names, items := make([]jsonTemplate, len(v.Items)), make([]jsonTemplate, len(v.Items))
		for i, item := range v.Items {
			at := pointer + "/" + simulations.PointerToken(v.Names[i])
			names[i] = c.jsonString(at, v.Names[i], item)
			items[i] = c.json(at, item)
		}
		return func(b []byte, render func(*template.Template) (any, error)) ([]byte, error) {
			b = append(b, '{')
			for i, item := range items {
				if i > 0 {
					b = append(b, ',')
				}
				var err error
				if b, err = names[i](b, render); err != nil {
					return nil, err
				}
				b = append(b, ':')
				if b, err = item(b, render); err != nil {
					return nil, err
				}
			}
			return append(b, '}'), nil
		}
	}
	fixed := v.AppendJSON(nil)
	return func(b []byte, _ func(*template.Template) (any, error)) ([]byte, error) {
		return append(b, fixed...), nil
	}
}

func (c *templateCompiler) jsonString(pointer, source string, at *simulations.Value) jsonTemplate {
	t := c.compile(pointer, source, at)
	if t == nil || t.Static() {
		var text []byte
		if t == nil || t.Execute(context.Background(), &text, &template.Data{}) != nil {
			text = []byte(source) // the fault is noted already
		}
		fixed := simulations.AppendJSONString(nil, string(text))
		return func(b []byte, _ func(*template.Template) (any, error)) ([]byte, error) {
			return append(b, fixed...), nil
		}
	}
	helper, one := t.Expression()
	whole := one && helper == "json"
	return func(b []byte, render func(*template.Template) (any, error)) ([]byte, error) {
		v, err := render(t)
		if err != nil {
			return nil, err
		}
		s, isText := v.(string)
		switch {
		case isText && whole && json.Valid([]byte(s)):
			return append(b, s...), nil
		case isText:
			return simulations.AppendJSONString(b, s), nil
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, err
		}
		return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...), nil
	}
}

// templateData is what templates see of an exchange; params are the path's,
// before the values of the session that the answer's claim has changed, as they
// were.
func (x *exchange) templateData(params map[string]string, before map[string]*string) *template.Data {
	if x.memory == nil {
		x.memory = x.engine.sessions.memory(x.entry.Session, x.rollback, before)
	}
	return &template.Data{Request: &templateRequest{x: x, params: params}, State: x.memory, Session: x.entry.Session}
}

// render returns a response with its templates rendered; params and before are
// those of templateData.
func (x *exchange) render(res *response, params map[string]string, before map[string]*string) (*response, error) {
	if res.render == nil {
		return res, nil
	}
	data := x.templateData(params, before)
	data.Answer = &template.Answer{}
	data.Parameters, data.Literals = res.render.parameters, res.render.parameters
	ctx := x.r.Context()
	text := func(t *template.Template) (string, error) {
		var b []byte
		err := t.Execute(ctx, &b, data)
		return string(b), err
	}
	if len(res.render.variables) > 0 {
		vars := make(map[string]any, len(res.render.variables))
		for _, name := range slices.Sorted(maps.Keys(res.render.variables)) {
			v, err := text(res.render.variables[name])
			if err != nil {
				return nil, templateError("the variable "+name, err)
			}
			vars[name] = v
		}
		data.Vars = vars // none sees another
	}
	out := *res
	out.header = res.header.Clone()
	for name, templates := range res.render.headers {
		values := make([]string, len(templates))
		for i, t := range templates {
			v, err := text(t)
			if err != nil {
				return nil, templateError("the header "+name, err)
			}
			values[i] = headerText(v)
		}
		out.header[name] = values
	}
	for name, templates := range res.render.trailers {
		out.trailer = out.trailer.Clone()
		values := make([]string, len(templates))
		for i, t := range templates {
			v, err := text(t)
			if err != nil {
				return nil, templateError("the trailer "+name, err)
			}
			values[i] = headerText(v)
		}
		out.trailer[http.TrailerPrefix+name] = values
	}
	var err error
	switch {
	case res.render.text != nil:
		out.body = nil
		err = res.render.text.Execute(ctx, &out.body, data)
	case res.render.json != nil:
		out.body, err = renderJSON(ctx, res.render.json, data)
	}
	if err != nil {
		return nil, templateError("the body", err)
	}
	for name, value := range data.Answer.Header {
		if !slices.Contains(connectionHeaders, http.CanonicalHeaderKey(name)) {
			out.header.Set(name, headerText(value))
		}
	}
	if s := data.Answer.Status; s >= 200 {
		out.status = s
	}
	if out.status == http.StatusNoContent || out.status == http.StatusNotModified {
		out.body = nil // RFC 9110 section 6.4.1
	}
	for _, key := range slices.Sorted(maps.Keys(res.render.sets)) {
		v, err := text(res.render.sets[key])
		if err == nil {
			err = data.State.Set(key, v)
		}
		if err != nil {
			return nil, templateError("the state's value "+key, err)
		}
	}
	return &out, nil
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

func templateError(where string, err error) error {
	if te := (*template.Error)(nil); errors.As(err, &te) {
		return fmt.Errorf("%s cannot be rendered: %w", where, te)
	}
	return fmt.Errorf("%s cannot be rendered: %w", where, err)
}

// templateRequest is a request as templates see it.
type templateRequest struct {
	x      *exchange
	params map[string]string
}

func (t *templateRequest) ID() string { return t.x.id() }

func (t *templateRequest) Method() string { return t.x.r.Method }

func (t *templateRequest) Scheme() string {
	if t.x.r.TLS != nil {
		return "https"
	}
	return "http"
}

func (t *templateRequest) Host() string                  { return t.x.r.Host }
func (t *templateRequest) Path() string                  { return t.x.match.Path }
func (t *templateRequest) RawQuery() string              { return t.x.match.RawQuery }
func (t *templateRequest) PathParams() map[string]string { return t.params }
func (t *templateRequest) Header() map[string][]string   { return t.x.r.Header }
func (t *templateRequest) Body() string                  { return string(t.x.match.Body) }

func (t *templateRequest) Query() map[string][]string {
	return pairsOf(matchers.ParseQuery(t.x.match.RawQuery))
}

func (t *templateRequest) Form() map[string][]string {
	return pairsOf(matchers.ParseQuery(string(t.x.match.Body)))
}

func pairsOf(pairs []matchers.Pair) map[string][]string {
	out := make(map[string][]string, len(pairs))
	for _, p := range pairs {
		out[p.Name] = append(out[p.Name], p.Value)
	}
	return out
}

func (t *templateRequest) Cookies() map[string][]string {
	out := make(map[string][]string)
	for _, c := range t.x.r.Cookies() {
		out[c.Name] = append(out[c.Name], c.Value)
	}
	return out
}

func (t *templateRequest) JSON() (any, bool) {
	return t.x.match.JSON()
}

func (t *templateRequest) ClientIP() string {
	host, _, err := net.SplitHostPort(t.x.r.RemoteAddr)
	if err != nil {
		return t.x.r.RemoteAddr
	}
	return host
}
