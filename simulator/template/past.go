package template

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// pastIndex is an expression about a request, by whose text earlier exchanges
// are found. Only what the template itself says is one, never what a request
// brought.
type pastIndex struct{ of expr }

// preparePast compiles the index at a call's first argument.
func preparePast(d Dialect) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		v, literal := c.literalArg(0)
		s, isText := v.(string)
		switch {
		case len(c.args) == 0:
			return nil, nil
		case !literal || !isText:
			return nil, errors.New("the expression by which an exchange is found stands in the template, in quotes")
		}
		t, err := Compile("{{"+s+"}}", d)
		if err != nil {
			return nil, errors.New(show(s) + " is no expression about a request: " + err.Error())
		}
		if len(t.nodes) == 1 {
			if o, ok := t.nodes[0].(output); ok {
				return pastIndex{o.of}, nil
			}
		}
		return nil, errors.New(show(s) + " is no expression about a request")
	}
}

// past finds the latest exchanges in which the index prints as the key, at most
// count; a nil index finds any.
func (r *run) past(index expr, key string, count int) ([]*Past, error) {
	var found []*Past
	if r.data.Journal == nil || count < 1 {
		return nil, nil
	}
	err := r.data.Journal.Back(r.read, func(p *Past) (bool, error) {
		if err := r.step(8); err != nil {
			return false, err
		}
		if index != nil {
			text, err := r.of(p, index)
			if err != nil || text != key {
				return !isFatal(err), onlyFatal(err)
			}
		}
		found = append(found, p)
		return len(found) < count, nil
	})
	return found, err
}

// onlyFatal drops what is wrong with one exchange: it is none that is looked for.
func onlyFatal(err error) error {
	if isFatal(err) {
		return err
	}
	return nil
}

// of is the text of an expression about an earlier exchange's request.
func (r *run) of(p *Past, e expr) (string, error) {
	data, seen, frame := r.data, r.views, r.frame
	defer func() { r.data, r.views, r.frame = data, seen, frame }()
	r.data, r.views, r.frame = &Data{Request: p.Request, Session: data.Session, Now: data.Now, Rand: data.Rand}, views{}, nil
	v, err := e.eval(r)
	if err != nil {
		return "", err
	}
	return r.text(v)
}

// pastView is an earlier exchange.
type pastView struct {
	r *run
	*Past
}

func (v *pastView) memberNames() []string {
	return []string{"request", "response", "time", "stub", "outcome"}
}

func (v *pastView) get(name string) (any, bool) {
	switch name {
	case "request":
		return &pastRequest{v.r, v.Request}, true
	case "response":
		return &pastResponse{v.r, v.Past}, true
	case "time":
		return v.Time.UTC().Format(time.RFC3339Nano), true
	case "stub":
		return v.Stub, true
	case "outcome":
		return v.Outcome, true
	}
	return nil, false
}

// pastRequest is the request of an earlier exchange. It has those members of
// request that the journal keeps.
type pastRequest struct {
	r  *run
	of Request
}

func (v *pastRequest) memberNames() []string {
	return []string{"id", "method", "url", "path", "query", "headers", "cookies", "body", "form", "host"}
}

func (v *pastRequest) get(name string) (any, bool) {
	switch name {
	case "id":
		return v.of.ID(), true
	case "method":
		return v.of.Method(), true
	case "url":
		if raw := v.of.RawQuery(); raw != "" {
			return v.of.Path() + "?" + raw, true
		}
		return v.of.Path(), true
	case "path":
		return v.of.Path(), true
	case "query":
		return &valuesView{values: v.of.Query()}, true
	case "headers":
		return &valuesView{values: v.of.Header(), fold: true}, true
	case "cookies":
		return &valuesView{values: v.of.Cookies()}, true
	case "body":
		return pastBody{v.r, v.of.Body()}, true
	case "form":
		return &valuesView{values: v.of.Form()}, true
	case "host":
		return v.of.Host(), true
	}
	return nil, false
}

type pastResponse struct {
	r  *run
	of *Past
}

func (v *pastResponse) memberNames() []string { return []string{"status", "headers", "body"} }

func (v *pastResponse) get(name string) (any, bool) {
	switch name {
	case "status":
		return json.Number(strconv.Itoa(v.of.Status)), true
	case "headers":
		return &valuesView{values: v.of.Header, fold: true}, true
	case "body":
		return pastBody{v.r, v.of.Body()}, true
	}
	return nil, false
}

// pastBody prints as the body's text; its members and items are those of the
// JSON that it holds.
type pastBody struct {
	r    *run
	body string
}

func (v pastBody) text(*run) (string, error) { return v.body, nil }

func (v pastBody) value() any {
	j, err := v.r.parsedOnce(v.body)
	if err != nil {
		return nil
	}
	return j
}

func (v pastBody) get(name string) (any, bool) { return v.r.member(v.value(), name) }

func (v pastBody) memberNames() []string {
	names, _ := memberNames(v.value())
	return names
}

// journalHelpers look back.
var journalHelpers = group("Journal", []*helper{
	{
		name: "journal", signature: "[expression value]", max: 2, hash: []string{"count"}, prepare: preparePast(Native),
		doc: "The latest earlier exchange of the session, or the latest in which an expression about the request, in quotes, has a value; with `count=` a list of so many, the latest first. " +
			"It has `request` (method, host, path, url, query, headers, cookies, form, body), `response` (status, headers, body), `stub`, `outcome` and `time`, as the journal keeps them. " +
			"It looks back over 10,000 exchanges and 32 MiB at most.",
		examples: []example{
			{"{{lookup (journal 'request.query.id' 1) 'response.body.name'}}", "Rex"},
			{"{{#with (journal 'request.query.id' 9)}}seen{{else}}never{{/with}}", "never"},
			{"{{#each (journal count=5)}}{{request.url}} {{response.status}}{{/each}}", "/pets?id=1 200"},
		},
		value: func(r *run, a args) (any, error) {
			var index expr
			if p, ok := a.call.prepared.(pastIndex); ok {
				if index = p.of; a.len() == 1 {
					return nil, errors.New("the value of the expression is missing: {{journal 'request.query.id' 7}}")
				}
			}
			key, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			count, err := a.namedInt(r, "count", 1)
			if err != nil {
				return nil, err
			}
			found, err := r.past(index, key, min(count, maxPast))
			if err != nil {
				return nil, err
			}
			if _, several := a.given("count"); several {
				out := make([]any, len(found))
				for i, p := range found {
					out[i] = &pastView{r, p}
				}
				return out, nil
			}
			if len(found) == 0 {
				return nil, nil
			}
			return &pastView{r, found[0]}, nil
		},
	},
})

// maxPast bounds how many exchanges one call gives.
const maxPast = 1000
