package export

import (
	"regexp"
	"strings"

	"understudy/simulations"
)

// Vocabulary says what another dialect writes for an expression of understudy's
// own templates; false for one that it has no equal of.
type Vocabulary func(expression string) (string, bool)

// tag is an expression without helpers, arguments or blocks.
var tag = regexp.MustCompile(`\{\{\{?\s*([A-Za-z][^\s{}]*)\s*\}?\}\}`)

// Translate writes a text with templates of understudy's own in another dialect:
// expressions alone, without helpers and blocks.
func Translate(text string, say Vocabulary) (string, bool) {
	ok := true
	out := tag.ReplaceAllStringFunc(text, func(m string) string {
		said, known := say(tag.FindStringSubmatch(m)[1])
		ok = ok && known
		return said
	})
	rest := tag.ReplaceAllString(text, "")
	return out, ok && !strings.Contains(rest, "{{")
}

// Rendering is a response whose templates have been brought into a dialect.
type Rendering struct {
	// Templated says that there are any.
	Templated bool
	Headers   simulations.Headers
	Trailers  simulations.Headers
	Body      []byte
	// Sets are the values that the stub's state gets.
	Sets map[string]string
}

// Render brings the templates of a response into a dialect: those of the dialect
// stay as they are, those of understudy's own are translated. A stub whose
// templates have no equal is left out.
func Render(s *simulations.Stub, r *simulations.Response, at Place, dialect simulations.Dialect, say Vocabulary) Rendering {
	out := Rendering{Headers: Headers(r, at), Trailers: r.Trailers, Body: Body(r)}
	if s.State != nil {
		out.Sets = s.State.Sets
	}
	if r.StatusTemplate != "" {
		at.Get("status").LeaveOut("a status is a number there; write a stub for each")
	}
	if r.NamesFiles() {
		at.Get("file").LeaveOut("the files that a rendered name may mean do not go along; write a stub for each")
	}
	if !r.Template || !out.anyTag() {
		return out
	}
	switch {
	case r.Dialect == dialect && dialect != "" && r.JSON == nil:
		out.Templated = true
		return out
	case r.Dialect != "":
		at.Get("dialect").LeaveOut("templates of the dialect %s cannot be said there; write the answer without templates", r.Dialect)
		return out
	case r.JSON != nil:
		at.Get("json").LeaveOut("templates in the strings of a JSON body are escaped as JSON here, and not there; write the body as text")
		return out
	}
	out.translate(at, say)
	return out
}

// anyTag reports whether anything has a template in it.
func (r *Rendering) anyTag() bool {
	found := strings.Contains(string(r.Body), "{{")
	for _, h := range []simulations.Headers{r.Headers, r.Trailers} {
		for _, values := range h {
			found = found || strings.Contains(strings.Join(values, "\n"), "{{")
		}
	}
	for _, v := range r.Sets {
		found = found || strings.Contains(v, "{{")
	}
	return found
}

func (r *Rendering) translate(at Place, say Vocabulary) {
	r.Templated = true
	one := func(text string, at Place) string {
		out, ok := text, say != nil
		if ok {
			out, ok = Translate(text, say)
		}
		if !ok {
			at.LeaveOut("a template that has no equal there; write the answer without it")
		}
		return out
	}
	all := func(h simulations.Headers, at Place) simulations.Headers {
		out := make(simulations.Headers, len(h))
		for name, values := range h {
			for _, v := range values {
				out[name] = append(out[name], one(v, at.Get(name)))
			}
		}
		return out
	}
	r.Headers, r.Trailers = all(r.Headers, at.Get("headers")), all(r.Trailers, at.Get("trailers"))
	r.Body = []byte(one(string(r.Body), at.Get("text")))
	sets := make(map[string]string, len(r.Sets))
	for key, v := range r.Sets {
		sets[key] = one(v, at)
	}
	r.Sets = sets
}
