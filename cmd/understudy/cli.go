package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"understudy/cmd/internal/client"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is one run of the command line: its streams and the flags that every
// client command has.
type cli struct {
	in       io.Reader
	out, err io.Writer

	admin  string
	token  string
	output string

	// working is set once a command has taken its arguments; what fails before
	// is a mistake in how it was called.
	working bool
}

func newCLI(in io.Reader, out, err io.Writer) *cli { return &cli{in: in, out: out, err: err} }

// errNo is the error of a command whose answer is no. The answer has been
// printed; nothing is left to be said.
var errNo = errors.New("the answer is no")

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command and returns its exit code.
func (c *cli) run(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNo) {
		return exitFailed
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if !c.working {
		// The command library lays its suggestions out over several lines.
		err = errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	writeError(c.err, err)
	if _, ok := errors.AsType[usageError](err); ok || !c.working {
		fmt.Fprintf(c.err, "see `%s --help`\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// until reads something that cannot be told to stop, such as stdin, and ends with
// ctx; the process ends soon after, and until then the reading goes on.
func until[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := read()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// does makes a function that a command runs. What it returns is the command's
// failure; what went wrong before it is one of usage.
func (c *cli) does(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c.working = true
		return f(cmd.Context(), args)
	}
}

// number holds an argument to what the admin plane numbers; what names that and
// list the command that shows the numbers.
func number(what, list string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		for _, arg := range args {
			if _, err := strconv.ParseUint(arg, 10, 64); err != nil {
				return fmt.Errorf("%q is no id of %s, which is a number that `%s` shows", arg, what, list)
			}
		}
		return nil
	}
}

// asks is does for a command that talks to an understudy.
func (c *cli) asks(f func(ctx context.Context, cl *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return c.does(func(ctx context.Context, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		defer cl.Close()
		return f(ctx, cl, args)
	})
}

func (c *cli) client() (*client.Client, error) {
	cl, err := client.New(c.admin, orElse(c.token, os.Getenv("UNDERSTUDY_ADMIN_TOKEN")))
	if err != nil {
		return nil, usageError{err}
	}
	return cl, nil
}

// terminal returns the width of w where that is a terminal.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}

// version is set by the linker in a release.
var version = ""

// buildVersion is the release, or what the Go tool knows of the build.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
