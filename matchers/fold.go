package matchers

import (
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

// maxFolded is how many letters of a text are folded: of a longer one the rest does
// not tell it apart.
const maxFolded = 256

// folded is the text with one letter for all those that differ in case only:
// two texts of at most maxFolded letters that [strings.EqualFold] holds equal, and
// only such, have it in common.
func folded(text string) string {
	if len(text) <= maxFolded && isFolded(text) {
		return text
	}
	return string(appendFolded(nil, text, maxFolded))
}

// wholeFold is folded for texts of any length.
func wholeFold(text string) string {
	if isFolded(text) {
		return text
	}
	return string(appendFolded(nil, text, len(text)))
}

// isFolded reports whether the text is what it folds to, for most that are.
func isFolded(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func appendFolded(b []byte, text string, most int) []byte {
	n := 0
	for _, r := range text { // a byte that is no UTF-8 is U+FFFD, as it is for EqualFold
		if n++; n > most {
			break
		}
		b = utf8.AppendRune(b, foldRune(r))
	}
	return b
}

func foldRune(r rune) rune {
	if r >= utf8.RuneSelf {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			r = min(r, f)
		}
	}
	if 'A' <= r && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}

// hashFolded hashes a text as what it folds to.
func hashFolded(text string) uint64 {
	var room [128]byte
	return maphash.Bytes(seed, appendFolded(room[:0], text, maxFolded)) ^ kindHash(hashFold)
}
