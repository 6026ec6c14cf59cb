package openapi

import (
	"os"
	"path/filepath"
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	seeds := []string{
		`{"openapi":"3.1.0","servers":[{"url":"https://a/{v}","variables":{"v":{"default":"b"}}}],"paths":{"/a/{x}.{y}/{z}":{"parameters":[{"name":"z","in":"path","schema":{"type":["integer","null"]},"examples":{"e":{"value":1}}}],"post":{"operationId":"o","parameters":[{"name":"q","in":"query","style":"deepObject","schema":{"properties":{"m":{"enum":["a"]}}}},{"name":"l","in":"query","schema":{"type":"array","items":{"type":"integer"},"maxItems":2}}],"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"},"examples":{"e":{"value":{"n":1}}}}}},"responses":{"2XX":{"headers":{"H":{"schema":{"type":"string"}}},"content":{"application/json":{"examples":{"e":{"value":"{{ request.body/n }}"}}},"text/xml":{"schema":{"$ref":"#/components/schemas/A"}}}},"default":{"$ref":"#/components/responses/R"}},"x-microcks-operation":{"delay":5,"delayStrategy":"random-20","dispatcher":"JSON_BODY","dispatcherRules":"{\"exp\":\"/n\",\"operator\":\"range\",\"cases\":{\"[1;2[\":\"e\"}}"}}}},"components":{"responses":{"R":{"description":""}},"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/A"},{"oneOf":[{"const":1},{"type":"object","patternProperties":{"^x":{"pattern":"[a-c]{2}\\u0041"}}}],"discriminator":{"propertyName":"k"}}],"nullable":true}}}}`,
		`{"swagger":"2.0","basePath":"/b","produces":["application/xml"],"paths":{"/a":{"put":{"parameters":[{"name":"b","in":"body","schema":{"type":"object","required":["n"],"properties":{"n":{"type":"number","minimum":1,"exclusiveMinimum":true,"multipleOf":0.5}}}},{"name":"f","in":"formData","type":"file"},{"name":"l","in":"query","type":"array","items":{"type":"string"},"collectionFormat":"multi"}],"responses":{"200":{"schema":{"type":"array","uniqueItems":true,"minItems":2,"items":{"type":"boolean"},"xml":{"wrapped":true}},"examples":{"application/json":"[1]"}}}}}}}`,
	}
	files, err := filepath.Glob(filepath.Join("..", "testdata", "openapi", "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(data))
	}
	decodetest.Fuzz(f, Format{}.Decode, seeds...)
}

func FuzzDecodeArtifact(f *testing.F) {
	decodetest.Fuzz(f, Artifact{}.Decode,
		`{"apiVersion":"mocks.microcks.io/v1alpha1","kind":"APIExamples","metadata":{},"operations":{"PUT /a/{b}":{"e":{"request":{"parameters":{"b":1,"q":["x"]},"headers":{"Content-Type":"text/xml"},"body":"<a/>"},"response":{"status":"404","mediaType":"application/json","headers":{"A":"b"},"body":"{\"a\":\"{{uuid()}}\"}","dispatchCriteria":"x"}},"f":{"response":{"body":[1]}},"g":{"eventMessage":{}}},"SEND x":{}}}`,
	)
}
