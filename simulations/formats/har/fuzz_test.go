package har

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Hosts.Decode,
		`{"log":{"version":"1.2","entries":[{"request":{"method":"POST","url":"https://a.example/b?c=d&c=e#f","postData":{"mimeType":"application/json","text":"{\"a\":1}"}},"response":{"status":200,"headers":[{"name":"A","value":"b"}],"content":{"size":3,"text":"eHh4","encoding":"base64"}}}]}}`,
		`{"log":{"entries":[{"request":{"method":"PUT","url":"http://a/","postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"b"},{"name":"a","value":"c"}]}},"response":{"status":204}}]}}`,
	)
}
