package mountebank

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// copied is a token of an answer with the value of the request that stands for
// it.
type copied struct {
	token string
	// value is the expression, in a template, of the value with that number; 0 is
	// also what the token alone stands for.
	value func(n int) string
}

// copies reads the behavior copy, one or a list of them.
func copies(p convert.Place) (list []copied) {
	one := func(c convert.Place) {
		c.Exactly("from", "into", "using")
		into := c.Get("into")
		if into.Text() == "" {
			into.Refuse("is the token of the answer that the value stands for, such as ${ID}")
			return
		}
		if value := selection(fieldOf(c.Get("from")), c.Get("using")); value != nil {
			list = append(list, copied{into.Text(), value})
		}
	}
	if p.Kind() == simulations.Object {
		one(p)
		return list
	}
	for c := range p.Items() {
		one(c)
	}
	return list
}

// fieldOf is the expression of a field of the request, "" where it is refused.
func fieldOf(p convert.Place) string {
	if p.Kind() != simulations.Object {
		switch field := p.Text(); strings.ToLower(field) {
		case "path", "method", "body":
			return "request." + strings.ToLower(field)
		case "requestfrom", "ip":
			return "request.clientIP"
		default:
			p.Refuse("%q is no field that a value is copied from: there are path, method, body, and query, headers and form by name", field)
			return ""
		}
	}
	for field, name := range p.Members() {
		key, ok := convert.TemplateString(name.Text())
		if !ok || len(p.Value().Names) != 1 || !slices.Contains([]string{"query", "headers", "form"}, strings.ToLower(field)) {
			p.Refuse("is no field that a value is copied from: write one of query, headers and form with a name")
			return ""
		}
		return "(lookup request." + strings.ToLower(field) + " " + key + ")"
	}
	p.Refuse("names no field")
	return ""
}

// selection is what a selector finds in a field, by number; nil where it is
// refused.
func selection(field string, p convert.Place) func(n int) string {
	p.Exactly("method", "selector", "ns", "options")
	at := p.Get("selector")
	selector := at.Text()
	switch method := p.Get("method"); method.Text() {
	case "regex":
		options := p.Get("options")
		options.Exactly("ignoreCase", "multiline")
		if options.Get("multiline").Bool() {
			selector = "(?m)" + selector
		}
		if options.Get("ignoreCase").Bool() {
			selector = "(?i)" + selector
		}
		re, err := regexp.Compile(selector)
		if err != nil {
			at.Refuse("%s", err)
			return nil
		}
		literal, ok := convert.TemplateString(selector)
		if !ok {
			at.Refuse("an expression does not end in a backslash")
			return nil
		}
		return func(n int) string {
			if n > re.NumSubexp() {
				return ""
			}
			return "(regexExtract " + field + " " + literal + " group=" + strconv.Itoa(n) + ")"
		}
	case "jsonpath", "xpath":
		if ns := p.Get("ns"); ns.Set() {
			ns.Refuse("a template names elements without their namespaces: write //*[local-name()='name']")
		}
		literal, ok := convert.TemplateString(selector)
		if !ok || selector == "" {
			at.Refuse("is no path")
			return nil
		}
		if method.Text() == "xpath" {
			return found("(xPath "+field+" "+literal+")", false, ".text")
		}
		return found("(jsonPath "+field+" "+literal+")", !convert.FindsSeveral(selector), "")
	default:
		method.Refuse("%q is no method: there are regex, jsonpath and xpath", method.Text())
		return nil
	}
}

// found takes one of the things that an expression finds; alone says that it
// finds one at most, which is no list then.
func found(expr string, alone bool, member string) func(n int) string {
	return func(n int) string {
		switch {
		case alone && n == 0, member != "" && n == 0:
			return expr
		case alone:
			return ""
		}
		return "(lookup " + expr + " '" + strconv.Itoa(n) + member + "')"
	}
}

// putIn makes templates of the answer's texts, in which values of the request
// stand for tokens; where there is no value, the token stays. Of a body that is
// an object the values stand within strings.
func putIn(list []copied, out *simulations.Response, object bool) {
	if len(list) == 0 || out.Fault != "" {
		return
	}
	values := make(map[string]func(int) string)
	var alternatives []string
	for _, c := range list {
		token := convert.Verbatim(c.token)
		if _, twice := values[token]; twice {
			continue // the first has taken its place
		}
		values[token] = c.value
		alternatives = append(alternatives, regexp.QuoteMeta(token))
	}
	// The longest first: one token may begin as another does.
	slices.SortStableFunc(alternatives, func(a, b string) int { return len(b) - len(a) })
	tokens := regexp.MustCompile("(" + strings.Join(alternatives, "|") + `)(?:\[([0-9]{1,4})\])?`)
	fill := func(text string, escape bool) string {
		var b strings.Builder
		text = convert.Verbatim(text)
		last := 0
		for _, m := range tokens.FindAllStringSubmatchIndex(text, -1) {
			token, end, n := text[m[2]:m[3]], m[3], 0
			if m[4] >= 0 {
				n, _ = strconv.Atoi(text[m[4]:m[5]]) // digits, and few
				end = m[1]
			}
			expr := values[token](n)
			if expr == "" {
				expr, end = values[token](0), m[3]
			}
			literal, _ := convert.TemplateString(text[m[2]:end])
			expr = "default " + expr + " " + literal
			if escape {
				expr = "escapeJson (" + expr + ")"
			}
			b.WriteString(text[last:m[0]] + "{{" + expr + "}}")
			last = end
		}
		return b.String() + text[last:]
	}
	out.Template = true
	if out.Text != nil {
		text := fill(*out.Text, object)
		out.Text = &text
	}
	for _, headers := range []simulations.Headers{out.Headers, out.Trailers} {
		for _, values := range headers {
			for n := range values {
				values[n] = fill(values[n], false)
			}
		}
	}
}
