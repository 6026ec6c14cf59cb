package resource

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
)

// page is a part of a list, and the way to the parts beside it.
type page struct {
	from, to, total, size int
	// number counts pages as the client does, of last is the number of the last.
	number, of int
	next       string // cursor
	nextURL    string
	prevURL    string
	firstURL   string
	lastURL    string
}

// page chooses the items that a request asks for.
func (c *Collection) page(q *Request, items []*item) (*page, *Refusal) {
	p := &page{to: len(items), total: len(items), size: len(items), number: 1, of: 1}
	config := c.list.config.Paging
	if config == nil {
		return p, nil
	}
	names := map[simulations.PagingStyle]string{simulations.PagingPage: "page", simulations.PagingOffset: "offset", simulations.PagingCursor: "cursor"}
	at, size := config.At, config.Size
	if at == "" {
		at = names[config.Style]
	}
	if size == "" {
		size = "limit"
	}
	most := config.Max
	if most == 0 {
		most = simulations.DefaultMaxPage
	}
	usual := config.Default
	if usual == 0 {
		usual = min(simulations.DefaultPage, most)
	}
	var r *Refusal
	if p.size, r = number(q.Query, size, usual, 1); r != nil {
		return nil, r
	}
	p.size = min(p.size, most)
	first := 1
	if config.ZeroBased {
		first = 0
	}
	last := first + max(0, (len(items)-1)/p.size)
	p.of = last
	link := func(value string) string { return linkTo(q, at, value, size, p.size) }
	switch config.Style {
	case simulations.PagingPage:
		if p.number, r = number(q.Query, at, first, first); r != nil {
			return nil, r
		}
		p.from = clamp(p.number-first, p.size, len(items))
		if p.number < last {
			p.nextURL = link(strconv.Itoa(p.number + 1))
		}
		if p.number > first {
			p.prevURL = link(strconv.Itoa(min(p.number-1, last)))
		}
		p.firstURL, p.lastURL = link(strconv.Itoa(first)), link(strconv.Itoa(last))
	case simulations.PagingOffset:
		if p.from, r = number(q.Query, at, 0, 0); r != nil {
			return nil, r
		}
		asked := p.from
		p.from = min(p.from, len(items))
		p.number = p.from/p.size + 1
		if p.from+p.size < len(items) {
			p.nextURL = link(strconv.Itoa(p.from + p.size))
		}
		if asked > 0 {
			p.prevURL = link(strconv.Itoa(max(0, p.from-p.size)))
		}
		p.firstURL, p.lastURL = link("0"), link(strconv.Itoa((last-first)*p.size))
	case simulations.PagingCursor:
		if p.from, r = after(items, value(q.Query, at)); r != nil {
			return nil, r
		}
		p.number = p.from/p.size + 1
		if end := p.from + p.size; end < len(items) {
			p.next = cursor(end, items[end-1].id)
			p.nextURL = link(p.next)
		}
		p.firstURL = linkTo(q, at, "", size, p.size)
	}
	p.to = min(p.from+p.size, len(items))
	return p, nil
}

// clamp is where a page begins, without overflow.
func clamp(pages, size, total int) int {
	if pages > total/size {
		return total
	}
	return min(pages*size, total)
}

// value is the first of a parameter, "" for none.
func value(query []matchers.Pair, name string) string {
	for _, p := range query {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// number reads a whole number of at least low; it is usual where there is none.
func number(query []matchers.Pair, name string, usual, low int) (int, *Refusal) {
	text := value(query, name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int(n) < low {
		return 0, refuse(http.StatusBadRequest, "the parameter %s is a whole number from %d, not %.40q", name, low, text)
	}
	return int(n), nil
}

// cursorForm is what a cursor holds: where the page begins, and the item before
// it. The item counts; where it is gone, or stands elsewhere, the place does.
type cursorForm struct {
	At    int    `json:"a"`
	After string `json:"i"`
}

func cursor(at int, after string) string {
	b, _ := json.Marshal(cursorForm{at, after}) // an int and a string: it cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

func after(items []*item, text string) (int, *Refusal) {
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	var at cursorForm
	if err != nil || json.Unmarshal(b, &at) != nil || at.At < 0 {
		return 0, refuse(http.StatusBadRequest, "%.80q is no cursor: take the one of the page before", text)
	}
	if i := slices.IndexFunc(items, func(it *item) bool { return it.id == at.After }); i >= 0 {
		return i + 1, nil
	}
	return min(at.At, len(items)), nil
}

// linkTo is the request's URL with the page's parameters set; "" leaves at out.
func linkTo(q *Request, at, value, size string, n int) string {
	out := url.Values{}
	for _, p := range q.Query {
		out.Add(p.Name, p.Value)
	}
	out.Del(at)
	if value != "" {
		out.Set(at, value)
	}
	if out.Has(size) {
		out.Set(size, strconv.Itoa(n))
	}
	if len(out) == 0 {
		return q.URL
	}
	return q.URL + "?" + out.Encode()
}

// links is a Link header (RFC 8288).
func (p *page) links() string {
	var out []string
	for _, l := range [][2]string{{"first", p.firstURL}, {"prev", p.prevURL}, {"next", p.nextURL}, {"last", p.lastURL}} {
		if l[1] != "" {
			out = append(out, "<"+l[1]+`>; rel="`+l[0]+`"`)
		}
	}
	return strings.Join(out, ", ")
}

// fill gives what a text of an envelope stands for, nil where it is none of
// simulations.ListPlaceholders.
func (p *page) fill(placeholder string, items *simulations.Value) *simulations.Value {
	text := func(s string) *simulations.Value {
		if s == "" {
			return &simulations.Value{Kind: simulations.Null}
		}
		return simulations.NewString(s)
	}
	count := func(n int) *simulations.Value { return simulations.NewInt(int64(n)) }
	switch placeholder {
	case "{items}":
		return items
	case "{count}":
		return count(len(items.Items))
	case "{total}":
		return count(p.total)
	case "{page}":
		return count(p.number)
	case "{pages}":
		return count(p.of)
	case "{size}":
		return count(p.size)
	case "{offset}":
		return count(p.from)
	case "{next}":
		return text(p.next)
	case "{nextURL}":
		return text(p.nextURL)
	case "{prevURL}":
		return text(p.prevURL)
	case "{more}":
		return simulations.NewBool(p.to < p.total)
	}
	return nil
}
