package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// maxAskBody bounds the body of a request that is asked about.
const maxAskBody = 64 << 20

func (c *cli) explainCommand() *cobra.Command {
	var headers []string
	var body, session string
	cmd := &cobra.Command{
		Use:   "explain METHOD URL",
		Short: "Say which stub would answer a request, and why not the others",
		Long: `Explain asks which stub would answer a request, without sending it: the
collaborator, the mode, the way through the index, and the stubs that were tried.
The URL's port names the collaborator that has it of its own (listen), else its
host names one, as Host does. Exit code 1 when no stub and
no collection would answer.`,
		Example: `  understudy explain GET http://payments/v1/charges/42
  understudy explain POST http://payments/v1/charges -H 'Content-Type: application/json' -d '{"amount": 5}'`,
		Args: cobra.ExactArgs(2),
		RunE: c.asks(func(ctx context.Context, cl *client.Client, args []string) error {
			q := &simulations.Ask{Method: args[0], URL: args[1], Session: session}
			for _, h := range headers {
				name, value, ok := strings.Cut(h, ":")
				if !ok {
					return usagef("--header %q: give it as 'Name: value'", h)
				}
				if q.Headers == nil {
					q.Headers = make(map[string][]string)
				}
				name = strings.TrimSpace(name)
				q.Headers[name] = append(q.Headers[name], strings.TrimSpace(value))
			}
			if err := c.askBody(ctx, q, body); err != nil {
				return err
			}
			answer, err := cl.Explain(ctx, q)
			if err != nil {
				return err
			}
			if err := c.show(answer.Raw, func() { c.explained(&answer.Value) }); err != nil {
				return err
			}
			if answer.Value.Stub == "" && answer.Value.Collection == "" {
				return errNo
			}
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&headers, "header", "H", nil, "header, `'Name: value'` (repeatable)")
	flags.StringVarP(&body, "data", "d", "", "body; `@file` reads one, @- reads stdin")
	flags.StringVar(&session, "session", "", "ask in this session")
	return cmd
}

// askBody gives the request its body, as text where it is some.
func (c *cli) askBody(ctx context.Context, q *simulations.Ask, body string) error {
	file, ok := strings.CutPrefix(body, "@")
	if !ok {
		q.Body = body
		return nil
	}
	from := c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return &simulations.FileError{Path: file, Err: errors.New(reason(err))}
		}
		defer f.Close()
		from = f
	}
	data, err := until(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(from, maxAskBody+1)) })
	if err != nil {
		return &simulations.FileError{Path: file, Err: err}
	}
	if len(data) > maxAskBody {
		return &simulations.FileError{Path: file, Err: simulations.Errorf(simulations.CodeTooLarge, "larger than the %d bytes that can be asked about", maxAskBody)}
	}
	if utf8.Valid(data) {
		q.Body = string(data)
	} else {
		q.BodyBase64 = data
	}
	return nil
}

func (c *cli) explained(e *simulations.Explanation) {
	switch by := cmp.Or(e.Stub, e.Collection); by {
	default:
		c.sayf("%s would answer: %s", by, e.Reason)
	case "":
		c.sayf("no stub would answer; outcome %s: %s", e.Outcome, e.Reason)
	}
	c.sayf("  collaborator  %s (host %s, mode %s)", orElse(e.Collaborator, "none"), orElse(e.Host, "none"), modeOf(e.Mode))
	c.sayf("  origin        %s (%s)", e.Origin, orElse(e.OriginBy, "by default"))
	c.sayf("  session       %s", e.Session)
	if e.Precedence != "" {
		c.sayf("  precedence    %s", e.Precedence)
	}
	for name, value := range sortedPairs(e.Parameters) {
		c.sayf("  parameter     %s = %s", name, value)
	}
	for _, step := range e.Index {
		c.sayf("  index         %s", step)
	}
	if len(e.Candidates) > 0 {
		c.sayf("tried, in order, at most 20:")
		for _, candidate := range e.Candidates {
			if candidate.Matched {
				c.sayf("  %s: matches", candidate.Stub)
				continue
			}
			c.sayf("  %s: no", candidate.Stub)
			c.mismatches(candidate.Failed)
		}
	}
	c.nearMisses(e.NearMisses)
}

func (c *cli) nearMisses(all []simulations.NearMiss) {
	if len(all) == 0 {
		return
	}
	c.sayf("nearest:")
	for _, n := range all {
		c.sayf("  %s (%s)", n.Stub, percent(n.Score))
		c.mismatches(n.Failed)
	}
}

func (c *cli) mismatches(failed []simulations.Mismatch) {
	for i := range failed {
		f := &failed[i]
		c.sayf("    %s: %s, was %s", f.Field, f.Asked(), orElse(f.Actual, "absent"))
	}
}
