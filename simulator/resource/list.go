package resource

import (
	"net/http"
	"strconv"

	"understudy/simulations"
)

// listing is a declaration's Listing made ready.
type listing struct {
	config  *simulations.Listing
	filters map[string]filter
}

func compileListing(config *simulations.Listing) listing {
	if config == nil {
		config = &simulations.Listing{}
	}
	l := listing{config: config, filters: make(map[string]filter, len(config.Filters))}
	for name, f := range config.Filters {
		l.filters[name] = filter{pointer(f.Field), f.Is}
	}
	return l
}

// serveList gives the list: filtered, in order, a page of it.
func (c *Collection) serveList(q *Request, o *Overlay, scope string) *Answer {
	items, there := o.list(c, scope)
	if !there {
		return refused(c.orphaned(scope))
	}
	items, r := c.filter(q, items)
	if r != nil {
		return refused(r)
	}
	c.sort(q, items)
	page, r := c.page(q, items)
	if r != nil {
		return refused(r)
	}
	shown := simulations.NewArray()
	for _, it := range items[page.from:page.to] {
		shown.Items = append(shown.Items, c.shown(it.value))
	}
	body := shown
	if e := c.list.config.Envelope; e != nil {
		body = enclose(e, func(s string) *simulations.Value { return page.fill(s, shown) })
	}
	a := &Answer{Status: http.StatusOK, Body: body.AppendJSON(nil), Header: http.Header{}, Did: "listed " + strconv.Itoa(len(shown.Items)) + " of " + strconv.Itoa(len(items))}
	a.Header.Set("Content-Type", "application/json")
	a.Header.Set("Etag", etag(a.Body))
	if h := c.list.config.TotalHeader; h != "" {
		a.Header.Set(h, strconv.Itoa(len(items)))
	}
	if links := page.links(); c.list.config.Link && links != "" {
		a.Header.Set("Link", links)
	}
	return c.conditional(q, a)
}

// list gathers a scope's items; there says whether the scope is. The items are
// immutable, so that what follows needs no lock.
func (o *Overlay) list(c *Collection, scope string) (items []*item, there bool) {
	if o != nil {
		o.mu.RLock()
		defer o.mu.RUnlock()
	}
	if !o.exists(c, scope) {
		return nil, false
	}
	return o.view(c, scope).all(), true
}
