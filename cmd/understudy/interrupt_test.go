package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterruptedStdin: a command that reads from a terminal, where nothing comes
// and nothing ends, ends when it is interrupted.
func TestInterruptedStdin(t *testing.T) {
	for _, args := range [][]string{
		{"explain", "POST", "http://payments/", "-d", "@-"},
		{"import", "-"},
	} {
		in, out := io.Pipe()
		reads := &noticed{in, make(chan struct{}, 1)}
		var said strings.Builder
		ctx, interrupt := context.WithCancel(t.Context())
		code := make(chan int)
		go func() { code <- newCLI(reads, io.Discard, &said).run(ctx, args) }()
		select {
		case <-reads.begun:
			interrupt()
			if c := <-code; c != exitFailed || said.String() != "understudy: interrupted\n" {
				t.Errorf("%q: exit code %d, says %q", args, c, said.String())
			}
		case c := <-code:
			t.Errorf("%q reads nothing: exit code %d, says %q", args, c, said.String())
		}
		interrupt()
		_ = out.Close()
	}
}

// TestInterruptedCheck: a check that was broken off says nothing of the file.
func TestInterruptedCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "large.har")
	if err := os.WriteFile(file, []byte(`{"log":{"comment":"`+strings.Repeat("x", 2<<20)+`","entries":[]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, args := range [][]string{{"validate", file}, {"import", file}} {
		var said strings.Builder
		if code := newCLI(nil, io.Discard, &said).run(ctx, args); code != exitFailed || said.String() != "understudy: interrupted\n" {
			t.Errorf("%q: exit code %d, says %q", args, code, said.String())
		}
	}
}

// noticed tells that it is read.
type noticed struct {
	io.Reader
	begun chan struct{}
}

func (n *noticed) Read(p []byte) (int, error) {
	select {
	case n.begun <- struct{}{}:
	default:
	}
	return n.Reader.Read(p)
}
