package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"understudy/cmd/internal/app"
	"understudy/simulations"
)

// envPrefix begins the names of the environment variables that are options.
const envPrefix = "UNDERSTUDY_"

// settings are the options of one command: what its flags say over what the
// environment says over what the config file says over the defaults.
type settings struct {
	config string
	// given holds what flags have set.
	given app.Options
	flags *pflag.FlagSet
}

// addTo gives a command the flags of every option.
func (s *settings) addTo(cmd *cobra.Command) {
	s.flags = cmd.Flags()
	s.given = app.DefaultOptions()
	for _, o := range app.Settings {
		switch value := o.Value(&s.given).(type) {
		case *string:
			s.flags.StringVar(value, o.Name, *value, o.Usage)
		case *[]string:
			// Each flag is one value, commas included: a header's value may have some.
			s.flags.StringArrayVar(value, o.Name, *value, o.Usage)
		case *int:
			s.flags.IntVar(value, o.Name, *value, o.Usage)
		case *bool:
			s.flags.BoolVar(value, o.Name, *value, o.Usage)
		case *time.Duration:
			s.flags.DurationVar(value, o.Name, *value, o.Usage)
		case *app.ByteSize:
			s.flags.Var(value, o.Name, o.Usage)
		default:
			panic(fmt.Sprintf("no flag is known for an option of type %T", value)) // a mistake in the table, seen by any run
		}
	}
	s.flags.StringVar(&s.config, "config", "", "YAML `file` with options (env UNDERSTUDY_CONFIG)")
	for name, values := range map[string][]string{
		"log-level": {"debug", "info", "warn", "error"}, "log-format": {"text", "json"}, "origin": simulations.Origins(),
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	must(cmd.MarkFlagDirname("data"))
}

// effective is every option's value and where each came from, by name.
type effective struct {
	Options app.Options
	From    map[string]string
}

// load puts the options together. It does not validate them.
func (s *settings) load() (*effective, error) {
	file := s.config
	if file == "" {
		file = os.Getenv(envPrefix + "CONFIG")
	}
	v := viper.New()
	e := &effective{Options: app.DefaultOptions(), From: make(map[string]string)}
	for _, o := range app.Settings {
		// Viper's Unmarshal sees the environment only for keys it knows.
		v.SetDefault(o.Name, reflect.ValueOf(o.Value(&e.Options)).Elem().Interface())
		if err := v.BindEnv(o.Name, envName(o.Name)); err != nil {
			return nil, err
		}
		e.From[o.Name] = "default"
	}
	if file != "" {
		keys, err := checkConfig(file)
		if err != nil {
			return nil, err
		}
		v.SetConfigFile(file)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return nil, &simulations.FileError{Path: file, Err: err}
		}
		for _, k := range keys {
			e.From[k] = "file " + file
		}
	}
	var got app.Options
	if err := v.UnmarshalExact(&got, func(c *mapstructure.DecoderConfig) { c.TagName = "option" },
		viper.DecodeHook(mapstructure.ComposeDecodeHookFunc(
			mapstructure.TextUnmarshallerHookFunc(), readDuration, splitList,
		))); err != nil {
		return nil, badValues(err, file)
	}
	e.Options = got
	for _, o := range app.Settings {
		if os.Getenv(envName(o.Name)) != "" {
			e.From[o.Name] = "environment " + envName(o.Name)
		}
		if s.flags.Changed(o.Name) {
			reflect.ValueOf(o.Value(&e.Options)).Elem().Set(reflect.ValueOf(o.Value(&s.given)).Elem())
			e.From[o.Name] = "flag --" + o.Name
		}
	}
	return e, nil
}

// loadValid is load, and refuses options that cannot be.
func (s *settings) loadValid() (app.Options, error) {
	e, err := s.load()
	if err != nil {
		return app.Options{}, usageError{err}
	}
	if err := e.Options.Validate(); err != nil {
		return app.Options{}, usageError{err}
	}
	return e.Options, nil
}

func envName(option string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// checkConfig refuses a config file with unknown options, and says where, which
// viper does not. It returns the names that the file sets.
func checkConfig(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &simulations.FileError{Path: file, Err: errors.New(reason(err))}
	}
	if strings.TrimSpace(string(data)) == "" {
		return nil, nil
	}
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, &simulations.FileError{Path: file, Err: err}
	}
	if v.Kind != simulations.Object {
		return nil, &simulations.FileError{Path: file, Err: fmt.Errorf("is %s, but must be a map of options", v.Kind)}
	}
	known := make([]string, 0, len(app.Settings))
	for _, o := range app.Settings {
		known = append(known, o.Name)
	}
	var faults []simulations.FieldError
	for i, name := range v.Names {
		if !slices.Contains(known, name) {
			faults = append(faults, simulations.FieldError{
				Pointer: "/" + simulations.PointerToken(name), Detail: "unknown option" + simulations.Suggest(name, known),
				Line: int(v.Items[i].Line), Column: int(v.Items[i].Column),
			})
		}
	}
	if err := simulations.Invalid(faults); err != nil {
		return nil, &simulations.FileError{Path: file, Err: err}
	}
	return v.Names, nil
}

// splitList reads a list out of the environment: values between commas.
func splitList(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to != reflect.TypeFor[[]string]() {
		return data, nil
	}
	var out []string
	for part := range strings.SplitSeq(data.(string), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out, nil
}

// readDuration reads a duration out of a config file or the environment.
func readDuration(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to != reflect.TypeFor[time.Duration]() {
		return data, nil
	}
	d, err := time.ParseDuration(data.(string))
	if err != nil {
		return nil, fmt.Errorf("%q is no duration: write a number with a unit, such as 500ms, 30s or 5m", data)
	}
	return d, nil
}

// badValues makes the decoder's report readable: a line for each option.
func badValues(err error, file string) error {
	where := "the environment"
	if file != "" {
		where += " or " + file
	}
	var faults []simulations.FieldError
	var walk func(error)
	walk = func(err error) {
		var many interface{ Unwrap() []error }
		if errors.As(err, &many) {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		if d, ok := errors.AsType[*mapstructure.DecodeError](err); ok {
			faults = append(faults, simulations.FieldError{Pointer: d.Name(), Detail: unreadable(d)})
			return
		}
		faults = append(faults, simulations.FieldError{Detail: err.Error()})
	}
	walk(err)
	return &simulations.Error{Code: simulations.CodeInvalid, Detail: "options of " + where + " cannot be read", Fields: faults}
}

// unreadable says in a user's words why a value is not of its option's type.
func unreadable(d *mapstructure.DecodeError) string {
	if p, ok := errors.AsType[*mapstructure.ParseError](d); ok {
		switch p.Expected.Kind() {
		case reflect.Int:
			return fmt.Sprintf("%v is no whole number", p.Value)
		case reflect.Bool:
			return fmt.Sprintf("%v is neither true nor false", p.Value)
		}
	}
	return d.Unwrap().Error()
}

// reason is what is wrong with a file, without the path that stands before it.
func reason(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
