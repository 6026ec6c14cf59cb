package template

import (
	"context"
	"strconv"
	"strings"
)

// Template is a compiled template. It is immutable and safe for any number of
// goroutines.
type Template struct {
	dialect Dialect
	manners *manners
	source  string
	nodes   []node
	tables  []TableUse
}

// Compile reads a template. The error is an *Error.
func Compile(src string, dialect Dialect) (*Template, error) {
	if int(dialect) >= len(dialects) {
		return nil, locate(src, 0, "", "there is no such dialect: "+dialect.String(), nil)
	}
	return compile(src, dialect, dialect.manners())
}

// compile reads a template of a dialect with these manners, which are the
// dialect's but for the names at the root.
func compile(src string, dialect Dialect, m *manners) (*Template, error) {
	if len(src) > MaxSource {
		return nil, locate(src, 0, "", "the template is longer than "+strconv.Itoa(MaxSource)+" bytes", nil)
	}
	t := &Template{dialect: dialect, manners: m, source: src}
	if !strings.Contains(src, "{{") {
		if src != "" {
			t.nodes = []node{text(src)}
		}
		return t, nil
	}
	s := scanners.Get().(*scanner)
	defer s.free()
	pieces, err := s.scan(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, pieces: whitespace(pieces, m.standalone), manners: m}
	if t.nodes, err = p.nodes(); err != nil {
		return nil, err
	}
	t.tables = p.tables
	if p.next < len(p.pieces) {
		pc := &p.pieces[p.next]
		if pc.kind == elseTag {
			return nil, p.fail(pc.offset, "{{else}} outside of a block")
		}
		return nil, p.fail(pc.offset, "{{/"+p.pathText(pc.words)+"}} closes nothing")
	}
	return t, nil
}

// Source returns the template as it was written.
func (t *Template) Source() string { return t.source }

// Length is about how many bytes the template renders to, where its values are
// about as long as their expressions.
func (t *Template) Length() int { return len(t.source) }

// Static reports whether the template has no expression: it renders to the same
// text every time.
func (t *Template) Static() bool {
	for _, n := range t.nodes {
		if _, ok := n.(text); !ok {
			return false
		}
	}
	return true
}

// Execute renders the template and appends the text to *out, which is left as
// it was where an error is returned. The error is an *Error; its cause is the
// context's error, or a bound such as ErrSteps, where that ended the rendering.
//
// Execute blocks on nothing but what data does. Data is used by this call alone
// while it lasts.
func (t *Template) Execute(ctx context.Context, out *[]byte, data *Data) error {
	r := t.begin(ctx, data)
	r.out, r.wrote = *out, len(*out)
	err := r.guard(func() error { return r.nodes(t.nodes) })
	result := r.out
	r.end()
	if err != nil {
		return err
	}
	*out = result
	return nil
}

// Expression reports whether the template is one expression and nothing else,
// and which helper that calls, "" where it is a path or a literal.
func (t *Template) Expression() (helper string, ok bool) {
	if len(t.nodes) != 1 {
		return "", false
	}
	o, ok := t.nodes[0].(output)
	if !ok {
		return "", false
	}
	if c, isCall := o.of.(*call); isCall {
		return c.helper.name, true
	}
	return "", true
}

// Value evaluates a template that is one expression to a value as encoding/json
// decodes one, with numbers as json.Number. Of any other template it is the
// text that Execute renders. The value is shared: do not mutate.
func (t *Template) Value(ctx context.Context, data *Data) (any, error) {
	if _, ok := t.Expression(); !ok {
		var b []byte
		if err := t.Execute(ctx, &b, data); err != nil {
			return nil, err
		}
		return string(b), nil
	}
	r := t.begin(ctx, data)
	var v any
	err := r.guard(func() (err error) {
		if v, err = t.nodes[0].(output).of.eval(r); err == nil {
			v, err = r.plain(v)
		}
		return r.placed(err)
	})
	r.end()
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (r *run) placed(err error) error {
	if err == nil {
		return nil
	}
	return r.place(err, r.current)
}

// guard calls f and turns a panic into an error.
func (r *run) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = r.recovered(p)
		}
	}()
	return f()
}
