package admin

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"understudy/simulations"
)

// streamJournal sends exchanges as server-sent events (WHATWG HTML section 9.2)
// as they come:
//
//	id: 17
//	event: exchange
//	data: {...}
//
// A client that connects again sends the id it saw last as Last-Event-ID. An
// event `missed` says, where it happened, how many exchanges were overwritten
// before they could be sent. A
// comment is sent at least every 15 s. A client that has gone, or that takes
// nothing for as long as the server's stall time, is let go.
func (c *call) streamJournal() error {
	filter := c.filter()
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		id, err := strconv.ParseUint(last, 10, 64)
		if err != nil {
			return simulations.Errorf(simulations.CodeInvalid, "Last-Event-ID is %q: it must be the id of an exchange", cut(last))
		}
		filter.After = id
	}
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		return simulations.Errorf(simulations.CodeUnavailable, "%d journal streams are open, which is the most: close one, or page through the journal", cap(c.streams))
	}
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	defer context.AfterFunc(c.stopping, cancel)()

	exchanges, err := c.opts.Engine.Follow(ctx, filter)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	if c.head() {
		return nil
	}
	var out bytes.Buffer
	out.WriteString("retry: 2000\n\n")
	if c.emit(&out) != nil {
		return nil
	}
	for e, missed := range exchanges {
		if missed > 0 {
			out.WriteString("event: missed\ndata: {\"missed\":" + strconv.FormatUint(missed, 10) + "}\n\n")
		}
		if e == nil {
			out.WriteString(": alive\n\n")
		} else {
			out.WriteString("id: " + strconv.FormatUint(e.ID, 10) + "\nevent: exchange\ndata: ")
			if err := writeJSON(&out, viewExchange(e)); err != nil {
				return err
			}
			out.WriteString("\n")
		}
		if c.emit(&out) != nil {
			return nil // the client has gone; nobody is left to be told
		}
	}
	return nil
}

// emit sends what has gathered in out, and empties it.
func (c *call) emit(out *bytes.Buffer) error {
	defer out.Reset()
	if _, err := c.w.Write(out.Bytes()); err != nil {
		return err
	}
	return c.w.flush()
}
