package redact

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator/coding"
)

// canary is a secret with what encodings treat specially.
const canary = `c4n@ry se"cret+7/é\end`

// A place puts a secret somewhere in an exchange; rule is what guards it.
type place struct {
	name, rule string
	// encodings in which the place can hold the secret.
	encode map[string]func(string) string
	put    func(ex *simulations.Exchange, s string)
}

var (
	asIs       = func(s string) string { return s }
	urlEncoded = map[string]func(string) string{
		"query": url.QueryEscape, "path": url.PathEscape,
		"every byte": func(s string) string {
			var b strings.Builder
			for _, c := range []byte(s) {
				fmt.Fprintf(&b, "%%%02x", c)
			}
			return b.String()
		},
	}
	anyEncoding = map[string]func(string) string{"plain": asIs, "path": url.PathEscape, "every byte": urlEncoded["every byte"]}
	inJSON      = map[string]func(string) string{
		"plain": func(s string) string { return string(simulations.AppendJSONString(nil, s)) },
		"escaped": func(s string) string {
			var b strings.Builder
			for _, r := range s {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
			return `"` + b.String() + `"`
		},
		"url": func(s string) string { return `"x ` + url.PathEscape(s) + `"` },
	}
)

// byRegex finds the canary wherever it is.
const byRegex = `regex: 'c4n@ry se"cret\+7/é\\end'`

func setBody(h *http.Header, b *simulations.Body, contentType, s string) {
	if *h == nil {
		*h = http.Header{}
	}
	(*h)["Content-Type"] = []string{contentType}
	b.Data, b.Size = []byte(s), int64(len(s))
}

func reqHeader(name, prefix, suffix string) func(ex *simulations.Exchange, s string) {
	return func(ex *simulations.Exchange, s string) {
		ex.Request.Header = http.Header{name: {prefix + s + suffix}}
	}
}

func reqBody(contentType, prefix, suffix string) func(ex *simulations.Exchange, s string) {
	return func(ex *simulations.Exchange, s string) {
		setBody(&ex.Request.Header, &ex.Request.Body, contentType, prefix+s+suffix)
	}
}

func respBody(contentType, prefix, suffix string) func(ex *simulations.Exchange, s string) {
	return func(ex *simulations.Exchange, s string) {
		setBody(&ex.Response.Header, &ex.Response.Body, contentType, prefix+s+suffix)
	}
}

var places = []place{
	{"authorization", "", anyEncoding, reqHeader("Authorization", "Bearer ", "")},
	{"api key", "", anyEncoding, reqHeader("X-Api-Key", "", "")},
	{"cookie", "", anyEncoding, reqHeader("Cookie", "a=", "; b=2")},
	{"header", "header: x-secret", anyEncoding, reqHeader("X-Secret", "a ", " b")},
	{"header by regex", byRegex, anyEncoding, reqHeader("X-Other", "a ", " b")},
	{"query", "query: k", urlEncoded, func(ex *simulations.Exchange, s string) { ex.Request.Query = "a=1&k=" + s + "&b=2" }},
	{"query by regex", byRegex, urlEncoded, func(ex *simulations.Exchange, s string) { ex.Request.Query = "a=1&x=x" + s + "&b=2" }},
	{"path", byRegex, anyEncoding, func(ex *simulations.Exchange, s string) { ex.Request.Path = "/a/" + s + "/b" }},
	{"form", "form: pw", urlEncoded, reqBody(formType, "a=1&pw=", "&b=2")},
	{"form by regex", byRegex, urlEncoded, reqBody(formType, "a=1&x=", "&b=2")},
	{"multipart", "form: pw", anyEncoding, reqBody("multipart/form-data; boundary=q", "--q\r\nContent-Disposition: form-data; name=\"pw\"\r\n\r\n", "\r\n--q--\r\n")},
	{"json", "jsonPath: '$.a[*].k'", inJSON, reqBody("application/json", `{"a": [1, {"k":`, `}]}`)},
	{"json by regex", byRegex, inJSON, reqBody("application/json", `{"a": [1, {"x":`, `}]}`)},
	{"json lines", "jsonPath: $.k", inJSON, reqBody("application/x-ndjson", "{}\n{\"k\":", "}\n")},
	{"text", byRegex, anyEncoding, reqBody("text/plain", "a ", " b")},
	{"no type", byRegex, anyEncoding, func(ex *simulations.Exchange, s string) {
		ex.Request.Body.Data = []byte("\xff " + s)
	}},
	{"request trailer", "header: x-secret", anyEncoding, func(ex *simulations.Exchange, s string) { ex.Request.Trailer = http.Header{"X-Secret": {s}} }},
	{"set-cookie", "", anyEncoding, func(ex *simulations.Exchange, s string) {
		ex.Response.Header = http.Header{"Set-Cookie": {"a=1", "sid=" + s + "; Path=/"}}
	}},
	{"response header", byRegex, anyEncoding, func(ex *simulations.Exchange, s string) { ex.Response.Header = http.Header{"X-Other": {"1", s}} }},
	{"location", "query: k", urlEncoded, func(ex *simulations.Exchange, s string) {
		ex.Response.Header = http.Header{"Location": {"/x?k=" + s + "#k=" + s}}
	}},
	{"response trailer", byRegex, anyEncoding, func(ex *simulations.Exchange, s string) { ex.Response.Trailer = http.Header{"X-Other": {s}} }},
	{"status text", byRegex, anyEncoding, func(ex *simulations.Exchange, s string) { ex.Response.StatusText = "No " + s }},
	{"response json", "jsonPath: $..k", inJSON, respBody("application/json", `[{"k":{"z":`, `}}]`)},
	{"response twice", "jsonPath: $.k", inJSON, respBody("application/json", `{"k":`, `,"k":1}`)},
	{"response text", byRegex, anyEncoding, respBody("text/html", "<p>", "</p>")},
}

// No canary is left in any place, in any encoding, under any coding and action.
func TestCanaries(t *testing.T) {
	tried := 0
	for _, p := range places {
		for encoding, encode := range p.encode {
			secret := encode(canary)
			// A cookie ends at ';', so that is no place for one.
			for _, as := range []string{"mask", "token", "drop"} {
				for _, content := range []string{"", "gzip", "br, zstd"} {
					doc := "[]"
					if p.rule != "" {
						doc = "[{" + p.rule + ", as: " + as + "}]"
					}
					var ex simulations.Exchange
					p.put(&ex, secret)
					for h, b := range map[*http.Header]*simulations.Body{&ex.Request.Header: &ex.Request.Body, &ex.Response.Header: &ex.Response.Body} {
						if content == "" || len(b.Data) == 0 {
							continue
						}
						if *h == nil {
							*h = http.Header{}
						}
						(*h)["Content-Encoding"] = []string{content}
						b.Data, _ = coding.Encode(content, b.Data)
					}
					x := rules(t, doc)
					a, b := x.Request(&ex.Request), x.Response(&ex.Response)
					if !a.Changed && !b.Changed || a.Withheld != "" || b.Withheld != "" {
						t.Errorf("%s, %s %q, %s: %+v %+v", p.name, encoding, content, as, a, b)
					}
					tried++
					left := everything(t, &ex)
					for name, form := range forms(canary) {
						if strings.Contains(left, strings.ToLower(form)) {
							t.Errorf("%s, %s %q, %s: the canary, %s, is left in\n%s", p.name, encoding, content, as, name, left)
						}
					}
				}
			}
		}
	}
	if tried < 500 {
		t.Errorf("only %d cases", tried)
	}
}

// everything is an exchange's text in lower case: as JSON, its strings plain,
// and its bodies with and without their coding.
func everything(t *testing.T, ex *simulations.Exchange) string {
	t.Helper()
	asJSON, err := json.Marshal(ex)
	if err != nil {
		t.Fatal(err)
	}
	out := string(asJSON) + fmt.Sprintf("%+v %+v", ex.Request, ex.Response)
	for h, b := range map[*http.Header]*simulations.Body{&ex.Request.Header: &ex.Request.Body, &ex.Response.Header: &ex.Response.Body} {
		plain, _, err := coding.Decode(coding.Of(*h), b.Data, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		out += string(b.Data) + string(plain)
	}
	return strings.ToLower(out)
}

// forms are the ways in which a secret could have stayed.
func forms(s string) map[string]string {
	out := map[string]string{"plain": s, "tail": "7/é", "head": "c4n@ry"}
	for name, encode := range urlEncoded {
		out[name] = encode(s)
	}
	for name, encode := range inJSON {
		out["json "+name] = strings.Trim(encode(s), `"`)
	}
	return out
}

// One value has one token, wherever it stands and however it is written.
func TestTokensJoin(t *testing.T) {
	const value = `id "7"/ é`
	want := token(value)
	for name, c := range map[string]struct {
		rule string
		put  func(ex *simulations.Exchange)
	}{
		"header": {"header: x-id", func(ex *simulations.Exchange) { ex.Request.Header = http.Header{"X-Id": {value}} }},
		"bearer": {"header: authorization", func(ex *simulations.Exchange) {
			ex.Request.Header = http.Header{"Authorization": {"Bearer " + value}}
		}},
		"cookie": {"cookie: id", func(ex *simulations.Exchange) { ex.Request.Header = http.Header{"Cookie": {"id=" + value}} }},
		"query":  {"query: id", func(ex *simulations.Exchange) { ex.Request.Query = "id=" + url.QueryEscape(value) }},
		"form":   {"form: id", func(ex *simulations.Exchange) { reqBody(formType, "id=", "")(ex, url.QueryEscape(value)) }},
		"json": {"jsonPath: $.id", func(ex *simulations.Exchange) {
			reqBody("application/json", `{"id":`, "}")(ex, inJSON["escaped"](value))
		}},
		"multipart": {"form: pw", func(ex *simulations.Exchange) { reqBody("multipart/form-data; boundary=xx", "", "")(ex, multi(value)) }},
		"path":      {`regex: 'id "7"/ é'`, func(ex *simulations.Exchange) { ex.Request.Path = "/" + url.PathEscape(value) }},
		"text":      {`regex: 'id "7"/ é'`, func(ex *simulations.Exchange) { respBody("text/plain", "", "")(ex, value) }},
	} {
		var ex simulations.Exchange
		c.put(&ex)
		x := rules(t, "[{"+c.rule+", as: token}]")
		x.Request(&ex.Request)
		x.Response(&ex.Response)
		if !strings.Contains(everything(t, &ex), want) {
			t.Errorf("%s: %s is not in %s", name, want, everything(t, &ex))
		}
	}
}
