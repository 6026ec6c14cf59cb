package recorded

import (
	"iter"

	"understudy/simulations"
)

// Fold makes stubs of exchanges as they come: one for each request, in order of
// the first of each. Answers that follow each other and are alike are one that is
// repeated; different ones are a sequence in recorded order.
//
// What it keeps of an exchange is its packed form, of a request that it knows the
// answer only, and nothing of an answer that is the one before.
type Fold struct {
	opts Options
	// at has the place in requests by the request's packed form.
	at       map[string]int
	requests []request
	answers  []answer
	// request and answer are where exchanges are packed.
	request, answer []byte
	// kept is what all of it takes, about, and most what it may take.
	kept, most int64
}

const (
	// maxKept bounds what the stubs of one file take in memory, in bytes: a file
	// that is read piece by piece may have many millions of small exchanges.
	maxKept = 2 << 30
	// overhead is what a stub or an answer takes besides its packed form, about,
	// until it answers.
	overhead = 512
)

type request struct {
	packed string
	source simulations.Source
	// first and last are its answers.
	first, last int
}

type answer struct {
	packed string
	// times is how often it was given in turn, next the one after it, 0 for none.
	times, next int
}

// NewFold begins without any exchange.
func NewFold(opts Options) *Fold {
	return &Fold{opts: opts, at: make(map[string]int), most: maxKept}
}

// Add takes the next exchange. What of it cannot be a stub is refused at its
// place; once there was a refusal nothing is kept any more. The error is that of
// [Options].Keep, or CodeTooLarge where all of it would take too much memory.
func (f *Fold) Add(x Exchange) error {
	p, ok := pattern(&x, f.opts)
	if !ok {
		return nil
	}
	x.At.Check(&simulations.Stub{Request: *p, Response: x.Response})
	if x.At.Refused() > 0 {
		return nil
	}
	if f.opts.Keep != nil {
		if err := f.opts.Keep(x.Response); err != nil {
			return err
		}
	}
	f.request = simulations.AppendPacked(f.request[:0], &simulations.Stub{Request: *p})
	f.answer = simulations.AppendPacked(f.answer[:0], &simulations.Stub{Response: x.Response})
	n, known := f.at[string(f.request)]
	repeats := known && f.answers[f.requests[n].last].packed == string(f.answer)
	if f.keep(known, repeats); f.kept > f.most {
		return simulations.Errorf(simulations.CodeTooLarge, "%s: up to here the stubs take more than %d MiB of memory: import the file in parts", x.At.Pointer(), f.most>>20)
	}
	switch {
	case !known:
		packed := string(f.request)
		f.at[packed] = len(f.requests)
		f.requests = append(f.requests, request{packed: packed, source: x.At.Source(), first: len(f.answers), last: len(f.answers)})
	case repeats:
		f.answers[f.requests[n].last].times++
		return nil
	default:
		f.answers[f.requests[n].last].next = len(f.answers)
		f.requests[n].last = len(f.answers)
	}
	f.answers = append(f.answers, answer{packed: string(f.answer), times: 1})
	return nil
}

// keep counts what the exchange that was packed takes.
func (f *Fold) keep(known, repeats bool) {
	if !known {
		f.kept += overhead + int64(len(f.request))
	}
	if !repeats {
		f.kept += overhead + int64(len(f.answer))
	}
}

// Draft gives the stubs, and the head of a document that knows where they came
// from. It takes the fold.
func (f *Fold) Draft() *simulations.Draft {
	f.at = nil
	sources := make([]simulations.Source, len(f.requests))
	for i := range f.requests {
		sources[i] = f.requests[i].source
	}
	head := &simulations.Document{Understudy: simulations.Version}
	head.ConvertedFrom(sources)
	return &simulations.Draft{Head: head, Len: len(f.requests), Stubs: f.stubs()}
}

func (f *Fold) stubs() iter.Seq2[*simulations.Stub, error] {
	return func(yield func(*simulations.Stub, error) bool) {
		for i := range f.requests {
			s, err := f.stub(f.requests[i])
			f.requests[i] = request{}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// stub puts one together and lets go of its answers.
func (f *Fold) stub(r request) (*simulations.Stub, error) {
	s, err := simulations.Unpack(r.packed)
	for n := r.first; err == nil; n = f.answers[n].next {
		a := &f.answers[n]
		var one *simulations.Stub
		if one, err = simulations.Unpack(a.packed); err != nil {
			break
		}
		if a.packed = ""; a.times > 1 {
			one.Response.Repeat = a.times
		}
		s.Responses = append(s.Responses, one.Response)
		if a.next == 0 {
			break
		}
	}
	if err != nil { // of what was packed here
		return nil, simulations.Errorf(simulations.CodeInternal, "a stub cannot be read again: %w", err)
	}
	if len(s.Responses) > 1 {
		s.Order = simulations.OrderSequence
		return s, nil
	}
	s.Response, s.Responses = s.Responses[0], nil
	s.Response.Repeat = 0
	return s, nil
}
