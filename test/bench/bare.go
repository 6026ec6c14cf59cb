package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// bareEnv makes this program the bare server; its value is the set and N.
const bareEnv = "UNDERSTUDY_BENCH_BARE"

// nothing is the bare server's miss.
var nothing = []byte(`{"status":501,"title":"No stub answers this request"}`)

// bareServer is what understudy is compared with: net/http, a map and the
// answers ready in memory. It reads of a request what its set's key needs, and
// no more.
type bareServer struct {
	set     *set
	answers map[string][]byte
	stubs   map[string]int // instead of answers, where they are rendered
}

func newBareServer(s *set, n int) *bareServer {
	b := &bareServer{set: s}
	if s.echo {
		b.stubs = make(map[string]int, n)
		for i := range n {
			b.stubs[s.ownKey(i)] = i
		}
		return b
	}
	b.answers = make(map[string][]byte, n)
	for i := range n {
		b.answers[s.ownKey(i)] = s.appendBody(make([]byte, 0, answerSize), i, "", "")
	}
	return b
}

// contentType is shared between answers, as a server made for speed would have it.
var contentType = []string{"application/json"}

func (b *bareServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, found, err := b.find(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header()["Content-Type"] = contentType
	if !found {
		w.WriteHeader(http.StatusNotImplemented)
		answer = nothing
	}
	// What cannot be written is seen by the client.
	_, _ = w.Write(answer)
}

func (b *bareServer) find(r *http.Request) (answer []byte, found bool, err error) {
	key, err := b.set.key(r)
	if err != nil {
		return nil, false, err
	}
	if !b.set.echo {
		answer, found = b.answers[key]
		return answer, found, nil
	}
	i, found := b.stubs[key]
	if !found {
		return nil, false, nil
	}
	id, err := bodyID(r)
	if err != nil {
		return nil, false, err
	}
	order := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	return appendEcho(make([]byte, 0, answerSize+len(order)+len(id)), i, order, id), true, nil
}

// serveBare runs the bare server until stdin ends, so that it does not outlive
// the program that started it.
func serveBare(spec string) error {
	name, count, _ := strings.Cut(spec, " ")
	s := setNamed(name)
	n, err := strconv.Atoi(count)
	if s == nil || err != nil {
		return fmt.Errorf("%s: %q is no set and number", bareEnv, spec)
	}
	server := &http.Server{Handler: newBareServer(s, n), ReadHeaderTimeout: 10 * time.Second}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("stands in at http://%s\n", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
