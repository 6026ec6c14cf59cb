package template

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// wiremockLists are WireMock's helpers for lists and sizes.
var wiremockLists = group("Lists", []*helper{
	wm("array", "value…", "A list of the values.", func(r *run, a args) (any, error) {
		return slices.Clone(a.list), r.make(16 * a.len())
	}, example{"{{array 1 'two' true}}", "[1, two, true]"}),
	wm("arrayAdd", "list value [position='start'|'end'|n]", "The list with a value added.", wmArrayAdd,
		example{"{{arrayAdd (array 1 3) 2 position=1}}", "[1, 2, 3]"}),
	wm("arrayRemove", "list [position='start'|'end'|n]", "The list without one of its items.", wmArrayRemove,
		example{"{{arrayRemove (array 1 2 3) position='start'}}", "[2, 3]"}),
	{
		name: "arrayJoin", signature: "separator list|value… [prefix= suffix=]", max: -1, anyHash: true, block: ownBlock, opens: true,
		doc: "The items as one text. As a block, its body rendered for each of them.", value: wmArrayJoin, enter: wmArrayJoinBlock,
		examples: []example{{"{{arrayJoin ',' (array 1 2) prefix='<' suffix='>'}}", "<1,2>"}, {"{{#arrayJoin ';' (array 1 2) as |x|}}({{x}}){{/arrayJoin}}", "(1);(2)"}},
	},
	wm("range", "lower upper", "The whole numbers from one to another.", func(r *run, a args) (any, error) {
		from, err1 := a.int(r, 0)
		to, err2 := a.int(r, 1)
		if a.len() < 2 || err1 != nil || err2 != nil {
			return nil, fixed("The range helper requires both lower and upper bounds as integer parameters")
		}
		return r.numbers(from, to, 1)
	}, example{"{{range 3 5}}", "[3, 4, 5]"}),
	wm("size", "value", "The number of characters, items or members.", func(r *run, a args) (any, error) {
		if a.len() == 0 {
			return nil, fixed("Missing required parameter: the value to be measured")
		}
		return sizeOf(r, a)
	}, example{"{{size request.query.tag}}", "2"}),
	wm("contains", "text|list value", "Whether a text contains another, or a list an item.", func(r *run, a args) (any, error) {
		if a.len() < 2 {
			return nil, fixed("You must specify the string or array to search and the string to find")
		}
		if isNothing(a.at(0)) || isNothing(a.at(1)) {
			return false, nil
		}
		return r.contains(a.at(0), a.at(1))
	}, example{"{{#contains 'abc' 'b'}}yes{{else}}no{{/contains}}", "yes"}).as(condition),
	wm("matches", "text regex", "Whether a whole text is of a regular expression.", func(r *run, a args) (any, error) {
		if a.len() < 2 {
			return nil, fixed("You must specify the string to be matched and the regular expression")
		}
		s, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		pattern, err := a.text(r, 1)
		if err != nil {
			return nil, err
		}
		re, err := r.regexOf(`^(?:` + pattern + `)$`)
		if err != nil {
			return nil, r.wmError(err, "Invalid regex string "+pattern)
		}
		if err := r.match(len(s)); err != nil {
			return nil, err
		}
		return re.MatchString(s), nil
	}, example{"{{#if (matches '123' '[0-9]+')}}yes{{/if}}", "yes"}).as(condition),
})

var errPosition = fixed("position must be greater than or equal to 0 and less than or equal to the size of the list")

// wmPosition is position= as an index of n places.
func wmPosition(r *run, a args, n, end int) (int, error) {
	v, ok := a.given("position")
	if !ok {
		return end, nil
	}
	switch v {
	case "start":
		return 0, nil
	case "end":
		return end, nil
	}
	i, err := r.int(v)
	if err != nil || i < 0 || i >= n {
		return 0, errPosition
	}
	return i, nil
}

func wmArrayAdd(r *run, a args) (any, error) {
	items, ok, err := r.items(a.at(0))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fixed("Missing required parameter: list")
	}
	if a.len() < 2 {
		return nil, fixed("Missing required parameter: additional value to add to list")
	}
	i, err := wmPosition(r, a, len(items)+1, len(items))
	if err != nil {
		return nil, err
	}
	return slices.Insert(slices.Clone(items), i, a.at(1)), r.make(16 * len(items))
}

func wmArrayRemove(r *run, a args) (any, error) {
	items, ok, err := r.items(a.at(0))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fixed("Missing required parameter: list")
	}
	if len(items) == 0 {
		return []any{}, nil
	}
	i, err := wmPosition(r, a, len(items), len(items)-1)
	if err != nil {
		return nil, err
	}
	return slices.Delete(slices.Clone(items), i, i+1), r.make(16 * len(items))
}

// wmJoined are the separator and the items of arrayJoin.
func wmJoined(r *run, a args) (sep string, items []any, err error) {
	sep, ok := a.at(0).(string)
	if !ok {
		return "", nil, fixed("Separator parameter must be a String")
	}
	if a.len() < 2 {
		return "", nil, fixed("The parameter must be list")
	}
	if a.len() == 2 {
		if items, ok, err = r.items(a.at(1)); ok || err != nil {
			return sep, items, err
		}
	}
	return sep, a.list[1:], nil
}

func wmArrayJoin(r *run, a args) (any, error) {
	sep, items, err := wmJoined(r, a)
	if err != nil || len(items) == 0 {
		return "", err
	}
	s, err := r.join(items, sep)
	if err != nil {
		return nil, err
	}
	return wmWrap(r, a, s)
}

func wmWrap(r *run, a args, s string) (string, error) {
	prefix, err := a.namedText(r, "prefix", "")
	if err != nil {
		return "", err
	}
	suffix, err := a.namedText(r, "suffix", "")
	return prefix + s + suffix, err
}

func wmArrayJoinBlock(r *run, a args, b *block) error {
	sep, items, err := wmJoined(r, a)
	if err != nil || len(items) == 0 {
		return err
	}
	around, err := wmWrap(r, a, "\x00")
	if err != nil {
		return err
	}
	prefix, suffix, _ := strings.Cut(around, "\x00")
	r.out = append(r.out, prefix...)
	first := true
	body := append([]node{separator{sep, &first}}, b.body...)
	if err := r.each(items, b.params, body, nil); err != nil {
		return err
	}
	r.out = append(r.out, suffix...)
	return r.write()
}

// separator is text between the turns of a loop.
type separator struct {
	text  string
	first *bool
}

func (s separator) render(r *run) error {
	if *s.first {
		*s.first = false
		return nil
	}
	return text(s.text).render(r)
}

// wiremockLogic are the conditions and numbers of Handlebars.java.
var wiremockLogic = group("Logic", []*helper{
	wmCondition("eq", "a b [yes= no=]", "Whether a equals b, numbers and texts apart.", "{{eq 5 5 yes='y' no='n'}}", "y", wmEqual),
	wmCondition("neq", "a b [yes= no=]", "Whether a does not equal b.", "{{#neq 1 2}}yes{{/neq}}", "yes", func(r *run, a args) (bool, error) {
		same, err := wmEqual(r, a)
		return !same, err
	}),
	wmCompare("gt", "Whether a is more than b.", "{{gt 2 1}}", func(c int) bool { return c > 0 }),
	wmCompare("gte", "Whether a is at least b.", "{{gte 2 2}}", func(c int) bool { return c >= 0 }),
	wmCompare("lt", "Whether a is less than b.", "{{lt 1 2}}", func(c int) bool { return c < 0 }),
	wmCompare("lte", "Whether a is at most b.", "{{lte 2 2}}", func(c int) bool { return c <= 0 }),
	wmCondition("and", "value… [yes= no=]", "Whether all values are true.", "{{and true 1}}", "true", func(_ *run, a args) (bool, error) {
		return !slices.ContainsFunc(a.list, func(v any) bool { return !truth(v) }), nil
	}),
	wmCondition("or", "value… [yes= no=]", "Whether one of the values is true.", "{{or false 1}}", "true", func(_ *run, a args) (bool, error) {
		return slices.ContainsFunc(a.list, truth), nil
	}),
	wmCondition("not", "value [yes= no=]", "Whether the value is not true.", "{{not false}}", "true", func(_ *run, a args) (bool, error) {
		return !truth(a.at(0)), nil
	}),
	wmCondition("isEven", "number [yes= no=]", "Whether a number is even.", "{{isEven 2}}", "even", wmParity(0), "even", ""),
	wmCondition("isOdd", "number [yes= no=]", "Whether a number is odd.", "{{isOdd 3}}", "odd", wmParity(1), "odd", ""),
	wm("stripes", "number [even= odd=]", "'even' or 'odd'.", func(r *run, a args) (any, error) {
		n, err := a.int(r, 0)
		if err != nil {
			return nil, err
		}
		if n%2 == 0 {
			return a.namedText(r, "even", "even")
		}
		return a.namedText(r, "odd", "odd")
	}, example{"{{stripes 3}}", "odd"}),
	wm("log", "value…", "Prints nothing.", func(*run, args) (any, error) { return nil, nil }, example{"{{log 'x'}}", ""}),
	wm("math", "a operator b", "a and b with + - * x / or % between them, as BigDecimal has it.", wmMath,
		example{"{{math 8 '/' 3}}", "3"}, example{"{{math 1.5 '+' 2}}", "3.5"}),
})

func wmCondition(name, signature, doc, source, result string, test func(r *run, a args) (bool, error), inline ...string) *helper {
	yes, no := any(true), any(false)
	if len(inline) == 2 {
		yes, no = inline[0], inline[1]
	}
	return wm(name, signature, doc, func(r *run, a args) (any, error) {
		ok, err := test(r, a)
		if err != nil || a.call.isBlock {
			return ok, err
		}
		if ok {
			if v, given := a.given("yes"); given {
				return v, nil
			}
			return yes, nil
		}
		if v, given := a.given("no"); given {
			return v, nil
		}
		return no, nil
	}, example{source, result}).as(condition)
}

func wmCompare(name, doc, source string, holds func(int) bool) *helper {
	return wmCondition(name, "a b [yes= no=]", doc, source, "true", func(r *run, a args) (bool, error) {
		c, err := r.compare(a.at(0), a.at(1))
		return holds(c), err
	})
}

// wmEqual keeps numbers and texts apart, as Java's equals does.
func wmEqual(r *run, a args) (bool, error) {
	x, y := a.at(0), a.at(1)
	if isNumber(x) != isNumber(y) {
		return false, nil
	}
	return r.equal(x, y, 0)
}

func wmParity(want int) func(r *run, a args) (bool, error) {
	return func(r *run, a args) (bool, error) {
		n, err := a.int(r, 0)
		return n&1 == want, err
	}
}

func wmMath(r *run, a args) (any, error) {
	if a.len() != 3 {
		return nil, fixed("All maths functions require two operands and an operator as parameters e.g. 3 '+' 2")
	}
	x, xs := r.bigDecimal(a.at(0))
	y, ys := r.bigDecimal(a.at(2))
	op, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	z, scale := new(big.Rat), max(xs, ys)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*", "x":
		z.Mul(x, y)
		scale = xs + ys
	case "/", "%":
		if y.Sign() == 0 {
			return nil, fixed("/ by zero")
		}
		if op == "%" {
			z = remainder(x, y)
		} else {
			z, scale = round(z.Quo(x, y), xs, halfUp), xs
		}
	default:
		return nil, fixed(op + " is not a valid mathematical operator")
	}
	if scale == 0 {
		return r.exact(z)
	}
	f, _ := z.Float64()
	return javaDouble(f), nil
}

// bigDecimal is a value as BigDecimal reads it, with its scale; 0 for what it
// cannot read.
func (r *run) bigDecimal(v any) (*big.Rat, int) {
	s, err := r.text(v)
	if err != nil {
		return new(big.Rat), 0
	}
	s = strings.TrimSpace(s)
	d, ok := parseDecimal(s)
	if !ok {
		return new(big.Rat), 0
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	_, frac, _ := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exponent)
	return d, min(max(len(frac)-e, 0), maxPlaces)
}

// javaDouble prints a double as Double.toString does.
func javaDouble(f float64) any {
	abs := f
	if abs < 0 {
		abs = -abs
	}
	if abs != 0 && (abs < 1e-3 || abs >= 1e7) {
		s := strconv.FormatFloat(f, 'E', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		e, _ := strconv.Atoi(exponent)
		return number(mantissa + "E" + strconv.Itoa(e))
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return number(s)
}
