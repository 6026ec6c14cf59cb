package template

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wiremockTexts are the StringHelpers of Handlebars.java.
var wiremockTexts = group("Text", []*helper{
	wmText("capitalizeFirst", "", "With the first letter a capital.", "{{capitalizeFirst 'some text'}}", "Some text", func(_ *run, _ args, s string) (string, error) { return capitalize(s), nil }),
	wmText("capitalize", " [fully=]", "With the first letter of each word a capital.", "{{capitalize 'some text'}}", "Some Text", func(_ *run, a args, s string) (string, error) {
		if a.namedBool("fully", false) {
			s = strings.ToLower(s)
		}
		return titleCase(s), nil
	}),
	wmText("lower", "", "In small letters.", "{{lower 'ABC'}}", "abc", func(_ *run, _ args, s string) (string, error) { return strings.ToLower(s), nil }),
	wmText("upper", "", "In capital letters.", "{{upper 'abc'}}", "ABC", func(_ *run, _ args, s string) (string, error) { return strings.ToUpper(s), nil }),
	wmPad("center", "In the middle of a width.", "{{center 'ab' size=6 pad='*'}}", "**ab**", func(missing int) int { return missing / 2 }),
	wmPad("ljust", "At the left of a width.", "{{ljust 'ab' size=4 pad='.'}}", "ab..", func(int) int { return 0 }),
	wmPad("rjust", "At the right of a width.", "{{rjust 'ab' size=4 pad='.'}}", "..ab", func(missing int) int { return missing }),
	wmText("cut", " [what=' ']", "Without every occurrence of a text.", "{{cut 'a b c' ' '}}", "abc", func(r *run, a args, s string) (string, error) {
		what := " "
		if a.len() > 1 {
			var err error
			if what, err = a.text(r, 1); err != nil {
				return "", err
			}
		}
		return strings.ReplaceAll(s, what, ""), nil
	}),
	wm("defaultIfEmpty", "value… ", "The first value that is true.", func(_ *run, a args) (any, error) {
		for _, v := range a.list {
			if truth(v) {
				return v, nil
			}
		}
		if a.len() == 0 {
			return "", nil
		}
		return a.list[a.len()-1], nil
	}, example{"{{defaultIfEmpty '' 'x'}}", "x"}),
	wm("join", "list|value… separator [prefix= suffix=]", "The items as one text.", func(r *run, a args) (any, error) {
		if a.len() < 2 {
			return nil, fixed("found '[]', expected at least two parameters")
		}
		sep, err := a.text(r, a.len()-1)
		if err != nil {
			return nil, err
		}
		items := a.list[:a.len()-1]
		if len(items) == 1 {
			if l, ok, err := r.items(items[0]); err != nil {
				return nil, err
			} else if ok {
				items = l
			}
		}
		s, err := r.join(items, sep)
		if err != nil {
			return nil, err
		}
		return wmWrap(r, a, s)
	}, example{"{{join 'a' 'b' ', '}}", "a, b"}, example{"{{join (array 1 2) '-'}}", "1-2"}),
	wmText("substring", " start [end]", "The characters from a position up to another.", "{{substring 'abcdef' 1 3}}", "bc", func(r *run, a args, s string) (string, error) {
		runes := []rune(s)
		from, err := a.int(r, 1)
		if err != nil {
			return "", err
		}
		to := len(runes)
		if a.len() > 2 {
			if to, err = a.int(r, 2); err != nil {
				return "", err
			}
		}
		from, to = within(from, len(runes)), within(to, len(runes))
		return string(runes[min(from, to):to]), nil
	}),
	wmText("slugify", "", "As part of a URL.", "{{slugify ' Joel is a slug '}}", "joel-is-a-slug", func(_ *run, _ args, s string) (string, error) {
		s = notWord.ReplaceAllString(strings.TrimSpace(s), "")
		return strings.ToLower(blanks.ReplaceAllString(s, "-")), nil
	}),
	wmText("stripTags", "", "Without tags.", "{{stripTags '<b>x</b>'}}", "x", func(_ *run, _ args, s string) (string, error) { return tags.ReplaceAllString(s, ""), nil }),
	wmText("abbreviate", " width", "Cut to a width, with an ellipsis.", "{{abbreviate 'Now is the time' 10}}", "Now is ...", func(r *run, a args, s string) (string, error) {
		n, err := a.int(r, 1)
		if err != nil {
			return "", err
		}
		if n < 4 {
			return "", fixed("Minimum abbreviation width is 4")
		}
		if utf8.RuneCountInString(s) <= n {
			return s, nil
		}
		return firstRunes(s, n-3) + "...", nil
	}),
	wmText("wordWrap", " width", "Broken into lines of a width.", "{{wordWrap 'Joel is a slug' 5}}", "Joel\nis a\nslug", func(r *run, a args, s string) (string, error) {
		n, err := a.int(r, 1)
		if err != nil {
			return "", err
		}
		return wrap(s, max(n, 1)), nil
	}),
	wmText("replace", " old new", "With every old replaced by new.", "{{replace 'a-b' '-' '+'}}", "a+b", func(r *run, a args, s string) (string, error) {
		_, old, with, err := a.text3(r)
		if err != nil {
			return "", err
		}
		return r.replaceAll(s, old, with)
	}),
	wm("yesno", "value [yes= no= maybe=]", "yes, no, or maybe where the value is absent.", func(r *run, a args) (any, error) {
		switch v := a.at(0); {
		case v == nil:
			return a.namedText(r, "maybe", "maybe")
		case truth(v):
			return a.namedText(r, "yes", "yes")
		}
		return a.namedText(r, "no", "no")
	}, example{"{{yesno true}} {{yesno false no='nay'}} {{yesno request.none}}", "yes nay maybe"}),
	wm("stringFormat", "format value…", "The values in a format of java.util.Formatter.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		return r.javaFormat(s, a.list[min(1, a.len()):])
	}, example{"{{stringFormat 'Hello %s: %05d, %.2f' 'ada' 42 1.5}}", "Hello ada: 00042, 1.50"}),
	wm("dateFormat", "date [format] [format= tz=]", "A date in a pattern, or full, long, medium or short.", wmDateFormat,
		example{"{{dateFormat (now) 'yyyy/MM/dd'}}", "2024/05/06"}, example{"{{dateFormat (now) 'long'}}", "May 6, 2024"}),
	wm("numberFormat", "number [format] [locale]", "A number as integer, percent or currency, or in a pattern of DecimalFormat.", wmNumberFormat,
		example{"{{numberFormat 123.456 'currency' 'en_GB'}}", "£123.46"}, example{"{{numberFormat 1234567.891 '#,##0.00'}}", "1,234,567.89"}),
})

var (
	notWord = regexp.MustCompile(`[^\w\s]+`)
	blanks  = regexp.MustCompile(`\s+`)
	tags    = regexp.MustCompile(`<[^>]*>`)
)

func wmText(name, more, doc, source, result string, f func(r *run, a args, s string) (string, error)) *helper {
	return wm(name, "text"+more, doc, func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		return f(r, a, s)
	}, example{source, result})
}

func wmPad(name, doc, source, result string, left func(missing int) int) *helper {
	return wmText(name, " size= [pad=' ']", doc, source, result, func(r *run, a args, s string) (string, error) {
		n, err := a.namedInt(r, "size", 0)
		if err != nil {
			return "", err
		}
		pad, err := a.namedText(r, "pad", " ")
		if err != nil {
			return "", err
		}
		missing := n - utf8.RuneCountInString(s)
		if missing <= 0 || pad == "" {
			return s, nil
		}
		fill, err := r.repeat(pad, missing/utf8.RuneCountInString(pad)+1)
		if err != nil {
			return "", err
		}
		l := left(missing)
		return firstRunes(fill, l) + s + firstRunes(fill, missing-l), nil
	})
}

// wrap breaks a text at blanks.
func wrap(s string, width int) string {
	var b strings.Builder
	column := 0
	for i, w := range strings.FieldsFunc(s, unicode.IsSpace) {
		n := utf8.RuneCountInString(w)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(w)
		column += n
	}
	return b.String()
}

var verb = regexp.MustCompile(`%(?:(\d+)\$)?([-#+ 0,(]*)(\d{1,4})?(?:\.(\d{1,3}))?([a-zA-Z%])`)

// javaFormat is String.format for texts and numbers.
func (r *run) javaFormat(format string, values []any) (any, error) {
	next := 0
	var out []byte
	last := 0
	for _, m := range verb.FindAllStringSubmatchIndex(format, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return format[m[2*i]:m[2*i+1]]
		}
		out = append(out, format[last:m[0]]...)
		last = m[1]
		kind := part(5)
		switch kind {
		case "%":
			out = append(out, '%')
			continue
		case "n":
			out = append(out, '\n')
			continue
		}
		i := next
		if p := part(1); p != "" {
			n, _ := smallInt(p)
			i = n - 1
		} else {
			next++
		}
		if i < 0 || i >= len(values) {
			return nil, fixed("Format specifier '" + format[m[0]:m[1]] + "'")
		}
		s, err := r.javaVerb(kind, part(2), part(3), part(4), values[i])
		if err != nil {
			return nil, err
		}
		if err := r.make(len(s)); err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return string(append(out, format[last:]...)), nil
}

func (r *run) javaVerb(kind, flags, width, precision string, v any) (string, error) {
	spec := "%" + strings.Map(func(c rune) rune {
		if strings.ContainsRune("-+ 0#", c) {
			return c
		}
		return -1
	}, flags) + width
	s, err := r.text(v)
	if err != nil {
		return "", err
	}
	switch strings.ToLower(kind) {
	case "s", "b", "c":
		if precision != "" {
			spec += "." + precision
		}
		if v == nil {
			s = "null"
		}
		if kind == "S" {
			s = strings.ToUpper(s)
		}
		return fmt.Sprintf(strings.ReplaceAll(spec, "0-", "-")+"s", s), nil
	case "d", "x", "o":
		n, err := r.int(v)
		if err != nil {
			return "", fixed(kind + " != java.lang.String")
		}
		if strings.Contains(flags, ",") {
			return fmt.Sprintf("%"+width+"s", grouped(fmt.Sprint(n), ",", ".")), nil
		}
		return fmt.Sprintf(spec+kind, n), nil
	case "f", "e", "g":
		d, err := r.decimal(v)
		if err != nil {
			return "", fixed(kind + " != java.lang.String")
		}
		places := 6
		if precision != "" {
			places, _ = smallInt(precision)
		}
		places = min(places, maxPlaces)
		if kind == "f" {
			if strings.Contains(flags, ",") {
				return fmt.Sprintf("%"+width+"s", grouped(round(d, places, halfUp).FloatString(places), ",", ".")), nil
			}
			f, _ := round(d, places, halfUp).Float64()
			return fmt.Sprintf(spec+"."+fmt.Sprint(places)+"f", f), nil
		}
		f, _ := d.Float64()
		return fmt.Sprintf(spec+"."+fmt.Sprint(places)+kind, f), nil
	}
	return "", fixed("UnknownFormatConversionException: Conversion = '" + kind + "'")
}

func wmDateFormat(r *run, a args) (any, error) {
	t, err := r.toTime(a.at(0))
	if err != nil {
		return nil, err
	}
	format := "medium"
	if a.len() > 1 {
		format, err = a.text(r, 1)
	}
	if err != nil {
		return nil, err
	}
	if format, err = a.namedText(r, "format", format); err != nil {
		return nil, err
	}
	if zone, err := a.namedText(r, "tz", ""); err != nil {
		return nil, err
	} else if zone != "" {
		l, err := location(zone)
		if err != nil {
			return nil, err
		}
		t = t.In(l)
	}
	styles := map[string]string{"full": "EEEE, MMMM d, yyyy", "long": "MMMM d, yyyy", "medium": "MMM d, yyyy", "short": "M/d/yy"}
	if s, ok := styles[format]; ok {
		format = s
	}
	f, err := parseDateFormat(format, javaNotation)
	if err != nil {
		return nil, err
	}
	return string(f.append(nil, t)), nil
}
