package mockoon

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Format{}.Decode,
		`{"endpointPrefix":"v1","latency":1,"cors":true,"headers":[{"key":"A","value":"{{uuid}}"}],"folders":[{"uuid":"f","children":[{"uuid":"r"}]}],"rootChildren":[{"uuid":"f"}],"routes":[{"uuid":"r","method":"get","endpoint":"a/:id(\\d+)/*","responses":[{"rules":[{"target":"body","modifier":"a.0","value":"x","operator":"equals","invert":true},{"target":"params","modifier":"id","value":"1","operator":"regex_i"}],"rulesOperator":"AND","body":"{{#repeat 2}}{{queryParam 'a' (oneOf (array 'x' \"y\"))}}{{/repeat}}{{setVar 'v' 1}}{{@v}}"},{"bodyType":"FILE","filePath":"a/b"}]}]}`,
		`{"endpointPrefix":"","routes":[{"type":"crud","endpoint":"/users","responses":[{"databucketID":"d","bodyType":"DATABUCKET"}]},{"endpoint":"a?b+c","responseMode":"RANDOM","responses":[{},{}]},{"endpoint":"n","responses":[{"rules":[{"target":"request_number","value":"2","operator":"equals"}]},{"default":true}]}],"data":[{"id":"d","value":"[{\"id\":1}]"}]}`,
	)
}
