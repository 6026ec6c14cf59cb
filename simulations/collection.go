package simulations

import "reflect"

// Collection declares data of a collaborator that requests create, read,
// change, delete and list, so that a write shows in the reads that follow it.
// Each session has its own copy of the data; it begins with Items.
//
// Places in an item are JSON pointers (RFC 6901).
type Collection struct {
	// Collaborator overrides the document's; "" takes the document's.
	Collaborator string `doc:"collaborator"`
	// Path is the template of the list's path, such as
	// "/v1/customers/{customer}/orders": its parameters are the item's scope.
	Path string `doc:"path,required"`
	// Item is the template of an item's path; "" is Path + "/{id}". It has the
	// parameters of Path and one more, the id.
	Item string `doc:"item"`
	// Parent is the collection of the same document whose items' path Path
	// begins with: where the parent is not there neither are the children, and
	// they go with it.
	Parent string `doc:"parent"`
	// Scope says, by parameter of Path, where in an item that parameter stands.
	// Items of a collection with parameters need it.
	Scope map[string]string `doc:"scope"`
	// Methods are those that are served, HEAD with GET; none stands for all.
	Methods Strings `doc:"methods"`

	// Items are there when a session begins; File is a file with a list of them,
	// below the folder that the document was read from. A reader of folders
	// turns it into Items; the API refuses it.
	Items []*Value `doc:"items"`
	File  string   `doc:"file"`

	// ID says where the id stands and how it is made.
	ID *ItemID `doc:"id"`
	// Defaults are the members that a created item has where the client wrote
	// none; Stamps are set by every write, over what the client wrote.
	Defaults *Value `doc:"defaults"`
	Stamps   *Value `doc:"stamps"`
	// Template renders Defaults, Stamps, the id's template and what Actions set
	// as Handlebars.
	Template bool `doc:"template"`
	// ReadOnly are places that clients cannot write, WriteOnly places that they
	// cannot read.
	ReadOnly  Strings `doc:"readOnly"`
	WriteOnly Strings `doc:"writeOnly"`
	// DropNulls takes a member that is written as null for one not written.
	DropNulls bool `doc:"dropNulls"`
	// Unique are places whose values no two items of a scope share.
	Unique Strings `doc:"unique"`
	// Validate must hold for every item that is written, as for a body.
	Validate *Predicate `doc:"validate"`

	// Put is what PUT does to an item; "" is replace. Patch is what PATCH does
	// with plain JSON; "" is merge.
	Put   WriteStyle `doc:"put"`
	Patch WriteStyle `doc:"patch"`
	// Upsert lets PUT create an item.
	Upsert bool `doc:"upsert"`
	// RequireMatch refuses changes without If-Match (428, RFC 6585 section 3).
	RequireMatch bool `doc:"requireMatch"`

	// Gone answers 410 for an item that the session has deleted, instead of the 404
	// of one that never was.
	Gone bool `doc:"gone"`
	// IdempotentDelete answers a deletion of what is not there like one of what was.
	IdempotentDelete bool `doc:"idempotentDelete"`

	// IdempotencyKey answers a POST or PATCH whose key was seen before as it was
	// answered then, and does nothing.
	IdempotencyKey IdempotencyKey `doc:"idempotencyKey"`

	// Body is where in a request's body the item stands; "" is the whole.
	Body string `doc:"body"`
	// Envelope is what an item is answered in, with the text "{item}" in its
	// place; nil is the item alone.
	Envelope *Value `doc:"envelope"`
	// Headers are put into every answer.
	Headers Headers `doc:"headers"`
	// CreateStatus is the status of an answer to a creation; 0 is 201.
	CreateStatus int `doc:"createStatus"`
	// Deleted is the answer to a deletion; nil is 204.
	Deleted *Response `doc:"deleted"`
	// Errors are the answers to what is refused, by the status that stands for
	// it otherwise; nil is a problem document (RFC 9457).
	Errors map[string]*Response `doc:"errors"`
	Delay  *Delay               `doc:"delay"`

	// Actions are changes of an item that are asked for by POST to its path and
	// "/name".
	Actions map[string]*Action `doc:"actions"`

	// List says how items are listed; nil lists all of them bare.
	List *Listing `doc:"list"`
}

// Action is a change of an item beside PUT and PATCH, such as POST /orders/7/cancel.
type Action struct {
	// Set are the members of the item that it sets, null as a value; the
	// collection's Template renders them.
	Set *Value `doc:"set"`
	// Response is the answer; nil is the item.
	Response *Response `doc:"response"`
}

// ItemID says where an item's id stands and how it is made.
type ItemID struct {
	// Field is its place; "" is "/id".
	Field string `doc:"field"`
	// Make is how an id is made for an item that comes without; "" is integer.
	Make IDKind `doc:"make"`
	// From is the first integer; 0 is 1. Ids above those of the items come first.
	From int64 `doc:"from"`
	// Template makes the id; it goes with the collection's Template.
	Template string `doc:"template"`
}

// IDKind is how ids are made.
type IDKind string

// The kinds of ids.
const (
	// IDInteger counts on from the highest.
	IDInteger IDKind = "integer"
	// IDUUID is a UUID (RFC 9562 version 8) that follows from the session, the
	// collection and a count, so that a rerun makes the same.
	IDUUID IDKind = "uuid"
	// IDClient makes none: the client has to give it.
	IDClient IDKind = "client"
)

// WriteStyle is how a written item meets the one that is there.
type WriteStyle string

// The styles.
const (
	// WriteReplace puts it in its place.
	WriteReplace WriteStyle = "replace"
	// WriteMerge merges it (RFC 7396).
	WriteMerge WriteStyle = "merge"
	// WriteShallow sets its members one by one.
	WriteShallow WriteStyle = "shallow"
)

// Listing says how a collection is listed.
type Listing struct {
	// Envelope is what the items are answered in; nil is a bare list. These
	// texts in it stand for: "{items}" the items, "{count}" how many they are,
	// "{total}" how many there are on all pages, "{page}", "{pages}", "{size}"
	// and "{offset}" where the page is, "{next}" the cursor of the next page,
	// "{nextURL}" and "{prevURL}" the pages beside it, "{more}" whether there is
	// a next; what there is none of is null.
	Envelope *Value `doc:"envelope"`
	// TotalHeader is a header that holds the total.
	TotalHeader string `doc:"totalHeader"`
	// Link links the other pages in the header Link (RFC 8288).
	Link bool `doc:"link"`
	// Paging says how pages are asked for; nil is one page of all.
	Paging *Paging `doc:"paging"`
	// Sorting says how a request asks for an order; nil is the order of age.
	Sorting *Sorting `doc:"sorting"`
	// Filters are what a query parameter asks of an item.
	Filters map[string]Filter `doc:"filters"`
	// FilterHeader is a request header that holds a JSON object: an item fits
	// if it has all of its members.
	FilterHeader string `doc:"filterHeader"`
}

// PagingStyle is how pages are asked for.
type PagingStyle string

// The styles of paging.
const (
	// PagingPage counts pages, from 1 where they are not ZeroBased.
	PagingPage PagingStyle = "page"
	// PagingOffset counts items from 0.
	PagingOffset PagingStyle = "offset"
	// PagingCursor goes on after the last item of the page before.
	PagingCursor PagingStyle = "cursor"
)

// Paging says how pages are asked for.
type Paging struct {
	Style PagingStyle `doc:"style,required"`
	// At is the query parameter that says where the page begins; "" is "page",
	// "offset" or "cursor", by the style.
	At string `doc:"at"`
	// Size is the query parameter for how many items it has; "" is "limit".
	Size string `doc:"size"`
	// Default is the size of a page that none is asked for; 0 is 100. Max bounds
	// what is asked for; 0 is 1000.
	Default int `doc:"default"`
	Max     int `doc:"max"`
	// ZeroBased counts pages from 0.
	ZeroBased bool `doc:"zeroBased"`
}

// Sorting says how an order is asked for: by names of members, separated by
// commas, dots within them leading further in; '-' before a name turns it round.
type Sorting struct {
	// By is the query parameter with the names; "" is "sort".
	By string `doc:"by"`
	// Order is a query parameter that turns the whole round where it is "desc".
	Order string `doc:"order"`
	// Default is the order that none is asked for.
	Default string `doc:"default"`
}

// Filter is what a query parameter asks of an item; written as a pointer, or
// with its test.
type Filter struct {
	// Field is the place that is tested; of a list there any element may pass.
	Field string `doc:"field,required"`
	// Is is the test; "" is equals.
	Is FilterTest `doc:"is"`
}

// FilterTest is how a value of an item is held against a parameter's.
type FilterTest string

// The tests.
const (
	FilterEquals     FilterTest = "equals"
	FilterNot        FilterTest = "not"
	FilterIn         FilterTest = "in" // one of several, separated by commas
	FilterContains   FilterTest = "contains"
	FilterStartsWith FilterTest = "startsWith"
	FilterLess       FilterTest = "lt"
	FilterAtMost     FilterTest = "lte"
	FilterGreater    FilterTest = "gt"
	FilterAtLeast    FilterTest = "gte"
)

// filterForm is Filter without its short form.
type filterForm Filter

func (x *Filter) decodeDoc(d *decoder, v *Value) {
	if v.Kind == String { // status: /status
		x.Field = v.Text
	} else {
		d.decode(v, reflectValueOf((*filterForm)(x)), planOf(reflect.TypeFor[filterForm]()))
	}
	if x.Field != "" && !validPointer(x.Field) {
		d.fail(v, pointerRule, x.Field)
	}
}

func (x Filter) encodeDoc() *Value {
	if x.Is == "" {
		return NewString(x.Field)
	}
	return encode(reflectValueOf((*filterForm)(&x)), planOf(reflect.TypeFor[filterForm]()), false)
}

// ListPlaceholders are the texts that stand for something in a list's envelope.
var ListPlaceholders = []string{
	"{items}", "{count}", "{total}", "{page}", "{pages}", "{size}", "{offset}", "{next}", "{nextURL}", "{prevURL}", "{more}",
}

// ItemPlaceholder stands for the item in an item's envelope.
const ItemPlaceholder = "{item}"

// Bounds of a page, in items.
const (
	MaxPage        = 100_000
	DefaultMaxPage = 1000
	DefaultPage    = 100
)
