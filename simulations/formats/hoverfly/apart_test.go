package hoverfly

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// sameRead holds what is made of a simulation that is read piece by piece equal to
// what is made of it as a whole: document, warnings, faults and places.
func sameRead(t *testing.T, f *Format, data []byte) (*simulations.Document, []simulations.Warning, error) {
	t.Helper()
	var want *simulations.Document
	var said []simulations.Warning
	v, wrong := simulations.Parse(data)
	if wrong == nil {
		want, said, wrong = f.read(convert.Root(v))
	}
	got, warnings, err := f.Decode(data)
	if fmt.Sprint(err) != fmt.Sprint(wrong) {
		t.Fatalf("%.300s\n got %v\nwant %v", data, err, wrong)
	}
	if !reflect.DeepEqual(warnings, said) {
		t.Fatalf("%.300s\nwarns %v\n want %v", data, warnings, said)
	}
	if err != nil {
		return nil, nil, err
	}
	if got, want := got.Value().String(), want.Value().String(); got != want {
		t.Fatalf("%.300s\n is %s\nnot %s", data, got, want)
	}
	faults := []simulations.FieldError{{Pointer: "/stubs/0/request"}, {Pointer: fmt.Sprintf("/stubs/%d", len(got.Stubs)-1)}, {Pointer: "/name"}}
	if got, want := got.Locate(slices.Clone(faults)), want.Locate(faults); !reflect.DeepEqual(got, want) {
		t.Fatalf("%.300s\n is at %v\nnot at %v", data, got, want)
	}
	return got, warnings, nil
}

// manyPairs is a simulation of several pieces, the ends of which come from around.
func manyPairs(around string) []byte {
	var pairs strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&pairs, `{"request":{"method":[{"matcher":"exact","value":"GET"}],"path":[{"matcher":"exact","value":"/é/%d"}],"x":1},`+"\n"+
			` "response":{"status":200,"body":%q,"postServeAction":"p","templated":%v}},`+"\n", i%1990, strings.Repeat("b", 500), i%7 == 0)
	}
	return fmt.Appendf(nil, around, pairs.String())
}

func TestApart(t *testing.T) {
	const whole = `{"data":{"pairs":[%s{"request":{},"response":{"status":201}}],` +
		`"globalActions":{"delays":[{"urlPattern":"/7$","delay":5}],"x":1},"variables":[]},"meta":{"schemaVersion":"v5.3"},"y":2}`
	data := manyPairs(whole)
	doc, warnings, err := sameRead(t, Strongest, data)
	if err != nil || len(doc.Stubs) != 1991 || len(warnings) < 1000 {
		t.Fatalf("%d stubs, %d warnings, %v", len(doc.Stubs), len(warnings), err)
	}
	sameRead(t, First, data)
	last := []byte(`"status":201`)
	for _, mutant := range []string{`"status":2O1`, `"status":9`, `"status":201,"status":202`, `"status":201,`, "\"status\":201,\"body\":\"\x01\"", `"status":201,"encodedBody":true,"body":"*"`} {
		sameRead(t, Strongest, bytes.Replace(data, last, []byte(mutant), 1))
	}
	// A fault of the text hides all others, however many come before it.
	faulty := bytes.ReplaceAll(data, []byte(`"status":200`), []byte(`"status":1`))
	if _, _, err := sameRead(t, Strongest, faulty); len(err.(*simulations.Error).Fields) != 100 {
		t.Error(err)
	}
	if _, _, err := sameRead(t, Strongest, bytes.Replace(faulty, last, []byte(`"status":2O1`), 1)); len(err.(*simulations.Error).Fields) != 1 {
		t.Error(err)
	}
	sameRead(t, Strongest, manyPairs(`{"data":{"pairs":[%s]},"meta":{"schemaVersion":"v5"}}`))
	sameRead(t, Strongest, bytes.Replace(data, []byte(`"meta"`), []byte(`"data"`), 1))
}

func TestApartCases(t *testing.T) {
	cases, err := os.ReadFile("../testdata/cases/hoverfly.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(cases)) {
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "pair":
			sameRead(t, Strongest, []byte(`{"data":{"pairs":[{"request":`+rest+`,"response":{"status":200}}]},"meta":{"schemaVersion":"v5"}}`))
		case "simulation":
			sameRead(t, First, []byte(rest))
		}
	}
}
