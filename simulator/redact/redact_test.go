package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/coding"
)

var key = []byte("a key for tests")

// rules compiles rules as they stand in a document.
func rules(t testing.TB, doc string) *Rules {
	t.Helper()
	x, faults := Compile(parseRules(t, doc), key)
	if len(faults) > 0 {
		t.Fatalf("%s: %v", doc, faults)
	}
	return x
}

func parseRules(t testing.TB, doc string) []simulations.Redaction {
	t.Helper()
	v, err := simulations.Parse([]byte("rules: " + doc))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	var out []simulations.Redaction
	for _, item := range v.Get("rules").Items {
		r := simulations.Redaction{JSONPath: text(item.Get("jsonPath")), Regex: text(item.Get("regex")), As: simulations.RedactAs(text(item.Get("as")))}
		for name, to := range map[string]**simulations.Predicate{"header": &r.Header, "cookie": &r.Cookie, "query": &r.Query, "form": &r.Form} {
			if p := item.Get(name); p != nil {
				*to = &simulations.Predicate{Value: p}
			}
		}
		out = append(out, r)
	}
	return out
}

func text(v *simulations.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}

// token is the token of a value under the tests' key.
func token(value string) string {
	return (&Rules{key: key}).replacement(simulations.RedactToken, value)
}

func TestToken(t *testing.T) {
	// Made with: printf 'value\0hello' | openssl dgst -sha256 -hmac 'a key for tests' -binary | base32
	const want = "tok_ywomxo77otmtyv32"
	if got := token("hello"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other := (&Rules{key: []byte("another")}).replacement(simulations.RedactToken, "hello")
	if other == want || token("hello2") == want {
		t.Error("the token depends on neither key nor value")
	}
}

// Each line: the rules, a header line, and what is left of it; no line at all is
// an empty one.
func TestHeaders(t *testing.T) {
	for _, c := range []struct{ rules, in, out string }{
		// Built in.
		{"[]", "Authorization: Bearer s3cret", "Authorization: Bearer REDACTED"},
		{"[]", "Authorization: bearer  s3cret", "Authorization: bearer  REDACTED"},
		{"[]", "Authorization: Basic dTpw", "Authorization: Basic REDACTED"},
		{"[]", `Authorization: Digest username="u", response="r"`, "Authorization: Digest REDACTED"},
		{"[]", "Authorization: s3cret", "Authorization: REDACTED"},
		{"[]", "Authorization: s3cret more", "Authorization: REDACTED"},
		{"[]", "Authorization: Bearer", "Authorization: REDACTED"},
		{"[]", "Authorization: Bearer ", "Authorization: Bearer "},
		{"[]", "Authorization:", "Authorization:"},
		{"[]", "authorization: Bearer s3cret", "authorization: Bearer REDACTED"},
		{"[]", "Proxy-Authorization: Basic dTpw", "Proxy-Authorization: Basic REDACTED"},
		{"[]", "X-Api-Key: s3cret", "X-Api-Key: REDACTED"},
		{"[]", "x-goog-api-key: s3cret", "x-goog-api-key: REDACTED"},
		{"[]", "Accept: s3cret", "Accept: s3cret"},
		{"[]", "Cookie: a=1; b=2", "Cookie: a=REDACTED; b=REDACTED"},
		{"[]", "Cookie: a=1;b=", "Cookie: a=REDACTED;b="},
		{"[]", `Cookie: a="1, 2" ; b=x=y`, "Cookie: a=REDACTED; b=REDACTED"},
		{"[]", "Cookie: s3cret", "Cookie: REDACTED"},
		{"[]", "Cookie: a=1; s3cret; ", "Cookie: a=REDACTED; REDACTED; "},
		{"[]", "Set-Cookie: sid=s3cret; Path=/; HttpOnly", "Set-Cookie: sid=REDACTED; Path=/; HttpOnly"},
		{"[]", "Set-Cookie: sid=; Max-Age=0", "Set-Cookie: sid=; Max-Age=0"},
		{"[]", "Set-Cookie: s3cret", "Set-Cookie: REDACTED"},

		// A rule takes the place of the built-in one.
		{"[{header: Authorization, as: token}]", "Authorization: Bearer s3cret", "Authorization: Bearer " + token("s3cret")},
		{"[{header: AUTHORIZATION, as: drop}]", "Authorization: Bearer s3cret", ""},
		{"[{header: Cookie, as: token}]", "Cookie: a=1; b=2", "Cookie: a=" + token("1") + "; b=" + token("2")},
		{"[{header: cookie, as: drop}]", "Cookie: a=1; b=2", ""},
		{"[{header: set-cookie, as: token}]", "Set-Cookie: a=1; Path=/", "Set-Cookie: a=" + token("1") + "; Path=/"},
		{"[{cookie: a, as: token}]", "Cookie: a=1; b=2", "Cookie: a=" + token("1") + "; b=REDACTED"},
		{"[{cookie: a, as: token}]", "Set-Cookie: a=1; Path=/", "Set-Cookie: a=" + token("1") + "; Path=/"},
		{"[{cookie: A, as: token}]", "Cookie: a=1", "Cookie: a=REDACTED"},
		{"[{cookie: a, as: drop}]", "Cookie: a=1; b=2; c=3", "Cookie: b=REDACTED; c=REDACTED"},
		{"[{cookie: b, as: drop}]", "Cookie: a=1; b=2; c=3", "Cookie: a=REDACTED; c=REDACTED"},
		{"[{cookie: c, as: drop}]", "Cookie: a=1; b=2; c=3", "Cookie: a=REDACTED; b=REDACTED"},
		{"[{cookie: {regex: .}, as: drop}]", "Cookie: a=1; b=2", "Cookie: "},
		{"[{cookie: a, as: drop}]", "Set-Cookie: a=1; Path=/", ""},
		{"[{cookie: a, as: token}, {header: Cookie}]", "Cookie: a=1; b=2", "Cookie: a=" + token("1") + "; b=REDACTED"},

		// Names.
		{"[{header: x-secret}]", "X-Secret: v", "X-Secret: REDACTED"},
		{"[{header: {glob: X-Secret-*}}]", "X-Secret-One: v", "X-Secret-One: REDACTED"},
		{"[{header: {regex: ^X-S}}]", "X-Secret-One: v", "X-Secret-One: REDACTED"},
		{"[{header: {not: {any: [Accept, {startsWith: X-}]}}}]", "Accept: v", "Accept: v"},
		{"[{header: {not: {any: [Accept, {startsWith: X-}]}}}]", "X-Y: v", "X-Y: v"},
		{"[{header: {not: {any: [Accept, {startsWith: X-}]}}}]", "Other: v", "Other: REDACTED"},
		{"[{header: X-A}, {header: X-A, as: drop}]", "X-A: v", "X-A: REDACTED"},

		// Regex.
		{`[{regex: '\d{16}'}]`, "X-A: card 4111111111111111 ok", "X-A: card REDACTED ok"},
		{`[{regex: 'card (\d+)', as: token}]`, "X-A: card 411 ok", "X-A: card " + token("411") + " ok"},
		{`[{regex: 'card|(x)'}]`, "X-A: card x", "X-A: REDACTED REDACTED"},
		{`[{regex: 'a@b'}]`, "X-A: a%40b", "X-A: REDACTED"},
		{`[{regex: 'x*'}]`, "X-A: abc", "X-A: abc"},
		{`[{regex: 's3', as: drop}]`, "X-A: s3cret", "X-A: cret"},
		{`[{regex: s3cret, as: token}]`, "Cookie: a=s3cret", "Cookie: a=" + token("s3cret")},
		{`[{regex: s3cret, as: token}]`, "Authorization: Bearer s3cret", "Authorization: Bearer " + token("s3cret")},
		{`[{regex: s3, as: token}]`, "Cookie: a=s3cret", "Cookie: a=REDACTED"},

		// URLs in headers.
		{"[{query: k}]", "Location: https://h/p?k=v&l=w#k=x", "Location: https://h/p?k=REDACTED&l=w#k=REDACTED"},
		{"[{query: k, as: drop}]", "Referer: /p?k=v&l=w", "Referer: /p?l=w"},
		{"[{query: k}]", "X-Other: /p?k=v", "X-Other: /p?k=v"},
	} {
		x := rules(t, c.rules)
		name, value, _ := strings.Cut(c.in, ":")
		h := http.Header{name: {strings.TrimPrefix(value, " ")}, "Keep": {"as it is"}}
		before := h.Clone()
		for _, m := range []any{
			&simulations.RequestMessage{Header: h}, &simulations.RequestMessage{Trailer: h},
			&simulations.ResponseMessage{Header: h}, &simulations.ResponseMessage{Trailer: h},
		} {
			var got http.Header
			var res Result
			switch m := m.(type) {
			case *simulations.RequestMessage:
				res = x.Request(m)
				got = m.Header
				if got == nil {
					got = m.Trailer
				}
			case *simulations.ResponseMessage:
				res = x.Response(m)
				got = m.Header
				if got == nil {
					got = m.Trailer
				}
			}
			if !reflect.DeepEqual(h, before) {
				t.Fatalf("%s: the header that was given was written: %v", c.rules, h)
			}
			out := ""
			for n, values := range got {
				for _, v := range values {
					if n != "Keep" {
						out += strings.TrimSuffix(n+": "+v, " ")
					}
				}
			}
			if strings.TrimRight(out, " ") != strings.TrimRight(c.out, " ") {
				t.Errorf("%s\n %s\n became %q\n want   %q", c.rules, c.in, out, c.out)
			}
			if res.Changed != (c.in != c.out) && !strings.Contains(c.rules, "not") {
				t.Errorf("%s\n %s: changed %v", c.rules, c.in, res.Changed)
			}
			if got.Get("Keep") == "" && len(got["Keep"]) == 0 && !strings.Contains(c.rules, "not") {
				t.Errorf("%s: another header went", c.rules)
			}
		}
	}
}

func TestSeveralLines(t *testing.T) {
	x := rules(t, "[{cookie: b, as: drop}]")
	m := &simulations.ResponseMessage{Header: http.Header{"Set-Cookie": {"a=1", "b=2", "c=3; Path=/"}}}
	x.Response(m)
	if got := fmt.Sprint(m.Header["Set-Cookie"]); got != "[a=REDACTED c=REDACTED; Path=/]" {
		t.Error(got)
	}
}

func TestPathAndQuery(t *testing.T) {
	for _, c := range []struct{ rules, path, query, wantPath, wantQuery string }{
		{"[{query: k}]", "/k=1", "a=1&k=2&&k=3;x&K=4&k", "/k=1", "a=1&k=REDACTED&&k=REDACTED&K=4&k"},
		{"[{query: k}]", "/", "%6B=%zz&k+=1", "/", "%6B=REDACTED&k+=1"},
		{"[{query: k, as: token}]", "/", "k=a%20b&k=a+b", "/", "k=" + token("a b") + "&k=" + token("a b")},
		{"[{query: k, as: drop}]", "/", "k=1&a=2&k=3&b=4&k=5", "/", "a=2&b=4"},
		{"[{query: k, as: drop}]", "/", "k=1&k=2", "/", ""},
		{"[{query: k, as: drop}]", "/", "a=1&k=2", "/", "a=1"},
		{"[{query: {startsWith: k}}]", "/", "k1=1&k2=2&a=3", "/", "k1=REDACTED&k2=REDACTED&a=3"},
		{"[{query: k}]", "/", "k=", "/", "k="},
		{"[{query: k}]", "/", "", "/", ""},
		{`[{regex: '^\d+$'}]`, "/411", "a=411&b=x411&c=%3411", "/411", "a=REDACTED&b=x411&c=REDACTED"},
		{`[{regex: '/users/([^/]+)', as: token}]`, "/users/alice%20b/x", "", "/users/" + token("alice%20b") + "/x", ""},
		{`[{regex: 'a@b\.example'}]`, "/m/a%40b.example/x", "q=to%3Aa%40b%2eexample", "/m/REDACTED/x", "q=to%3AREDACTED"},
		{`[{regex: 'one two'}]`, "/one%20two", "q=one+two&one+two=x", "/REDACTED", "q=REDACTED&REDACTED=x"},
	} {
		m := &simulations.RequestMessage{Path: c.path, Query: c.query}
		res := rules(t, c.rules).Request(m)
		if m.Path != c.wantPath || m.Query != c.wantQuery {
			t.Errorf("%s: %q ? %q\n want %q ? %q", c.rules, m.Path, m.Query, c.wantPath, c.wantQuery)
		}
		if res.Changed != (c.path != c.wantPath || c.query != c.wantQuery) {
			t.Errorf("%s: changed %v", c.rules, res.Changed)
		}
	}
}

func TestBodies(t *testing.T) {
	const form, jsonType, plainType = "application/x-www-form-urlencoded", "application/json", "text/plain"
	for _, c := range []struct{ rules, contentType, in, out string }{
		{"[{form: pw}]", form, "u=me&pw=s3cret&pw=x", "u=me&pw=REDACTED&pw=REDACTED"},
		{"[{form: pw}]", form + "; charset=utf-8", "pw=s", "pw=REDACTED"},
		{"[{form: pw, as: drop}]", form, "u=me&pw=s3cret", "u=me"},
		{"[{form: pw}]", plainType, "pw=s", "pw=s"},
		{"[{form: pw, as: token}]", form, "pw=a%2Bb", "pw=" + token("a+b")},

		{"[{jsonPath: $.a}]", jsonType, `{ "a" : "s" , "b": [1, 2 ] }`, `{ "a" : "REDACTED" , "b": [1, 2 ] }`},
		{"[{jsonPath: $.a}]", jsonType, `{"a": 1.50, "b": 1.50}`, `{"a": "REDACTED", "b": 1.50}`},
		{"[{jsonPath: $.a, as: token}]", jsonType, `{"a": 411}`, `{"a": "` + token("411") + `"}`},
		{"[{jsonPath: $.a, as: token}]", jsonType, `{"a": "411"}`, `{"a": "` + token("411") + `"}`},
		{"[{jsonPath: $.a, as: token}]", jsonType, `{"a": "4\u00311"}`, `{"a": "` + token("411") + `"}`},
		{"[{jsonPath: $.a, as: token}]", jsonType, `{"a": 4.110e2}`, `{"a": "` + token("411") + `"}`},
		{"[{jsonPath: $.a, as: token}]", jsonType, `{"a": "\ud83d\ude00\n"}`, `{"a": "` + token("😀\n") + `"}`},
		{"[{jsonPath: $.a}]", jsonType, `{"a": null, "b": ""}`, `{"a": null, "b": ""}`},
		{"[{jsonPath: $.*}]", jsonType, `{"a": true, "b": {"c": [1]}, "d": [], "e": ""}`, `{"a": "REDACTED", "b": "REDACTED", "d": "REDACTED", "e": ""}`},
		{"[{jsonPath: $.a, as: drop}]", jsonType, `{"a": 1, "b": 2}`, `{"b": 2}`},
		{"[{jsonPath: $.b, as: drop}]", jsonType, `{"a": 1 , "b": 2 }`, `{"a": 1 }`},
		{"[{jsonPath: $.a, as: drop}]", jsonType, `{ "a": null }`, `{  }`},
		{"[{jsonPath: '$[0,2]', as: drop}]", jsonType, `[1, 2, 3]`, `[2]`},
		{"[{jsonPath: '$[*]', as: drop}]", jsonType, `[1, 2, 3]`, `[]`},
		{"[{jsonPath: $, as: drop}]", jsonType, ` {"a":1} `, `  `},
		{"[{jsonPath: $}]", jsonType, `{"a":1}`, `"REDACTED"`},
		{"[{jsonPath: $..number}]", jsonType, `{"card":{"number":1,"x":{"number":"2"}}}`, `{"card":{"number":"REDACTED","x":{"number":"REDACTED"}}}`},
		{"[{jsonPath: '$[?@.k==1].v'}]", jsonType, `[{"k":1,"v":"s"},{"k":2,"v":"t"}]`, `[{"k":1,"v":"REDACTED"},{"k":2,"v":"t"}]`},
		{"[{jsonPath: $.a}, {jsonPath: $.a.b, as: drop}]", jsonType, `{"a":{"b":1}}`, `{"a":"REDACTED"}`},
		{"[{jsonPath: $.a.b, as: drop}, {jsonPath: $.a, as: token}]", jsonType, `{"a":{"b":1}}`, `{"a":"` + token(`{"b":1}`) + `"}`},
		{"[{jsonPath: $.a}, {jsonPath: $.a, as: drop}]", jsonType, `{"a":1}`, `{"a":"REDACTED"}`},
		{`[{jsonPath: "$['a']"}]`, jsonType, `{"\u0061":1}`, `{"\u0061":"REDACTED"}`},
		// A name that stands twice: what readers disagree on does not stay.
		{"[{jsonPath: $.a.n}]", jsonType, `{"a":{"n":1},"b":2,"a":{}}`, `{"b":2,"a":{}}`},
		{"[{jsonPath: $.a}]", jsonType, `{"a":1,"\u0061":2}`, `{"\u0061":"REDACTED"}`},
		// Lines, sequences, types.
		{"[{jsonPath: $.a}]", "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":\"REDACTED\"}\n{\"a\":\"REDACTED\"}\n"},
		{"[{jsonPath: $.a}]", "application/json-seq", "\x1e{\"a\":1}\n", "\x1e{\"a\":\"REDACTED\"}\n"},
		{"[{jsonPath: $.a}]", "application/vnd.x+json", `{"a":1}`, `{"a":"REDACTED"}`},
		{"[{jsonPath: $.a}]", "", `{"a":1}`, `{"a":"REDACTED"}`},
		{"[{jsonPath: $.a}]", form, `{"a":1}`, `{"a":"REDACTED"}`},
		{"[{jsonPath: $.a}]", "text/html", `{"a":1}`, `{"a":"REDACTED"}`},
		{"[{jsonPath: $.a}]", jsonType, "\ufeff{\"a\":1}", "\ufeff{\"a\":\"REDACTED\"}"},
		{"[{jsonPath: $.a}]", jsonType, "{\"a\":\"\xff\"}", "{\"a\":\"REDACTED\"}"},
		{"[{jsonPath: $.a}]", plainType, "[2026-11-23] a line of a log", "[2026-11-23] a line of a log"},
		{"[{jsonPath: $.a}]", "text/html", "<p>", "<p>"},

		{`[{regex: '\d{4}'}]`, plainType, "pin 1234, 56", "pin REDACTED, 56"},
		{`[{regex: 'a@b'}]`, plainType, "mail a%40b", "mail REDACTED"},
		{`[{regex: '\d{4}'}]`, jsonType, `{"pin":1234,"t":"x1234","u":"\u0031234","1234":true}`, `{"pin":"REDACTED","t":"xREDACTED","u":"REDACTED","REDACTED":true}`},
		{`[{regex: '^\d{4}$'}]`, jsonType, `{"pin":"1234","t":"x1234"}`, `{"pin":"REDACTED","t":"x1234"}`},
		{`[{regex: '00e9'}]`, jsonType, `{"a":"\u00e9"}`, `{"a":"\u00e9"}`},
		{`[{regex: '"pin":"(\d+)"', as: token}]`, jsonType, `{"pin":"12","x":"12"}`, `{"pin":"` + token("12") + `","x":"12"}`},
		{`[{regex: '"12"'}]`, jsonType, `{"pin":"12"}`, `{"pin":REDACTED}`},
		{`[{regex: '23', as: drop}]`, jsonType, `{"a":1234}`, `{"a":"14"}`},
		{`[{regex: 'one two'}]`, form, "a=one+two&b=one%20two", "a=REDACTED&b=REDACTED"},
		{`[{regex: 'abc'}]`, "image/png", "\x89PNG abc", "\x89PNG abc"},
		{`[{regex: 'abc'}]`, "image/png", "plainly abc", "plainly REDACTED"},
		{`[{regex: 'abc'}]`, "application/octet-stream", "\xff abc", "\xff REDACTED"},
		{`[{regex: 'abc'}]`, jsonType, `{"abc`, `{"REDACTED`},
		{`[{jsonPath: $.a, as: token}, {regex: '[a-z2-7]{4}'}]`, jsonType, `{"a":"abcd","b":"abcd"}`, `{"a":"` + token("abcd") + `","b":"REDACTED"}`},

		{"[{form: pw}]", "multipart/form-data; boundary=xx", multi("s3cret"), multi("REDACTED")},
		{"[{form: pw, as: token}]", "multipart/form-data; boundary=xx", multi("s3cret"), multi(token("s3cret"))},
		{"[{form: pw, as: drop}]", "multipart/form-data; boundary=xx", multi("s3cret"), strings.Replace(multi("s3cret"), "--xx\r\ncontent-disposition: form-data; name=pw\r\n\r\ns3cret\r\n", "", 1)},
		{"[{form: other}]", "multipart/form-data; boundary=xx", multi("s3cret"), multi("s3cret")},
		{`[{regex: s3cret}]`, "multipart/form-data; boundary=xx", multi("s3cret"), multi("REDACTED")},
	} {
		for _, encoding := range []string{"", "gzip", "br", "deflate", "zstd", "gzip, br"} {
			data, err := coding.Encode(encoding, []byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(data)
			h := http.Header{"Content-Length": {fmt.Sprint(len(data))}, "Etag": {`"1"`}, "Digest": {"sha-256=x"}}
			if c.contentType != "" {
				h["Content-Type"] = []string{c.contentType}
			}
			if encoding != "" {
				h["Content-Encoding"] = []string{encoding}
			}
			m := &simulations.ResponseMessage{Header: h, Trailer: http.Header{"Content-Digest": {"x"}}, Body: simulations.Body{Data: data, Size: int64(len(data))}}
			res := rules(t, c.rules).Response(m)
			got, _, err := coding.Decode(encoding, m.Body.Data, 1<<20)
			if err != nil || string(got) != c.out || res.Withheld != "" || m.Body.Truncated {
				t.Errorf("%s, %s %q\n %s\n became %s\n want   %s (%q, %v)", c.rules, c.contentType, encoding, c.in, got, c.out, res.Withheld, err)
			}
			if !bytes.Equal(data, before) {
				t.Fatalf("%s: the bytes that were given were written", c.rules)
			}
			changed := c.in != c.out
			if res.Changed != changed || (m.Header.Get("Etag") == "") != changed || (m.Header.Get("Digest") == "") != changed || (m.Trailer.Get("Content-Digest") == "") != changed {
				t.Errorf("%s, %q %s: changed %v, header %v, trailer %v", c.rules, encoding, c.in, res.Changed, m.Header, m.Trailer)
			}
			if m.Header.Get("Content-Length") != fmt.Sprint(len(m.Body.Data)) || m.Body.Size != int64(len(m.Body.Data)) {
				t.Errorf("%s, %q: Content-Length %s, size %d of %d bytes", c.rules, encoding, m.Header.Get("Content-Length"), m.Body.Size, len(m.Body.Data))
			}
		}

		// What the matcher is shown is what was recorded.
		if strings.Contains(c.in, "\xff") {
			continue
		}
		h := http.Header{}
		if c.contentType != "" {
			h["Content-Type"] = []string{c.contentType}
		}
		got := rules(t, c.rules).Matching(&matchers.Request{Path: "/", Header: h, Body: []byte(c.in)})
		switch {
		case c.in == c.out && got != nil:
			t.Errorf("%s: %s changed for matching: %s", c.rules, c.in, got.Body)
		case c.in != c.out && (got == nil || string(got.Body) != c.out || got.BodyTruncated):
			t.Errorf("%s: %s not as recorded for matching: %v", c.rules, c.in, got)
		}
	}
}

func multi(pw string) string {
	return "preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nme\r\n--xx\r\ncontent-disposition: form-data; name=pw\r\n\r\n" +
		pw + "\r\n--xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nline --xx\r\n--xxy\r\n\r\n--xx--\r\nepilogue"
}

// What a rule has to see and cannot, goes.
func TestWithheld(t *testing.T) {
	gz, _ := coding.Encode("gzip", []byte(`{"a":1}`))
	const jsonPath, form, regex, header = "[{jsonPath: $.a}]", "[{form: a}]", "[{regex: x}]", "[{header: X-A}]"
	body := func(s string) simulations.Body { return simulations.Body{Data: []byte(s), Size: int64(len(s))} }
	cut := func(s string) simulations.Body { return simulations.Body{Data: []byte(s), Size: 1000, Truncated: true} }
	stored := simulations.Body{Stored: &simulations.BodyRef{ID: "x", Size: 7}, Size: 7}
	for _, c := range []struct {
		rules, contentType, encoding string
		body                         simulations.Body
		says                         string // "" is not withheld
	}{
		{jsonPath, "application/json", "", stored, "in the store"},
		{jsonPath, "", "", stored, "in the store"},
		{jsonPath, "image/png", "", stored, ""},
		{form, "application/json", "", stored, ""},
		{form, "application/x-www-form-urlencoded", "", stored, "in the store"},
		{regex, "text/plain", "", stored, "in the store"},
		{regex, "video/mp4", "", stored, ""},
		{regex, "image/svg+xml", "", stored, "in the store"},
		{header, "application/json", "", stored, ""},
		{jsonPath, "application/json", "", cut(`{"b":1,`), "only a part"},
		{jsonPath, "text/html", "", cut(`<p>`), ""},
		{header, "application/json", "", cut(`{"a":1,`), ""},
		{jsonPath, "application/json", "lzma", body("x"), `"lzma" is not known`},
		{jsonPath, "image/png", "lzma", body("x"), ""},
		{jsonPath, "application/json", "gzip", body("{}"), "gzip"},
		{jsonPath, "application/json", "gzip", body(string(gz[:len(gz)-3])), "gzip"},
		{jsonPath, "application/json", "", body(`{"a":1`), "not valid JSON"},
		{jsonPath, "application/json", "", body(`{"a":01}`), "not valid JSON"},
		{jsonPath, "application/json", "", body(`{"a":1} x`), "not valid JSON"},
		{jsonPath, "application/json", "", body(`1 2`), ""},
		{jsonPath, "application/json", "", body(`12true`), "not valid JSON"},
		{jsonPath, "application/json", "", body(`hello`), "not valid JSON"},
		{jsonPath, "text/plain", "", body(`hello`), ""},
		{jsonPath, "text/plain", "", body(`{"a": oops}`), "not valid JSON"},
		{jsonPath, "application/json", "", body(strings.Repeat("[", 2000) + strings.Repeat("]", 2000)), "too deep"},
		{jsonPath, "application/json", "", body("\xff\xfe{\x00}\x00"), "charset"},
		{regex, "text/plain; charset=UTF-16LE", "", body("x\x00"), "charset"},
		{regex, "text/plain", "", body(strings.Repeat("x ", maxEdits+1)), "places"},
		{regex, "text/plain", "gzip", bomb(t), "longer than"},
		{form, "multipart/form-data", "", body("--x\r\n\r\n--x--"), "parts"},
		{form, "multipart/form-data; boundary=y", "", body("--x\r\n\r\n--x--"), "parts"},
		{form, "multipart/form-data; boundary=x", "", body("--x\r\nno header\r\n--x--"), "parts"},
		{form, "multipart/form-data; boundary=x", "", body("--x\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nv\r\n--x--"), "parts"},
	} {
		h := http.Header{"Content-Type": {c.contentType}, "Digest": {"d"}, "Content-Length": {"1000"}}
		if c.contentType == "" {
			delete(h, "Content-Type")
		}
		if c.encoding != "" {
			h["Content-Encoding"] = []string{c.encoding}
		}
		m := &simulations.RequestMessage{Header: h, Body: c.body}
		res := rules(t, c.rules).Request(m)
		if c.says == "" {
			if res.Withheld != "" || res.Changed || !reflect.DeepEqual(m.Body, c.body) {
				t.Errorf("%s, %s: withheld: %q", c.rules, c.contentType, res.Withheld)
			}
			continue
		}
		if !strings.Contains(res.Withheld, c.says) || !res.Changed {
			t.Errorf("%s, %s: withheld %q, changed %v, want %q", c.rules, c.contentType, res.Withheld, res.Changed, c.says)
		}
		if m.Body.Data != nil || m.Body.Stored != nil || !m.Body.Truncated || m.Body.Size != c.body.Size || m.Header.Get("Digest") != "" || m.Header.Get("Content-Length") != "1000" {
			t.Errorf("%s, %s: %+v, %v", c.rules, c.contentType, m.Body, m.Header)
		}
		if c.body.Stored == nil && c.encoding != "gzip" {
			got := rules(t, c.rules).Matching(&matchers.Request{Header: h, Body: c.body.Data, BodyTruncated: c.body.Truncated})
			if got == nil || len(got.Body) > 0 || !got.BodyTruncated {
				t.Errorf("%s, %s: matched with %v", c.rules, c.contentType, got)
			}
		}
	}
}

func bomb(t *testing.T) simulations.Body {
	data, err := coding.Encode("gzip", make([]byte, MaxBody+1))
	if err != nil {
		t.Fatal(err)
	}
	return simulations.Body{Data: data, Size: int64(len(data))}
}

func TestStatusTextAndChunks(t *testing.T) {
	x := rules(t, `[{regex: 's3cret'}]`)
	m := &simulations.ResponseMessage{StatusText: "No s3cret", Body: simulations.Body{Data: []byte("a s3cret b"), Size: 10}, Chunks: []simulations.Chunk{{Size: 4}, {After: 5, Size: 6}}}
	x.Response(m)
	if m.StatusText != "No REDACTED" || fmt.Sprint(m.Chunks) != "[{0s 4} {5ns 8}]" {
		t.Errorf("%q %v", m.StatusText, m.Chunks)
	}
	m = &simulations.ResponseMessage{Body: simulations.Body{Data: []byte("s3crets3crets3cret"), Size: 18}, Chunks: []simulations.Chunk{{Size: 9}, {Size: 8}, {Size: 1}}}
	rules(t, `[{regex: 's3cret', as: drop}]`).Response(m)
	if len(m.Body.Data) != 0 || len(m.Chunks) != 0 {
		t.Errorf("%q %v", m.Body.Data, m.Chunks)
	}
}

func TestCompileNamesEveryFault(t *testing.T) {
	doc := `[{header: a}, {regex: "("}, {jsonPath: "a["}, {}, {header: a, cookie: b}, {header: ""}, {query: {regexp: x}}, {form: a, as: token}, {form: a, as: hide}]`
	x, faults := Compile(parseRules(t, doc), nil)
	if x != nil {
		t.Error("rules in spite of faults")
	}
	var at []string
	for _, f := range faults {
		at = append(at, f.Pointer)
	}
	if got := strings.Join(at, " "); got != "/1/regex /2/jsonPath /3 /4 /5/header /6/query/regexp /7/as /8/as" {
		t.Errorf("%s\n%v", got, faults)
	}
	if _, faults := Compile(nil, nil); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestStreamSafe(t *testing.T) {
	for doc, want := range map[string]bool{
		"[]": true, "[{header: a}, {cookie: b}, {query: c}]": true,
		"[{form: a}]": false, "[{jsonPath: $.a}]": false, "[{regex: a}]": false,
	} {
		if got := rules(t, doc).StreamSafe(); got != want {
			t.Errorf("%s: %v", doc, got)
		}
	}
}

func TestMatching(t *testing.T) {
	request := func() *matchers.Request {
		return &matchers.Request{
			Collaborator: "pay", Method: "POST", Host: "pay", Path: "/a", RawQuery: "k=v", Session: "s", Origin: simulations.OriginShadow,
			Header: http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=1; b=2"}, "Host": {"pay"}}, Body: []byte(`{"a":1}`),
		}
	}
	// The built-in rules do not count: an own stub may ask for a key.
	if got := rules(t, "[]").Matching(request()); got != nil {
		t.Errorf("%+v", got)
	}
	if got := rules(t, "[{header: X-Other}, {jsonPath: $.b}, {query: l}, {cookie: c}]").Matching(request()); got != nil {
		t.Errorf("%+v", got)
	}
	r := request()
	got := rules(t, "[{cookie: a}, {query: k, as: token}]").Matching(r)
	want := request()
	want.Header["Cookie"] = []string{"a=REDACTED; b=2"}
	want.RawQuery = "k=" + token("v")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if &got.Body[0] != &r.Body[0] {
		t.Error("a body that stays is not shared")
	}
	if !reflect.DeepEqual(r, request()) {
		t.Errorf("the request was written: %+v", r)
	}
}

func TestSecretHeadersAreCanonical(t *testing.T) {
	for _, name := range slices.AppendSeq(slices.Clone(digests), maps.Keys(secretHeaders)) {
		if http.CanonicalHeaderKey(name) != name {
			t.Errorf("%s is not canonical", name)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	body, _ := json.Marshal(map[string]any{"card": map[string]any{"number": "4111111111111111"}, "items": make([]int, 500)})
	for name, doc := range map[string]string{"builtin": "[]", "own": `[{jsonPath: $.card.number, as: token}, {query: k}]`, "regex": `[{regex: '\b\d{16}\b'}]`} {
		x := rules(b, doc)
		h := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer x"}, "Accept": {"*/*"}, "User-Agent": {"t"}}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Request(&simulations.RequestMessage{Path: "/a/b", Query: "k=v", Header: h, Body: simulations.Body{Data: body, Size: int64(len(body))}})
			}
		})
	}
}
