package export

import (
	"reflect"
	"testing"

	"understudy/simulations"
)

// TestLog says each thing once, with its stubs and the first places.
func TestLog(t *testing.T) {
	l := NewLog()
	l.At("/collaborators/a").Warn("left to the tool")
	for i := range 6 {
		at := l.Stub(5 - i)
		at.Get("request").Get("headers").Get("Accept").Warn("not compared")
		at.Get("request").Get("headers").Get("X").Warn("not compared")
		at.Get("request").Get("headers").Get("X").Warn("not compared") // of the next method
		if i < 2 {
			at.Get("times").LeaveOut("no end in %s", "it")
		}
	}
	l.Stub(3).Warn("seen once")
	l.At("/tables").Get("b").Warn("rows stay")
	l.At("/tables").Get("c").Warn("rows stay")
	want := []simulations.Warning{
		{Pointer: "/collaborators/a", Detail: "left to the tool"},
		{Pointer: "/tables/b", Detail: "rows stay (so at 2 places, also /tables/c)"},
		{Pointer: "/stubs/3", Detail: "seen once"},
		{Pointer: "/stubs/4/request/headers/Accept", Detail: "not compared (so at 12 places of 6 stubs, also /stubs/4/request/headers/X, /stubs/5/request/headers/Accept, /stubs/5/request/headers/X and 8 more)"},
		{Pointer: "/stubs/4/times", Detail: "no end in it: the stub was left out (so in 2 stubs, also /stubs/5/times)"},
	}
	if got := l.Warnings(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
