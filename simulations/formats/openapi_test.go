package formats

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"understudy/simulations"
)

// descriptions are the OpenAPI and Swagger documents at hand: those of testdata
// and, where it is there, of the corpus.
func descriptions(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{
		filepath.Join("testdata", "openapi", "*.yaml"),
		filepath.Join(corpusRoot(), "microcks", "*-openapi.yaml"), filepath.Join(corpusRoot(), "microcks", "*-swagger.json"),
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

// TestOpenAPIServes asks every operation of every description over a socket. It
// gets a status that the operation declares, and what JSON Schema's own library
// calls valid under the schema of the description.
func TestOpenAPIServes(t *testing.T) {
	for _, file := range descriptions(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, _, f, err := Default().Decode(data, "")
			if err != nil {
				t.Fatal(err)
			}
			if f.Name() != "openapi" {
				t.Fatalf("read as %s", f.Name())
			}
			e := newEngine(t)
			if _, err := e.PutDocument(t.Context(), "api", doc, simulations.Condition{}); err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(e)
			defer server.Close()
			v, err := simulations.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			d := newDescribed(t, v)
			asked, validated := 0, 0
			for _, op := range d.operations() {
				asked++
				if d.check(t, server.URL, op) {
					validated++
				}
			}
			t.Logf("%d operations, %d bodies held against their schemas", asked, validated)
			if asked == 0 {
				t.Error("no operation")
			}
		})
	}
}

// described is a description as this test understands it, without any help of
// the code that it tests.
type described struct {
	doc     *simulations.Value
	swagger bool
	schemas *jsonschema.Compiler
}

const describedURL = "mem://description"

func newDescribed(t *testing.T, v *simulations.Value) *described {
	t.Helper()
	d := &described{doc: v, swagger: v.Get("swagger") != nil, schemas: jsonschema.NewCompiler()}
	d.schemas.Draft = jsonschema.Draft4 // whose exclusive bounds are flags
	if o := v.Get("openapi"); o != nil && strings.HasPrefix(o.Text, "3.1") {
		d.schemas.Draft = jsonschema.Draft2020
	}
	text := responseSide(v).String()
	if err := d.schemas.AddResource(describedURL, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

// responseSide writes what OpenAPI says beside JSON Schema in JSON Schema: 3.0's
// nullable as a type, and that responses need no member that is writeOnly.
func responseSide(v *simulations.Value) *simulations.Value {
	out := *v
	out.Names = slices.Clone(v.Names)
	out.Items = make([]*simulations.Value, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = responseSide(item)
	}
	if required := v.Get("required"); required != nil && required.Kind == simulations.Array {
		needed := simulations.NewArray()
		for _, name := range required.Items {
			if w := v.Get("properties").Get(name.Text).Get("writeOnly"); w == nil {
				needed.Items = append(needed.Items, name)
			}
		}
		out.Set("required", needed)
	}
	if n := v.Get("nullable"); n != nil && n.Text == "true" && out.Get("type") != nil {
		out.Set("type", simulations.NewArray(v.Get("type"), simulations.NewString("null")))
	}
	return &out
}

type describedOperation struct {
	method, path, pointer string
	operation, item       *simulations.Value
}

func (d *described) operations() []describedOperation {
	var out []describedOperation
	paths := d.doc.Get("paths")
	for i, path := range paths.Names {
		for j, method := range paths.Items[i].Names {
			if slices.Contains([]string{"get", "put", "post", "delete", "patch", "head", "options"}, method) {
				pointer := "/paths/" + simulations.PointerToken(path) + "/" + method
				out = append(out, describedOperation{strings.ToUpper(method), path, pointer, paths.Items[i].Items[j], paths.Items[i]})
			}
		}
	}
	return out
}

func (d *described) base() string {
	if b := d.doc.Get("basePath"); b != nil {
		return strings.TrimRight(b.Text, "/")
	}
	if s := d.doc.Get("servers"); s != nil && strings.Contains(s.Items[0].Get("url").Text, "{version}") {
		return "/v3"
	} else if s != nil && strings.HasPrefix(s.Items[0].Get("url").Text, "/") {
		return strings.TrimRight(s.Items[0].Get("url").Text, "/")
	}
	return ""
}

// follow goes along references within the document.
func (d *described) follow(v *simulations.Value, pointer string) (*simulations.Value, string) {
	for v.Get("$ref") != nil {
		pointer = strings.TrimPrefix(v.Get("$ref").Text, "#")
		v = d.doc
		for token := range strings.SplitSeq(pointer[1:], "/") {
			v = v.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		}
	}
	return v, pointer
}

// plausible is a value of a parameter's schema, written for a URL or a header.
func (d *described) plausible(schema *simulations.Value) string {
	schema, _ = d.follow(schema, "")
	if enum := schema.Get("enum"); enum != nil {
		return enum.Items[0].Text
	}
	text := func(name string) string {
		if v := schema.Get(name); v != nil {
			return v.Text
		}
		return ""
	}
	switch {
	case text("type") == "integer" || text("type") == "number":
		return "7"
	case text("type") == "boolean":
		return "true"
	case text("format") == "uuid":
		return "123e4567-e89b-42d3-a456-426614174000"
	case text("type") == "array":
		return d.plausible(schema.Get("items"))
	case text("type") == "object":
		return `{"name":"x"}`
	}
	return "some"
}

// request makes a request with what the operation requires.
func (d *described) request(t *testing.T, server string, op describedOperation) *http.Request {
	t.Helper()
	path, query, headers := op.path, "?", http.Header{}
	var body, contentType string
	for _, list := range []*simulations.Value{op.item.Get("parameters"), op.operation.Get("parameters")} {
		if list == nil {
			continue
		}
		for _, p := range list.Items {
			p, _ = d.follow(p, "")
			schema := p
			if s := p.Get("schema"); s != nil {
				schema = s
			} else if c := p.Get("content"); c != nil {
				schema = c.Items[0].Get("schema")
			}
			required := p.Get("required") != nil && p.Get("required").Text == "true"
			name := p.Get("name").Text
			switch in := p.Get("in").Text; {
			case in == "path":
				path = strings.ReplaceAll(path, "{"+name+"}", d.plausible(schema))
			case in == "query" && required:
				query += name + "=" + strings.ReplaceAll(d.plausible(schema), `"`, "%22") + "&"
			case in == "header" && required:
				headers.Set(name, d.plausible(schema))
			case in == "body":
				body, contentType = d.bodyFor(schema), "application/json"
			case in == "formData" && required:
				body, contentType = body+name+"="+d.plausible(schema)+"&", "application/x-www-form-urlencoded"
			}
		}
	}
	if b := op.operation.Get("requestBody"); b != nil {
		b, _ = d.follow(b, "")
		contentType = b.Get("content").Names[0]
		body = d.bodyFor(b.Get("content").Items[0].Get("schema"))
		if strings.Contains(contentType, "urlencoded") {
			body = "name=Tom"
		}
	}
	path = strings.NewReplacer("{", "", "}", "").Replace(path) // parameters that nothing declares
	r, err := http.NewRequest(op.method, server+d.base()+path+strings.TrimRight(query, "?&"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = headers
	if body != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// bodies are bodies for schemas of which nothing simple can be guessed.
var bodies = map[string]string{
	"Order": `{"secret":"12345678","status":"new","lines":[{"sku":"AB-123","qty":1,"price":1.25}]}`,
	"Pet":   `{"name":"Tom","photoUrls":[]}`,
	"User":  `{"username":"u"}`,
}

func (d *described) bodyFor(schema *simulations.Value) string {
	if schema == nil {
		return "{}"
	}
	if ref := schema.Get("$ref"); ref != nil {
		if b, ok := bodies[ref.Text[strings.LastIndexByte(ref.Text, '/')+1:]]; ok {
			if d.swagger && strings.HasSuffix(ref.Text, "Order") {
				return `{"petId":1}`
			}
			return b
		}
	}
	schema, _ = d.follow(schema, "")
	if t := schema.Get("type"); t != nil && t.Text == "array" {
		return "[]"
	}
	return "{}"
}

// check asks an operation and holds the answer against the description. It
// reports whether there was a schema.
func (d *described) check(t *testing.T, server string, op describedOperation) bool {
	t.Helper()
	r := d.request(t, server, op)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Errorf("%s %s: %v", op.method, op.path, err)
		return false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if o := res.Header.Get("Understudy-Outcome"); o != "stub" {
		t.Errorf("%s %s: outcome %s: %s", r.Method, r.URL, o, text)
		return false
	}
	responses := op.operation.Get("responses")
	code := fmt.Sprint(res.StatusCode)
	if responses.Get(code) == nil {
		if code = code[:1] + "XX"; responses.Get(code) == nil {
			code = "default"
		}
	}
	response := responses.Get(code)
	if response == nil {
		if slices.ContainsFunc(responses.Names, func(s string) bool { return s[0] == '2' || s[0] == '3' }) || res.StatusCode != 200 {
			t.Errorf("%s %s: status %d is not declared", r.Method, r.URL, res.StatusCode)
		}
		return false
	}
	response, pointer := d.follow(response, op.pointer+"/responses/"+code)
	if d.swagger {
		pointer += "/schema"
		response = response.Get("schema")
	} else {
		media := response.Get("content")
		if media == nil {
			return false
		}
		contentType := strings.Split(res.Header.Get("Content-Type"), ";")[0]
		pointer += "/content/" + simulations.PointerToken(contentType) + "/schema"
		response = media.Get(contentType).Get("schema")
	}
	if response == nil || !strings.Contains(res.Header.Get("Content-Type"), "json") {
		return false
	}
	schema, err := d.schemas.Compile(describedURL + "#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	if err != nil {
		t.Errorf("%s %s: %v", op.method, op.path, err)
		return false
	}
	var body any
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		t.Errorf("%s %s: %v: %q", r.Method, r.URL, err, text)
		return false
	}
	if err := schema.Validate(body); err != nil {
		t.Errorf("%s %s: %s is not valid: %#v", r.Method, r.URL, text, err)
	}
	return true
}

// TestOpenAPIMiss: of a request that breaks the contract, where no answer to it
// is declared, the miss names first what is wrong.
func TestOpenAPIMiss(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "openapi", "orders-3.1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, _, _, err := Default().Decode(data, "")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	if _, err := e.PutDocument(t.Context(), "orders", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", "/v3/orders/seven", nil))
	var miss struct {
		Nearest []struct {
			Stub   string
			Failed []struct{ Field string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &miss); err != nil {
		t.Fatal(err)
	}
	if len(miss.Nearest) == 0 || !strings.HasPrefix(miss.Nearest[0].Stub, "orders/getOrder") || miss.Nearest[0].Failed[0].Field != "params.id" {
		t.Errorf("the miss says %s", w.Body)
	}
}

// TestOpenAPIMissOfABody: of a body that is not valid, beside an example and
// another media type, the miss names first what is wrong with it.
func TestOpenAPIMissOfABody(t *testing.T) {
	doc, _, _, err := Default().Decode([]byte(`
openapi: 3.0.2
paths:
  /pastry/{name}:
    patch:
      operationId: patchPastry
      parameters: [{name: name, in: path, required: true, schema: {type: string}, examples: {Eclair: {value: Eclair}}}]
      requestBody:
        required: true
        content:
          text/xml: {schema: {type: object}}
          application/json:
            schema: {type: object, properties: {price: {type: number}}}
            examples: {Eclair: {value: {price: 2.6}}}
      responses:
        "200": {description: changed, content: {application/json: {schema: {type: object}, examples: {Eclair: {value: {price: 2.6}}}}}}
`), "")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	if _, err := e.PutDocument(t.Context(), "pastry", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	for media, want := range map[string][]string{
		"application/json":                  {"price", "number"},
		"application/x-www-form-urlencoded": {"headers.Content-Type", "application/json", "text/xml"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("PATCH", "/pastry/Eclair", strings.NewReader(`{"price":"x"}`))
		r.Header.Set("Content-Type", media)
		e.ServeHTTP(w, r)
		var miss struct{ Nearest []simulations.NearMiss }
		if err := json.Unmarshal(w.Body.Bytes(), &miss); err != nil {
			t.Fatal(err)
		}
		first := fmt.Sprint(miss.Nearest[0].Failed)
		for _, text := range want {
			if !strings.Contains(first, text) {
				t.Errorf("%s: the nearest miss says %s, not %s", media, first, text)
			}
		}
		if strings.Contains(w.Body.String(), "none fits") {
			t.Errorf("%s: the miss says %s", media, w.Body)
		}
	}
}

// BenchmarkOpenAPI reads a description and checks it as acceptance does.
func BenchmarkOpenAPI(b *testing.B) {
	for _, file := range descriptions(b) {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(file), func(b *testing.B) {
			for b.Loop() {
				doc, _, _, err := Default().Decode(data, "")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := check(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestMicrocksMetadata: what Microcks puts beside another artifact is refused,
// with the place where it belongs.
func TestMicrocksMetadata(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpusFolder(t, "microcks"), "*metadata.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, _, f, err := Default().Decode(data, "")
		if f == nil || f.Name() != "microcks" || err == nil || !strings.Contains(err.Error(), "/kind (line 2") || !strings.Contains(err.Error(), "x-microcks-operation") {
			t.Errorf("%s: %v, %v", filepath.Base(file), f, err)
		}
	}
}
