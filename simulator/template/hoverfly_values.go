package template

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"
)

var hoverflyTexts = group("Text and tests", []*helper{
	hf("now", "offset format", "The time in UTC: moved by an offset such as -1d or 1h30m, in a layout of Go, unix or epoch.", hfNow,
		example{"{{now '' ''}}", "2024-05-06T07:08:09Z"}, example{"{{now '-1d' 'unix'}}", "1714892889"}, example{"{{now '1y' '2006-Jan-02'}}", "2025-May-06"}),
	hf("replace", "text old new", "With every old replaced by new.", func(r *run, a args) (any, error) {
		s, old, with, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		return r.replaceAll(s, old, with)
	}, example{"{{replace 'oink,oink' 'oink' 'moo'}}", "moo,moo"}),
	hf("split", "text separator", "The list of the pieces.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		sep, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		return r.split(s, sep)
	}, example{"{{#each (split 'a,b' ',')}}{{this}};{{/each}}", "a;b;"}),
	hf("concat", "value…", "The values as one text.", func(r *run, a args) (any, error) {
		return r.join(a.list, "")
	}, example{"{{concat 'a' (split 'b,c' ',') 1}}", "abc1"}),
	hf("length", "text", "The number of bytes.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		return strconv.Itoa(len(s)), err
	}, example{"{{length 'hello'}}", "5"}),
	hf("substring", "text start end", "The bytes from a position up to another.", func(r *run, a args) (any, error) {
		s, from, to, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		i, err1 := strconv.Atoi(from)
		j, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || i < 0 || j > len(s) || i > j {
			return "", nil
		}
		return s[i:j], nil
	}, example{"{{substring 'hello' '1' '3'}}", "el"}),
	hf("rightmostCharacters", "text count", "The last bytes.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		count, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || n > len(s) {
			return "", nil
		}
		return s[len(s)-n:], nil
	}, example{"{{rightmostCharacters '12345' '2'}}", "45"}),
	hfTest("isNumeric", "Whether the text is a number.", "{{isNumeric '1.5e3'}}", "true", func(s string) bool {
		_, err := strconv.ParseFloat(s, 64)
		return err == nil
	}),
	hfTest("isAlphanumeric", "Whether the text is letters and digits.", "{{isAlphanumeric 'a-1'}}", "false", regexp.MustCompile(`^[a-zA-Z0-9]+$`).MatchString),
	hfTest("isBool", "Whether the text is a truth value.", "{{isBool 'true'}}", "true", func(s string) bool {
		_, err := strconv.ParseBool(s)
		return err == nil
	}),
	hfCompare("isGreaterThan", "Whether a number is more than another.", "{{isGreaterThan '10' '9'}}", func(a, b float64) bool { return a > b }),
	hfCompare("isGreaterThanOrEqual", "Whether a number is at least another.", "{{isGreaterThanOrEqual '9' '9'}}", func(a, b float64) bool { return a >= b }),
	hfCompare("isLessThan", "Whether a number is less than another.", "{{isLessThan '9' '10'}}", func(a, b float64) bool { return a < b }),
	hfCompare("isLessThanOrEqual", "Whether a number is at most another.", "{{isLessThanOrEqual '9' '9'}}", func(a, b float64) bool { return a <= b }),
	hf("isBetween", "value low high", "Whether a number is between two others, which do not count.", func(r *run, a args) (any, error) {
		x, lo, hi, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		v, ok1 := hfFloat(x)
		l, ok2 := hfFloat(lo)
		h, ok3 := hfFloat(hi)
		return ok1 && ok2 && ok3 && v > l && v < h, nil
	}, example{"{{isBetween '5' '3' '7'}} {{isBetween '3' '3' '7'}}", "true false"}).as(condition),
	hf("matchesRegex", "text regex", "Whether a regular expression matches.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		pattern, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		re, err := r.regexOf(pattern)
		if err != nil {
			if isFatal(err) {
				return nil, err
			}
			return false, nil
		}
		if err := r.match(len(s)); err != nil {
			return nil, err
		}
		return re.MatchString(s), nil
	}, example{`{{matchesRegex 'a1' '^[a-z]\d$'}}`, "true"}).as(condition),
})

func hfTest(name, doc, source, result string, test func(string) bool) *helper {
	return hf(name, "text", doc, func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		return test(s), err
	}, example{source, result}).as(condition)
}

func hfCompare(name, doc, source string, test func(a, b float64) bool) *helper {
	return hf(name, "a b", doc, func(r *run, a args) (any, error) {
		x, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		y, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		f, ok1 := hfFloat(x)
		g, ok2 := hfFloat(y)
		return ok1 && ok2 && test(f, g), nil
	}, example{source, "true"}).as(condition)
}

func hfFloat(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// hfNow moves by durations of fixed length, a day 24 hours and a year 365 days;
// an offset that is none moves nothing.
func hfNow(r *run, a args) (any, error) {
	offset, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	format, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	t := r.now().UTC()
	if d, ok := hfDuration(offset); ok {
		t = t.Add(d)
	}
	switch format {
	case "":
		format = time.RFC3339
	case "unix":
		return strconv.FormatInt(t.Unix(), 10), nil
	case "epoch":
		return strconv.FormatInt(t.UnixMilli(), 10), nil
	}
	if len(format) > maxDateFormat {
		return nil, fmt.Errorf("the date format is too long")
	}
	return t.Format(format), nil
}

// durationPart is one number of a duration and its unit.
var durationPart = regexp.MustCompile(`^(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|y)`)

func hfDuration(s string) (time.Duration, bool) {
	rest := strings.TrimLeft(s, "+-")
	if rest == "" || len(s)-len(rest) > 1 || len(s) > 100 {
		return 0, false
	}
	var total time.Duration
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil {
			return 0, false
		}
		rest = rest[len(m[0]):]
		n, unit, times := m[1], m[2], time.Duration(1)
		switch unit {
		case "d":
			unit, times = "h", 24
		case "y":
			unit, times = "h", 24*365
		}
		d, err := time.ParseDuration(n + unit)
		if err != nil || d > (math.MaxInt64-total)/times {
			return 0, false
		}
		total += d * times
	}
	if strings.HasPrefix(s, "-") {
		total = -total
	}
	return total, true
}

var hoverflyNumbers = group("Numbers", []*helper{
	hfMath("add", "The sum of two numbers.", "{{add '1.5' '2' '0.00'}}", "3.50", func(a, b float64) float64 { return a + b }),
	hfMath("subtract", "The difference of two numbers.", "{{subtract '10' '4' ''}}", "6", func(a, b float64) float64 { return a - b }),
	hfMath("multiply", "The product of two numbers.", "{{multiply '1.5' '3' ''}}", "4.5", func(a, b float64) float64 { return a * b }),
	hfMath("divide", "The quotient of two numbers.", "{{divide '10' '4' '0.0'}}", "2.5", func(a, b float64) float64 { return a / b }),
	hf("sum", "list format", "The sum of a list of numbers.", func(r *run, a args) (any, error) {
		items, _, err := r.items(a.at(0))
		if err != nil {
			return nil, err
		}
		format, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		total := 0.0
		for _, v := range items {
			s, err := r.text(v)
			if err != nil {
				return nil, err
			}
			f, ok := hfFloat(s)
			if !ok {
				return "NaN", nil
			}
			total += f
		}
		return hfFormat(total, format), nil
	}, example{"{{sum (split '1,2.5' ',') '0.00'}}", "3.50"}),
})

func hfMath(name, doc, source, result string, f func(a, b float64) float64) *helper {
	return hf(name, "a b format", doc+" The format 0.00 has two places; '' drops zeros at the end.", func(r *run, a args) (any, error) {
		x, y, format, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		p, ok1 := hfFloat(x)
		q, ok2 := hfFloat(y)
		if !ok1 || !ok2 {
			return "NaN", nil
		}
		return hfFormat(f(p, q), format), nil
	}, example{source, result})
}

func hfFormat(f float64, format string) string {
	if format == "" {
		s := strconv.FormatFloat(f, 'f', 6, 64)
		if !strings.Contains(s, ".") {
			return s
		}
		return strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	places := 0
	if parts := strings.Split(format, "."); len(parts) == 2 {
		places = min(len(parts[1]), maxPlaces)
	}
	scale := math.Pow(10, float64(places))
	if rounded := math.Round(f*scale) / scale; !math.IsInf(rounded, 0) {
		f = rounded
	}
	return strconv.FormatFloat(f, 'f', places, 64)
}

var hoverflyRandom = group("Random values", []*helper{
	hfRandom("randomString", "A random text.", "{{length (randomString)}}", "10", func(r *run, _ args) (any, error) { return r.characters(10, alphabets["alphanumeric"]) }),
	hf("randomStringLength", "length", "A random text of a length.", func(r *run, a args) (any, error) {
		n, err := a.int(r, 0)
		if err != nil {
			return nil, err
		}
		return r.characters(max(n, 0), alphabets["alphanumeric"])
	}, example{"{{length (randomStringLength 4)}}", "4"}),
	hfRandom("randomBoolean", "true or false.", "{{isBool (randomBoolean)}}", "true", func(r *run, _ args) (any, error) { return strconv.FormatBool(r.random().IntN(2) == 1), nil }),
	hfRandom("randomInteger", "A random whole number.", "{{isNumeric (randomInteger)}}", "true", func(r *run, _ args) (any, error) { return r.between(0, math.MaxInt32) }),
	hf("randomIntegerRange", "min max", "A random whole number, both ends included.", func(r *run, a args) (any, error) {
		lo, err := a.int(r, 0)
		if err != nil {
			return nil, err
		}
		hi, err := a.int(r, 1)
		if err != nil {
			return nil, err
		}
		return r.between(int64(min(lo, hi)), int64(max(lo, hi)))
	}, example{"{{randomIntegerRange 7 7}}", "7"}),
	hfRandom("randomFloat", "A random number with six places.", "{{isNumeric (randomFloat)}}", "true", func(r *run, _ args) (any, error) {
		return strconv.FormatFloat(r.random().Float64(), 'f', 6, 64), nil
	}),
	hf("randomFloatRange", "min max", "A random number with six places.", func(r *run, a args) (any, error) {
		x, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		y, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		lo, ok1 := hfFloat(x)
		hi, ok2 := hfFloat(y)
		if !ok1 || !ok2 || math.IsInf(hi-lo, 0) || math.IsNaN(hi-lo) {
			return nil, fmt.Errorf("%s to %s is no range of numbers", show(x), show(y))
		}
		return strconv.FormatFloat(lo+r.random().Float64()*(hi-lo), 'f', 6, 64), nil
	}, example{"{{randomFloatRange 3.0 3.0}}", "3.000000"}),
	hfFake("randomEmail", "email", `^[^@]+@[^@]+$`),
	hfFake("randomIPv4", "ipv4address", `^\d+\.\d+\.\d+\.\d+$`),
	hfFake("randomIPv6", "ipv6address", `^[0-9a-f:]+$`),
	hfRandom("randomUuid", "A random UUID.", "{{length (randomUuid)}}", "36", func(r *run, _ args) (any, error) { return r.uuid(), nil }),
	hf("faker", "kind", "Invented data by the name of gofakeit's method, such as Name or JobTitle; nothing for another.", func(r *run, a args) (any, error) {
		kind, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		if other, ok := hfFakes[kind]; ok {
			kind = other
		}
		f, err := findFake(kind)
		if err != nil {
			return "", nil
		}
		return r.fake(f)
	}, example{"{{matchesRegex (faker 'Email') '@'}}", "true"}, example{"{{faker 'NoSuchThing'}}", ""}),
})

// hfFakes are methods of gofakeit whose function has another name.
var hfFakes = map[string]string{
	"CreditCardCvv": "creditcardcvv", "Contact": "person", "DomainName": "domainname", "IPv4Address": "ipv4address",
}

func hfRandom(name, doc, source, result string, value func(r *run, a args) (any, error)) *helper {
	return hf(name, "", doc, value, example{source, result})
}

func hfFake(name, kind, pattern string) *helper {
	return hfRandom(name, "A random "+strings.TrimPrefix(name, "random")+".", "{{matchesRegex ("+name+") '"+pattern+"'}}", "true", func(r *run, _ args) (any, error) {
		f, err := findFake(kind)
		if err != nil {
			return nil, err
		}
		return r.fake(f)
	})
}

// xmlAsJSON is XML as goxml2json turns it into JSON: elements are objects,
// attributes have a dash before their name, text beside them is #content,
// elements of one name are a list, and everything is text.
func xmlAsJSON(doc *xmlDocument) any {
	out := newObject(1)
	for c := doc.root.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == xmlquery.ElementNode {
			out.set(c.Data, elementAsJSON(c))
		}
	}
	return out
}

func elementAsJSON(n *xmlquery.Node) any {
	out := newObject(len(n.Attr))
	for _, a := range n.Attr {
		out.set("-"+a.Name.Local, a.Value)
	}
	var content strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case xmlquery.TextNode, xmlquery.CharDataNode:
			content.WriteString(c.Data)
		case xmlquery.ElementNode:
			v := elementAsJSON(c)
			if old, ok := out.get(c.Data); ok {
				if list, isList := old.([]any); isList {
					v = append(slices.Clip(list), v)
				} else {
					v = []any{old, v}
				}
			}
			out.set(c.Data, v)
		}
	}
	text := strings.TrimSpace(content.String())
	if len(out.names) == 0 {
		return text
	}
	if text != "" {
		out.set("#content", text)
	}
	return out
}
