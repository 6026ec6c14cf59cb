package wiremock

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var update = flag.Bool("update", false, "write the golden files anew")

// corpus opens a file of the corpus of real files, or skips the test.
func corpus(t *testing.T, name string) *os.File {
	t.Helper()
	root := os.Getenv("UNDERSTUDY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Skipf("no corpus: set UNDERSTUDY_CORPUS to its folder (%v)", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// observed is when the verdicts of the corpus were given: some are about now.
var observed = time.Date(2026, 11, 23, 10, 38, 27, 0, time.UTC)

// different are verdicts that we decide otherwise, and why. They are few.
var different = map[string]string{}

// TestMatchersAgree holds every matcher of the corpus, as it is converted,
// against the verdict that WireMock gave. Those that are refused are listed,
// with the reason, in testdata/refused.txt; nothing else may differ.
func TestMatchersAgree(t *testing.T) {
	seen := map[string]bool{}
	agreed, listed := 0, 0
	var refused []string
	sc := bufio.NewScanner(corpus(t, "wiremock/matchers.ndjson"))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c struct {
			Test    string
			Pattern json.RawMessage
			Value   *string
			Match   bool
		}
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		v, err := simulations.ParseJSON(c.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		key := v.Canonical().String() + fmt.Sprint(c.Value == nil)
		if c.Value != nil {
			key += *c.Value
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		ours, p, why := converted(v)
		if why != "" {
			refused = append(refused, fmt.Sprintf("%s: %s", v, why))
			if c.Match {
				refused[len(refused)-1] += " (it matches there)"
			}
			continue
		}
		var values []string
		if c.Value != nil {
			values = append(values, *c.Value)
		}
		switch got := p.MatchTexts(observed, values...); {
		case got == c.Match:
			agreed++
		case different[c.Test] != "":
			listed++
		default:
			t.Errorf("%s: %s as %s on %q: %v, WireMock says %v", c.Test, v, ours, values, got, c.Match)
		}
	}
	t.Logf("%d of %d agree, %d are refused, %d are decided otherwise", agreed, len(seen), len(refused), listed)
	if agreed < 365 {
		t.Errorf("only %d verdicts agree", agreed)
	}
	slices.Sort(refused)
	text := strings.Join(slices.Compact(refused), "\n") + "\n"
	if *update {
		if err := os.WriteFile("testdata/refused.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/refused.txt")
	if err != nil || string(want) != text {
		t.Errorf("other matchers are refused than testdata/refused.txt lists (-update):\n%s", text)
	}
}

// converted compiles a matcher as it is converted, or says why it is refused.
func converted(v *simulations.Value) (*simulations.Value, *matchers.Predicate, string) {
	root := convert.Root(v)
	ours := pattern(root, multi)
	if _, _, err := convert.Done(root, "matcher", &simulations.Document{}, nil); err != nil {
		return nil, nil, err.Error()
	}
	p, faults := matchers.CompilePredicate(simulations.Predicate{Value: ours}, "")
	if len(faults) > 0 {
		return nil, nil, faults[0].Detail
	}
	return ours, p, ""
}
