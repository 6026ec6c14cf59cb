package pact

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Format{}.Decode,
		`{"consumer":{"name":"a"},"provider":{"name":"b"},"interactions":[{"description":"d","providerState":"s","request":{"method":"post","path":"/a","query":"q=1&q=2","headers":{"Accept":"a, b"},"body":{"a":[{"b":1}],"c":"x"},"matchingRules":{"$.body.a":{"min":1,"match":"type"},"$.body.c":{"regex":"x+"},"$.query.q":{"match":"type"},"$.path":{"match":"regex","regex":"/a.*"}}},"response":{"status":200,"body":{"a":1}}}],"metadata":{"pactSpecification":{"version":"2.0.0"}}}`,
		`{"consumer":{},"provider":{},"interactions":[{"type":"Synchronous/HTTP","providerStates":[{"name":"x","params":{"a":1}}],"request":{"path":"/","query":{"a":["1","2"]},"body":{"contentType":"application/json","encoded":false,"content":{"a":{"k":[1]},"t":"2020-01-01"}},"matchingRules":{"path":{"matchers":[{"match":"regex","regex":"."}]},"header":{"A":{"matchers":[{"match":"include","value":"x"}]}},"body":{"$.a":{"matchers":[{"match":"eachKey","rules":[{"match":"regex","regex":"k"}]},{"match":"eachValue","rules":[{"match":"type"}]}]},"$.a.*":{"matchers":[{"match":"arrayContains","variants":[{"index":0,"rules":{"$":{"matchers":[{"match":"integer"}]}}}]}],"combine":"OR"},"$.t":{"matchers":[{"match":"date","format":"yyyy-MM-dd"}]}}}},"response":{"status":200,"headers":{"X":["a"]},"body":{"content":{"id":1,"u":"{{x}}","d":"y"}},"generators":{"body":{"$.id":{"type":"RandomInt","min":1,"max":2},"$.d":{"type":"DateTime","format":"yyyy-MM-dd'T'HH:mm","expression":"+1 day"},"$.*":{"type":"Uuid"}},"header":{"X":{"type":"RandomString"}}}}}]}`,
	)
}
