package mountebank

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// token is what stands in an answer for values of the request.
type token struct {
	text string
	// value is the expression, in a template, of the value that the token with
	// this in brackets behind it stands for, alone where it is ""; "" is none.
	value func(in string) string
}

// each goes through a behavior, which is one or a list of them.
func each(p convert.Place, do func(convert.Place)) {
	if p.Kind() == simulations.Object {
		do(p)
		return
	}
	for item := range p.Items() {
		do(item)
	}
}

// named reports whether a behavior names its token.
func named(p convert.Place) bool {
	into := p.Get("into")
	if into.Text() == "" {
		into.Refuse("is the token of the answer that the value stands for, such as ${ID}")
	}
	return into.Text() != ""
}

// copies reads the behavior copy, one or a list of them.
func copies(p convert.Place) (list []token) {
	each(p, func(c convert.Place) {
		c.Exactly("from", "into", "using")
		if !named(c) {
			return
		}
		value := selection(fieldOf(c.Get("from")), c.Get("using"))
		if value == nil {
			return
		}
		list = append(list, token{c.Get("into").Text(), func(in string) string {
			if in == "" {
				return value(0)
			}
			n, err := strconv.ParseUint(in, 10, 16)
			if err != nil {
				return ""
			}
			return value(int(n))
		}})
	})
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
func putIn(list []token, out *simulations.Response, object bool) {
	if len(list) == 0 || out.Fault != "" {
		return
	}
	values := make(map[string]func(string) string)
	var alternatives []string
	for _, t := range list {
		text := convert.Verbatim(t.text)
		if _, twice := values[text]; twice {
			continue // the first has taken its place
		}
		values[text] = t.value
		alternatives = append(alternatives, regexp.QuoteMeta(text))
	}
	// The longest first: one token may begin as another does.
	slices.SortStableFunc(alternatives, func(a, b string) int { return len(b) - len(a) })
	tokens := regexp.MustCompile("(" + strings.Join(alternatives, "|") + `)(?:\[(?:\\?["'])?([^\]\["'\\]+)(?:\\?["'])?\])?`)
	fill := func(text string, escape bool) string {
		var b strings.Builder
		text = convert.Verbatim(text)
		last := 0
		for _, m := range tokens.FindAllStringSubmatchIndex(text, -1) {
			value, end, in := values[text[m[2]:m[3]]], m[3], ""
			if m[4] >= 0 {
				in, end = text[m[4]:m[5]], m[1]
			}
			expr := value(in)
			if expr == "" {
				expr, end = value(""), m[3]
			}
			literal, ok := convert.TemplateString(text[m[2]:end])
			if expr == "" || !ok {
				continue
			}
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
