// Package test holds what looks at the whole of understudy from outside.
package test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms are the rooms of the house and those that each may look into; its own
// folders it may always. Tests may look further.
var rooms = map[string][]string{
	"cmd/understudy":        {"cmd/internal/app", "cmd/internal/client", "simulations"},
	"cmd/internal/app":      {"admin", "simulator", "store", "simulations"},
	"cmd/internal/client":   {"simulations"},
	"cmd/internal/generate": {"matchers", "simulations"},
	"admin":                 {"simulations"},
	"simulator":             {"matchers", "simulations"},
	"matchers":              {"simulations"},
	"store":                 {"simulations"},
	"simulations":           {},
	"test":                  {},
}

// kept are libraries that live in one room only, tests included.
var kept = map[string]string{
	"github.com/gorilla/mux":           "admin",
	"github.com/spf13/viper":           "cmd/understudy",
	"github.com/spf13/cobra":           "cmd/understudy",
	"github.com/vbauerster/mpb":        "cmd/understudy",
	"github.com/fsnotify/fsnotify":     "cmd/internal/app",
	"github.com/dgraph-io/badger":      "store/badger",
	"github.com/go-viper/mapstructure": "cmd/understudy",
}

const module = "understudy/"

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	// -e: this looks at what is imported, whether or not it compiles.
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// roomOf is the room that a package belongs to, "" for none.
func roomOf(path string) string {
	path = strings.TrimPrefix(path, module)
	for room := range rooms {
		if path == room || strings.HasPrefix(path, room+"/") {
			return room
		}
	}
	return ""
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, p := range packages(t) {
		room := roomOf(p.ImportPath)
		if room == "" {
			t.Errorf("%s is in no room: add it to the map", p.ImportPath)
			continue
		}
		seen[room] = true
		for _, to := range p.Imports {
			if !strings.HasPrefix(to, module) {
				continue
			}
			if other := roomOf(to); other != room && !slices.Contains(rooms[room], other) {
				t.Errorf("%s imports %s: %s may look into %v only", p.ImportPath, to, room, rooms[room])
			}
		}
		for _, to := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for library, home := range kept {
				if (to == library || strings.HasPrefix(to, library+"/")) && !strings.HasPrefix(p.ImportPath+"/", module+home+"/") {
					t.Errorf("%s imports %s, which lives in %s only", p.ImportPath, to, home)
				}
			}
		}
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("the room %s has no package", room)
		}
	}
}

// The document imports none of its siblings, so that anything may build on it.
func TestTheDocumentStandsAlone(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-e", "-deps", module+"simulations").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for p := range strings.Lines(string(out)) {
		if p = strings.TrimSpace(p); strings.HasPrefix(p, module) && p != module+"simulations" {
			t.Errorf("simulations depends on %s", p)
		}
	}
}
