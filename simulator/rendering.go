package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulator/template"
)

// rendering is the templates of one response. What it has none of is nil. The
// body is text, or JSON with templates in its strings.
type rendering struct {
	status, delay     *template.Template
	headers, trailers []fieldTemplate
	text              *template.Template
	json              jsonTemplate
	// file is the name of one of files, which are the bodies then.
	file  *template.Template
	files *fileBodies
	// size is that of all the templates' source, in bytes.
	size int
	// sets are values of the session, variables what the others may refer to.
	sets, variables []namedTemplate
	// ttl is how long what sets sets stays; 0 for ever.
	ttl        time.Duration
	parameters map[string]any
	// uses are the tables that the templates name.
	uses []tableUse
}

// fieldTemplate is a header or trailer.
type fieldTemplate struct {
	name   string
	values []*template.Template
}

type namedTemplate struct {
	name     string
	template *template.Template
}

// compileRendering compiles the templates of a response that has `template: true`.
func compileRendering(r *response, state *simulations.State, c templateCompiler) (*rendering, []simulations.FieldError) {
	out := &rendering{
		status:  checked(&c, "/status", r.StatusTemplate, parseStatus),
		headers: c.fields("/headers/", r.Headers), trailers: c.fields("/trailers/", r.Trailers),
	}
	if r.Delay != nil {
		out.delay = checked(&c, "/delay", r.Delay.FixedTemplate, parseDelay)
	}
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
		out.sets, out.ttl = c.texts("", templates), time.Duration(state.TTL)
		c.beside = ""
	}
	switch {
	case r.Text != nil:
		out.text = c.compile("/text", *r.Text, nil)
	case r.JSON != nil:
		out.json = c.json("/json", r.JSON)
	case r.NamesFiles():
		out.file, out.files = c.compile("/file", r.File, nil), c.files(r.Response)
	case r.Base64 != nil:
		if utf8.Valid(*r.Base64) {
			out.text = c.compile("/base64", string(*r.Base64), nil)
		} else {
			c.faults = append(c.faults, simulations.FieldError{Pointer: "/template", Detail: "bytes that are no text cannot be a template: leave `template` out, or split the stub"})
		}
	}
	out.size, out.uses = c.size, c.uses
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
	// callback says that the templates are a callback's, and see the answer.
	callback bool
	faults   []simulations.FieldError
	size     int
	// beside, where set, names what stands outside of the response: the fault's
	// detail says then what its pointer cannot.
	beside string
	uses   []tableUse
}

func (c *templateCompiler) compile(pointer, source string, at *simulations.Value) *template.Template {
	c.size += len(source)
	read := template.Compile
	if c.callback {
		read = template.CompileCallback
	}
	t, err := read(source, c.dialect)
	if err != nil {
		f := simulations.FieldError{Pointer: pointer, Detail: err.Error()}
		if c.beside != "" {
			f.Pointer, f.Detail = "", c.beside+pointer+": "+f.Detail
		}
		if at != nil {
			f.Line, f.Column = int(at.Line), int(at.Column)
		}
		c.faults = append(c.faults, f)
		return nil
	}
	for _, use := range t.Tables() {
		if c.beside != "" {
			c.uses = append(c.uses, tableUse{use, "", c.beside + pointer})
		} else {
			c.uses = append(c.uses, tableUse{use, pointer, ""})
		}
	}
	return t
}

// checked compiles a template whose text parse reads, "" for none. One whose
// text is always the same is read now.
func checked[T any](c *templateCompiler, pointer, source string, parse func(text string) (T, error)) *template.Template {
	if source == "" {
		return nil
	}
	t := c.compile(pointer, source, nil)
	if t != nil && t.Static() {
		var text []byte
		err := t.Execute(context.Background(), &text, &template.Data{})
		if err == nil {
			_, err = parse(string(text))
		}
		if err != nil {
			c.faults = append(c.faults, simulations.FieldError{Pointer: pointer, Detail: err.Error()})
		}
	}
	return t
}

// fields compiles the headers that have templates.
func (c *templateCompiler) fields(pointer string, h simulations.Headers) []fieldTemplate {
	var out []fieldTemplate
	var names []string
	for name, values := range h {
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "{{") }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		templated := false
		var all []*template.Template
		for _, v := range h[name] {
			t := c.compile(pointer+simulations.PointerToken(name), v, nil)
			templated = templated || t != nil && !t.Static()
			all = append(all, t)
		}
		if templated {
			out = append(out, fieldTemplate{name, all})
		}
	}
	return out
}

// texts compiles named templates.
func (c *templateCompiler) texts(pointer string, sources map[string]string) []namedTemplate {
	if len(sources) == 0 {
		return nil
	}
	var out []namedTemplate
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		out = append(out, namedTemplate{name, c.compile(pointer+simulations.PointerToken(name), sources[name], nil)})
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
			return nil, &renderError{pointer, err}
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
			return nil, &renderError{pointer, err}
		}
		return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...), nil
	}
}
