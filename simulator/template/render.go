package template

import (
	"slices"
)

func (t text) render(r *run) error {
	r.out = append(r.out, t...)
	if err := r.write(); err != nil {
		return r.place(err, r.current)
	}
	return nil
}

func (o output) render(r *run) error {
	v, err := o.of.eval(r)
	if err != nil {
		return err
	}
	return r.emit(v, o.escape, o.of)
}

// emit prints a value; from is where it came from.
func (r *run) emit(v any, escape bool, from expr) error {
	var err error
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if escape {
			r.out = appendEscaped(r.out, v)
		} else {
			r.out = append(r.out, v...)
		}
	default:
		n := len(r.out)
		if r.out, err = r.print(r, r.out, v, 0); err == nil && escape {
			s := string(r.out[n:])
			r.out = appendEscaped(r.out[:n], s)
		}
	}
	if err == nil {
		err = r.write()
	}
	if err == nil {
		return nil
	}
	switch from := from.(type) {
	case *call:
		return r.place(err, from)
	case *path:
		return locateIn(r, from.offset, err)
	}
	return r.place(err, r.current)
}

func locateIn(r *run, offset int, err error) error {
	e := locate(r.t.source, offset, "", err.Error(), nil)
	if isFatal(err) {
		e.Err = err
	}
	return e
}

func (l literal) eval(*run) (any, error) { return l.value, nil }

func (c *call) eval(r *run) (any, error) {
	base, err := c.evalArgs(r)
	if err != nil {
		return nil, err
	}
	v, err := c.invoke(r, r.frameArgs(c, base, len(c.args)))
	r.stack = r.stack[:base]
	return v, err
}

// evalArgs pushes the arguments on the stack, those with a name last.
func (c *call) evalArgs(r *run) (base int, err error) {
	base = len(r.stack)
	for _, a := range c.args {
		v, err := a.eval(r)
		if err != nil {
			r.stack = r.stack[:base]
			return base, err
		}
		r.stack = append(r.stack, v)
	}
	for _, h := range c.hash {
		v, err := h.value.eval(r)
		if err != nil {
			r.stack = r.stack[:base]
			return base, err
		}
		r.stack = append(r.stack, v)
	}
	return base, nil
}

// frameArgs are the arguments on the stack from base on; a later push cannot
// overwrite them.
func (r *run) frameArgs(c *call, base, n int) args {
	end := base + n + len(c.hash)
	return args{call: c, list: r.stack[base : base+n : base+n], hash: r.stack[base+n : end : end]}
}

// invoke calls the helper's expression form.
func (c *call) invoke(r *run, a args) (any, error) {
	outer := r.current
	r.current = c
	err := r.step(1 + len(a.list))
	for _, v := range a.list {
		if s, ok := v.(string); ok && len(s) >= bytesPerStep && err == nil {
			err = r.read(len(s))
		}
	}
	var v any
	if err == nil {
		v, err = c.helper.value(r, a)
	}
	if err == nil {
		if s, ok := v.(string); ok {
			err = r.make(len(s))
		}
	}
	r.current = outer
	if err != nil {
		if c.caught && !isFatal(err) {
			return "[ERROR: " + err.Error() + "]", nil
		}
		return nil, r.place(err, c)
	}
	return v, nil
}

func (b *block) render(r *run) error {
	c := b.call
	base, err := c.evalArgs(r)
	if err != nil {
		return err
	}
	n := len(c.args)
	switch c.helper.block {
	case bodyIsArg, bodyIsLast:
		body, err := r.captureIn(b)
		if err != nil {
			return err
		}
		at := base
		if c.helper.block == bodyIsLast {
			at += n
		}
		r.stack = slices.Insert(r.stack, at, any(body))
		v, err := c.invoke(r, r.frameArgs(c, base, n+1))
		r.stack = r.stack[:base]
		if err != nil {
			return err
		}
		return r.emit(v, false, c)
	case condition:
		v, err := c.invoke(r, r.frameArgs(c, base, n))
		r.stack = r.stack[:base]
		if err != nil {
			return err
		}
		if s, ok := v.(string); ok && c.caught && len(s) > 8 && s[:8] == "[ERROR: " {
			return r.emit(s, false, c)
		}
		if truth(v) {
			return r.nodes(b.body)
		}
		return r.nodes(b.orElse)
	}
	a := r.frameArgs(c, base, n)
	outer := r.current
	r.current = c
	if err = r.step(1); err == nil {
		err = c.helper.enter(r, a, b)
	}
	r.current = outer
	r.stack = r.stack[:base]
	if err == nil {
		return nil
	}
	if c.caught && !isFatal(err) {
		if e, ok := err.(*Error); !ok || e.Helper == "" {
			return r.emit("[ERROR: "+err.Error()+"]", false, c)
		}
	}
	return r.place(err, c)
}

// captureIn renders a block's body to text.
func (r *run) captureIn(b *block) (string, error) {
	s, err := r.capture(b.body)
	if err != nil {
		return "", r.place(err, b.call)
	}
	return s, nil
}

func (s *section) render(r *run) error {
	v, err := s.of.eval(r)
	if err != nil {
		return err
	}
	if _, isList := r.list(v); isList {
		return r.each(v, s.params, s.body, s.orElse)
	}
	if !truth(v) {
		return r.nodes(s.orElse)
	}
	if v == true {
		return r.nodes(s.body)
	}
	return r.with(v, s.params, s.body)
}

// with renders nodes with another context.
func (r *run) with(v any, params []string, nodes []node) error {
	f := frame{parent: r.frame, this: v}
	if len(params) > 0 {
		f.params, f.values = params[:1], []any{v}
	}
	return r.in(&f, nodes)
}

func (r *run) in(f *frame, nodes []node) error {
	outer := r.frame
	r.frame = f
	err := r.nodes(nodes)
	r.frame = outer
	return err
}

// each renders nodes for every item of a list, or every member of an object.
func (r *run) each(v any, params []string, nodes, orElse []node) error {
	f := frame{parent: r.frame, loop: &loop{}}
	if len(params) > 0 {
		f.params = params[:min(len(params), 2)]
		f.values = make([]any, len(f.params))
	}
	turn := func(i int, key, item any) error {
		if err := r.ctx.Err(); err != nil {
			return r.place(fatal{err}, r.current)
		}
		f.this, f.loop.index, f.loop.key, f.loop.value = item, i, key, item
		for p := range f.values {
			if p == 0 {
				f.values[p] = item
			} else {
				f.values[p] = key
			}
		}
		if err := r.step(1); err != nil {
			return r.place(err, r.current)
		}
		return r.in(&f, nodes)
	}
	if list, ok := r.list(v); ok {
		f.loop.count = list.len()
		for i := range f.loop.count {
			if err := turn(i, integer(i), list.at(i)); err != nil {
				return err
			}
		}
	} else if names, ok := memberNames(v); ok {
		f.loop.count = len(names)
		for i, name := range names {
			item, _ := r.member(v, name)
			if err := turn(i, name, item); err != nil {
				return err
			}
		}
	}
	if f.loop.count == 0 {
		return r.nodes(orElse)
	}
	return nil
}
