package badger_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/store/badger"
	"understudy/store/storetest"
)

// The crash tests run this test binary again as a child, which writes and says
// on its output what was acknowledged, and kill it.

const (
	childEnv  = "UNDERSTUDY_STORE_CHILD"
	folderEnv = "UNDERSTUDY_STORE_FOLDER"
)

func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		if err := children[child](os.Getenv(folderEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var children = map[string]func(dir string) error{
	"append": childAppend, "replace": childReplace, "hold": childHold, "fill": childFill,
}

// child is a started one; its output is read line by line.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
	err strings.Builder
}

func start(t *testing.T, name, dir string) *child {
	t.Helper()
	in, _ := io.Pipe() // never ends
	return startWith(t, name, dir, in)
}

func startWith(t *testing.T, name, dir string, in io.Reader) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+name, folderEnv+"="+dir)
	c.cmd.Stderr = &c.err
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(stdin, in) }()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	return c
}

// line is the next one, "" at the end.
func (c *child) line() string {
	c.out.Scan()
	return c.out.Text()
}

// kill kills the child and returns the lines that it had written.
func (c *child) kill(t *testing.T) (rest []string) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for c.out.Scan() {
		rest = append(rest, c.out.Text())
	}
	_ = c.cmd.Wait() // it was killed
	return rest
}

func stub(id, answer string) *simulations.StoredStub {
	return &simulations.StoredStub{Stub: &simulations.Stub{ID: id, Response: &simulations.Response{Text: &answer}}}
}

func recorded(take uint64, stubID, path string) *simulations.Recorded {
	return &simulations.Recorded{Take: take, StubID: stubID, Exchange: &simulations.Exchange{
		Take: take, Request: simulations.RequestMessage{Path: path},
		Response: simulations.ResponseMessage{Body: simulations.Body{Data: []byte(strings.Repeat(path, 200))}},
	}}
}

// lines writes whole lines from many goroutines.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", args...)
}

// childAppend appends from 32 goroutines until it is killed.
func childAppend(dir string) error {
	s, err := badger.Open(context.Background(), dir, nil)
	if err != nil {
		return err
	}
	take, err := s.BeginTake(context.Background(), "pay", "rec", time.Now())
	if err != nil {
		return err
	}
	out := &lines{w: os.Stdout}
	out.printf("take %d", take.ID)
	failed := make(chan error)
	for i := range 32 {
		go func() {
			for j := 0; ; j++ {
				path := fmt.Sprintf("/%d/%d/%d", take.ID, i, j)
				id := fmt.Sprintf("s%d-%d", i, j%20)
				edit := &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub(id, path)}}
				rec := recorded(take.ID, id, path)
				// A relaxed one survives the process's end too.
				if err := s.Append(context.Background(), rec, edit, j%3 == 0); err != nil {
					failed <- err
					return
				}
				out.printf("%d %s %s %d", rec.Seq, path, id, edit.PutStubs[0].Revision)
			}
		}()
	}
	return <-failed
}

// TestKillWhileAppending: every acknowledged exchange is there after a kill -9,
// with its stub, and nothing is half there.
func TestKillWhileAppending(t *testing.T) {
	dir := t.TempDir()
	acknowledged := make(map[uint64]string)
	stubs := make(map[string]uint64)
	const rounds = 6
	for round := range rounds {
		c := start(t, "append", dir)
		note := func(line string) {
			var seq, revision uint64
			var path, id string
			if n, _ := fmt.Sscanf(line, "%d %s %s %d", &seq, &path, &id, &revision); n == 4 {
				acknowledged[seq] = path
				stubs[id] = max(stubs[id], revision)
			}
		}
		if first := c.line(); !strings.HasPrefix(first, "take ") {
			t.Fatalf("the child said %q, %s", first, c.err.String())
		}
		for range 1 + rand.IntN(3000) {
			note(c.line())
		}
		for _, line := range c.kill(t) {
			note(line)
		}

		s, err := badger.Open(context.Background(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := uint64(0)
		perTake := make(map[uint64]int)
		for rec, err := range s.Exchanges(context.Background(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; rec.Seq != n {
				t.Fatalf("exchange %d is number %d", n, rec.Seq)
			}
			if path, ok := acknowledged[n]; ok && path != rec.Exchange.Request.Path {
				t.Fatalf("exchange %d is %s, acknowledged was %s", n, rec.Exchange.Request.Path, path)
			}
			delete(acknowledged, n)
			perTake[rec.Take]++
		}
		if len(acknowledged) > 0 {
			t.Fatalf("%d acknowledged exchanges are lost, %d are there", len(acknowledged), n)
		}
		takes, err := s.Takes(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for i, take := range takes {
			if take.Exchanges != perTake[take.ID] || take.Current != (i == len(takes)-1) {
				t.Fatalf("%+v has %d exchanges", take, perTake[take.ID])
			}
		}
		catalog, err := s.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if catalog.Revision != n {
			t.Fatalf("revision %d after %d edits", catalog.Revision, n)
		}
		there := make(map[string]uint64)
		for _, x := range storetest.ByAge(t, catalog.Simulations["rec"].Stubs) {
			there[x.ID] = x.Revision
		}
		for id, revision := range stubs {
			if there[id] < revision {
				t.Fatalf("stub %s has revision %d, acknowledged was %d", id, there[id], revision)
			}
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: %d exchanges", round, n)
	}
}

const wholeStubs = 5000

// childReplace replaces a large simulation again and again until it is killed.
func childReplace(dir string) error {
	s, err := badger.Open(context.Background(), dir, nil)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		whole := &simulations.Simulation{Name: "big"}
		for j := range wholeStubs {
			whole.Stubs = append(whole.Stubs, storetest.Packed(stub(fmt.Sprintf("s%05d", j), fmt.Sprint(i, strings.Repeat(" filling", 100))))...)
		}
		fmt.Println("putting", i)
		revision, err := s.Apply(context.Background(), &simulations.Change{Replace: whole})
		if err != nil {
			return err
		}
		fmt.Println("put", i, revision)
	}
}

// TestKillWhileReplacing: the old simulation is there whole, or the new one.
func TestKillWhileReplacing(t *testing.T) {
	dir := t.TempDir()
	last := uint64(0)
	for range 5 {
		c := start(t, "replace", dir)
		note := func(line string) {
			var i, revision uint64
			if n, _ := fmt.Sscanf(line, "put %d %d", &i, &revision); n == 2 {
				last = revision
			}
		}
		for range 2 + rand.IntN(4) {
			note(c.line())
		}
		time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond) // into the midst of a replacement: any moment will do
		for _, line := range c.kill(t) {
			note(line)
		}
		s, err := badger.Open(context.Background(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		catalog, err := s.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if catalog.Revision != last && catalog.Revision != last+1 {
			t.Fatalf("revision %d, acknowledged was %d", catalog.Revision, last)
		}
		last = catalog.Revision
		if whole := catalog.Simulations["big"]; whole != nil {
			if len(whole.Stubs) != wholeStubs {
				t.Fatalf("%d stubs", len(whole.Stubs))
			}
			stubs := storetest.ByAge(t, whole.Stubs)
			for i, x := range stubs {
				if x.Revision != last || int(x.Position) != i || *x.Response.Text != *stubs[0].Response.Text {
					t.Fatalf("stub %d is of another change: %d.%d", i, x.Revision, x.Position)
				}
			}
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// childHold holds the folder until its input ends.
func childHold(dir string) error {
	s, err := badger.Open(context.Background(), dir, nil)
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close(context.Background())
}

// childFill appends until the disk is full, then proves that it still reads,
// and that it writes again when there is room.
func childFill(dir string) error {
	s, err := badger.Open(context.Background(), dir, nil)
	if err != nil {
		return err
	}
	take, err := s.BeginTake(context.Background(), "pay", "rec", time.Now())
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 1))
	content := make([]byte, 100<<10)
	appendOne := func() error {
		for i := range content {
			content[i] = byte(r.Uint32()) // does not compress
		}
		rec := recorded(take.ID, "x", "/")
		rec.Exchange.Response.Body.Data = content
		return s.Append(context.Background(), rec, nil, false)
	}
	n := 0
	var health error
	for health == nil { // a log that became a table may have made room
		for err = nil; err == nil; n++ {
			err = appendOne()
		}
		n--
		health = s.Health(context.Background())
	}
	fmt.Println("full", n, simulations.CodeOf(err))
	fmt.Println("health", simulations.CodeOf(health)) // asked again it may be well
	body := s.NewBody(context.Background())
	err = nil
	for piece := make([]byte, 1<<20); err == nil; { // no two chunks alike, more than the disk holds
		for i := range piece {
			piece[i] = byte(r.Uint32())
		}
		_, err = body.Write(piece)
	}
	_ = body.Close() // what was written of it is the collector's
	fmt.Println("body", simulations.CodeOf(err))
	for rec, err := range s.Exchanges(context.Background(), 0) {
		if err != nil {
			return err
		}
		if rec.Seq == uint64(n) {
			fmt.Println("read", n)
		}
	}
	// The other side makes room now.
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	deadline := time.Now().Add(20 * time.Second)
	for s.Health(context.Background()) != nil && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // polling
	}
	if err := appendOne(); err != nil {
		return err
	}
	fmt.Println("again", n+1)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}
