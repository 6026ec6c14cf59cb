package mountebank

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Format{}.Decode,
		`{"imposters":[{"protocol":"http","port":4545,"defaultResponse":{"statusCode":400},"stubs":[{"predicates":[{"equals":{"method":"GET","query":{"a":["b","c"]}},"except":"[0-9]"},{"not":{"exists":{"body":true}}},{"or":[{"matches":{"path":"^/a"}},{"deepEquals":{"body":{"a":[1]}},"caseSensitive":true}]}],"responses":[{"is":{"body":{"a":1}},"repeat":2},{"fault":"CONNECTION_RESET_BY_PEER"}]}]}]}`,
		`{"protocol":"http","stubs":[{"responses":[{"is":{"body":"a ${X}[1] ${Y}","headers":{"A":"${X}"}},"behaviors":[{"copy":{"from":{"query":"q"},"into":"${X}","using":{"method":"regex","selector":"a(b)"}}},{"copy":[{"from":"body","into":"${Y}","using":{"method":"jsonpath","selector":"$..a"}}]}]}]}]}`,
		`{"protocol":"http","stubs":[{"responses":[{"is":{"body":"${r}[a]"},"behaviors":[{"lookup":{"key":{"from":"path","using":{"method":"regex","selector":"a"}},"fromDataSource":{"csv":{"path":"a/b.csv","keyColumn":"c"}},"into":"${r}"}}]}]}]}`,
		`{"protocol":"https","stubs":[{"predicates":[{"equals":{"body":"x"},"jsonpath":{"selector":"$.a"}},{"contains":{"body":"x"},"xpath":{"selector":"//a","ns":{"n":"u"}}}],"responses":[{"is":{"_mode":"binary","body":"eHk="},"_behaviors":{"wait":5}}]}]}`,
	)
}
