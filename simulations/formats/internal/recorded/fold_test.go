package recorded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// TestFold compares what a fold makes of random exchanges with what lists make of
// them: the answers to each request as they came, counted where they repeat.
func TestFold(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		root := convert.Root(&simulations.Value{Kind: simulations.Array})
		fold := NewFold(Options{})
		type answers struct {
			texts  []string
			counts []int
		}
		var order []string
		want := make(map[string]*answers)
		for i := range r.IntN(60) {
			path, text := fmt.Sprintf("/%d", r.IntN(8)), fmt.Sprint(r.IntN(3))
			x := Exchange{At: root.Item(i, nil), URLAt: root.Item(i, nil), Method: "GET", URL: "http://host" + path, Response: &simulations.Response{Text: &text}}
			if err := fold.Add(x); err != nil {
				t.Fatal(err)
			}
			a := want[path]
			if a == nil {
				a = &answers{}
				want[path] = a
				order = append(order, path)
			}
			if n := len(a.texts); n > 0 && a.texts[n-1] == text {
				a.counts[n-1]++
			} else {
				a.texts, a.counts = append(a.texts, text), append(a.counts, 1)
			}
		}
		doc, err := fold.Draft().Document()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range doc.Stubs {
			path := s.Request.Path.Text
			got = append(got, path)
			a := want[path]
			responses, order := s.Responses, simulations.OrderSequence
			if len(a.texts) == 1 {
				if s.Response == nil || s.Response.Repeat != 0 {
					t.Fatalf("seed %d: %s has %v, not one answer", seed, path, s.Response)
				}
				responses, order, a.counts[0] = []*simulations.Response{s.Response}, "", 0
			}
			if s.Order != order || len(responses) != len(a.texts) {
				t.Fatalf("seed %d: %s has %d answers in order %q, want %d", seed, path, len(responses), s.Order, len(a.texts))
			}
			for i, one := range responses {
				if *one.Text != a.texts[i] || max(one.Repeat, 1) != max(a.counts[i], 1) {
					t.Fatalf("seed %d: %s answers %q %d times, want %q %d times", seed, path, *one.Text, one.Repeat, a.texts[i], a.counts[i])
				}
			}
		}
		if strings.Join(got, " ") != strings.Join(order, " ") {
			t.Fatalf("seed %d: %v, want %v", seed, got, order)
		}
	}
}

// TestFoldKeeps: the content of every answer is taken away before the answers are
// compared, nothing is once something was refused, and who cannot take it ends the
// reading.
func TestFoldKeeps(t *testing.T) {
	root := convert.Root(&simulations.Value{Kind: simulations.Array})
	kept := 0
	var broken error
	fold := NewFold(Options{Keep: func(r *simulations.Response) error {
		kept++
		r.Stored, r.Text = &simulations.BodyRef{ID: fmt.Sprintf("%064x", len(*r.Text)), Size: int64(len(*r.Text))}, nil
		return broken
	}})
	add := func(method, text string) error {
		return fold.Add(Exchange{At: root.Item(kept, nil), URLAt: root.Item(kept, nil), Method: method, URL: "http://host/", Response: &simulations.Response{Text: &text}})
	}
	for _, text := range []string{"a", "b", "cc"} { // the first two have one name
		if err := add("GET", text); err != nil {
			t.Fatal(err)
		}
	}
	if len(fold.answers) != 2 || fold.answers[0].times != 2 {
		t.Errorf("the answers are %+v", fold.answers)
	}
	broken = errors.New("broken")
	if err := add("GET", "d"); !errors.Is(err, broken) {
		t.Error(err)
	}
	broken = nil
	before := kept
	if err := add("NO METHOD", "d"); err != nil || root.Refused() != 1 {
		t.Errorf("%v, %d refusals", err, root.Refused())
	}
	if err := add("GET", "e"); err != nil || kept != before {
		t.Errorf("%v: %d answers were kept of what is refused", err, kept-before)
	}
}

// TestFoldIsBounded: exchanges that take too much memory together are refused, and
// those that are known take none.
func TestFoldIsBounded(t *testing.T) {
	root := convert.Root(&simulations.Value{Kind: simulations.Array})
	fold := NewFold(Options{})
	fold.most = 1 << 20
	add := func(i int, path string) error {
		text := "hi"
		return fold.Add(Exchange{At: root.Item(i, nil), URLAt: root.Item(i, nil), Method: "GET", URL: "http://host" + path, Response: &simulations.Response{Text: &text}})
	}
	for i := range 10_000 {
		if err := add(i, "/same"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10_000 {
		if err := add(i, fmt.Sprintf("/%d", i)); err != nil {
			if simulations.CodeOf(err) != simulations.CodeTooLarge || !strings.HasPrefix(err.Error(), fmt.Sprintf("/%d: ", i)) || i < 500 {
				t.Error(err)
			}
			return
		}
	}
	t.Error("ten thousand stubs take no MiB")
}
