package wiremock

import (
	"bytes"

	"understudy/simulations/formats/internal/sniff"
)

// uncommented blanks the comments of JSON, which WireMock permits, so that
// every other character keeps its place. YAML has comments of its own.
func uncommented(data []byte) []byte {
	if !sniff.Flow(data) || !bytes.Contains(data, []byte("/")) {
		return data
	}
	out := data
	blank := func(from, to int) {
		if &out[0] == &data[0] {
			out = bytes.Clone(data)
		}
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] == '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(data[i:], []byte("//")):
			end := bytes.IndexByte(data[i:], '\n')
			if end < 0 {
				end = len(data) - i
			}
			blank(i, i+end)
			i += end - 1
		case bytes.HasPrefix(data[i:], []byte("/*")):
			end := bytes.Index(data[i+2:], []byte("*/"))
			if end < 0 {
				return out // the parser says what is wrong
			}
			blank(i, i+end+4)
			i += end + 3
		}
	}
	return out
}
