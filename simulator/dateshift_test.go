package simulator_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestDatesGoWithTheClock: in a bubble it is midnight of 2000-01-01 in UTC; what
// was recorded ten days and an hour before moves by that, in its own form.
func TestDatesGoWithTheClock(t *testing.T) {
	const document = `
understudy: v1
name: dates
collaborators:
  all: {hosts: [all], shiftDates: true}
  none: {hosts: [none]}
stubs:
  - request: {path: /}
    response:
      recorded: {at: "1999-12-21T23:00:00Z"}
      headers:
        Expires: Tue, 21 Dec 1999 23:10:00 GMT
        Last-Modified: Mon, 20 Dec 1999 00:00:00 GMT
        Set-Cookie: ['a=b; Path=/; Expires=Wed, 22 Dec 1999 00:00:00 GMT; Secure', c=d]
      text: '{"at": "1999-12-21T23:00:00Z"}'
  - request: {path: /off}
    response: {shiftDates: false, recorded: {at: "1999-12-21T23:00:00Z"}, headers: {Expires: "Tue, 21 Dec 1999 23:10:00 GMT"}}
  - {request: {path: /unknown}, response: {headers: {Expires: "Tue, 21 Dec 1999 23:10:00 GMT"}}}
  - request: {path: /body}
    response:
      recorded: {at: "1999-12-21T23:00:00Z"}
      shiftDates: [$.dates, "$.list[*]", $.none, $.text]
      text: '{"other": "1999-12-21T23:00:00Z", "text": "soon", "dates": {}, "list": ["1999-12-21T23:00:00Z", "1999-12-21T23:00:00.120+02:00", "1999-12-21 23:00:00", "1999-12-21", "Tue, 21 Dec 1999 23:00:00 GMT", "Tue, 21 Dec 1999 23:00:00 +0100", 1945814400, 1945814400123, "1945814400", 12]}'
`
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		put(t, e, document)
		time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
		w := ask(t.Context(), e, "http://all/")
		h := w.Header()
		if h.Get("Expires") != "Sat, 01 Jan 2000 00:10:00 GMT" || h.Get("Last-Modified") != "Mon, 20 Dec 1999 00:00:00 GMT" ||
			h["Set-Cookie"][0] != "a=b; Path=/; Expires=Sat, 01 Jan 2000 01:00:00 GMT; Secure" || h["Set-Cookie"][1] != "c=d" {
			t.Errorf("the header is %v", h)
		}
		if got := w.Body.String(); got != `{"at": "1999-12-21T23:00:00Z"}` {
			t.Errorf("the body is %s", got)
		}
		for url, want := range map[string]string{
			"http://none/": "Tue, 21 Dec 1999 23:10:00 GMT", "http://all/off": "Tue, 21 Dec 1999 23:10:00 GMT", "http://all/unknown": "Tue, 21 Dec 1999 23:10:00 GMT",
		} {
			if got := ask(t.Context(), e, url).Header().Get("Expires"); got != want {
				t.Errorf("%s expires %s", url, got)
			}
		}
		const want = `{"other":"1999-12-21T23:00:00Z","text":"soon","dates":{},"list":["2000-01-01T00:00:00Z","2000-01-01T00:00:00.120+02:00","2000-01-01 00:00:00","2000-01-01","Sat, 01 Jan 2000 00:00:00 GMT","Sat, 01 Jan 2000 00:00:00 +0100",1946682000,1946682000123,"1946682000",12]}`
		w = ask(t.Context(), e, "http://none/body")
		if got := w.Body.String(); got != want || w.Code != http.StatusOK {
			t.Errorf("the body is\n%s\nwant\n%s", got, want)
		}
	})
}
