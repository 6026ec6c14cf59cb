package admin

import (
	"io"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// streamer returns the format in which the body can be read piece by piece, nil
// for one that is read whole. It reads as much of the body as it takes to tell.
func (c *call) streamer(body *upload) (formats.Streamer, error) {
	ended, err := body.fill(min(formats.HeadBytes, c.opts.MaxBody))
	if err != nil {
		return nil, body.readError(err)
	}
	if ended {
		return nil, nil
	}
	return c.opts.Formats.Streamer(body.data, c.value("format")), nil
}

// putStream puts a simulation whose document is read as it comes. The sender that
// goes away in the middle has changed nothing.
func (c *call) putStream(name string, format formats.Streamer, body *upload) error {
	from := &incomingReader{call: c, from: body.rest(), head: c.held}
	var warnings []simulations.Warning
	in, err := c.opts.Engine.Receive(c.r.Context(), name, func(keep simulations.Keep) (*simulations.Draft, error) {
		draft, said, err := format.Stream(from, from.keeping(keep))
		if err != nil {
			return nil, err
		}
		warnings = said
		if n := draft.Head.Name; n != "" && n != name {
			return nil, misnamed("/name", n, name)
		}
		return draft, nil
	})
	switch {
	case from.err != nil:
		return body.readError(from.err)
	case err != nil:
		return err
	}
	defer in.Close()
	var accepted *simulations.Accepted
	err = c.edit(c.simulationRevision, func(cond simulations.Condition) error {
		accepted, err = in.Put(c.r.Context(), cond)
		return err
	})
	if err != nil {
		return staleIfAbsent(c, err)
	}
	return c.accepted(accepted, warnings)
}

// incomingReader reads a document of which only pieces are held, and counts what
// of it may be held. It remembers why it could not be read to the end.
type incomingReader struct {
	*call
	from io.Reader
	// head is what the call held before: the beginning, by which the format was told.
	head int64
	// stays is what has come and was not moved to the store since.
	stays int64
	err   error
}

func (r *incomingReader) Read(p []byte) (int, error) {
	r.parsed()
	n, err := r.from.Read(p)
	r.stays += int64(n)
	// What is held is not known so exactly; it cannot be more than has come. A
	// sender that stands still thus keeps no more from others than it has sent.
	if !r.hold(max(r.head, min(r.head+r.stays, r.opts.MaxBody))) {
		n, err = 0, errBusy
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// Admit is [simulations.Admitter]'s. That a sender has gone is seen when more of it
// is read: until then it may wait for parseWait.
func (r *incomingReader) Admit(text []byte) error {
	r.parsed()
	r.err = r.admit(simulations.ParseCost(text))
	return r.err
}

// keeping is keep, after which the content that it has taken is not counted any more.
func (r *incomingReader) keeping(keep simulations.Keep) simulations.Keep {
	return func(answer *simulations.Response) error {
		before := answer.Stored
		err := keep(answer)
		if err == nil && before == nil && answer.Stored != nil {
			r.stays = max(0, r.stays-answer.Stored.Size)
		}
		return err
	}
}
