package generalize

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulations/formats/govcr"
)

var update = flag.Bool("update", false, "write the golden files anew")

// cassettes reads the real recordings, all as one simulation; file says, by the
// place of a stub, which one it is of. The test is skipped where there are none.
func cassettes(t testing.TB) (doc *simulations.Document, files []string, file map[int]string) {
	t.Helper()
	root := os.Getenv("UNDERSTUDY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	names, err := filepath.Glob(filepath.Join(root, "linode-cassettes", "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Skipf("no corpus: set UNDERSTUDY_CORPUS to its folder (%v)", err)
	}
	slices.Sort(names)
	doc, file = &simulations.Document{Understudy: simulations.Version, Name: "linode"}, make(map[int]string)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		one, _, err := govcr.Bodies.Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		short := strings.TrimSuffix(filepath.Base(name), ".yaml")
		files = append(files, short)
		for i, s := range one.Stubs {
			file[len(doc.Stubs)] = short
			s.ID = fmt.Sprintf("%s-%d", short, i+1)
			doc.Stubs = append(doc.Stubs, s)
		}
	}
	return doc, files, file
}

// TestCassettesHoldOut learns from half of the exchanges of all cassettes and
// says for each cassette how many of those held out are answered as recorded.
func TestCassettesHoldOut(t *testing.T) {
	doc, files, file := cassettes(t)
	p, err := Propose(context.Background(), doc)
	if err != nil {
		t.Fatal(err)
	}
	type tally struct{ held, recorded, equal int }
	by := make(map[string]*tally)
	for _, trial := range p.Trials {
		name := file[trial.Index]
		if by[name] == nil {
			by[name] = &tally{}
		}
		by[name].held++
		if trial.AsRecorded {
			by[name].recorded++
		}
		if trial.Equal {
			by[name].equal++
		}
	}
	var b strings.Builder
	var shares []float64
	for _, name := range files {
		n := by[name]
		if n == nil {
			fmt.Fprintf(&b, "%-52s nothing held out\n", name)
			continue
		}
		share := float64(n.recorded) / float64(n.held)
		shares = append(shares, share)
		fmt.Fprintf(&b, "%-52s %3d held out %3d as recorded %3d equal  %.2f\n", name, n.held, n.recorded, n.equal, share)
	}
	slices.Sort(shares)
	fmt.Fprintf(&b, "median %.2f of %d files; all together %d of %d, %.2f\n", shares[len(shares)/2], len(shares), p.Score.AsRecorded, p.Score.HeldOut, p.Score.Share)
	const golden = "testdata/linode-scores.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the scores are not those of %s (go test -update writes it anew):\n%s", golden, b.String())
	}
	if median := shares[len(shares)/2]; median < 0.8 {
		t.Errorf("the median is %.2f", median)
	}
}
