package matchers

import (
	"strings"
	"testing"
	"unicode"
)

// TestFoldRune: letters that differ in case only fold to one, and no others do.
func TestFoldRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if f := foldRune(r); !strings.EqualFold(string(r), string(f)) {
			t.Fatalf("%q folds to %q", r, f)
		}
		if next := unicode.SimpleFold(r); foldRune(next) != foldRune(r) {
			t.Fatalf("%q folds to %q, %q to %q", r, foldRune(r), next, foldRune(next))
		}
	}
}

// FuzzFolded: texts fold to the same where EqualFold holds them equal, and only there.
func FuzzFolded(f *testing.F) {
	for _, pair := range [][2]string{{"a", "A"}, {"Kk", "\u212ak"}, {"straße", "STRASSE"}, {"ſ", "S"}, {"\xff", "\xfe"}, {"\xff", "\ufffd"}, {"ǅ", "ǆ"}, {"a", "ab"}, {"İ", "i"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > maxFolded || len(b) > maxFolded {
			if strings.EqualFold(a, b) && folded(a) != folded(b) {
				t.Errorf("%q and %q fold to %q and %q", a, b, folded(a), folded(b))
			}
			return
		}
		if (folded(a) == folded(b)) != strings.EqualFold(a, b) {
			t.Errorf("%q and %q fold to %q and %q", a, b, folded(a), folded(b))
		}
		if hashFolded(a) != hashOf(hashFold, folded(a)) {
			t.Errorf("%q has two hashes", a)
		}
	})
}
