package simulator

import (
	"net/http"
	"testing"

	"understudy/simulations"
)

// TestFoldOfOldLog: exchanges that were logged when answers had other ids fold
// into the runs that they always made, with newer ones among them too.
func TestFoldOfOldLog(t *testing.T) {
	tk := &take{requests: map[string]*request{}}
	exchange := func(id, body, date string) *simulations.Recorded {
		x := &simulations.Exchange{Response: simulations.ResponseMessage{
			Status: 200, Header: http.Header{"X-A": {"a"}, "X-Request-Id": {date}}, Body: simulations.Body{Data: []byte(body), Size: int64(len(body))},
		}}
		if id == "" {
			id = answerOf(distillResponse(&x.Response)).id
		}
		return &simulations.Recorded{StubID: "s", Answer: id, Exchange: x}
	}
	for _, r := range []*simulations.Recorded{
		exchange("00ff", "one", "1"), exchange("00ff", "one", "2"), exchange("", "one", "3"),
		exchange("11ff", "two", "4"), exchange("", "two", "5"),
		exchange("", "one", "6"), exchange("00ff", "one", "7"),
	} {
		tk.add(r)
	}
	stub, err := foldStub("s", "c", &simulations.Pattern{}, tk.requests["s"].runs)
	if err != nil {
		t.Fatal(err)
	}
	if len(stub.Responses) != 3 {
		t.Fatalf("%d runs", len(stub.Responses))
	}
	for i, want := range []struct {
		text   string
		repeat int
	}{{"one", 3}, {"two", 2}, {"one", 0}} {
		if r := stub.Responses[i]; *r.Text != want.text || r.Repeat != want.repeat || r.Headers["X-A"] == nil {
			t.Errorf("run %d is %s %d times, want %s %d times", i, *r.Text, r.Repeat, want.text, want.repeat)
		}
	}
}
