package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"understudy/simulations"
)

// Entry is an exchange of the journal as far as a table shows it.
type Entry struct {
	ID           uint64              `json:"id"`
	Time         time.Time           `json:"time"`
	Collaborator string              `json:"collaborator"`
	Session      string              `json:"session"`
	Origin       simulations.Origin  `json:"origin"`
	Outcome      simulations.Outcome `json:"outcome"`
	Reason       string              `json:"reason"`
	Stub         string              `json:"stub"`
	Duration     time.Duration       `json:"duration"`
	// NearMisses are the stubs that almost answered what none did, the nearest first.
	NearMisses []simulations.NearMiss `json:"nearMisses"`
	Request    struct {
		Method string `json:"method"`
		Host   string `json:"host"`
		Path   string `json:"path"`
		Query  string `json:"query"`
	} `json:"request"`
	Response struct {
		Status int `json:"status"`
	} `json:"response"`
}

// Page is a piece of the journal, oldest first.
type Page struct {
	Entries []Entry `json:"entries"`
	Next    uint64  `json:"next"`
	Missed  uint64  `json:"missed"`
	More    bool    `json:"more"`
}

// Filter chooses exchanges; "" chooses all.
type Filter struct {
	After, Limit, Cause                                  uint64
	Collaborator, Session, Origin, Outcome, Method, Path string
}

// Values is the filter as query parameters.
func (f *Filter) Values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"collaborator": f.Collaborator, "session": f.Session, "origin": f.Origin,
		"outcome": f.Outcome, "method": f.Method, "path": f.Path,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.After > 0 {
		q.Set("after", strconv.FormatUint(f.After, 10))
	}
	if f.Cause > 0 {
		q.Set("cause", strconv.FormatUint(f.Cause, 10))
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.FormatUint(f.Limit, 10))
	}
	return q
}

// Journal reads one page.
func (c *Client) Journal(ctx context.Context, f *Filter) (Answer[Page], error) {
	k := get("journal")
	k.query = f.Values()
	return ask[Page](ctx, c, k)
}

// JournalEntry shows one exchange.
func (c *Client) JournalEntry(ctx context.Context, id string) (Answer[Entry], error) {
	return ask[Entry](ctx, c, get("journal", id))
}

// ClearJournal empties the journal.
func (c *Client) ClearJournal(ctx context.Context) error {
	_, err := ask[none](ctx, c, drop("journal"))
	return err
}

// maxEvent bounds one event of the stream.
const maxEvent = 64 << 20

// Follow hands each exchange that fits to yield, as it comes, until ctx ends
// (nil), yield fails (its error), or the stream breaks. It begins with the latest
// Limit of them; where that is 0, with all after After. missed is told how many
// were overwritten before they could be sent.
func (c *Client) Follow(ctx context.Context, f *Filter, yield func(Answer[Entry]) error, missed func(n uint64)) error {
	rest := *f
	rest.Limit = 0 // a stream has none
	if f.Limit > 0 {
		var err error
		switch rest.After, err = c.tail(ctx, f, yield); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
	k := get("journal", "stream")
	k.query, k.accept = rest.Values(), "text/event-stream"
	resp, err := c.do(ctx, k)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer resp.Body.Close()
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "text/event-stream" {
		return simulations.Errorf(simulations.CodeInternal, "what answers at %s sends no event stream but %q", c.base, media)
	}
	err = events(resp.Body, func(event string, data []byte) error {
		var e Entry
		var gone struct{ Missed uint64 }
		to := map[string]any{"exchange": &e, "missed": &gone}[event]
		if to == nil {
			return nil // of a later version
		}
		if err := json.Unmarshal(data, to); err != nil {
			return simulations.Errorf(simulations.CodeInternal, "an event of the journal cannot be read: %w", err)
		}
		if event == "missed" {
			missed(gone.Missed)
			return nil
		}
		return yield(Answer[Entry]{Value: e, Raw: data})
	})
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, io.EOF):
		return simulations.Errorf(simulations.CodeUnavailable, "understudy at %s ended the stream", c.base)
	}
	if _, ok := errors.AsType[*simulations.Error](err); ok {
		return err
	}
	return c.unreachable(err)
}

// tail hands over the latest exchanges that fit, and returns after which id the
// stream goes on: that up to which the page has looked, whether it fits or not, so
// that nothing comes twice and nothing in between is lost.
func (c *Client) tail(ctx context.Context, f *Filter, yield func(Answer[Entry]) error) (after uint64, err error) {
	latest := *f
	latest.After = 0
	page, err := c.Journal(ctx, &latest)
	if err != nil {
		return 0, err
	}
	var raw struct{ Entries []json.RawMessage }
	if err := json.Unmarshal(page.Raw, &raw); err != nil {
		return 0, simulations.Errorf(simulations.CodeInternal, "a page of the journal cannot be read: %w", err)
	}
	for i, e := range page.Value.Entries {
		if err := yield(Answer[Entry]{Value: e, Raw: raw.Entries[i]}); err != nil {
			return 0, err
		}
	}
	return page.Value.Next, nil
}

// events reads an event stream (WHATWG HTML, section 9.2.6) to its end and
// hands over each event that has data. It always returns an error, io.EOF at
// the end of the stream.
func events(r io.Reader, yield func(event string, data []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxEvent)
	event, data := "", []string(nil)
	for lines.Scan() {
		line := lines.Text()
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if data != nil {
				if err := yield(orElse(event, "message"), []byte(strings.Join(data, "\n"))); err != nil {
					return err
				}
			}
			event, data = "", nil
		case name == "event":
			event = value
		case name == "data":
			data = append(data, value)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}
