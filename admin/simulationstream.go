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
	// With its beginning, which is held, it counts as a body: that much one piece
	// may come to.
	if !c.take(max(0, c.opts.MaxBody-c.taken)) {
		return errBusy
	}
	from := &failingReader{from: body.rest()}
	var warnings []simulations.Warning
	in, err := c.opts.Engine.Receive(c.r.Context(), name, func(keep simulations.Keep) (*simulations.Draft, error) {
		draft, said, err := format.Stream(from, keep)
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

// failingReader remembers why it could not be read to the end.
type failingReader struct {
	from io.Reader
	err  error
}

func (r *failingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
