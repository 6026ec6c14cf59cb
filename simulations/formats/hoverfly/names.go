package hoverfly

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// names are what templates of the simulation may refer to.
type names struct {
	literals  map[string]*simulations.Value
	variables map[string]string
	// tables are those that templates name.
	tables map[string]*simulations.Table
}

// readNames reads literals and variables. A variable is the call of a helper,
// which is a template here.
func readNames(p convert.Place) *names {
	n := &names{literals: make(map[string]*simulations.Value), variables: make(map[string]string)}
	for l := range p.Get("literals").Items() {
		l.Only("name", "value")
		if v := l.Get("value"); v.Set() {
			n.literals[l.Get("name").Text()] = v.Value()
		}
	}
	for v := range p.Get("variables").Items() {
		v.Only("name", "function", "arguments")
		call := []string{v.Get("function").Text()}
		for a := range v.Get("arguments").Items() {
			call = append(call, argument(a))
		}
		n.variables[v.Get("name").Text()] = "{{{ " + strings.Join(call, " ") + " }}}"
	}
	return n
}

// argument writes a literal of Handlebars, whose strings have no escapes.
func argument(p convert.Place) string {
	if p.Kind() != simulations.String {
		return p.Text()
	}
	switch text := p.Text(); {
	case !strings.Contains(text, "'"):
		return "'" + text + "'"
	case !strings.Contains(text, `"`):
		return `"` + text + `"`
	default:
		p.Refuse("an argument with both kinds of quotes cannot be written as a literal of a template")
		return "''"
	}
}

var reference = regexp.MustCompile(`\b(Literals|Vars)\.\[?([^\s(){}\[\]|.]+)`)

// template makes the response of a stub a template and gives it the literals
// and variables that it refers to.
func (n *names) template(p convert.Place, s *simulations.Stub) {
	out := s.Response
	out.Template, out.Dialect = true, simulations.DialectHoverfly
	var texts []string
	switch {
	case out.Text != nil:
		texts = append(texts, *out.Text)
	case out.Base64 != nil:
		p.Get("body").Warn("a body that is no text has no templates: it is given as it is")
		s.Response.Template, s.Response.Dialect = false, ""
		return
	case out.File != "":
		// What the file refers to is not known before it is read.
		for name := range n.literals {
			texts = append(texts, "Literals."+name)
		}
		for name := range n.variables {
			texts = append(texts, "Vars."+name)
		}
	}
	for _, values := range out.Headers {
		texts = append(texts, values...)
	}
	if s.State != nil {
		for _, v := range s.State.Sets {
			texts = append(texts, v)
		}
	}
	for _, text := range texts {
		n.declareTables(p, text)
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			n.refer(p, out, m[1], m[2])
		}
	}
}

func (n *names) refer(p convert.Place, out *simulations.Response, kind, name string) {
	switch {
	case kind == "Literals" && n.literals[name] != nil:
		if out.Parameters == nil {
			out.Parameters = make(map[string]*simulations.Value)
		}
		out.Parameters[name] = n.literals[name]
	case kind == "Vars" && n.variables[name] != "":
		if out.Variables == nil {
			out.Variables = make(map[string]string)
		}
		out.Variables[name] = n.variables[name]
		n.declareTables(p, n.variables[name])
	default:
		p.Warn("{{%s.%s}} is not defined in the file and prints nothing", kind, name)
	}
}
