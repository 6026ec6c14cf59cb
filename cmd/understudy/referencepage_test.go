package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"understudy/cmd/internal/app"
)

//go:generate go test -run TestReferenceIsFresh . -args -update

// reference is the page of options and commands, REFERENCE.md, made of the
// table of settings and the tree of commands.
func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(`# Reference: options and commands

<!-- Made by go generate from the table of options and the commands; do not edit. -->

## Options

` + "`understudy serve`, `record` and `config`" + ` take every option as a flag, as an environment variable, or in the YAML
file that ` + "`--config`" + ` or ` + "`UNDERSTUDY_CONFIG`" + ` names, in this order: a flag goes before the environment, that before
the file, that before the default. In the file an option has the flag's name; an unknown one is refused. A list is
a repeated flag, values between commas in the environment, and a list in the file. An empty variable counts as unset.
Sizes are written as 64MiB or 10MB, durations as 500ms, 30s or 1h30m. ` + "`understudy config`" + ` prints what would be used
and where each value comes from.
`)
	defaults := app.DefaultOptions()
	var s settings
	s.addTo(&cobra.Command{})
	group := ""
	for _, o := range app.Settings {
		if o.Group != group {
			group = o.Group
			fmt.Fprintf(&b, "\n### %s\n\n| flag | environment | default | meaning |\n|---|---|---|---|\n", group)
		}
		value := cellOf(valueOf(o, &defaults))
		if value != "-" {
			value = "`" + value + "`"
		}
		_, usage := pflag.UnquoteUsage(s.flags.Lookup(o.Name))
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s |\n", o.Name, envName(o.Name), value, cell(usage))
	}
	b.WriteString(`
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed; for ` + "`verify`, `validate` and `explain`" + ` also: the answer is no |
| 2 | called wrongly: an unknown command, flag or option |

Answers go to stdout, errors, warnings, progress and logs to stderr.

## Commands
`)
	for _, cmd := range root.Commands() {
		writeCommand(&b, cmd)
	}
	return b.String()
}

func writeCommand(b *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" {
		return
	}
	fmt.Fprintf(b, "\n### understudy %s\n\n%s.\n\n```\n%s\n```\n", commandName(cmd), cmd.Short, cmd.UseLine())
	if cmd.Name() == "completion" {
		b.WriteString("\n`understudy completion SHELL --help` says how to load it, for bash, zsh, fish and powershell.\n")
		return
	}
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", preformatted(cmd.Long))
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
	}
	options := false
	var rows []string
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { rows = append(rows, flagRow(f)) })
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if slices.ContainsFunc(app.Settings, func(o app.Setting) bool { return o.Name == f.Name }) && cmd.Flags().Lookup("config") != nil {
			options = true
			return
		}
		if f.Name != "help" {
			rows = append(rows, flagRow(f))
		}
	})
	slices.Sort(rows)
	if len(rows) > 0 {
		fmt.Fprintf(b, "\n| flag | default | meaning |\n|---|---|---|\n%s\n", strings.Join(slices.Compact(rows), "\n"))
	}
	if options {
		b.WriteString("\nBesides these it takes every [option](#options).\n")
	}
	for _, sub := range cmd.Commands() {
		writeCommand(b, sub)
	}
}

// commandName is the command's path without the program.
func commandName(cmd *cobra.Command) string {
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return name
}

func flagRow(f *pflag.Flag) string {
	kind, usage := pflag.UnquoteUsage(f)
	name := "`--" + f.Name
	if f.Shorthand != "" {
		name = "`-" + f.Shorthand + "`, " + name
	}
	if kind != "" {
		name += " " + kind
	}
	value := f.DefValue
	switch value {
	case "", "[]", "0", "false":
		value = "-"
	default:
		value = "`" + value + "`"
	}
	return fmt.Sprintf("| %s` | %s | %s |", name, value, cell(usage))
}

// preformatted turns the indented lines of a help text into a block of code.
func preformatted(s string) string {
	var out []string
	in := false
	for line := range strings.SplitSeq(s, "\n") {
		if indented := strings.HasPrefix(line, "  "); indented != in && line != "" {
			out = append(out, "```")
			in = indented
		}
		out = append(out, strings.TrimPrefix(line, "  "))
	}
	if in {
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

// cell keeps a text from ending a table's cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
