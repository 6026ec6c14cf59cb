package simulations

import (
	"context"
	"iter"
)

// Draft is a document that was read piece by piece, because it is too large to be
// held as a [Document] is. It belongs to one goroutine.
type Draft struct {
	// Head is the document, without its stubs where they are held elsewhere; it
	// locates what is said of them.
	Head *Document
	// Len is how many stubs there are.
	Len int
	// Stubs yields them in written order, shared so do not mutate. It lets go of
	// what it has yielded, so that it is gone through once. An error is the
	// last thing that it yields.
	Stubs iter.Seq2[*Stub, error]
}

// Draft gives the document as a draft, whose Head is the document with its stubs.
func (doc *Document) Draft() *Draft {
	return &Draft{Head: doc, Len: len(doc.Stubs), Stubs: func(yield func(*Stub, error) bool) {
		for _, s := range doc.Stubs {
			if !yield(s, nil) {
				return
			}
		}
	}}
}

// Document gives the draft as a document, which takes it.
func (d *Draft) Document() (*Document, error) {
	stubs := make([]*Stub, 0, d.Len)
	for s, err := range d.Stubs {
		if err != nil {
			return nil, err
		}
		stubs = append(stubs, s)
	}
	d.Head.Stubs = stubs
	return d.Head, nil
}

// Keep takes the content of an answer to where it needs no memory, and puts a
// reference in its place, [Response.Stored]. Small content it may leave. It blocks
// while it writes; after an error the answer is as it was.
type Keep func(*Response) error

// Incoming is a simulation that was read, accepted and compiled, and is not put
// yet.
type Incoming interface {
	// Put replaces the simulation whole, or changes nothing. It blocks until the
	// change is durable and visible. After CodeStale it may be called again, with
	// another condition.
	Put(ctx context.Context, cond Condition) (*Accepted, error)
	// Close lets go of content that was stored for it. It is called once, whether
	// or not the simulation was put.
	Close()
}
