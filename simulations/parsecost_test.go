package simulations

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// valuesIn counts the values that v is and holds.
func valuesIn(v *Value) int {
	n := 1
	for _, item := range v.Items {
		n += valuesIn(item)
	}
	return n
}

// TestCountJSON puts texts together at random; those that are right have as many
// values as are counted.
func TestCountJSON(t *testing.T) {
	pieces := []string{"[", "]", "{", "}", ",", ",", `"a":`, `"b": `, `"\"[,\\"`, "1", "null", " \n", `"é,"`}
	r := rand.New(rand.NewPCG(7, 8))
	right := 0
	for range 300_000 {
		var b strings.Builder
		b.WriteString("[")
		for range r.IntN(8) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		b.WriteString("]")
		data := []byte(b.String())
		v, err := ParseJSON(data)
		if err != nil {
			continue
		}
		right++
		if counted := countJSON(data, 1000); counted != valuesIn(v) {
			t.Errorf("%s: %d are counted, of %d", data, counted, valuesIn(v))
		}
	}
	if right < 5000 {
		t.Errorf("only %d texts were right", right)
	}
}

// TestParseCost holds the estimate to what is made of examples in both syntaxes.
func TestParseCost(t *testing.T) {
	files, _ := filepath.Glob("examples/*.yaml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, least := ParseCost(data), int64(len(data)+yamlNodeCost*valuesIn(v)); got < least || got > 4*least {
			t.Errorf("%s: %d, of %d at least", name, got, least)
		}
		text := append([]byte("\ufeff \n"), v.AppendJSON(nil)...)
		if got, want := ParseCost(text), int64(len(text)-3+jsonValueCost*valuesIn(v)); got != want {
			t.Errorf("%s as JSON: %d, want %d", name, got, want)
		}
	}
	for name, text := range map[string][]byte{
		"JSON": append([]byte("["), bytes.Repeat([]byte("{},"), 5_000_000)...),
		"YAML": append([]byte("a: ["), bytes.Repeat([]byte("a: ,"), 2_000_000)...),
	} {
		if got := ParseCost(text); got != int64(MaxParseCost+len(text)) {
			t.Errorf("%s: %d", name, got)
		}
	}
	text, _ := json.Marshal(strings.Repeat(`[,`, 1000))
	if got := ParseCost([]byte(`{"a":` + string(text) + `}`)); got > 3000 {
		t.Errorf("a text of brackets: %d", got)
	}
}
