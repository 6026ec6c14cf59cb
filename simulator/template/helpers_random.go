package template

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/brianvoe/gofakeit/v7"
)

// randomHelpers draw from the session's source, so that a seed repeats them.
var randomHelpers = group("Random values", []*helper{
	{
		name: "uuid", max: 0,
		doc: "A random UUID (version 4).", examples: []example{{"{{size (uuid)}}", "36"}},
		value: func(r *run, _ args) (any, error) { return r.uuid(), nil },
	},
	{
		name: "randomInt", signature: "[min max]", max: 2,
		doc: "A random whole number from min to max, both included; 0 to 2147483647 without them.", examples: []example{{"{{randomInt 7 7}}", "7"}},
		value: func(r *run, a args) (any, error) {
			lo, hi := 0, math.MaxInt32
			var err error
			if a.len() > 0 {
				if lo, err = a.int(r, 0); err != nil {
					return nil, err
				}
			}
			if a.len() > 1 {
				if hi, err = a.int(r, 1); err != nil {
					return nil, err
				}
			}
			return r.between(int64(lo), int64(hi))
		},
	},
	{
		name: "randomDecimal", signature: "[min max]", max: 2, hash: []string{"decimals"},
		doc: "A random number from min to max, 0 and 1 without them, with 2 `decimals=`.", examples: []example{{"{{randomDecimal 3 3 decimals=1}}", "3.0"}},
		value: randomDecimal,
	},
	{
		name: "randomBool", max: 0, doc: "true or false.", examples: []example{{"{{or (randomBool) true}}", "true"}},
		value: func(r *run, _ args) (any, error) { return r.random().IntN(2) == 1, nil },
	},
	{
		name: "randomString", signature: "[length=16]", max: 1, hash: []string{"length", "alphabet"},
		doc:      "Random characters out of an `alphabet=`: alphanumeric (without one), alphabetic, lower, upper, numeric, hex, base64url, symbols, or the characters themselves.",
		examples: []example{{"{{randomString 4 alphabet='A'}}", "AAAA"}, {"{{matches (randomString 8 alphabet='hex') '^[0-9a-f]{8}$'}}", "true"}},
		value: func(r *run, a args) (any, error) {
			n, err := a.namedInt(r, "length", 16)
			if err == nil && a.len() > 0 {
				n, err = a.int(r, 0)
			}
			if err != nil {
				return nil, err
			}
			alphabet, err := a.namedText(r, "alphabet", "alphanumeric")
			if err != nil {
				return nil, err
			}
			if named, ok := alphabets[alphabet]; ok {
				alphabet = named
			}
			return r.characters(n, alphabet)
		},
	},
	{
		name: "randomChoice", signature: "value…|list", min: 1, max: -1, hash: []string{"count"},
		doc: "One of the values, or of a list; with `count=` a list of so many of them, none twice.", examples: []example{{"{{randomChoice 'a' 'a'}}", "a"}},
		value: func(r *run, a args) (any, error) { return r.choose(a, a.list) },
	},
	{
		name: "faker", signature: "kind", min: 1, max: 1, prepare: prepareFake,
		doc: "Invented data: name, firstname, lastname, email, phone, address (an object), street, city, zip, country, company, jobtitle, username, " +
			"creditcardnumber, currencyshort, url, ipv4address, useragent, product, sentence, paragraph, color and many more, in any case.",
		examples: []example{{"{{contains (faker 'email') '@'}}", "true"}},
		value: func(r *run, a args) (any, error) {
			f, ok := a.call.prepared.(*fake)
			if !ok {
				kind, err := a.text(r, 0)
				if err != nil {
					return nil, err
				}
				if f, err = findFake(kind); err != nil {
					return nil, err
				}
			}
			return r.fake(f)
		},
	},
})

var alphabets = map[string]string{
	"alphanumeric": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"alphabetic":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"lower":        "abcdefghijklmnopqrstuvwxyz", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"numeric": "0123456789", "hex": "0123456789abcdef",
	"base64url": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"symbols":   "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
}

func (r *run) uuid() string {
	var b [16]byte
	for i := 0; i < 16; i += 8 {
		n := r.random().Uint64()
		for j := range 8 {
			b[i+j] = byte(n >> (8 * j))
		}
	}
	b[6] = b[6]&0x0f | 0x40 // RFC 9562 section 5.4
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// between draws from lo to hi, both included.
func (r *run) between(lo, hi int64) (any, error) {
	if lo > hi {
		return nil, errors.New("min is more than max")
	}
	n := uint64(hi) - uint64(lo)
	if n == math.MaxUint64 {
		return json.Number(fmt.Sprint(int64(r.random().Uint64()))), nil
	}
	return json.Number(fmt.Sprint(lo + int64(r.random().Uint64N(n+1)))), nil
}

func randomDecimal(r *run, a args) (any, error) {
	lo, hi := new(big.Rat), big.NewRat(1, 1)
	var err error
	if a.len() > 0 {
		if lo, err = r.decimal(a.at(0)); err != nil {
			return nil, err
		}
	}
	if a.len() > 1 {
		if hi, err = r.decimal(a.at(1)); err != nil {
			return nil, err
		}
	}
	places, err := a.namedInt(r, "decimals", 2)
	if err != nil {
		return nil, err
	}
	if lo.Cmp(hi) > 0 || places < 0 || places > maxPlaces {
		return nil, fmt.Errorf("min is at most max, and decimals are 0 to %d", maxPlaces)
	}
	d := new(big.Rat).SetFloat64(r.random().Float64())
	d.Mul(d, new(big.Rat).Sub(hi, lo)).Add(d, lo)
	d = round(d, places, down)
	if d.Cmp(lo) < 0 {
		d = lo
	}
	return json.Number(d.FloatString(places)), nil
}

func (r *run) characters(n int, alphabet string) (any, error) {
	set := []rune(alphabet)
	if len(set) == 0 || n < 0 {
		return nil, errors.New("a length is at least 0, and an alphabet has characters")
	}
	if err := r.make(4 * n); err != nil {
		return nil, err
	}
	var b strings.Builder
	for range n {
		b.WriteRune(set[r.random().IntN(len(set))])
	}
	return b.String(), nil
}

// choose draws one of the values, or of the list that is the only one.
func (r *run) choose(a args, values []any) (any, error) {
	if len(values) == 1 {
		if items, ok, err := r.items(values[0]); err != nil {
			return nil, err
		} else if ok {
			values = items
		}
	}
	if _, ok := a.given("count"); ok {
		n, err := a.namedInt(r, "count", 1)
		if err != nil {
			return nil, err
		}
		out := slices.Clone(values)
		if err := r.make(16 * len(out)); err != nil {
			return nil, err
		}
		r.random().Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out[:min(max(n, 0), len(out))], nil
	}
	if len(values) == 0 {
		return nil, errors.New("there is nothing to choose from")
	}
	return values[r.random().IntN(len(values))], nil
}

// fake is one kind of invented data.
type fake struct{ info gofakeit.Info }

func prepareFake(c *call) (any, error) {
	v, ok := c.literalArg(0)
	if !ok {
		return nil, nil
	}
	return findFake(fmt.Sprint(v))
}

// findFake finds a kind of invented data by its name in any case, with or
// without underscores: those that need no arguments and make no files.
func findFake(kind string) (*fake, error) {
	name := strings.ToLower(kind)
	for _, n := range []string{name, strings.ReplaceAll(name, "_", "")} {
		if info := gofakeit.GetFuncLookup(n); info != nil && usableFake(n, info) {
			return &fake{*info}, nil
		}
	}
	return nil, fmt.Errorf("there is no invented data of the kind %s%s", show(kind), didYouMean(name, fakeNames()))
}

func usableFake(name string, info *gofakeit.Info) bool {
	switch info.Category {
	case "image", "file", "generate", "template":
		return name == "fileextension" || name == "filemimetype"
	}
	if name == "dice" || name == "svg" {
		return false
	}
	for _, p := range info.Params {
		if !p.Optional && p.Default == "" {
			return false
		}
	}
	return info.Output != "[]byte"
}

func fakeNames() []string {
	var out []string
	for n, info := range gofakeit.FuncLookups {
		if usableFake(n, &info) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (r *run) fake(f *fake) (any, error) {
	if err := r.step(50); err != nil {
		return nil, err
	}
	v, err := f.info.Generate(gofakeit.NewFaker(randomSource{r.random()}, false), gofakeit.NewMapParams(), &f.info)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return v, nil
	case error:
		return v.Error(), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return r.parse(string(b))
}

// randomSource lets a Rand be a Source.
type randomSource struct{ *rand.Rand }
