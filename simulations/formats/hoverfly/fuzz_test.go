package hoverfly

import (
	"os"
	"strings"
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics; read as a whole it is the same.
func FuzzDecode(f *testing.F) {
	cases, err := os.ReadFile("../testdata/cases/hoverfly.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(cases)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "pair":
			f.Add([]byte(`{"data":{"pairs":[{"request":` + rest + `,"response":{"status":200}}]},"meta":{"schemaVersion":"v5"}}`))
		case "simulation":
			f.Add([]byte(rest))
		}
	}
	f.Add([]byte(`{"data":{"pairs":[{"response":{"headers":{"A":["b"],"Trailer":["A"]},"fixedDelay":3}}],"globalActions":{"delays":[{"urlPattern":".","delay":5}]}},"meta":{"schemaVersion":"v5"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []*Format{Strongest, First} {
			doc, _, err := sameRead(t, format, data)
			if err != nil {
				if simulations.CodeOf(err) == simulations.CodeInternal {
					t.Fatal(err)
				}
				continue
			}
			text, err := simulations.Encode(doc, simulations.JSON)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := simulations.Decode(text); err != nil {
				t.Fatalf("the document is none: %v\n%s", err, text)
			}
		}
	})
}
