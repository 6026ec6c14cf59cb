package mockoon

import (
	"fmt"
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// crud makes a collection of a route that serves a data bucket.
func (r *reader) crud(p convert.Place, endpoint string) {
	list := p.Get("responses")
	answer := list.At(0)
	if list.Kind() == simulations.Array && len(list.Value().Items) > 1 {
		list.Warn("of a CRUD route only the answers of the data bucket are taken")
	}
	id := answer.Get("databucketID")
	bucket, ok := r.buckets[id.Text()]
	if !ok {
		id.Warn("there is no such data bucket: the route was left out")
		return
	}
	field := answer.Get("crudKey").Text()
	if field == "" {
		field = "id"
	}
	items, why := itemsOf(bucket.Get("value").Text(), field)
	if why == "" && special.MatchString(strings.TrimSuffix(endpoint, "/")) {
		why = "its path has parameters"
	}
	if why != "" {
		p.Warn("the route was left out, since %s: declare a collection", why)
		return
	}
	c := &simulations.Collection{
		Path:  strings.TrimSuffix(endpoint, "/"),
		Items: items,
		ID:    &simulations.ItemID{Field: "/" + strings.ReplaceAll(pointer(field), ".", "/"), Make: simulations.IDUUID},
		Patch: simulations.WriteShallow,
		Delay: r.delay(answer.Get("latency")),
		List: &simulations.Listing{
			TotalHeader: "X-Total-Count",
			Paging:      &simulations.Paging{Style: simulations.PagingPage, Default: simulations.MaxPage, Max: simulations.MaxPage},
			Sorting:     &simulations.Sorting{Order: "order"},
		},
	}
	for _, item := range items {
		if v := at(item, field); v != nil && v.Kind == simulations.Number {
			c.ID.Make = simulations.IDInteger
		}
	}
	// What Mockoon answers to a deletion, and where there is no item: an empty
	// object.
	empty := func(status int) *simulations.Response {
		return &simulations.Response{Status: status, JSON: &simulations.Value{Kind: simulations.Object}}
	}
	c.Deleted, c.Errors = empty(200), map[string]*simulations.Response{"404": empty(404)}
	headers := r.response(answer).Headers
	delete(headers, "Content-Type") // the collection's own
	if c.Headers = headers; len(headers) == 0 {
		c.Headers = nil
	}
	p.Warn("the collection answers as Mockoon does, but for the parameter `search` and filters such as name_eq, which `list.filters` declares, and for changes of the whole list")
	r.doc.Collections[r.collectionName(endpoint)] = c
}

func pointer(field string) string { return simulations.PointerToken(field) }

// at is the member at a place with dots.
func at(v *simulations.Value, place string) *simulations.Value {
	for name := range strings.SplitSeq(place, ".") {
		v = v.Get(name)
	}
	return v
}

// itemsOf reads a data bucket that can be a collection, or says why it cannot.
func itemsOf(text, field string) ([]*simulations.Value, string) {
	if strings.Contains(text, "{{") {
		return nil, "its data bucket has templates"
	}
	v, err := simulations.ParseJSON([]byte(text))
	if err != nil || v.Kind != simulations.Array {
		return nil, "its data bucket is no list of objects"
	}
	seen := make(map[string]bool)
	for _, item := range v.Items {
		id := at(item, field)
		switch {
		case item.Kind != simulations.Object:
			return nil, "its data bucket is no list of objects"
		case id == nil || id.Kind != simulations.String && id.Kind != simulations.Number || id.Text == "":
			return nil, fmt.Sprintf("an item of its data bucket has no %s", field)
		case seen[id.Text]:
			return nil, fmt.Sprintf("two items of its data bucket have the same %s", field)
		}
		seen[id.Text] = true
	}
	return v.Items, ""
}

var notName = regexp.MustCompile(`[^A-Za-z0-9._~-]+`)

// collectionName calls a collection as its path ends, each by another name.
func (r *reader) collectionName(endpoint string) string {
	base := strings.Trim(notName.ReplaceAllString(endpoint[strings.LastIndexByte(strings.TrimSuffix(endpoint, "/"), '/')+1:], "-"), "-._~")
	base = base[:min(len(base), 150)]
	if base == "" {
		base = "items"
	}
	name := base
	for n := 2; r.doc.Collections[name] != nil; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}
