package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// verifyFlags are the flags that say what is expected.
type verifyFlags struct {
	pattern                  patternFlags
	requests                 []string
	exactly, atLeast, atMost int
	inOrder                  bool
	filter                   client.Filter
}

func (c *cli) verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check whether requests came as expected",
		Long: `Verify counts the exchanges of the journal that fit a pattern: the one that the
flags describe, or those given by --request, as a document's request: is written.
Without a bound at least one is expected. Exit code 1 when it is not so.`,
		Example: `  understudy verify --method POST --path /v1/charges --exactly 1
  understudy verify --path '/v1/charges/{id}' --header 'Accept: application/json'
  understudy verify --request '{path: /login}' --request '{path: /pay}' --in-order
  understudy verify --request @expected.yaml --at-most 3`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	f.pattern.addTo(cmd)
	flags.StringArrayVar(&f.requests, "request", nil, "request pattern, YAML or JSON; `@file` reads one (repeatable)")
	flags.IntVar(&f.exactly, "exactly", 0, "expect this `number` of exchanges")
	flags.IntVar(&f.atLeast, "at-least", 0, "expect this `number` or more")
	flags.IntVar(&f.atMost, "at-most", 0, "expect this `number` or fewer")
	flags.BoolVar(&f.inOrder, "in-order", false, "expect the requests in the order of the --request flags")
	filterFlags(flags, &f.filter)
	c.completeFilters(cmd)
	cmd.RunE = c.asks(func(ctx context.Context, cl *client.Client, _ []string) error {
		question, err := f.question(flags.Changed)
		if err != nil {
			return usageError{err}
		}
		answer, err := cl.Verify(ctx, question)
		if err != nil {
			return err
		}
		if err := c.show(answer.Raw, func() { c.verified(&answer.Value) }); err != nil {
			return err
		}
		if !answer.Value.OK {
			return errNo
		}
		return nil
	})
	return cmd
}

// question is what the flags ask, as the admin plane takes it.
func (f *verifyFlags) question(changed func(string) bool) (*simulations.Value, error) {
	q := &simulations.Value{Kind: simulations.Object}
	switch described := f.pattern.value(); {
	case len(f.requests) > 0 && len(described.Names) > 0:
		return nil, errors.New("--request and the flags that describe one request exclude each other")
	case len(f.requests) == 0:
		q.Set("request", described)
	default:
		all := &simulations.Value{Kind: simulations.Array}
		for _, r := range f.requests {
			p, err := readPattern(r)
			if err != nil {
				return nil, err
			}
			all.Items = append(all.Items, p)
		}
		q.Set("requests", all)
	}
	for name, n := range map[string]int{"exactly": f.exactly, "at-least": f.atLeast, "at-most": f.atMost} {
		if !changed(name) {
			continue
		}
		if n < 0 {
			return nil, errors.New("--" + name + " is a number of exchanges, 0 or more")
		}
		q.Set(map[string]string{"exactly": "exactly", "at-least": "atLeast", "at-most": "atMost"}[name], simulations.NewInt(int64(n)))
	}
	if changed("exactly") && (changed("at-least") || changed("at-most")) {
		return nil, errors.New("--exactly excludes --at-least and --at-most")
	}
	if f.inOrder {
		q.Set("inOrder", simulations.NewBool(true))
	}
	for _, m := range []struct{ name, value string }{
		{"collaborator", f.filter.Collaborator}, {"session", f.filter.Session}, {"origin", f.filter.Origin}, {"outcome", f.filter.Outcome},
	} {
		if m.value != "" {
			q.Set(m.name, simulations.NewString(m.value))
		}
	}
	for _, m := range []struct {
		name string
		id   uint64
	}{{"after", f.filter.After}, {"cause", f.filter.Cause}} {
		if m.id > 0 {
			q.Set(m.name, simulations.NewInt(int64(m.id)))
		}
	}
	return q, nil
}

func (c *cli) verified(v *simulations.Verified) {
	verdict := "yes"
	if !v.OK {
		verdict = "no"
	}
	c.sayf("%s: %s", verdict, v.Detail)
	if v.Missed > 0 {
		c.sayf("the journal has overwritten %s; the numbers are lower bounds", count(int(v.Missed), "exchange"))
	}
	c.nearMisses(v.Nearest)
}

// patternFlags describe one request by flags.
type patternFlags struct {
	method, host, path, body string
	contains                 []string
	query, headers           []string
}

func (p *patternFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.method, "method", "", "the request's method")
	flags.StringVar(&p.host, "host", "", "the request's host")
	flags.StringVar(&p.path, "path", "", "the request's path: exact, a template with {name}, or a glob with *")
	flags.StringArrayVar(&p.query, "query", nil, "query parameter, `name=value` (repeatable)")
	flags.StringArrayVarP(&p.headers, "header", "H", nil, "header, `'Name: value'` (repeatable)")
	flags.StringVar(&p.body, "body", "", "the whole body as `text`")
	flags.StringArrayVar(&p.contains, "body-contains", nil, "`text` that the body contains (repeatable)")
}

// value is the pattern as a document writes it.
func (p *patternFlags) value() *simulations.Value {
	v := &simulations.Value{Kind: simulations.Object}
	text := func(name, s string) {
		if s != "" {
			v.Set(name, simulations.NewString(s))
		}
	}
	text("method", p.method)
	text("host", p.host)
	switch {
	case strings.Contains(p.path, "{"):
		v.Set("path", operator("template", simulations.NewString(p.path)))
	case strings.Contains(p.path, "*"):
		v.Set("path", operator("glob", simulations.NewString(p.path)))
	default:
		text("path", p.path)
	}
	pairs := func(name string, given []string, separator string) {
		if len(given) == 0 {
			return
		}
		all := &simulations.Value{Kind: simulations.Object}
		for _, g := range given {
			key, value, _ := strings.Cut(g, separator)
			all.Set(strings.TrimSpace(key), simulations.NewString(strings.TrimPrefix(value, " ")))
		}
		v.Set(name, all)
	}
	pairs("query", p.query, "=")
	pairs("headers", p.headers, ":")
	var body []*simulations.Value
	if p.body != "" {
		body = append(body, operator("equals", simulations.NewString(p.body)))
	}
	for _, s := range p.contains {
		body = append(body, operator("contains", simulations.NewString(s)))
	}
	switch len(body) {
	case 0:
	case 1:
		v.Set("body", body[0])
	default:
		v.Set("body", simulations.NewArray(body...))
	}
	return v
}

func operator(name string, argument *simulations.Value) *simulations.Value {
	v := &simulations.Value{Kind: simulations.Object}
	v.Set(name, argument)
	return v
}

// readPattern reads a --request: text, or a file behind '@'.
func readPattern(s string) (*simulations.Value, error) {
	file, ok := strings.CutPrefix(s, "@")
	if !ok {
		// Behind the mark of a YAML document {path: /a} is YAML, else it were broken JSON.
		v, err := parsePattern([]byte("---\n" + s))
		if err != nil {
			return nil, fmt.Errorf("--request: %w", withoutPlaces(err))
		}
		return v, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &simulations.FileError{Path: file, Err: errors.New(reason(err))}
	}
	v, err := parsePattern(data)
	if err != nil {
		return nil, &simulations.FileError{Path: file, Err: err}
	}
	return v, nil
}

func parsePattern(data []byte) (*simulations.Value, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, err
	}
	_, err = simulations.DecodePattern(v)
	return v, err
}
