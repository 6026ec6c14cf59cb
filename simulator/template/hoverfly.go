package template

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The Hoverfly dialect: the names and helpers of Hoverfly 1.12 and of the
// raymond that it carries. There a helper that cannot do its work logs that and
// prints nothing; here it prints nothing.

var hoverflyRoots = []string{"Request", "State", "Literals", "Vars"}

func hoverflyRoot(r *run, name string) (any, bool) {
	switch name {
	case "Request":
		if r.request() == nil {
			return nil, false
		}
		return (*hoverflyRequest)(r), true
	case "State":
		return stateView{r.data.State}, true
	case "Literals":
		return r.data.Literals, true
	case "Vars":
		return r.data.Vars, true
	}
	return nil, false
}

// hoverflyRequest is Request in Hoverfly's templates.
type hoverflyRequest run

func (v *hoverflyRequest) memberNames() []string {
	return []string{"Method", "Scheme", "Host", "Path", "QueryParam", "Header", "FormData", "Body"}
}

func (v *hoverflyRequest) get(name string) (any, bool) {
	r := (*run)(v)
	switch name {
	case "Method":
		return r.request().Method(), true
	case "Scheme":
		return r.request().Scheme(), true
	case "Host":
		return r.request().Host(), true
	case "Path":
		return r.segments(), true
	case "QueryParam":
		return r.query(), true
	case "Header":
		return r.header(), true
	case "FormData":
		return r.form(), true
	case "Body":
		return r.body(), true
	}
	return nil, false
}

func hoverflyHelpers() []*helper {
	return slices.Concat(hoverflyBlocks, hoverflyTexts, hoverflyNumbers, hoverflyRandom, hoverflyKept, hoverflyRequests, hoverflyTables)
}

// hf makes a helper of Hoverfly's.
func hf(name, signature, doc string, value func(r *run, a args) (any, error), examples ...example) *helper {
	return &helper{name: name, signature: signature, doc: doc, value: value, examples: examples, max: -1}
}

var hoverflyBlocks = group("Blocks", []*helper{
	{
		name: "first", signature: "list", min: 1, max: 1, block: onlyBlock, opens: true,
		doc:      "Renders its body with the first item of a list as `this`.",
		examples: []example{{"{{#first Request.QueryParam.tag}}{{this}}{{/first}}", "a"}},
		enter: func(r *run, a args, b *block) error {
			items, ok, err := r.items(a.at(0))
			if err != nil {
				return err
			}
			if !ok || len(items) == 0 {
				return r.nodes(b.orElse)
			}
			return r.each(items[:1], b.params, b.body, nil)
		},
	},
	{
		name: "equal", signature: "a b", min: 2, max: 2, block: condition,
		doc:      "Renders its body where a and b print alike.",
		examples: []example{{"{{#equal Request.Method 'POST'}}yes{{else}}no{{/equal}}", "yes"}},
		value: func(r *run, a args) (any, error) {
			x, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			y, err := a.text(r, 1)
			return x == y, err
		},
	},
	hf("log", "text", "Prints nothing.", func(*run, args) (any, error) { return "", nil }, example{"{{log 'x'}}", ""}),
})

// hoverflyKept are the values kept for one answer.
var hoverflyKept = group("Values of the answer", []*helper{
	hf("putValue", "key value output", "Keeps a value, and prints it where output is true.", func(r *run, a args) (any, error) {
		key, value, _, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		if r.store.values == nil {
			r.store.values = map[string]string{}
		}
		if _, ok := r.store.values[key]; !ok && len(r.store.values) >= maxVars {
			return nil, fmt.Errorf("more than %d values", maxVars)
		}
		r.store.values[key] = value
		return hfOutput(a, value), nil
	}, example{"{{putValue 'k' 'v' false}}{{getValue 'k'}}", "v"}, example{"{{putValue 'k' 'v' true}}", "v"}),
	hf("getValue", "key", "A value that was kept.", func(r *run, a args) (any, error) {
		key, err := a.text(r, 0)
		return r.store.values[key], err
	}, example{"{{getValue 'none'}}", ""}),
	hf("initArray", "key", "Makes an empty list.", func(r *run, a args) (any, error) {
		key, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		return "", r.keepList(key, []any{})
	}, example{"{{initArray 'x'}}{{#each (getArray 'x')}}a{{else}}none{{/each}}", "none"}),
	hf("addToArray", "key value output", "Adds a value to a list, and prints it where output is true.", func(r *run, a args) (any, error) {
		key, value, _, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		list := r.store.lists[key]
		if len(list) >= maxItems {
			return nil, fmt.Errorf("more than %d items", maxItems)
		}
		return hfOutput(a, value), r.keepList(key, append(list, value))
	}, example{"{{addToArray 'x' '1' false}}{{addToArray 'x' '2' true}}/{{#each (getArray 'x')}}{{this}};{{/each}}", "2/1;2;"}),
	hf("getArray", "key", "A list that was kept.", func(r *run, a args) (any, error) {
		key, err := a.text(r, 0)
		if list := r.store.lists[key]; list != nil {
			return slices.Clip(list), err // what is added later is not seen through it
		}
		return []any{}, err
	}, example{"{{addToArray 'x' '1.5' false}}{{addToArray 'x' '2' false}}{{sum (getArray 'x') '0.00'}}", "3.50"}),
})

func hfOutput(a args, value string) string {
	if truth(a.at(2)) && a.at(2) != "false" {
		return value
	}
	return ""
}

func (r *run) keepList(key string, list []any) error {
	if r.store.lists == nil {
		r.store.lists = map[string][]any{}
	}
	if _, ok := r.store.lists[key]; !ok && len(r.store.lists) >= maxVars {
		return fmt.Errorf("more than %d lists", maxVars)
	}
	r.store.lists[key] = list
	return r.step(1)
}

// hoverflyRequests read the request, the journal and tokens, and set parts of
// the answer.
var hoverflyRequests = group("Request and answer", []*helper{
	hf("requestBody", "type expression", "What a jsonpath, xpath or jsonpathfromxml finds in the request's body.", hfRequestBody,
		example{"{{requestBody 'jsonpath' '$.customer.name'}}", "Ada"}),
	hf("Request.Body", "type expression", "As requestBody.", hfRequestBody,
		example{"{{Request.Body 'jsonpath' '$.customer.name'}}", "Ada"}, example{"{{#each (Request.Body 'jsonpath' '$.tags')}}{{this}};{{/each}}", "new;hot;"}),
	hf("jsonFromJWT", "path token", "What a JSONPath finds in a token's header and payload.", func(r *run, a args) (any, error) {
		path, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		token, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		header, claims, err := r.readJWT(token)
		if err != nil {
			return hfNothing(err)
		}
		o := newObject(2)
		o.set("header", header)
		o.set("payload", claims)
		root, err := r.plain(o)
		if err != nil {
			return nil, err
		}
		return r.kubectlPath(path, root)
	}, example{"{{jsonFromJWT '$.payload.sub' Request.Header.Authorization}}", "ada"}),
	hf("journal", "index key request|response type expression", "What an expression finds in an earlier exchange.", func(r *run, a args) (any, error) {
		_, key, source, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		kind, err := a.text(r, 3)
		if err != nil {
			return nil, err
		}
		expression, err := a.text(r, 4)
		if err != nil {
			return nil, err
		}
		found, err := r.past(hfIndex(a), key, 1)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			body := found[0].Body()
			if strings.EqualFold(source, "request") {
				body = found[0].Request.Body()
			}
			if body != "" {
				return r.fetch(kind, expression, body)
			}
		}
		return r.asWritten("journal", a)
	}, example{"{{journal 'Request.QueryParam.id' '1' 'response' 'jsonpath' '$.name'}}", "Rex"}).preparing(preparePast(Hoverfly)),
	hf("hasJournalKey", "index key", "Whether an earlier exchange has the key.", func(r *run, a args) (any, error) {
		key, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		found, err := r.past(hfIndex(a), key, 1)
		return len(found) > 0, err
	}, example{"{{hasJournalKey 'Request.QueryParam.id' '2'}}", "false"}).as(condition).preparing(preparePast(Hoverfly)),
	hf("setStatusCode", "status", "Sets the status of the answer.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		if n, err := strconv.Atoi(s); err == nil && n >= 100 && n <= 599 && r.data.Answer != nil {
			r.data.Answer.Status = n
		}
		return "", nil
	}, example{"{{setStatusCode '404'}}", ""}),
	hf("setHeader", "name value", "Sets a header of the answer.", func(r *run, a args) (any, error) {
		name, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		value, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		if r.data.Answer == nil || !validHeader(name, value) {
			return "", nil
		}
		if r.data.Answer.Header == nil {
			r.data.Answer.Header = map[string]string{}
		}
		if _, ok := r.data.Answer.Header[name]; !ok && len(r.data.Answer.Header) >= 100 {
			return nil, fmt.Errorf("more than 100 headers")
		}
		r.data.Answer.Header[name] = value
		return "", nil
	}, example{"{{setHeader 'X-Kind' 'test'}}", ""}),
})

// hfIndex is the index of a call about the journal.
func hfIndex(a args) expr {
	p, _ := a.call.prepared.(pastIndex)
	return p.of
}

// validHeader reports whether a header can be sent: a token, and a value
// without control characters (RFC 9110 section 5).
func validHeader(name, value string) bool {
	if name == "" || strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	}) {
		return false
	}
	return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) && http.CanonicalHeaderKey(name) != "Content-Length"
}

// hfNothing drops an error that there is logged only.
func hfNothing(err error) (any, error) {
	if isFatal(err) {
		return nil, err
	}
	return "", nil
}

func hfRequestBody(r *run, a args) (any, error) {
	kind, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	expression, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	return r.fetch(kind, expression, r.body())
}

// fetch is what an expression finds in a body: a text, or a list.
func (r *run) fetch(kind, expression, body string) (any, error) {
	switch strings.ToLower(kind) {
	case "jsonpath":
		root, err := r.parsedOnce(body)
		if err != nil {
			return hfNothing(err)
		}
		return r.kubectlPath(expression, root)
	case "xpath":
		e, err := compileXPath(expression)
		if err != nil {
			return "", nil
		}
		doc, err := r.xmlOf(body)
		if err != nil {
			return hfNothing(err)
		}
		v, err := r.evaluate(e, doc)
		if err != nil {
			return hfNothing(err)
		}
		return r.text(v)
	case "jsonpathfromxml":
		doc, err := r.xmlOf(body)
		if err != nil {
			return hfNothing(err)
		}
		root, err := r.plain(xmlAsJSON(doc))
		if err != nil {
			return nil, err
		}
		return r.kubectlPath(expression, root)
	}
	return "", nil
}

// kubectlPath evaluates a JSONPath as Hoverfly's library does: it may stand in
// braces and without $, several results are joined by spaces, and only one that
// is a list stays a list.
func (r *run) kubectlPath(expression string, root any) (any, error) {
	s := strings.TrimSpace(expression)
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	switch {
	case strings.HasPrefix(s, "$"):
	case strings.HasPrefix(s, ".") || strings.HasPrefix(s, "["):
		s = "$" + s
	default:
		s = "$." + s
	}
	p, err := r.pathOf(s)
	if err != nil {
		return "", nil
	}
	var found []any
	if p.Singular() {
		if v, ok := p.Get(root); ok {
			found = []any{v}
		}
	} else {
		if err := r.chargePath(p); err != nil {
			return nil, err
		}
		found = p.Values(root)
	}
	if len(found) == 1 {
		if l, ok := found[0].([]any); ok {
			return l, nil
		}
	}
	texts := make([]any, len(found))
	for i, v := range found {
		texts[i] = v
		if isObject(v) || isList(v) {
			b, err := r.encode(nil, v, compact, 0)
			if err != nil {
				return nil, err
			}
			texts[i] = string(b)
		}
	}
	return r.join(texts, " ")
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// asWritten is what Hoverfly leaves where a source knows nothing: the call.
func (r *run) asWritten(name string, a args) (any, error) {
	s, err := r.join(a.list, " ")
	return "{{ " + name + " " + s + " }}", err
}
