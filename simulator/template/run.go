package template

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The bounds of a template.
const (
	// MaxSource is the longest template, in bytes.
	MaxSource = 8 << 20
	// MaxDepth is how deep blocks, and expressions in one tag, may be nested.
	MaxDepth = 64
	// MaxSteps is how many steps one rendering may take. A step is a node, a
	// helper, an item of a list, or 128 bytes that a helper reads or makes.
	MaxSteps = 1_000_000
	// MaxOutput is how many bytes one rendering may write.
	MaxOutput = 16 << 20
	// MaxMade is how many bytes helpers may make on the way, whether they are
	// written or not.
	MaxMade = 64 << 20
	// MaxTime is how long one rendering may take.
	MaxTime = 10 * time.Second

	// maxNesting is how deep a value may be nested.
	maxNesting = 200
	// bytesPerStep is what a step costs where bytes are read or made.
	bytesPerStep = 128
)

// run is one rendering. It is used by one goroutine.
type run struct {
	ctx  context.Context
	t    *Template
	data *Data
	*manners

	out   []byte
	wrote int // bytes in out before the rendering, or of bodies put aside
	steps int
	made  int
	began time.Time

	frame *frame
	vars  map[string]any
	stack []any
	// current is the call in progress, for the error of a panic.
	current *call

	rand  *rand.Rand
	views views
	store store
}

// frame is the context that a block adds.
type frame struct {
	parent *frame
	this   any
	// params are block parameters, and the names of let.
	params []string
	values []any
	// loop is what @index and the like are; nil outside of each.
	loop *loop
}

type loop struct {
	index, count int
	key          any
	value        any
}

var runs = sync.Pool{New: func() any { return new(run) }}

func (t *Template) begin(ctx context.Context, data *Data) *run {
	r := runs.Get().(*run)
	r.ctx, r.t, r.data, r.manners = ctx, t, data, t.manners
	r.steps, r.began = MaxSteps, time.Now()
	return r
}

func (r *run) end() {
	clear(r.stack[:cap(r.stack)])
	stack := r.stack[:0]
	if cap(stack) > 1024 {
		stack = nil
	}
	*r = run{stack: stack}
	runs.Put(r)
}

// step takes n steps. Every helper that loops calls it, so that no template runs
// for long after its bounds or its context have ended.
func (r *run) step(n int) error {
	before := r.steps >> 10
	if r.steps -= n; r.steps < 0 {
		return fatal{ErrSteps}
	}
	if r.steps>>10 != before {
		return r.check()
	}
	return nil
}

// check looks at the clock and the context.
func (r *run) check() error {
	if err := r.ctx.Err(); err != nil {
		return fatal{err}
	}
	if time.Since(r.began) > MaxTime {
		return fatal{ErrTime}
	}
	return nil
}

// read accounts for a helper that goes through n bytes.
func (r *run) read(n int) error { return r.step(n / bytesPerStep) }

// match accounts for a regular expression that goes through n bytes, which may
// cost some hundred nanoseconds each.
func (r *run) match(n int) error { return r.step(1 + n/8) }

// make accounts for n bytes that a helper is about to make.
func (r *run) make(n int) error {
	if n < 0 || n > MaxMade-r.made {
		return fatal{ErrMade}
	}
	r.made += n
	return r.step(n / bytesPerStep)
}

// write checks the bound of the output after something was appended to it.
func (r *run) write() error {
	if len(r.out)-r.wrote > MaxOutput {
		return fatal{ErrOutput}
	}
	return nil
}

// capture renders nodes into a text of their own.
func (r *run) capture(nodes []node) (string, error) {
	if len(nodes) == 0 {
		return "", nil
	}
	if len(nodes) == 1 {
		if t, ok := nodes[0].(text); ok {
			return string(t), nil
		}
	}
	from := len(r.out)
	err := r.nodes(nodes)
	if err != nil {
		return "", err
	}
	s := string(r.out[from:])
	r.out = r.out[:from]
	return s, r.make(len(s))
}

func (r *run) nodes(nodes []node) error {
	for _, n := range nodes {
		if err := r.step(1); err != nil {
			return r.place(err, r.current)
		}
		if err := n.render(r); err != nil {
			return err
		}
	}
	return nil
}

// place gives an error its place in the template.
func (r *run) place(err error, c *call) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	var cause error
	if f, ok := errors.AsType[fatal](err); ok {
		cause = f
	}
	if c == nil {
		return locate(r.t.source, 0, "", err.Error(), cause)
	}
	return locate(r.t.source, c.offset, c.helper.name, err.Error(), cause)
}

// recovered turns a panic, which is a defect of a helper, into an error.
func (r *run) recovered(p any) error {
	return r.place(fmt.Errorf("failed: %.200s", fmt.Sprint(p)), r.current)
}
