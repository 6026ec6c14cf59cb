package generalize

import (
	"strconv"
	"strings"

	"understudy/simulations"
)

// source is a value of a request, and how a template names it.
type source struct {
	// expression names it in understudy's own dialect.
	expression string
	value      *simulations.Value
	// name is the field's own; parameter says that it is the path's.
	name      string
	parameter bool
}

// sources are the values of one request.
type sources struct {
	byText       map[string][]*source
	byExpression map[string]*source
	list         []*source
}

// sourcesOf lists a request's values, the better ones first: the path's
// parameters, the body, the form, the query, headers. What a redaction left is
// none: a template would give back what it hid.
func (op *operation) sourcesOf(r *request) *sources {
	s := &sources{byText: make(map[string][]*source), byExpression: make(map[string]*source)}
	for i, name := range op.parameters() {
		if name != "" {
			s.add(&source{expression: "request.path." + name, value: simulations.NewString(decoded(r.segments[i])), name: name, parameter: true})
		}
	}
	if r.body.kind == jsonBody {
		s.addTree("request.body", "", r.body.json, 0)
	}
	query := r.query
	if op.anyQuery {
		query = nil // another request has others
	}
	for _, list := range []struct {
		at     string
		fields []field
	}{{"request.form", r.body.form}, {"request.query", query}, {"request.headers", r.headers}} {
		for _, f := range list.fields {
			if expression, ok := member(list.at, f.name); ok && len(f.values) == 1 {
				s.add(&source{expression: expression, value: simulations.NewString(f.values[0]), name: f.name})
			}
		}
	}
	return s
}

func (s *sources) add(src *source) {
	if len(s.list) >= maxSources || redacted(src.value) {
		return
	}
	s.list = append(s.list, src)
	s.byExpression[src.expression] = src
	key := string(src.value.AppendCanonical(nil))
	s.byText[key] = append(s.byText[key], src)
}

func (s *sources) addTree(at, name string, v *simulations.Value, depth int) {
	if depth > maxDepth || len(s.list) >= maxSources {
		return
	}
	if depth > 0 {
		s.add(&source{expression: at, value: v, name: name})
	}
	for i, item := range v.Items {
		if v.Kind == simulations.Array {
			if i < maxListed {
				s.addTree(at+".["+strconv.Itoa(i)+"]", "", item, depth+1)
			}
			continue
		}
		if below, ok := member(at, v.Names[i]); ok {
			s.addTree(below, v.Names[i], item, depth+1)
		}
	}
}

// member writes the place of a member below another; ok is false for a name that
// no template can write.
func member(at, name string) (string, bool) {
	plain := name != "" && len(name) <= 200
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9'
	}
	if plain {
		return at + "." + name, true
	}
	if name == "" || len(name) > 200 || strings.ContainsAny(name, "[]{}\\\"'\r\n") || isInteger(name) {
		return "", false
	}
	return at + ".[" + name + "]", true
}

// redacted reports whether a value holds what redaction leaves of one.
func redacted(v *simulations.Value) bool {
	if v.Kind == simulations.String {
		return strings.Contains(v.Text, simulations.Mask) || strings.HasPrefix(v.Text, "tok_")
	}
	for _, item := range v.Items {
		if redacted(item) {
			return true
		}
	}
	return false
}

// parameters names the path's parameters, "" for literal segments: by the
// collection that they choose from, `id` where there is one only.
func (op *operation) parameters() []string {
	if op.names != nil {
		return op.names
	}
	op.names = make([]string, len(op.path))
	count := 0
	for _, s := range op.path {
		if s.shape != none {
			count++
		}
	}
	taken := make(map[string]bool)
	for i, s := range op.path {
		if s.shape == none {
			continue
		}
		name := "id"
		if count > 1 && i > 0 && op.path[i-1].shape == none {
			name = identifier(singular(op.path[i-1].literal)) + "Id"
		}
		for n := 2; taken[name]; n++ {
			name = strings.TrimRight(name, "0123456789") + strconv.Itoa(n)
		}
		taken[name] = true
		op.names[i] = name
	}
	return op.names
}

// identifier makes a name of a segment, in the letters that parameters have.
func identifier(s string) string {
	var b strings.Builder
	upper := false
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		switch {
		case !letter && (b.Len() == 0 || c < '0' || c > '9'):
			upper = b.Len() > 0
		case upper && letter:
			b.WriteByte(c &^ 0x20)
			upper = false
		default:
			b.WriteByte(c)
		}
		if b.Len() >= 40 {
			break
		}
	}
	if b.Len() == 0 {
		return "item"
	}
	return b.String()
}
