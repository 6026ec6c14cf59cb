package simulations

import "bytes"

const (
	// jsonValueCost and yamlNodeCost are about how many bytes of memory a value of
	// JSON and a node of YAML take at most, with what formats and the compiler make
	// of them before the text's document is stored.
	jsonValueCost = 300
	yamlNodeCost  = 400
	// MaxParseCost is what [ParseCost] says at most, besides the text's own length.
	MaxParseCost = maxYAMLNodes * yamlNodeCost
)

// ParseCost estimates how many bytes of memory are made of a text that [Parse], or
// a reader of documents, is given: what its values take, MaxParseCost at most, and
// once more its length. It goes through the text once and builds nothing; of a
// text that is not right it says what would be made up to there, or more.
func ParseCost(data []byte) int64 {
	values := 0
	if data = bytes.TrimPrefix(data, byteOrderMark); beginsJSON(data) {
		values = jsonValueCost * countJSON(data, MaxParseCost/jsonValueCost)
	} else {
		c := yamlCounter{data: data}
		c.exceeds(maxYAMLNodes)
		values = yamlNodeCost * (c.nodes + 1)
	}
	return int64(min(values, MaxParseCost) + len(data))
}

// Costs adds up what texts cost that are read one after the other, of all of which
// the outcome is kept. The zero value is ready to use.
type Costs struct{ sum int64 }

// Add adds the cost of one more text. It is CodeTooLarge where all of them together
// cost more than one text may at most.
func (c *Costs) Add(data []byte) error {
	if c.sum += ParseCost(data) - int64(len(data)); c.sum > MaxParseCost {
		return Errorf(CodeTooLarge, "the files up to this one hold more than about %d values together, the most that are read at one time: send them in several parts", MaxParseCost/jsonValueCost)
	}
	return nil
}

// ParseCostOf is what [ParseCost] says at most of a text of so many bytes.
func ParseCostOf(size int64) int64 {
	return min(size, maxYAMLNodes)*yamlNodeCost + size
}

// countJSON counts the values of a JSON text, up to a little over most. A value is
// the whole, what follows a bracket or brace that is not closed at once, and what
// follows a comma.
func countJSON(data []byte, most int) int {
	values, opened := 1, false
	for i := 0; i < len(data) && values <= most; i++ {
		b := data[i]
		if b == ' ' || b == '\n' || b == '\t' || b == '\r' {
			continue
		}
		if opened && b != ']' && b != '}' {
			values++
		}
		opened = b == '[' || b == '{'
		switch b {
		case ',':
			values++
		case '"':
			i = stringEnd(data, i+1)
		}
	}
	return values
}

// stringEnd is the offset of the quote that ends a JSON string whose text begins at
// i, or that of the text's end.
func stringEnd(data []byte, i int) int {
	for i < len(data) && data[i] != '"' {
		if data[i] == '\\' {
			i++
		}
		i++
	}
	return min(i, len(data))
}
