package test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// TestClientLeavesWhileItsStubIsSought: a search that would take long ends when the
// connection does, and the journal says so.
func TestClientLeavesWhileItsStubIsSought(t *testing.T) {
	d := start(t)
	var stubs strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&stubs, "  - {request: {path: /p, body: {jsonPath: {$..k%d: 1}}}, response: {text: x}}\n", i)
	}
	d.put("sought", "understudy: v1\nstubs:\n"+stubs.String())
	body := "[0" + strings.Repeat(",0", 1_000_000) + "]"
	c, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := fmt.Fprintf(c, "POST /p HTTP/1.1\r\nHost: any\r\nContent-Length: %d\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, body); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	var page simulations.JournalPage
	for deadline := time.Now().Add(time.Minute); len(page.Entries) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		d.call("GET", "/journal?path=/p", "", &page)
	}
	if len(page.Entries) != 1 || page.Entries[0].Error != "the client left while its stub was looked for" {
		t.Errorf("the journal has %+v", page.Entries)
	}
}
