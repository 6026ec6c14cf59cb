package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// call is one request on its way through its route's handler.
type call struct {
	*Server
	route  *route
	w      *response
	r      *http.Request
	values map[string]string
	// held is how many bytes the body takes in memory.
	held int64
	// parsing is the share that it has of what is parsed at one time.
	parsing int64
}

// ownShare is how much of its body every call may hold whatever the others do:
// a small one is not refused because of large ones. How many calls there are at
// one time, the connections bound.
const ownShare = 1 << 20

// hold sets how many bytes the body takes in memory, and reports whether there
// is as much: what is above ownShare is of the server's budget. Where there is
// not, it takes what it took before.
func (c *call) hold(n int64) bool {
	more := max(0, n-ownShare) - max(0, c.held-ownShare)
	switch {
	case more > 0 && !c.bodies.take(more):
		return false
	case more < 0:
		c.bodies.give(-more)
	}
	c.held = n
	return true
}

// take holds n bytes more.
func (c *call) take(n int64) bool { return c.hold(c.held + n) }

// release gives back what the body took.
func (c *call) release() {
	c.hold(0)
	c.parsed()
}

// head says that the answer is a HEAD's, without content.
func (c *call) head() bool { return c.r.Method == http.MethodHead }

// readParams reads the parameters of path and query and holds them to the table.
func (c *call) readParams(vars map[string]string) error {
	c.values = make(map[string]string)
	var faults []string
	set := func(p *param, value string) {
		if fault := p.check(value); fault != "" {
			faults = append(faults, fault)
		}
		c.values[p.name] = value
	}
	for name, raw := range vars {
		value, err := url.PathUnescape(raw)
		if err != nil || !utf8.ValidString(value) {
			return simulations.Errorf(simulations.CodeInvalid, "the path's %s is not readable: %q", name, cut(raw))
		}
		set(c.route.param(name, "path"), value)
	}
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return simulations.Errorf(simulations.CodeInvalid, "the query is not readable: separate the parameters by '&' and write other characters as %%XX")
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p := c.route.param(name, "query")
		switch {
		case p == nil:
			known := c.route.queryNames()
			faults = append(faults, fmt.Sprintf("unknown query parameter %q: %s%s", cut(name), suggestParam(known), simulations.Suggest(name, known)))
		case len(query[name]) > 1:
			faults = append(faults, fmt.Sprintf("the query parameter %s stands %d times: once is enough", name, len(query[name])))
		default:
			set(p, query[name][0])
		}
	}
	for i := range c.route.params {
		p := &c.route.params[i]
		if _, ok := c.values[p.name]; !ok {
			c.values[p.name] = p.value
		}
	}
	if len(faults) > 0 {
		return simulations.Errorf(simulations.CodeInvalid, "%s", strings.Join(faults, "; "))
	}
	return nil
}

// check returns what is wrong with a value, or "".
func (p *param) check(value string) string {
	switch {
	case p.integer:
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil || n < p.min || p.max > 0 && n > p.max {
			if p.max > 0 {
				return fmt.Sprintf("%s is %q: it must be a whole number from %d to %d", p.name, cut(value), p.min, p.max)
			}
			return fmt.Sprintf("%s is %q: it must be a whole number from %d up", p.name, cut(value), p.min)
		}
	case p.enum != nil && !slices.Contains(p.enum, value):
		return fmt.Sprintf("%s is %q: it must be one of %s%s", p.name, cut(value), strings.Join(p.enum, ", "), simulations.Suggest(value, p.enum))
	}
	return ""
}

// value returns a parameter's value, its default where it was not given.
func (c *call) value(name string) string { return c.values[name] }

// number returns an integer parameter, 0 where it was not given.
func (c *call) number(name string) uint64 {
	n, _ := strconv.ParseUint(c.values[name], 10, 64) // checked by readParams
	return n
}

// json answers with v, a view whose lists are never null.
func (c *call) json(status int, v any) error {
	var out bytes.Buffer
	if err := writeJSON(&out, v); err != nil {
		return err
	}
	c.w.send(status, "application/json", out.Bytes())
	return nil
}

// empty answers without content.
func (c *call) empty() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// created answers 201 with where the new thing is, or 200 for one that was
// there before.
func (c *call) created(created bool, location string, v any) error {
	if !created {
		return c.json(http.StatusOK, v)
	}
	c.w.Header().Set("Location", location)
	return c.json(http.StatusCreated, v)
}

func writeJSON(out *bytes.Buffer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(filled(v)); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
