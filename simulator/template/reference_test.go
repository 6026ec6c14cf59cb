package template

import (
	"flag"
	"os"
	"testing"
)

//go:generate go test -run Reference -update .

var update = flag.Bool("update", false, "rewrite HELPERS.md and the results in testdata")

func TestReferenceIsFresh(t *testing.T) {
	const file = "HELPERS.md"
	want := Reference()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is stale (%v): go test ./simulator/template -run Reference -update", file, err)
	}
}
