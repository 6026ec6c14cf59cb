package template

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// mathHelpers calculate exactly: 0.1 and 0.2 make 0.3, and whole numbers have as
// many digits as they need. Only a quotient without an end is a float64.
var mathHelpers = group("Numbers", []*helper{
	fold("add", "The sum.", "{{add 0.1 0.2}}", "0.3", (*big.Rat).Add),
	fold("subtract", "The first number without the others.", "{{subtract 10 4}}", "6", (*big.Rat).Sub),
	fold("multiply", "The product.", "{{multiply 19.99 3}}", "59.97", (*big.Rat).Mul),
	{
		name: "divide", signature: "a b", min: 2, max: 2,
		doc:      "The quotient.",
		examples: []example{{"{{divide 7 2}}", "3.5"}, {"{{divide 1 3}}", "0.3333333333333333"}},
		value: func(r *run, a args) (any, error) {
			x, y, err := a.decimals(r)
			if err != nil {
				return nil, err
			}
			return r.exact(new(big.Rat).Quo(x, y))
		},
	},
	{
		name: "mod", signature: "a b", min: 2, max: 2,
		doc:      "What is left of a after division by b; it has the sign of a.",
		examples: []example{{"{{mod 10 3}}", "1"}, {"{{mod 5.5 2}}", "1.5"}},
		value: func(r *run, a args) (any, error) {
			x, y, err := a.decimals(r)
			if err != nil {
				return nil, err
			}
			return r.exact(remainder(x, y))
		},
	},
	rounded("round", "Rounded to decimal places, 0 where none are given; a half goes away from zero.", "{{round 2.345 2}}", "2.35", halfUp),
	rounded("floor", "Rounded down.", "{{floor -1.5}}", "-2", down),
	rounded("ceil", "Rounded up.", "{{ceil 1.2}}", "2", up),
	{
		name: "abs", signature: "number", min: 1, max: 1,
		doc: "Without its sign.", examples: []example{{"{{abs -3}}", "3"}},
		value: func(r *run, a args) (any, error) {
			d, err := r.decimal(a.at(0))
			if err != nil {
				return nil, err
			}
			return r.exact(new(big.Rat).Abs(d))
		},
	},
	extreme("min", "The least of the numbers, or of a list of them.", "{{min 3 1 2}}", "1", -1),
	extreme("max", "The greatest of the numbers, or of a list of them.", "{{max request.body.items.0.qty request.body.items.1.qty}}", "3", 1),
	{
		name: "sum", signature: "list [member]", min: 1, max: 2,
		doc:      "The sum of a list of numbers, or of a member of its objects.",
		examples: []example{{"{{sum (array 1 2 3)}}", "6"}, {"{{sum request.body.items 'qty'}}", "4"}},
		value: func(r *run, a args) (any, error) {
			items, ok, err := r.items(a.at(0))
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, errors.New("sum takes a list")
			}
			member, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			total := new(big.Rat)
			for _, v := range items {
				if a.len() > 1 {
					v = r.lookup(v, member)
				}
				d, err := r.decimal(v)
				if err != nil {
					return nil, err
				}
				if err := r.step(1); err != nil {
					return nil, err
				}
				total.Add(total, d)
			}
			return r.exact(total)
		},
	},
	{
		name: "number", signature: "value", min: 1, max: 1, hash: []string{"decimals", "group", "point"},
		doc:      "The value as a number, an error where it is none. `decimals=2` writes it with as many places, `group=','` parts thousands, `point=','` is the decimal point.",
		examples: []example{{"{{number 1234.5 decimals=2 group=','}}", "1,234.50"}, {"{{number ' 12 '}}", "12"}},
		value:    formatNumber,
	},
})

func fold(name, doc, source, result string, f func(z, x, y *big.Rat) *big.Rat) *helper {
	return &helper{
		name: name, signature: "a b…", min: 2, max: -1, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			total, err := r.decimal(a.at(0))
			if err != nil {
				return nil, err
			}
			for _, v := range a.list[1:] {
				d, err := r.decimal(v)
				if err != nil {
					return nil, err
				}
				f(total, total, d)
				if total.Num().BitLen() > 2*maxDigits*4 {
					return nil, errNumber
				}
			}
			return r.exact(total)
		},
	}
}

// decimals returns two arguments as numbers, the second not zero.
func (a args) decimals(r *run) (x, y *big.Rat, err error) {
	if x, err = r.decimal(a.at(0)); err != nil {
		return
	}
	if y, err = r.decimal(a.at(1)); err == nil && y.Sign() == 0 {
		err = errors.New("division by zero")
	}
	return
}

// remainder is x - y*trunc(x/y).
func remainder(x, y *big.Rat) *big.Rat {
	q := new(big.Rat).Quo(x, y)
	whole := new(big.Int).Quo(q.Num(), q.Denom())
	return q.Sub(x, q.Mul(y, new(big.Rat).SetInt(whole)))
}

// maxPlaces bounds the decimal places that are asked for.
const maxPlaces = 100

func rounded(name, doc, source, result string, how rounding) *helper {
	return &helper{
		name: name, signature: "number [places=0]", min: 1, max: 2, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			d, err := r.decimal(a.at(0))
			if err != nil {
				return nil, err
			}
			places := 0
			if a.len() > 1 {
				if places, err = a.int(r, 1); err != nil {
					return nil, err
				}
			}
			if places < 0 || places > maxPlaces {
				return nil, fmt.Errorf("places are 0 to %d", maxPlaces)
			}
			return r.exact(round(d, places, how))
		},
	}
}

func extreme(name, doc, source, result string, sign int) *helper {
	return &helper{
		name: name, signature: "number…|list", min: 1, max: -1, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			items := a.list
			if len(items) == 1 {
				if l, ok, err := r.items(items[0]); err != nil {
					return nil, err
				} else if ok {
					items = l
				}
			}
			var best *big.Rat
			for _, v := range items {
				d, err := r.decimal(v)
				if err != nil {
					return nil, err
				}
				if best == nil || d.Cmp(best) == sign {
					best = d
				}
				if err := r.step(1); err != nil {
					return nil, err
				}
			}
			if best == nil {
				return nil, nil
			}
			return r.exact(best)
		},
	}
}

func formatNumber(r *run, a args) (any, error) {
	d, err := r.decimal(a.at(0))
	if err != nil {
		return nil, err
	}
	places, err := a.namedInt(r, "decimals", -1)
	if err != nil {
		return nil, err
	}
	if places > maxPlaces {
		return nil, fmt.Errorf("decimals are 0 to %d", maxPlaces)
	}
	sep, err := a.namedText(r, "group", "")
	if err != nil {
		return nil, err
	}
	point, err := a.namedText(r, "point", ".")
	if err != nil {
		return nil, err
	}
	n, err := r.exact(d)
	if err != nil {
		return nil, err
	}
	if places < 0 && sep == "" && point == "." {
		return n, nil
	}
	s := string(n)
	if places >= 0 {
		s = round(d, places, halfUp).FloatString(places)
	}
	return grouped(s, sep, point), nil
}

// grouped writes a decimal with separators between thousands.
func grouped(s, sep, point string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(whole[i])
	}
	if hasFrac {
		b.WriteString(point + frac)
	}
	return b.String()
}
