package smocker

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Format{}.Decode,
		"- request: {method: {matcher: ShouldMatch, value: ^P}, path: /a, query_params: {a: [b, {matcher: ShouldNotEqual, value: c}]}, body: {'a.b[0]': {matcher: ShouldNotBeEmpty}}}\n  response: {status: 201, headers: {A: [b]}, delay: {min: 1ms, max: 2ms}}\n  context: {times: 2}\n",
		`[{"request":{"body":{"matcher":"ShouldEqualJSON","value":"{\"a\":[\"<<UNORDERED>>\",1]}"}},"dynamic_response":{"engine":"go_template","script":"body: a"},"state":{}},{"request":{},"proxy":{"host":"http://a"}}]`,
	)
}
