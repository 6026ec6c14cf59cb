package template

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestStatic(t *testing.T) {
	for source, want := range map[string]bool{
		"": true, "text": true, "{{! only a comment }}text": true, `\{{x}} y`: true, "{{{{raw}}}}{{x}}{{{{/raw}}}}": true,
		"{{request.method}}": false, "{{#if true}}x{{/if}}": false,
	} {
		tpl, err := Compile(source, Native)
		if err != nil {
			t.Fatal(err)
		}
		if tpl.Static() != want || tpl.Source() != source {
			t.Errorf("%q: %v", source, tpl.Static())
		}
	}
}

func TestExecuteAppends(t *testing.T) {
	tpl, err := Compile("{{request.method}}", Native)
	if err != nil {
		t.Fatal(err)
	}
	out := append(make([]byte, 0, 64), "before "...)
	if err := tpl.Execute(context.Background(), &out, sample()); err != nil || string(out) != "before POST" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestExpressionAndValue(t *testing.T) {
	for _, c := range []struct {
		source, helper string
		one            bool
		want           any
	}{
		{"{{json request.body.amount}}", "json", true, json.Number("12.50")},
		{"{{json request.body.items}}", "json", true, []any{map[string]any{"sku": "A-1", "qty": json.Number("1")}, map[string]any{"sku": "B-2", "qty": json.Number("3")}}},
		{"{{json (object a=(array 1 null) b=request.query.page)}}", "json", true, map[string]any{"a": []any{json.Number("1"), nil}, "b": "2"}},
		{"{{request.query.page}}", "", true, "2"},
		{"{{request.query.tag}}", "", true, []any{"a", "b"}},
		{"{{request.path}}", "", true, "/v1/orders/42"},
		{"{{now}}", "now", true, "2024-05-06T07:08:09Z"},
		{"{{request.body.none}}", "", true, nil},
		{" {{json 1}}", "", false, " 1"},
		{"{{#if true}}x{{/if}}", "", false, "x"},
		{"text", "", false, "text"},
	} {
		tpl, err := Compile(c.source, Native)
		if err != nil {
			t.Fatal(err)
		}
		if h, one := tpl.Expression(); h != c.helper || one != c.one {
			t.Errorf("%s: %q, %v", c.source, h, one)
		}
		got, err := tpl.Value(context.Background(), sample())
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, %v", c.source, got, err)
		}
	}
	tpl, _ := Compile("x {{add 1 'x'}}", Native)
	if _, err := tpl.Value(context.Background(), sample()); err == nil || !strings.Contains(err.Error(), "helper add") {
		t.Error(err)
	}
}

func TestUnknownDialect(t *testing.T) {
	if _, err := Compile("x", 7); err == nil || !strings.Contains(err.Error(), "Dialect(7)") {
		t.Error(err)
	}
	if _, err := Compile(strings.Repeat("x", MaxSource+1), Native); err == nil {
		t.Error("a template that is too long is accepted")
	}
}

// Hoverfly's helpers set the status and headers of the answer, and no header
// that could not be sent.
func TestAnswer(t *testing.T) {
	d := sample()
	const source = `{{setStatusCode '404'}}{{setStatusCode '99'}}{{setStatusCode 'x'}}{{setHeader 'X-A' 'b'}}{{setHeader 'X-A' 'c'}}{{setHeader 'Bad Name' 'x'}}{{setHeader 'X-B' 'a
b'}}{{setHeader 'Content-Length' '1'}}`
	if out, err := render(t, Hoverfly, source, d); err != nil || out != "" {
		t.Errorf("%q, %v", out, err)
	}
	if d.Answer.Status != 404 || !reflect.DeepEqual(d.Answer.Header, map[string]string{"X-A": "c"}) {
		t.Errorf("%+v", d.Answer)
	}
}

func TestHoverflyLiteralsAndVars(t *testing.T) {
	d := sample()
	d.Literals = map[string]any{"n": json.Number("5553686208582"), "s": "x"}
	d.Vars = map[string]any{"parts": []any{"a", "b"}}
	if out, err := render(t, Hoverfly, "{{Literals.n}} {{Literals.s}} {{Vars.parts.[1]}} {{Vars.parts}}", d); err != nil || out != "5553686208582 x b ab" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestMultipart(t *testing.T) {
	d := sample()
	q := d.Request.(*request).clone()
	q.header["Content-Type"] = []string{"multipart/form-data; boundary=B"}
	q.body = "--B\r\nContent-Disposition: form-data; name=\"text\"\r\nX-Part: p\r\n\r\nhello\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n\xff\xfe\r\n--B--\r\n"
	d.Request = q
	const source = "{{request.multipart}} {{request.parts.text.body}} {{request.parts.text.headers.x-part}} {{request.parts.file.name}} {{request.parts.file.filename}} {{request.parts.file.bodyAsBase64}} {{request.parts.file.binary}}"
	if out, err := render(t, WireMock, source, d); err != nil || out != "true hello p file a.bin //4= true" {
		t.Errorf("%q, %v", out, err)
	}
}

// The same seed gives the same answer, another seed another.
func TestSeed(t *testing.T) {
	const source = "{{uuid}} {{randomInt 1 1000000}} {{randomString}} {{faker 'name'}} {{randomChoice 1 2 3 4 5 6 7 8 9 count=5}}"
	a, err := render(t, Native, source, sample())
	if err != nil {
		t.Fatal(err)
	}
	b, _ := render(t, Native, source, sample())
	d := sample()
	d.Rand = nil
	c, _ := render(t, Native, source, d)
	if a != b || a == c {
		t.Errorf("%q, %q, %q", a, b, c)
	}
}

// One template renders for many at once.
func TestConcurrency(t *testing.T) {
	tpl, err := Compile("{{#each request.body.items as |i|}}{{i.sku}}{{#let n=(add i.qty 1)}}{{n}}{{/let}}{{/each}}{{jsonPath request.body '$..sku'}}{{now format='yyyy'}}{{matches request.path '42$'}}{{faker 'email' }}{{counter 'n'}}", Native)
	if err != nil {
		t.Fatal(err)
	}
	shared := sample().State
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				d := sample()
				d.State = shared
				var out []byte
				if err := tpl.Execute(context.Background(), &out, d); err != nil || !strings.HasPrefix(string(out), `A-12B-24["A-1","B-2"]2024true`) {
					t.Errorf("%q, %v", out, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := shared.(*state).counters["n"]; n != 1600 {
		t.Errorf("%d answers were counted", n)
	}
}

const twentyVariables = `{"id":"{{request.pathParams.id}}","method":"{{request.method}}","path":"{{request.path}}","seg":"{{request.pathSegments.[1]}}",
"page":"{{request.query.page}}","tag":"{{request.query.tag.[1]}}","rid":"{{request.headers.X-Request-Id}}","accept":"{{request.headers.Accept.[0]}}",
"cookie":"{{request.cookies.session}}","host":"{{request.host}}","scheme":"{{request.scheme}}","ip":"{{request.clientIP}}","name":"{{request.body.customer.name}}",
"sku":"{{request.body.items.[0].sku}}","qty":{{request.body.items.[1].qty}},"amount":{{request.body.amount}},"cart":"{{state.cart}}","session":"{{session}}",
"upper":"{{upper request.method}}","sum":{{add request.body.items.[0].qty 1}}}`

func BenchmarkTwentyVariables(b *testing.B) {
	tpl, err := Compile(twentyVariables, Native)
	if err != nil {
		b.Fatal(err)
	}
	d := sample()
	q := &parsed{request: d.Request.(*request)}
	q.json, _ = q.request.JSON()
	q.query = q.request.Query()
	d.Request = q
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = out[:0]
		if err := tpl.Execute(context.Background(), &out, d); err != nil {
			b.Fatal(err)
		}
	}
}

// parsed is a request that was parsed for matching already, as those of the
// data plane are.
type parsed struct {
	*request
	query map[string][]string
	json  any
}

func (p *parsed) Query() map[string][]string { return p.query }
func (p *parsed) JSON() (any, bool)          { return p.json, true }

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(twentyVariables, Native); err != nil {
			b.Fatal(err)
		}
	}
}
