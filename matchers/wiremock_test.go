package matchers

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"understudy/simulations"
)

// corpus opens a file of the corpus of real files, or skips the test.
func corpus(t *testing.T, name string) *os.File {
	t.Helper()
	root := os.Getenv("UNDERSTUDY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Skipf("no corpus: set UNDERSTUDY_CORPUS to its folder (%v)", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestWireMockAgrees says in our operators what WireMock's say in theirs, for
// what both have, and compares the verdicts that WireMock gave.
func TestWireMockAgrees(t *testing.T) {
	compared, skipped := 0, map[string]int{}
	sc := bufio.NewScanner(corpus(t, "wiremock/matchers.ndjson"))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c struct {
			Test    string
			Pattern json.RawMessage
			Value   *string
			Match   bool
		}
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		pattern, err := simulations.Parse(c.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		ours, why := translate(pattern)
		if why == "" && different[c.Test] != "" {
			why = different[c.Test]
		}
		if why != "" {
			skipped[why]++
			continue
		}
		compiler := &compiler{}
		p := compiler.predicate(ours)
		if len(compiler.faults) > 0 {
			skipped["we refuse at acceptance"]++
			if c.Match {
				t.Errorf("%s: %s matches there and is refused here: %v", c.Test, pattern, compiler.faults)
			}
			continue
		}
		f := field{}
		if c.Value != nil {
			f = one(textOf(*c.Value))
		}
		var s scope
		if got := p.holds(f, &s); got != c.Match {
			t.Errorf("%s: %s as %s on %q: %v, WireMock says %v", c.Test, pattern, ours, f.show(), got, c.Match)
		}
		compared++
	}
	t.Logf("%d compared; not compared: %v", compared, skipped)
	if compared < 200 {
		t.Errorf("only %d verdicts compared", compared)
	}
}

// different are cases in which we decided otherwise, and why.
var different = map[string]string{
	"EqualToXmlPatternTest.returnsExactMatchWhenElementsAreInDifferentOrder":                    "the order of elements matters, whatever their names",
	"MatchesXPathPatternTest.matchesNamespacedXmlFromLocalNames":                                "XPath 1.0 has namespaces",
	"MatchesXPathPatternTest.matchesComplexElementAgainstValuePattern":                          "a node's value is its text",
	"MatchesJsonPathPatternTest.matchesOnJsonPathsWithRegexFilter":                              "not RFC 9535",
	"MatchesJsonPathPatternTest.matchesOnJsonPathsWithSizeFilter":                               "not RFC 9535",
	"MatchesJsonPathPatternTest.matchesOnJsonPathsWithDecimalFilters":                           "RFC 9535: a string equals no number",
	"MatchesJsonPathPatternTest.matchesOnJsonPathsWithDecimalFiltersWithTrailingZeros":          "RFC 9535: a string equals no number",
	"MatchesJsonPathPatternTest.matchesOnJsonPathsWithFiltersOnNestedObjects":                   "RFC 9535: a filter is about children",
	"MatchesJsonPathPatternTest.matchesBooleanExpressionResultAgainstValuePatternWhenSpecified": "a string equals no boolean",
	"MatchesJsonPathPatternTest.matchesNumericExpressionResultAgainstValuePatternWhenSpecified": "a string equals no number",
	"MatchesJsonPathPatternTest.matchesNullExpressionResultAgainstAbsentValuePattern":           "null is there",
	"MatchesJsonSchemaPatternTest.invalidJsonSchemaNeverMatches":                                "unknown keywords are allowed, as the drafts say",
	"MatchesJsonSchemaPatternTest.invalidJsonSchemaMatchResultsContainExplanatorySubEvent":      "unknown keywords are allowed, as the drafts say",
}

func object(name string, v *simulations.Value) *simulations.Value {
	return &simulations.Value{Kind: simulations.Object, Names: []string{name}, Items: []*simulations.Value{v}}
}

// translate returns the predicate, or why there is none.
func translate(v *simulations.Value) (out *simulations.Value, why string) {
	has := func(names ...string) string {
		for _, n := range names {
			if o := v.Get(n); o != nil && o.Text != "false" {
				return "option " + n
			}
		}
		return ""
	}
	name, arg := v.Names[0], v.Items[0]
	for i, n := range v.Names { // the operator is not always the first
		switch n {
		case "equalTo", "contains", "doesNotContain", "matches", "absent", "equalToJson", "equalToXml", "matchesJsonPath", "matchesXPath", "matchesJsonSchema", "before", "after", "equalToDateTime":
			name, arg = n, v.Items[i]
		}
	}
	text := arg
	if arg.Kind == simulations.String {
		if parsed, err := simulations.Parse([]byte(arg.Text)); err == nil {
			text = parsed
		}
	}
	switch name {
	case "equalTo":
		if o := v.Get("caseInsensitive"); o != nil && o.Text == "true" {
			return object("equalsIgnoreCase", arg), ""
		}
		return object("equals", arg), ""
	case "contains":
		return object("contains", arg), ""
	case "doesNotContain":
		return object("not", object("contains", arg)), ""
	case "absent":
		return object("absent", simulations.NewBool(true)), ""
	case "matches":
		return object("regex", simulations.NewString(`^(?s:`+arg.Text+`)$`)), ""
	case "matchesPathTemplate":
		return object("template", arg), ""
	case "not":
		sub, why := translate(arg)
		return object("not", sub), why
	case "and", "or":
		list := &simulations.Value{Kind: simulations.Array}
		for _, item := range arg.Items {
			sub, why := translate(item)
			if why != "" {
				return nil, why
			}
			list.Items = append(list.Items, sub)
		}
		return object(map[string]string{"and": "all", "or": "any"}[name], list), ""
	case "before", "after", "equalToDateTime":
		if why := has("actualFormat", "truncateExpected", "truncateActual"); why != "" {
			return nil, why
		}
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\d`).MatchString(arg.Text) {
			return nil, "depends on the time"
		}
		return object(map[string]string{"before": "before", "after": "after", "equalToDateTime": "at"}[name], arg), ""
	case "equalToJson":
		if !json.Valid([]byte(text.String())) || arg.Kind == simulations.String && !json.Valid([]byte(arg.Text)) {
			return nil, "not JSON"
		}
		long := object("value", text)
		long.Set("placeholders", simulations.NewBool(true))
		for theirs, ours := range map[string]string{"ignoreArrayOrder": "ignoreOrder", "ignoreExtraElements": "ignoreExtra"} {
			if o := v.Get(theirs); o != nil {
				long.Set(ours, o)
			}
		}
		return object("json", long), ""
	case "matchesJsonSchema":
		if o := v.Get("schemaVersion"); o != nil && text.Kind == simulations.Object && text.Get("$schema") == nil {
			drafts := map[string]string{
				"V4": "http://json-schema.org/draft-04/schema#", "V6": "http://json-schema.org/draft-06/schema#", "V7": "http://json-schema.org/draft-07/schema#",
				"V201909": "https://json-schema.org/draft/2019-09/schema", "V202012": "https://json-schema.org/draft/2020-12/schema",
			}
			copied := *text
			copied.Names, copied.Items = append([]string{}, text.Names...), append([]*simulations.Value{}, text.Items...)
			copied.Set("$schema", simulations.NewString(drafts[o.Text]))
			text = &copied
		}
		return object("jsonSchema", text), ""
	case "matchesJsonPath", "matchesXPath":
		op := map[string]string{"matchesJsonPath": "jsonPath", "matchesXPath": "xpath"}[name]
		if arg.Kind == simulations.String {
			if ns := v.Get("xPathNamespaces"); ns != nil {
				both := object(arg.Text, object("absent", simulations.NewBool(false)))
				both.Set("namespaces", ns)
				return object(op, both), ""
			}
			return object(op, arg), ""
		}
		sub := &simulations.Value{Kind: simulations.Object}
		for i, n := range arg.Names {
			if n != "expression" {
				sub.Set(n, arg.Items[i])
			}
		}
		if len(sub.Names) == 0 {
			return object(op, arg.Get("expression")), ""
		}
		inner, why := translate(sub)
		return object(op, object(arg.Get("expression").Text, inner)), why
	case "equalToXml":
		if why := has("exemptedComparisons", "placeholderOpeningDelimiterRegex"); why != "" {
			return nil, why
		}
		if o := v.Get("namespaceAwareness"); o != nil && o.Text != "STRICT" {
			return nil, "namespaces not strict"
		}
		long := object("value", arg)
		if o := v.Get("ignoreOrderOfSameNode"); o != nil {
			long.Set("ignoreOrder", o)
		}
		if o := v.Get("enablePlaceholders"); o != nil {
			long.Set("placeholders", o)
		}
		return object("xml", long), ""
	}
	return nil, "operator " + name
}
