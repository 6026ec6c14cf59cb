package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// host is the collaborator's host; every request names it.
const host = "orders.example"

// set is a way to tell N stubs apart. A bare server answers the requests of a
// set as somebody would write it by hand: it takes the key out of the request
// and looks it up in a map.
type set struct {
	name string
	// request appends the members of stub i's request pattern, as JSON.
	request func(b []byte, i int) []byte
	// key is what the bare server takes out of the request; it has to be that of ownKey.
	key    func(r *http.Request) (string, error)
	ownKey func(i int) string
	// echo is set where the answer is rendered: it holds the parts of the
	// request that are echoed, a path parameter and a member of the body.
	echo bool
}

// workload is a kind of request to the stubs of a set.
type workload struct {
	name string
	set  *set
	// target appends the request target for stub i; k is another number in each request.
	target func(b []byte, i int, k uint64) []byte
	// header appends header lines.
	header func(b []byte, i int) []byte
	// miss: no stub answers, neither by target nor, with a body for a stub
	// that is not there, by body.
	miss bool
}

var (
	exactSet = &set{
		name:    "exact",
		request: func(b []byte, i int) []byte { return quoted(b, `"path":`, "/api/v1/orders/", i, "/items") },
		key:     func(r *http.Request) (string, error) { return r.URL.Path, nil },
		ownKey:  func(i int) string { return "/api/v1/orders/" + strconv.Itoa(i) + "/items" },
	}
	templateSet = &set{
		name: "template",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":{"template":`, "/v1/shops/", i, "/orders/{order}"), '}')
		},
		key: shopOf, ownKey: strconv.Itoa,
	}
	headerSet = &set{
		name: "header",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":"/v1/orders","headers":{"X-Order":`, "o-", i, ""), '}')
		},
		key: func(r *http.Request) (string, error) { return r.Header.Get("X-Order"), nil }, ownKey: orderID,
	}
	querySet = &set{
		name: "query",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":"/v1/orders","query":{"order":`, "o-", i, ""), '}')
		},
		key: func(r *http.Request) (string, error) { return r.URL.Query().Get("order"), nil }, ownKey: orderID,
	}
	jsonSet = &set{
		name: "json",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":"/v1/orders","body":{"jsonPath":{"$.orderId":`, "o-", i, ""), "}}"...)
		},
		key: bodyID, ownKey: orderID,
	}
	looseSet = &set{
		name: "loose",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":"/v1/orders","body":{"json":{"value":{"orderId":`, "o-", i, ""), `},"ignoreExtra":true}}`...)
		},
		key: bodyID, ownKey: orderID,
	}
	foldedSet = &set{
		name: "ignorecase",
		request: func(b []byte, i int) []byte {
			b = append(b, `"path":{"equalsIgnoreCase":"/V1/orders"},"query":{"order":{"equalsIgnoreCase":`...)
			return append(quoted(b, "", "O-", i, ""), "}}"...)
		},
		key: querySet.key, ownKey: orderID,
	}
	regexSet = &set{
		name: "regex",
		request: func(b []byte, i int) []byte {
			return append(quoted(b, `"path":{"regex":`, "^/v1/shops/", i, "/orders/[0-9]+$"), '}')
		},
		key: shopOf, ownKey: strconv.Itoa,
	}
	templatedSet = &set{
		name: "templated", request: templateSet.request, key: shopOf, ownKey: strconv.Itoa, echo: true,
	}
)

// workloads are in the order of the table; those of one set stand together.
var workloads = []*workload{
	{name: "exact", set: exactSet, target: func(b []byte, i int, _ uint64) []byte {
		return numbered(b, "/api/v1/orders/", uint64(i), "/items")
	}},
	{name: "miss", set: exactSet, miss: true, target: func(b []byte, _ int, k uint64) []byte {
		return numbered(b, "/api/v1/orders/none-", k, "/items")
	}},
	{name: "template", set: templateSet, target: shopOrder},
	{name: "header", set: headerSet, target: orders, header: func(b []byte, i int) []byte {
		return numbered(b, "X-Order: o-", uint64(i), "\r\n")
	}},
	{name: "query", set: querySet, target: ordersByQuery},
	{name: "json", set: jsonSet, target: orders},
	{name: "missbody", set: jsonSet, miss: true, target: orders},
	{name: "loose", set: looseSet, target: orders},
	{name: "ignorecase", set: foldedSet, target: ordersByQuery},
	{name: "regex", set: regexSet, target: shopOrder},
	{name: "templated", set: templatedSet, target: shopOrder},
}

// record is not in the list: it has no stubs, see recording.
const record = "record"

// workloadNames are the names that -workloads takes.
func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return append(names, record)
}

// setNamed is the set of that name, nil for none.
func setNamed(name string) *set {
	for _, w := range workloads {
		if w.set.name == name {
			return w.set
		}
	}
	return nil
}

// hit is the first of the set's workloads, which has answers.
func (s *set) hit() *workload {
	for _, w := range workloads {
		if w.set == s {
			return w
		}
	}
	return nil
}

// appendStub appends stub i of the set as a document has it, under the id of
// stub id.
func (s *set) appendStub(b []byte, id, i int) []byte {
	b = numbered(b, `{"id":"s`, uint64(id), `","request":{"method":"POST",`)
	b = s.request(b, i)
	b = append(b, `},"response":{"headers":{"Content-Type":"application/json"},`...)
	if s.echo {
		b = append(b, `"template":true,`...)
	}
	b = append(b, `"text":`...)
	// Marshalling a string cannot fail.
	text, _ := json.Marshal(string(s.appendBody(nil, i, "{{request.pathParams.order}}", "{{request.body.orderId}}")))
	return append(append(b, text...), "}}"...)
}

// appendBody appends the answer of stub i, of which only an echo depends on the request.
func (s *set) appendBody(b []byte, i int, order, id string) []byte {
	if s.echo {
		return appendEcho(b, i, order, id)
	}
	return appendAnswer(b, i)
}

// appendAnswer appends what the answer to request k for stub i has to be.
func (w *workload) appendAnswer(b []byte, i int, k uint64) []byte {
	return w.set.appendBody(b, i, strconv.FormatUint(k, 10), orderID(i))
}

// appendRequest appends request k for stub i as it goes over the wire. body is
// room to make its body in, and is returned for the next request.
func (w *workload) appendRequest(b, body []byte, i int, k uint64) (request, room []byte) {
	body = body[:0]
	if w.miss {
		body = appendOrder(body, -1-i, k)
	} else {
		body = appendOrder(body, i, k)
	}
	b = append(b, "POST "...)
	b = w.target(b, i, k)
	b = append(b, " HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n"...)
	if w.header != nil {
		b = w.header(b, i)
	}
	b = append(b, "\r\n"...)
	return append(b, body...), body
}

// orders is the one path that stubs share.
func orders(b []byte, _ int, _ uint64) []byte { return append(b, "/v1/orders"...) }

// shopOrder is a path with a segment of the stub's and one of the request's own.
func shopOrder(b []byte, i int, k uint64) []byte {
	return numbered(numbered(b, "/v1/shops/", uint64(i), "/orders/"), "", k, "")
}

func orderID(i int) string { return "o-" + strconv.Itoa(i) }

// shopOf is the shop in a path of shopOrder.
func shopOf(r *http.Request) (string, error) {
	rest, _ := strings.CutPrefix(r.URL.Path, "/v1/shops/")
	shop, _, _ := strings.Cut(rest, "/")
	return shop, nil
}

// bodyID is the member orderId of the body.
func bodyID(r *http.Request) (string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	var order struct {
		OrderID string `json:"orderId"`
	}
	err = json.Unmarshal(body, &order)
	return order.OrderID, err
}

// numbered appends a number between two texts.
func numbered(b []byte, before string, n uint64, after string) []byte {
	return append(strconv.AppendUint(append(b, before...), n, 10), after...)
}

func ordersByQuery(b []byte, i int, k uint64) []byte {
	return numbered(numbered(b, "/v1/orders?order=o-", uint64(i), "&page="), "", k, "")
}

// quoted appends a JSON string that is a number between two texts that need no escape.
func quoted(b []byte, prefix, before string, i int, after string) []byte {
	b = append(append(b, prefix...), '"')
	return append(numbered(b, before, uint64(i), after), '"')
}
