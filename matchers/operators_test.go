package matchers

import (
	"bufio"
	"fmt"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestOperators runs testdata/*.txt. A line at the margin is a predicate, in
// YAML; the indented ones below it are values and what it says of them:
//
//	text "a"             a field of text with that value, in JSON or plain
//	texts ["a", "b"]     a field with several values; [] for one that is absent
//	path /a%20b          a request's path
//	json {"a": 1}        a JSON value, such as a jsonPath finds
//	body …               a body: text in JSON or plain
//	body TYPE | "…"      a body with that Content-Type
//
// each followed by `yes` or `no`. `refused POINTER: words` says that it is not
// accepted, with that fault; `refused path POINTER: …` that it is not on a path.
func TestOperators(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files")
	}
	covered := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			in, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var predicate *simulations.Value
			results := map[string]int{}
			sc := bufio.NewScanner(in)
			for n := 1; sc.Scan(); n++ {
				line := sc.Text()
				trim := strings.TrimSpace(line)
				switch {
				case trim == "" || trim[0] == '#':
				case line[0] != ' ':
					predicate = parseYAML(t, line)
				case strings.HasPrefix(trim, "refused "):
					results["refused"]++
					checkRefused(t, file, n, predicate, strings.TrimPrefix(trim, "refused "))
				default:
					results[checkValue(t, file, n, predicate, trim)]++
				}
			}
			if results["yes"] == 0 || results["no"] == 0 {
				t.Errorf("%v: a file has cases of both kinds", results)
			}
		})
		covered[name] = true
	}
	for _, op := range Operators() {
		if !covered[op.Name] {
			t.Errorf("%s has no testdata/%s.txt", op.Name, op.Name)
		}
	}
}

// parseYAML reads a value, in YAML even where it looks like JSON.
func parseYAML(t *testing.T, s string) *simulations.Value {
	t.Helper()
	v, err := simulations.Parse([]byte("it: " + s))
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	return v.Get("it")
}

func checkRefused(t *testing.T, file string, n int, v *simulations.Value, want string) {
	t.Helper()
	c := &compiler{where: textContext}
	if rest, ok := strings.CutPrefix(want, "path "); ok {
		c.where, want = pathContext, rest
	} else if rest, ok := strings.CutPrefix(want, "body "); ok {
		c.where, want = anyContext, rest
	}
	c.predicate(v)
	pointer, words, _ := strings.Cut(want, ": ")
	if !slices.ContainsFunc(c.faults, func(f simulations.FieldError) bool {
		return f.Pointer == strings.TrimSpace(pointer) && strings.Contains(f.Detail, strings.TrimSpace(words)) && f.Line == 1 && f.Column > 0
	}) {
		t.Errorf("%s:%d: %s: faults %v, want %s", file, n, v, c.faults, want)
	}
}

func checkValue(t *testing.T, file string, n int, predicate *simulations.Value, line string) string {
	t.Helper()
	i := strings.LastIndexByte(line, ' ')
	want := line[i+1:]
	kind, text, _ := strings.Cut(strings.TrimSpace(line[:i]), " ")
	text = strings.TrimSpace(text)
	if want != "yes" && want != "no" {
		t.Fatalf("%s:%d: neither yes nor no", file, n)
	}
	plain := func(s string) string {
		if strings.HasPrefix(s, `"`) {
			v, ok := decodeJSON([]byte(s))
			if !ok {
				t.Fatalf("%s:%d: not a JSON string", file, n)
			}
			return v.(string)
		}
		return s
	}
	c := &compiler{where: textContext}
	var f field
	switch kind {
	case "text":
		f = one(textOf(plain(text)))
	case "texts":
		for _, item := range parseYAML(t, text).Items {
			f.texts = append(f.texts, item.Text)
		}
	case "path":
		c.where = pathContext
		f = one(textOf(matchForm(plain(text))))
	case "json":
		c.where = anyContext
		v, ok := decodeJSON([]byte(text))
		if !ok {
			t.Fatalf("%s:%d: not JSON", file, n)
		}
		f = one(nodeOf(v))
	case "body":
		b := &body{header: textproto.MIMEHeader{}}
		if media, rest, ok := strings.Cut(text, " | "); ok {
			b.header.Set("Content-Type", media)
			text = strings.TrimSpace(rest)
		}
		b.data = []byte(plain(text))
		c.where = anyContext
		f = one(contentOf(b))
	default:
		t.Fatalf("%s:%d: unknown kind %q", file, n, kind)
	}
	p := c.predicate(predicate)
	if len(c.faults) > 0 {
		t.Errorf("%s:%d: %s: %v", file, n, predicate, c.faults)
		return want
	}
	var s scope
	if got := p.holds(f, &s); got != (want == "yes") {
		t.Errorf("%s:%d: %s: %s %s: got %v, want %s", file, n, predicate, kind, text, got, want)
	} else if !got {
		var m simulations.Mismatch
		p.explain(f, &s, &m)
		if m.Operator == "" {
			t.Errorf("%s:%d: no operator explains it", file, n)
		}
	}
	return want
}

// TestOperatorReference compiles the example of every operator and its schema.
func TestOperatorReference(t *testing.T) {
	for _, op := range Operators() {
		if op.Doc == "" || op.Cost == 0 {
			t.Errorf("%s: no doc or cost", op.Name)
		}
		if _, ok := decodeJSON([]byte(op.Schema)); !ok {
			t.Errorf("%s: the schema is not JSON: %s", op.Name, op.Schema)
		}
		p, err := simulations.DecodePattern(parseYAML(t, op.Example))
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
			continue
		}
		if _, faults := CompilePattern(p); len(faults) > 0 {
			t.Errorf("%s: %v", op.Name, faults)
		}
		if !strings.Contains(op.Example, op.Name) {
			t.Errorf("%s: the example does not show it", op.Name)
		}
	}
}

// TestOperatorSchemas puts the operators' schemas together as the document's
// schema does, and validates every predicate of testdata that is accepted.
func TestOperatorSchemas(t *testing.T) {
	var properties []string
	for _, op := range Operators() {
		properties = append(properties, fmt.Sprintf("%q:%s", op.Name, op.Schema))
	}
	schema, ok := decodeJSON(fmt.Appendf(nil, `{"$ref":"#/$defs/predicate","$defs":{
		"predicate":{"anyOf":[{"type":["string","number","boolean","null"]},{"type":"array","items":{"$ref":"#/$defs/predicate"}},
			{"type":"object","additionalProperties":false,"properties":{%s}}]},
		"predicates":{"type":"object","additionalProperties":{"$ref":"#/$defs/predicate"}}}}`, strings.Join(properties, ",")))
	if !ok {
		t.Fatal("not JSON")
	}
	v, err := simulations.Parse(appendJSON(nil, schema))
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := newSchema(v)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if line[0] == ' ' || line[0] == '#' || line == "\n" {
				continue
			}
			p := parseYAML(t, line)
			c := &compiler{}
			c.predicate(p)
			err := compiled.Validate(p.Interface())
			if len(c.faults) == 0 && err != nil {
				t.Errorf("%s: %s is accepted, and the schema says %v", file, p, err)
			}
			if len(c.faults) == 0 {
				accepted++
			} else if strings.Contains(c.faults[0].Detail, "is no operator") && err == nil {
				t.Errorf("%s: %s passes the schema", file, p)
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d predicates", accepted)
	}
}
