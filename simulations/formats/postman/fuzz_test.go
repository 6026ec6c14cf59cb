package postman

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Format{}.Decode,
		`{"info":{},"variable":[{"key":"a","value":"b"}],"item":[{"item":[{"request":"http://{{a}}/:x/{{y}}?q={{z}}","response":[{"code":200,"header":"A: b","body":"{{a}}"}]}]}]}`,
		`{"info":{},"item":[{"request":{"url":{"path":["a",{"value":":b"}],"query":[{"key":"c"}]},"body":{"mode":"raw","raw":"{\"a\":1}"}},"response":[{"body":"x","header":[{"key":"A","value":"b"}]}]}]}`,
	)
}
