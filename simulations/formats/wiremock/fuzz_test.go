package wiremock

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"request":{"method":"GET","url":"/a?b=c","headers":{"A":{"or":[{"absent":true},{"matches":"(?!x).*"}]}}},"response":{"status":200,"jsonBody":{"a":[1]}}}`,
		`{"mappings":[{"priority":1,"scenarioName":"a b","newScenarioState":"c","request":{"urlPathTemplate":"/a/{b}","pathParameters":{"b":{"before":"now +3 days","truncateExpected":"first day of month"}}}}],"meta":{"total":1}}`,
		`{"request":{"urlPattern":"/[a&&b]\\p{Alpha}","bodyPatterns":[{"equalToXml":"<a/>","namespaceAwareness":"NONE"},{"matchesJsonPath":{"expression":"$.a","equalTo":"1"}},{"matchesXPath":"/a"}]},"response":{"delayDistribution":{"type":"lognormal","median":3,"sigma":1},"transformers":["response-template"],"body":"{{request.url}}"}}`,
		`/* c */ {"request": {"multipartPatterns":[{"matchingType":"ALL","headers":{"a":{"equalTo":"b"}}}], "basicAuth":{"username":"a","password":"b"}}, "response": {"fault":"EMPTY_RESPONSE"}} // d`,
	} {
		f.Add([]byte(s))
	}
	root := os.Getenv("UNDERSTUDY_CORPUS")
	for _, name := range []string{"StubbingAcceptanceTest", "MultipartBodyMatchingAcceptanceTest"} {
		if file, err := os.Open(filepath.Join(root, "wiremock", "exchanges", name+".ndjson")); err == nil {
			sc := bufio.NewScanner(file)
			for sc.Scan() {
				var x struct{ Method, URI, ReqB string }
				if json.Unmarshal(sc.Bytes(), &x) == nil && x.URI == "/__admin/mappings" {
					if raw, err := base64.StdEncoding.DecodeString(x.ReqB); err == nil {
						f.Add(raw)
					}
				}
			}
			_ = file.Close()
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _, err := Format{}.Decode(data)
		if err != nil {
			if simulations.CodeOf(err) == simulations.CodeInternal {
				t.Fatal(err)
			}
			return
		}
		text, err := simulations.Encode(doc, simulations.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := simulations.Decode(text); err != nil {
			t.Fatalf("the document is none: %v\n%s", err, text)
		}
	})
}
