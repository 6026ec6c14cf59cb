package main

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"understudy/cmd/internal/app"
)

var update = flag.Bool("update", false, "write the reference page anew")

func TestReferenceIsFresh(t *testing.T) {
	const file = "REFERENCE.md"
	want := reference(newCLI(strings.NewReader(""), io.Discard, io.Discard).root())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run `make generate`", file)
	}
	for _, o := range app.Settings {
		if !strings.Contains(want, "`--"+o.Name+"`") {
			t.Errorf("the page lacks the option %s", o.Name)
		}
	}
}
