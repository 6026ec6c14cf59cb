package template

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"understudy/matchers/jsonpath"
)

// wiremockData are WireMock's helpers for JSON, XML and forms.
var wiremockData = group("Data", []*helper{
	wm("jsonPath", "json path [default=]", "What a JSONPath finds.", wmJSONPath,
		example{"{{jsonPath request.body '$.customer.name'}}", "Ada"}, example{"{{jsonPath request.body '$.none' default='-'}}", "-"}).preparing(preparePath(1)),
	wm("xPath", "xml path", "What an XPath finds: texts and attributes, elements as XML.", wmXPath(""),
		example{"{{xPath '<a><b>x</b></a>' '/a/b/text()'}}", "x"}, example{"{{xPath '<a><b>x</b></a>' '/a/b'}}", "<b>x</b>"}).preparing(prepareXPath(1)),
	wm("soapXPath", "xml path", "As xPath, inside the body of a SOAP envelope.", wmXPath("/*[local-name()='Envelope']/*[local-name()='Body']"),
		example{"{{soapXPath '<s:Envelope xmlns:s=\"x\"><s:Body><a>1</a></s:Body></s:Envelope>' '/a/text()'}}", "1"}),
	wm("parseJson", "json [variable]", "The value of a JSON text; with a name, sets that variable. As a block, of its body.", wmParseJSON,
		example{`{{lookup (parseJson '{"a": 1}') 'a'}}`, "1"}).as(bodyIsArg),
	wm("toJson", "value", "The value as JSON, laid out as Jackson does it.", func(r *run, a args) (any, error) {
		if a.at(0) == nil {
			return "", nil
		}
		b, err := r.encode(nil, a.at(0), jackson, 0)
		return string(b), err
	}, example{"{{toJson (array 1 'a')}}", `[ 1, "a" ]`}),
	wm("formatJson", "json [format='pretty'|'compact']", "JSON laid out anew.", wmFormatJSON,
		example{`{{#formatJson format='compact'}}{ "a": [1, 2] }{{/formatJson}}`, `{"a":[1,2]}`}, example{`{{formatJson '{"a":1}'}}`, "{\n  \"a\" : 1\n}"}).as(bodyIsArg),
	wm("formatXml", "xml [format='pretty'|'compact']", "XML laid out anew.", wmFormatXML,
		example{`{{formatXml '<a> <b>1</b> </a>' format='compact'}}`, "<a><b>1</b></a>"}).as(bodyIsArg),
	wm("jsonMerge", "base overlay [removeNulls=]", "The base object with the overlay merged into it.", wmJSONMerge,
		example{`{{jsonMerge '{"a":1,"b":{"c":2}}' '{"b":{"d":3}}'}}`, `{"a":1,"b":{"c":2,"d":3}}`}).as(bodyIsLast),
	wm("jsonRemove", "json path", "The JSON without what a JSONPath finds.", wmJSONRemove,
		example{`{{jsonRemove '{"a":1,"b":2}' '$.a'}}`, `{"b":2}`}).preparing(preparePath(1)),
	wm("jsonArrayAdd", "json item [jsonPath= flatten= maxItems=]", "The JSON list with an item at its end.", wmJSONArrayAdd,
		example{`{{jsonArrayAdd '[1]' '{"a":2}'}}`, `[1,{"a":2}]`}).as(bodyIsLast).preparing(preparePathHash("jsonPath")),
	wm("jsonSort", "json path [order= nulls=]", "The JSON with the list before [*] sorted by the member behind it.", wmJSONSort,
		example{`{{jsonSort '[{"n":2},{"n":1}]' '$[*].n'}}`, `[{"n":1},{"n":2}]`}),
	wm("formData", "body [variable] [urlDecode= encoding=]", "The fields of a form; with a name, sets that variable.", wmFormData,
		example{"{{formData 'a=1&b=x%20y' 'form' urlDecode=true}}{{form.b}}", "x y"}),
})

func wmJSONPath(r *run, a args) (any, error) {
	if isNothing(a.at(0)) {
		return "", nil
	}
	if a.at(1) == nil {
		return nil, fixed("The JSONPath cannot be empty")
	}
	p, err := r.jsonPath(a, 1)
	if err != nil {
		s, _ := a.text(r, 1)
		return nil, r.wmError(err, s+" is not a valid JSONPath expression")
	}
	root, err := r.queried(a.at(0))
	if err != nil {
		s, _ := a.text(r, 0)
		return nil, r.wmError(err, s+" is not valid JSON")
	}
	v, found, err := r.lookupPath(p, root)
	if err != nil {
		return nil, err
	}
	if found || !p.Singular() {
		if v != nil {
			return asJavaJSON(v), nil
		}
	}
	if d := a.named("default"); d != nil {
		return d, nil
	}
	return "", nil
}

// wmError keeps an error that ends the rendering, and gives any other WireMock's words.
func (r *run) wmError(err error, message string) error {
	if isFatal(err) {
		return err
	}
	return errors.New(message)
}

func asJavaJSON(v any) any {
	switch v.(type) {
	case []any, map[string]any, *object:
		return javaJSON{v}
	}
	return v
}

func wmXPath(prefix string) func(r *run, a args) (any, error) {
	return func(r *run, a args) (any, error) {
		if isNothing(a.at(0)) {
			return "", nil
		}
		if a.at(1) == nil {
			return nil, fixed("The XPath expression cannot be empty")
		}
		v, err := r.xpath(a, 1, prefix)
		if err != nil {
			s, _ := a.text(r, 1)
			if xmlErr := strings.HasPrefix(err.Error(), "not XML"); xmlErr {
				s, _ = a.text(r, 0)
				return nil, r.wmError(err, s+" is not valid XML")
			}
			return nil, r.wmError(err, s+" is not a valid XPath expression")
		}
		if v == nil {
			return "", nil
		}
		return v, nil
	}
}

func wmParseJSON(r *run, a args) (any, error) {
	if a.len() == 0 {
		return nil, fixed("Missing required JSON string parameter")
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	var v any = newObject(0)
	if strings.TrimSpace(s) != "" {
		if v, err = r.parse(s); err != nil {
			return nil, err
		}
	}
	if a.len() < 2 || a.at(1) == nil {
		return v, nil
	}
	name, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	return nil, r.assign(name, v)
}

func wmFormatJSON(r *run, a args) (any, error) {
	how, err := wmFormat(r, a, "formatJson")
	if err != nil {
		return nil, err
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	v, err := r.parse(s)
	if err != nil {
		return nil, r.wmError(err, "There was an error parsing the json. Please make sure the json is valid")
	}
	b, err := r.encode(nil, v, how, 0)
	return string(b), err
}

// wmFormat is the layout that format= asks for.
func wmFormat(r *run, a args, helper string) (layout, error) {
	s, err := a.namedText(r, "format", "pretty")
	switch {
	case err != nil:
		return 0, err
	case s == "pretty":
		return jackson, nil
	case s == "compact":
		return compact, nil
	}
	return 0, fmt.Errorf("%s: format [%s] should be one of [pretty, compact]", helper, s)
}

func wmFormatXML(r *run, a args) (any, error) {
	how, err := wmFormat(r, a, "formatXml")
	if err != nil {
		return nil, err
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.xmlOf(s); err != nil { // the bounds
		return nil, r.wmError(err, "There was an error parsing the xml. Please make sure the xml is valid")
	}
	b, err := layXML(s, how)
	if err != nil {
		return nil, err
	}
	return b, r.make(len(b))
}

// layXML writes XML with each element on a line of its own, or without white
// space between elements. Names and attributes stay as they are written.
func layXML(s string, how layout) (string, error) {
	dec := xml.NewDecoder(strings.NewReader(s))
	var b strings.Builder
	depth, held, children := 0, "", false
	line := func() {
		if how != compact && b.Len() > 0 {
			b.WriteString("\n" + strings.Repeat("  ", depth))
		}
	}
	for {
		from := dec.InputOffset()
		t, err := dec.RawToken()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		raw := s[from:dec.InputOffset()]
		switch t.(type) {
		case xml.StartElement:
			held = ""
			line()
			b.WriteString(raw)
			children = false
			if !strings.HasSuffix(raw, "/>") {
				depth++
			}
		case xml.EndElement:
			if raw == "" || strings.HasSuffix(raw, "/>") { // the end of <a/>
				children = true
				continue
			}
			depth--
			if children {
				line()
			} else {
				b.WriteString(held)
			}
			b.WriteString(raw)
			held, children = "", true
		case xml.CharData:
			if strings.TrimSpace(raw) == "" {
				held = ""
				continue
			}
			if children {
				line()
				b.WriteString(strings.TrimSpace(raw))
				continue
			}
			held += raw
		default:
			line()
			b.WriteString(raw)
		}
	}
}

// jsonText is an argument that WireMock wants as a JSON text.
func (r *run) jsonText(v any, what string) (any, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case string, texts, rawJSON:
	default:
		return nil, fmt.Errorf("%s must be a string", what)
	}
	t, err := r.parse(s)
	if err != nil {
		return nil, r.wmError(err, strings.TrimSuffix(what, " parameter")+" is not valid JSON ('"+s+"')")
	}
	return t, nil
}

func (r *run) asJSONText(v any) (any, error) {
	b, err := r.encode(nil, v, compact, 0)
	return string(b), err
}

func wmJSONMerge(r *run, a args) (any, error) {
	var in [2]any
	for i, what := range []string{"Base JSON", "JSON to merge"} {
		v, err := r.jsonText(a.at(i), what)
		if err != nil {
			return nil, err
		}
		if !isObject(v) {
			s, _ := a.text(r, i)
			return nil, fmt.Errorf("%s is not a JSON object ('%s')", what, s)
		}
		in[i] = v
	}
	v, err := r.merge(in[0], in[1], a.namedBool("removeNulls", false), 0)
	if err != nil {
		return nil, err
	}
	return r.asJSONText(v)
}

func wmJSONRemove(r *run, a args) (any, error) {
	v, err := r.jsonText(a.at(0), "Input JSON")
	if err != nil {
		return nil, err
	}
	if a.len() != 2 {
		return nil, fixed("A single JSONPath expression parameter must be supplied")
	}
	p, err := r.jsonPath(a, 1)
	if err != nil {
		s, _ := a.text(r, 1)
		return nil, r.wmError(err, "JSONPath parameter is not a valid JSONPath expression ('"+s+"')")
	}
	if v, err = r.removeAt(v, p); err != nil {
		return nil, err
	}
	return r.asJSONText(v)
}

func wmJSONArrayAdd(r *run, a args) (any, error) {
	v, err := r.jsonText(a.at(0), "Base JSON")
	if err != nil {
		return nil, err
	}
	item, err := r.jsonText(a.at(1), "Item-to-add JSON")
	if err != nil {
		return nil, err
	}
	keep := -1
	if _, ok := a.given("maxItems"); ok {
		if keep, err = a.namedInt(r, "maxItems", -1); err != nil {
			return nil, fixed("maxItems option must be an integer")
		}
		if keep < 0 {
			return nil, fixed("maxItems option integer must be positive")
		}
	}
	out, err := r.arrayAdd(v, item, a, keep)
	if err != nil {
		s, _ := a.text(r, 0)
		return nil, r.wmError(err, "Target JSON is not a JSON array ('"+s+"')")
	}
	return r.asJSONText(out)
}

func wmJSONSort(r *run, a args) (any, error) {
	v, err := r.jsonText(a.at(0), "Input JSON")
	if err != nil {
		return nil, err
	}
	s, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	i := strings.LastIndex(s, "[*]")
	if i < 0 {
		return nil, fixed("JSONPath expression must contain [*] ('" + s + "')")
	}
	at, err := r.pathOf(s[:i])
	if err != nil {
		return nil, r.wmError(err, "JSONPath parameter is not a valid JSONPath expression ('"+s+"')")
	}
	by, err := r.pathOf("$" + s[i+3:])
	if err != nil {
		return nil, r.wmError(err, "JSONPath parameter is not a valid JSONPath expression ('"+s+"')")
	}
	order, err := a.namedText(r, "order", "asc")
	if err != nil {
		return nil, err
	}
	nulls, err := a.namedText(r, "nulls", "last")
	if err != nil {
		return nil, err
	}
	locations, err := r.locations(v, at)
	if err != nil {
		return nil, err
	}
	for _, l := range locations {
		v, err = r.replaceAt(v, l, func(list any) (any, error) {
			return r.sortBy(list, by, order == "desc", nulls == "first")
		})
		if err != nil {
			return nil, err
		}
	}
	return r.asJSONText(v)
}

func (r *run) sortBy(list any, by *jsonpath.Path, desc, nullsFirst bool) (any, error) {
	items, ok, err := r.items(list)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fixed("The target of jsonSort is not a JSON array")
	}
	type keyed struct{ key, item any }
	all := make([]keyed, len(items))
	for i, v := range items {
		root, err := r.plain(v)
		if err != nil {
			return nil, err
		}
		key, _ := by.Get(root)
		all[i] = keyed{key, v}
	}
	var failed error
	slices.SortStableFunc(all, func(x, y keyed) int {
		if x.key == nil || y.key == nil {
			c := 0
			switch {
			case x.key == nil && y.key != nil:
				c = 1
			case x.key != nil && y.key == nil:
				c = -1
			}
			if nullsFirst {
				c = -c
			}
			return c
		}
		c, err := r.compare(x.key, y.key)
		if err == nil {
			err = r.step(1)
		}
		if failed == nil {
			failed = err
		}
		if desc {
			c = -c
		}
		return c
	})
	if failed != nil {
		return nil, failed
	}
	out := make([]any, len(all))
	for i, k := range all {
		out[i] = k.item
	}
	return out, nil
}

func wmFormData(r *run, a args) (any, error) {
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	if err := r.make(len(s)); err != nil {
		return nil, err
	}
	decode := a.named("urlDecode") == true
	values := map[string][]string{}
	for pair := range strings.SplitSeq(s, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		if decode {
			if v, err := url.QueryUnescape(value); err == nil {
				value = v
			}
			if n, err := url.QueryUnescape(name); err == nil {
				name = n
			}
		}
		values[name] = append(values[name], value)
	}
	form := &valuesView{values: values}
	if a.len() < 2 {
		return form, nil
	}
	name, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	return nil, r.assign(name, form)
}
