package main

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"understudy/cmd/internal/app"
)

// configLine is one option as it would be used.
type configLine struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	From  string `json:"from"`
}

func (c *cli) configCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective options and where each comes from",
		Long: `Config prints the options that understudy serve would use, called with the same
flags, environment and config file. Options that cannot be are told, exit code 2.`,
		Args: cobra.NoArgs,
		RunE: c.does(func(context.Context, []string) error {
			if err := c.checkOutput(); err != nil {
				return err
			}
			e, err := s.load()
			if err != nil {
				return usageError{err}
			}
			var lines []configLine
			t := newTable("OPTION", "VALUE", "FROM")
			for _, o := range app.Settings {
				value := valueOf(o, &e.Options)
				lines = append(lines, configLine{Name: o.Name, Value: value, From: e.From[o.Name]})
				t.add(o.Name, cellOf(value), e.From[o.Name])
			}
			if err := c.showValue(lines, func() { t.print(c.out) }); err != nil {
				return err
			}
			if err := e.Options.Validate(); err != nil {
				return usageError{err}
			}
			return nil
		}),
	}
	s.addTo(cmd)
	c.outputFlag(cmd)
	return cmd
}

// valueOf is an option's value as it is shown: durations and sizes as they are
// written, secrets not at all.
func valueOf(o app.Setting, options *app.Options) any {
	switch value := reflect.ValueOf(o.Value(options)).Elem().Interface().(type) {
	case string:
		if o.Secret && value != "" {
			return "(set)"
		}
		return withoutPassword(value)
	case time.Duration:
		return shortDuration(value)
	case fmt.Stringer:
		return value.String()
	default:
		return value
	}
}

// shortDuration writes a duration without the zeros at its end.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// withoutPassword masks the password of a URL.
func withoutPassword(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

func cellOf(value any) string {
	if names, ok := value.([]string); ok {
		return orElse(strings.Join(names, ", "), "-")
	}
	return orElse(fmt.Sprint(value), "-")
}
