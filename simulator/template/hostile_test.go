package template

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Templates that mean harm end within the bounds, each with its reason.
func TestHostile(t *testing.T) {
	nested := func(n int, open, inside, closing string) string {
		return strings.Repeat(open, n) + inside + strings.Repeat(closing, n)
	}
	double := strings.Repeat("{{assign 'x' (concat x x)}}", 60)
	for name, c := range map[string]struct {
		source string
		want   error
		detail string
	}{
		"nested loops":             {"{{#each (range 1 3000)}}{{#each (range 1 3000)}}x{{/each}}{{/each}}", ErrSteps, ""},
		"loops over nothing":       {"{{#each (range 1 400000)}}{{#each (range 1 400000)}}{{/each}}{{/each}}", ErrSteps, ""},
		"output":                   {"{{#each (range 1 100000)}}" + strings.Repeat("0123456789", 100) + "{{/each}}", ErrOutput, ""},
		"output of a value":        {"{{assign 'x' (repeat 'x' 6000000)}}{{x}}{{x}}{{x}}", ErrOutput, ""},
		"padLeft":                  {"{{padLeft 'x' 1000000000}}", ErrMade, ""},
		"repeat":                   {"{{repeat 'xx' 9007199254740991}}", ErrMade, ""},
		"repeat below zero":        {"{{repeat 'xx' -5}}{{padLeft 'x' -5}}{{first 'x'}}", nil, "a list is wanted"},
		"random text":              {"{{randomString 2000000000}}", ErrMade, ""},
		"doubling":                 {"{{assign 'x' 'abcdefgh'}}" + double, ErrSteps, ""},
		"doubling replace":         {"{{assign 'x' 'aaaaaaaa'}}" + strings.Repeat("{{assign 'x' (replace x 'a' 'aaaa')}}", 30), ErrMade, ""},
		"replace nothing":          {"{{assign 'x' (repeat 'a' 100000)}}{{size (replace x '' x)}}", ErrMade, ""},
		"regex growth":             {"{{assign 'x' (repeat 'a' 100000)}}{{size (regexReplace x 'a' x)}}", ErrMade, ""},
		"doubling lists":           {"{{assign 'x' (array 1 2 3 4)}}" + strings.Repeat("{{assign 'x' (array x x)}}", 60) + "{{json x}}", nil, ""},
		"comparing doubled lists":  {"{{assign 'x' (array 1 2)}}{{assign 'y' (array 1 2)}}" + strings.Repeat("{{assign 'x' (array x x)}}{{assign 'y' (array y y)}}", 60) + "{{eq x y}}", ErrSteps, ""},
		"deep value":               {"{{assign 'x' (array)}}{{#each (range 1 10000)}}{{assign 'x' (array x)}}{{/each}}{{json x}}", ErrDepth, ""},
		"deep value, sorted":       {"{{assign 'x' (array)}}{{#each (range 1 10000)}}{{assign 'x' (array x)}}{{/each}}{{unique (array x x)}}", ErrDepth, ""},
		"deep value as JSONPath":   {"{{assign 'x' (array)}}{{#each (range 1 10000)}}{{assign 'x' (array x)}}{{/each}}{{jsonPath x '$..x'}}", ErrDepth, ""},
		"deep JSON":                {"{{parseJson (concat (repeat '[' 100000) (repeat ']' 100000))}}", nil, "nested deeper"},
		"deep XML":                 {"{{xPath (concat (repeat '<a>' 100000) (repeat '</a>' 100000)) '//a'}}", nil, "nested deeper"},
		"big range":                {"{{range 1 9007199254740991}}", nil, "more than 500000"},
		"many ranges":              {"{{#each (range 1 1000)}}{{size (range 1 400000)}}{{/each}}", ErrMade, ""},
		"split":                    {"{{split (repeat 'a' 1000000) ''}}", nil, "more than 500000"},
		"huge exponent":            {"{{add '1e999999999' 1}}", nil, "is no number"},
		"growing number":           {"{{assign 'x' '99999999999999999999'}}" + strings.Repeat("{{assign 'x' (multiply x x)}}", 40), nil, "too large"},
		"many decimals":            {"{{round 1.5 1000000000}}", nil, "places are"},
		"many variables":           {"{{#each (range 1 5000)}}{{assign (concat 'v' this) 1}}{{/each}}", nil, "more than 1000 variables"},
		"regex on a large text":    {"{{assign 'x' (repeat 'ab' 1000000)}}{{#each (range 1 10000)}}{{matches x '(a|b)*c$'}}{{/each}}", ErrSteps, ""},
		"long regex":               {"{{matches 'x' (repeat '(a' 1000)}}", nil, "too long"},
		"regex that explodes":      {"{{matches 'x' '((a{100}){100}){100}'}}", nil, "not a regular expression"},
		"JSONPath over all":        {"{{assign 'x' (range 1 50000)}}{{#each (range 1 5000)}}{{size (jsonPath (object a=x) '$..[?@ > 1]')}}{{/each}}", nil, ""},
		"XPath of high order":      {"{{assign 'x' (concat '<a>' (repeat '<b/>' 3000) '</a>')}}{{xPath x '//b[count(//b[count(//b) > 1]) > 1]'}}", nil, "visits more than"},
		"XPath that is no query":   {"{{xPath '<a/>' '1=1'}}{{xPath '<a/>' 'string-length(//a)'}}{{add 'x' 1}}", nil, "is no number"},
		"deep blocks":              {nested(1000, "{{#if true}}", "x", "{{/if}}"), nil, "deeper than 64"},
		"deep else chain":          {"{{#if false}}" + strings.Repeat("{{else if false}}", 1000) + "{{/if}}", nil, "deeper than 64"},
		"deep expressions":         {"{{" + nested(100000, "(upper ", "'x'", ")") + "}}", nil, "deeper than 64"},
		"deep path":                {"{{request" + strings.Repeat(".body", 1000) + "}}", nil, "segments"},
		"many ups":                 {"{{" + strings.Repeat("../", 100000) + "x}}", nil, ""},
		"open tags":                {strings.Repeat("{{", 100000), nil, ""},
		"joins":                    {"{{assign 'l' (range 1 1000)}}{{assign 's' (repeat 'x' 100000)}}{{size (join l s)}}", ErrMade, ""},
		"sorting large texts":      {"{{assign 's' (repeat 'x' 1000000)}}{{#each (range 1 1000)}}{{sort (array s s s s)}}{{/each}}", nil, ""},
		"base64 of everything":     {"{{assign 's' (repeat 'x' 1000000)}}{{#each (range 1 100)}}{{size (base64 s)}}{{/each}}", ErrSteps, ""},
		"hashing":                  {"{{assign 's' (repeat 'x' 10000000)}}{{#each (range 1 1000)}}{{hash 'sha512' s}}{{/each}}", ErrSteps, ""},
		"faker":                    {"{{#each (range 1 100000)}}{{faker 'paragraph'}}{{/each}}", nil, ""},
		"templates in data":        {"{{request.body.customer.name}}{{{{raw}}}}{{request}}{{{{/raw}}}}", nil, ""},
		"long pattern of a format": {"{{now format=(repeat 'y' 1000)}}", nil, "too long"},
		"wide date":                {"{{now format='" + strings.Repeat("y", 150) + "'}}", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := render(t, Native, c.source, sample())
			switch {
			case c.want != nil && !errors.Is(err, c.want) && !errors.Is(err, ErrTime): // on a slow machine the clock may be first
				t.Errorf("%v, want %v", err, c.want)
			case c.detail != "" && (err == nil || !strings.Contains(err.Error(), c.detail)):
				t.Errorf("%v, want …%s…", err, c.detail)
			}
			if len(out) > MaxOutput {
				t.Errorf("%d bytes of output", len(out))
			}
			if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Line < 1 || e.Column < 1) {
				t.Errorf("%#v has no place", err)
			}
		})
	}
}

// In the dialects of others failures become text, but not those of the bounds.
func TestHostileDialects(t *testing.T) {
	for _, c := range []struct {
		d      Dialect
		source string
		want   error
	}{
		{WireMock, "{{#each (range 1 3000)}}{{#each (range 1 3000)}}x{{/each}}{{/each}}", ErrSteps},
		{WireMock, "{{randomValue length=2000000000}}", ErrMade},
		{WireMock, "{{center 'x' size=2000000000}}", ErrMade},
		{WireMock, "{{#arrayJoin ',' (range 1 400000)}}{{#arrayJoin ',' (range 1 400000)}}{{/arrayJoin}}{{/arrayJoin}}", ErrSteps},
		{Hoverfly, "{{randomStringLength 2000000000}}", ErrMade},
		{Hoverfly, "{{#each (split '" + strings.Repeat("a,", 3000) + "' ',')}}{{#each (split '" + strings.Repeat("a,", 3000) + "' ',')}}{{addToArray 'x' this true}}{{/each}}{{/each}}", ErrSteps},
	} {
		began := time.Now()
		if _, err := render(t, c.d, c.source, sample()); !errors.Is(err, c.want) && !errors.Is(err, ErrTime) {
			t.Errorf("%s %.60s: %v", c.d, c.source, err)
		}
		if took := time.Since(began); took > MaxTime+5*time.Second {
			t.Errorf("%.60s took %s", c.source, took)
		}
	}
	big := `{{stringFormat '%9999d%9999d' 1 2}}`
	if out, err := render(t, WireMock, big, sample()); err != nil || len(out) != 2*9999 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

// A context that ends, ends the rendering.
func TestContext(t *testing.T) {
	tpl, err := Compile("{{#each (range 1 400000)}}{{counter 'n'}}{{/each}}", Native)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := sample()
	d.State = &canceller{cancel: cancel}
	out := []byte("kept")
	err = tpl.Execute(ctx, &out, d)
	if !errors.Is(err, context.Canceled) || string(out) != "kept" {
		t.Errorf("%v, %q", err, out)
	}
	if n := d.State.(*canceller).n; n != 10 {
		t.Errorf("%d turns after the end", n-10)
	}
}

// canceller is a State that ends the context at the tenth call.
type canceller struct {
	cancel func()
	n      int64
}

func (c *canceller) Get(string) (string, bool) { return "", false }
func (c *canceller) Set(string, string) error  { return nil }
func (c *canceller) Add(string, int64) (int64, error) {
	if c.n++; c.n == 10 {
		c.cancel()
	}
	return c.n, nil
}

// A panic is an error with its place, and the engine goes on.
func TestPanic(t *testing.T) {
	d := sample()
	d.State = nil
	d.Tables = panicking{}
	_, err := render(t, Native, "a\n{{table 'x'}}", d)
	if e, ok := errors.AsType[*Error](err); !ok || e.Helper != "table" || e.Line != 2 || !strings.Contains(e.Detail, "no tables today") {
		t.Errorf("%v", err)
	}
	if out, err := render(t, Native, "{{request.method}}", sample()); err != nil || out != "POST" {
		t.Errorf("%q, %v", out, err)
	}
	_, err = render(t, WireMock, "{{request.method}}", &Data{Request: nil})
	if err != nil {
		t.Error(err)
	}
}

type panicking struct{}

func (panicking) Rows(string) ([][]string, bool)                      { panic(fmt.Errorf("no tables today")) }
func (panicking) Add(string, []string) error                          { return nil }
func (panicking) Change(string, func([]string) []string) (int, error) { return 0, nil }

// Without data nothing fails but what has to write.
func TestEmptyData(t *testing.T) {
	for source, want := range map[string]string{
		"{{request.method}}|{{state.x}}|{{session}}|{{parameters.a.b}}":    "|||",
		"{{size (uuid)}} {{#if (gt (now) (date '2020-01-01'))}}now{{/if}}": "36 now",
		"{{counter 'x'}}":        "error: template, line 1, column 3: helper counter: there is no session state here",
		"{{state.set 'a' 'b'}}":  "error: template, line 1, column 3: helper state.set: there is no session state here",
		"{{table 'x'}}":          "error: template, line 1, column 3: helper table: there is no table \"x\"",
		"{{size request.query}}": "0",
	} {
		got, err := render(t, Native, source, &Data{})
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	for _, d := range []Dialect{WireMock, Hoverfly} {
		for name, h := range d.manners().helpers {
			for _, e := range h.examples {
				if _, err := render(t, d, e.source, &Data{}); err != nil && isFatal(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}
