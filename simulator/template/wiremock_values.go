package template

import (
	"math"
	"math/big"
	"net/url"
	"strings"
	"time"
)

// wiremockValues are WireMock's helpers for random values, dates, encodings and
// variables.
var wiremockValues = group("Values", []*helper{
	wm("randomValue", "[type= length=36 uppercase=]", "Random characters: ALPHANUMERIC, ALPHABETIC, NUMERIC, ALPHANUMERIC_AND_SYMBOLS, HEXADECIMAL, or a UUID.", wmRandomValue,
		example{"{{size (randomValue length=10 type='NUMERIC')}}", "10"}),
	wm("randomInt", "[lower= upper=]", "A random whole number, lower included, upper not.", func(r *run, a args) (any, error) {
		lo, err := a.namedInt(r, "lower", math.MinInt32)
		if err != nil {
			return nil, err
		}
		hi, err := a.namedInt(r, "upper", math.MaxInt32)
		if err != nil {
			return nil, err
		}
		if lo >= hi {
			return nil, fixed("bound must be greater than origin")
		}
		return r.between(int64(lo), int64(hi)-1)
	}, example{"{{randomInt lower=5 upper=6}}", "5"}),
	wm("randomDecimal", "[lower= upper=]", "A random number.", func(r *run, a args) (any, error) {
		lo, hi := -math.MaxFloat64/2, math.MaxFloat64/2
		for name, to := range map[string]*float64{"lower": &lo, "upper": &hi} {
			if v, ok := a.given(name); ok {
				d, err := r.decimal(v)
				if err != nil {
					return nil, err
				}
				*to, _ = d.Float64()
			}
		}
		if lo >= hi {
			return nil, fixed("bound must be greater than origin")
		}
		return javaDouble(lo + r.random().Float64()*(hi-lo)), nil
	}, example{"{{gte (randomDecimal lower=1 upper=2) 1}}", "true"}),
	wm("pickRandom", "value…|list [count=]", "One of the values, or with count= a list of some.", func(r *run, a args) (any, error) {
		if a.len() == 0 || a.at(0) == nil {
			return nil, fixed("Must specify either a single list argument or a set of single value arguments.")
		}
		return r.choose(a, a.list)
	}, example{"{{pickRandom 'a' 'a'}}", "a"}),
	wm("now", "[offset= format= timezone=]", "The time; format= is a pattern of SimpleDateFormat, epoch or unix.", func(r *run, a args) (any, error) {
		return r.dateOf(a, r.now().UTC(), time.UTC, javaNotation)
	}, example{"{{now}}", "2024-05-06T07:08:09Z"}, example{"{{now offset='3 days' format='yyyy-MM-dd'}}", "2024-05-09"}).preparing(prepareDate(javaNotation)),
	wm("date", "[date] [offset= format= timezone=]", "A date, moved and printed as now does it.", func(r *run, a args) (any, error) {
		if a.at(0) == nil {
			return r.dateOf(a, r.now().UTC(), time.UTC, javaNotation)
		}
		t, err := r.toTime(a.at(0))
		if err != nil {
			return nil, err
		}
		return r.dateOf(a, t, t.Location(), javaNotation)
	}, example{"{{date (parseDate '2021-10' format='yyyy-MM') offset='+32 days' format='yyyy-MM'}}", "2021-11"}).preparing(prepareDate(javaNotation)),
	wm("parseDate", "text [format=]", "The date that a text is; nothing where it is none.", wmParseDate,
		example{"{{parseDate '29/06/2021' format='dd/MM/yyyy'}}", "2021-06-29T00:00:00Z"}).preparing(prepareDate(javaNotation)),
	wm("truncateDate", "date boundary", "A date cut to 'first hour of day', 'first day of month' and so on.", func(r *run, a args) (any, error) {
		if a.len() < 2 {
			return nil, fixed("Truncation type must be specified as the first parameter to truncateDate")
		}
		if _, ok := a.at(0).(*date); !ok {
			return nil, fixed("A date object must be passed to the truncateDate helper")
		}
		return truncateDate(r, a)
	}, example{"{{truncateDate (now) 'last day of month'}}", "2024-05-31T00:00:00Z"}),
	wm("base64", "text [decode= padding=]", "In base64, or out of it.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		if a.namedBool("decode", false) {
			return decodeBase64(s)
		}
		return encodeBase64(s, false, a.namedBool("padding", true)), nil
	}, example{"{{#base64}}hello{{/base64}}", "aGVsbG8="}).as(bodyIsArg),
	wm("urlEncode", "text [decode= encoding=]", "Encoded for a query, or decoded.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		if a.namedBool("decode", false) {
			return url.QueryUnescape(s)
		}
		return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s)), nil // as URLEncoder has it
	}, example{"{{urlEncode 'one two'}}", "one+two"}).as(bodyIsArg),
	wm("trim", "text", "Without white space at both ends.", func(r *run, a args) (any, error) {
		s, err := a.text(r, 0)
		return strings.TrimSpace(s), err
	}, example{"{{trim '  a  '}}", "a"}).as(bodyIsArg),
	wm("regexExtract", "text regex [variable] [default=]", "What a regular expression finds first; with a name, sets that variable to the groups of all matches.", wmRegexExtract,
		example{"{{regexExtract 'abc-123' '([a-z]+)-([0-9]+)' 'parts'}}{{parts.1}}", "123"}, example{"{{regexExtract 'abc' '[0-9]+'}}", "[ERROR: Nothing matched [0-9]+]"}).preparing(prepareRegex(1)),
	wm("val", "value [or= default= assign=]", "The value, or another where it is absent; assign= sets a variable to it instead.", wmVal,
		example{"{{val request.query.none or='123'}}", "123"}, example{"{{val 12 assign='x'}}{{x}}", "12"}),
	wm("hostname", "", "The host that the request asked for: the machine's own name is not shown.", func(r *run, _ args) (any, error) {
		if r.request() == nil {
			return "", nil
		}
		host, _ := r.hostPort()
		return host, nil
	}, example{"{{hostname}}", "shop.example"}),
	wm("systemValue", "key= [type= default=]", "Denied for every key: templates reach neither the environment nor properties.", func(r *run, a args) (any, error) {
		key, err := a.namedText(r, "key", "")
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, fixed("The key cannot be empty")
		}
		return nil, fixed("Access to " + key + " is denied")
	}, example{"{{systemValue key='PATH'}}", "[ERROR: Access to PATH is denied]"}),
})

func wmRandomValue(r *run, a args) (any, error) {
	n, err := a.namedInt(r, "length", 36)
	if err != nil {
		return nil, err
	}
	kind, err := a.namedText(r, "type", "ALPHANUMERIC")
	if err != nil {
		return nil, err
	}
	var v any
	switch kind {
	case "ALPHANUMERIC":
		v, err = r.characters(n, alphabets["alphanumeric"])
	case "ALPHABETIC":
		v, err = r.characters(n, alphabets["alphabetic"])
	case "NUMERIC":
		v, err = r.characters(n, alphabets["numeric"])
	case "HEXADECIMAL":
		v, err = r.characters(n, alphabets["hex"])
	case "UUID":
		v = r.uuid()
	default:
		v, err = r.characters(n, alphabets["symbols"])
	}
	if err != nil {
		return nil, err
	}
	if a.namedBool("uppercase", false) {
		return strings.ToUpper(v.(string)), nil
	}
	return strings.ToLower(v.(string)), nil
}

func wmParseDate(r *run, a args) (any, error) {
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	f, err := r.formatOf(a, javaNotation)
	if err != nil {
		return nil, err
	}
	var t time.Time
	if f == nil {
		t, err = parseGuessed(s, time.UTC)
	} else {
		t, err = f.parse(s, time.UTC)
	}
	if err != nil {
		return nil, nil // there a date that is none is nothing
	}
	return &date{t, rfc3339}, nil
}

func wmRegexExtract(r *run, a args) (any, error) {
	re, err := r.regex(a, 1)
	pattern, _ := a.text(r, 1)
	if err != nil {
		return nil, r.wmError(err, "Invalid regex string "+pattern)
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	if err := r.match(len(s)); err != nil {
		return nil, err
	}
	nothing := func() (any, error) {
		if d, ok := a.given("default"); ok {
			return d, nil
		}
		return nil, fixed("Nothing matched " + pattern)
	}
	if a.len() < 3 {
		m := re.FindStringIndex(s)
		if m == nil {
			return nothing()
		}
		return s[m[0]:m[1]], nil
	}
	var groups texts
	for _, m := range re.FindAllStringSubmatch(s, maxItems) {
		groups = append(groups, m[1:]...)
	}
	if err := r.make(16 * len(groups)); err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nothing()
	}
	name, err := a.text(r, 2)
	if err != nil {
		return nil, err
	}
	return nil, r.assign(name, groups)
}

func wmVal(r *run, a args) (any, error) {
	v := a.at(0)
	if isNothing(v) {
		v = a.named("or")
		if v == nil {
			v = a.named("default")
		}
	}
	name, err := a.namedText(r, "assign", "")
	if err != nil {
		return nil, err
	}
	if name != "" {
		return nil, r.assign(name, v)
	}
	return v, nil
}

// numberFormats are the signs of the locales that numberFormat knows.
var numberFormats = map[string]struct{ group, point, before, after string }{
	"en_US": {",", ".", "$", ""}, "en_GB": {",", ".", "£", ""}, "en_IE": {",", ".", "€", ""}, "en_CA": {",", ".", "$", ""}, "en_AU": {",", ".", "$", ""},
	"de_DE": {".", ",", "", "\u00a0€"}, "fr_FR": {"\u202f", ",", "", "\u00a0€"}, "it_IT": {".", ",", "", "\u00a0€"}, "es_ES": {".", ",", "", "\u00a0€"},
	"nl_NL": {".", ",", "€\u00a0", ""}, "ja_JP": {",", ".", "￥", ""}, "en": {",", ".", "¤", ""}, "de": {".", ",", "", "\u00a0¤"},
}

// wmNumberFormat is numberFormat: integer, percent, currency, or a pattern of
// DecimalFormat such as #,##0.00.
func wmNumberFormat(r *run, a args) (any, error) {
	d, err := r.decimal(a.at(0))
	if err != nil {
		return nil, fixed("found '" + toText(r, a.at(0)) + "', expected 'number'")
	}
	format, locale := "", "en_US"
	if a.len() > 1 {
		if format, err = a.text(r, 1); err != nil {
			return nil, err
		}
	}
	if a.len() > 2 {
		if locale, err = a.text(r, 2); err != nil {
			return nil, err
		}
	}
	signs, ok := numberFormats[strings.ReplaceAll(locale, "-", "_")]
	if !ok {
		signs = numberFormats["en_US"]
	}
	before, after, least, most := "", "", 0, 3
	switch format {
	case "":
	case "integer":
		most = 0
	case "percent":
		d = new(big.Rat).Mul(d, big.NewRat(100, 1))
		after, most = "%", 0
	case "currency":
		before, after, least, most = signs.before, signs.after, 2, 2
	default:
		return decimalPattern(d, format, signs.group, signs.point)
	}
	return before + fraction(d, least, most, signs.group, signs.point) + after, nil
}

func toText(r *run, v any) string {
	s, _ := r.text(v)
	return s
}

// fraction writes a number with some places, half to the even one, as
// NumberFormat does.
func fraction(d *big.Rat, least, most int, group, point string) string {
	s := halfEven(d, most).FloatString(most)
	if most > 0 {
		whole, frac, _ := strings.Cut(s, ".")
		for len(frac) > least && strings.HasSuffix(frac, "0") {
			frac = frac[:len(frac)-1]
		}
		s = whole
		if frac != "" {
			s += "." + frac
		}
	}
	return grouped(s, group, point)
}

func halfEven(d *big.Rat, places int) *big.Rat {
	lo, hi := round(d, places, down), round(d, places, up)
	below, above := new(big.Rat).Sub(d, lo), new(big.Rat).Sub(hi, d)
	switch c := below.Cmp(above); {
	case c < 0:
		return lo
	case c > 0:
		return hi
	}
	scaled := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	last := new(big.Rat).Mul(lo, new(big.Rat).SetInt(scaled))
	if last.Num().Bit(0) == 0 {
		return lo
	}
	return hi
}

func decimalPattern(d *big.Rat, pattern, group, point string) (any, error) {
	from := strings.IndexAny(pattern, "#0,.")
	if from < 0 || len(pattern) > maxPlaces {
		return nil, fixed("Malformed pattern \"" + pattern + "\"")
	}
	to := strings.LastIndexAny(pattern, "#0,.") + 1
	before, digits, after := pattern[:from], pattern[from:to], pattern[to:]
	if strings.HasPrefix(after, "%") {
		d = new(big.Rat).Mul(d, big.NewRat(100, 1))
	}
	whole, frac, _ := strings.Cut(digits, ".")
	if !strings.Contains(whole, ",") {
		group = ""
	}
	s := fraction(d, strings.Count(frac, "0"), len(frac), group, point)
	least := strings.Count(whole, "0")
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	w, f, hasFrac := strings.Cut(s, point)
	for len(strings.ReplaceAll(w, group, "")) < least || group == "" && len(w) < least {
		w = "0" + w
	}
	if least == 0 && w == "0" && hasFrac {
		w = ""
	}
	if hasFrac {
		w += point + f
	}
	return sign + before + w + after, nil
}
