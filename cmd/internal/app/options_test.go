package app

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

func TestDefaultOptionsAreValid(t *testing.T) {
	t.Parallel()
	o := DefaultOptions()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidateNamesEveryBadOption(t *testing.T) {
	t.Parallel()
	o := Options{
		Listen: []string{"8500", ":99999", ":1", ":1"}, AdminListen: "x", AdminHosts: []string{"http://a"}, AdminToken: "a b",
		Import: []string{"testdata/none"}, LogLevel: "warm", LogFormat: "xml", MissStatus: 200, Origin: "dark",
		ShadowHeaders: []string{"a b"}, SyntheticHeaders: []string{": x"}, ShadowBaggage: []string{"a=b"}, SessionHeader: "a b",
		TLSCert: "testdata/none.pem", UpstreamProxy: "proxy:8080", MaxBodyBytes: -1, RecordBodyBytes: -1, Delay: "soon", Seed: -1, CallbackHosts: []string{"http://a"},
	}
	err := o.Validate()
	e, ok := errors.AsType[*simulations.Error](err)
	if !ok || e.Code != simulations.CodeInvalid {
		t.Fatalf("%v", err)
	}
	told := make(map[string]string)
	for _, f := range e.Fields {
		told[f.Pointer] = f.Detail
	}
	for _, s := range Settings {
		switch s.Name {
		case "in-memory", "tls", "delay-shadow", "callback-shadow": // any value will do
			continue
		}
		if told[s.Name] == "" {
			t.Errorf("nothing is said of %s", s.Name)
		}
	}
	if !strings.Contains(told["log-level"], `did you mean "warn"`) {
		t.Errorf("log-level: %s", told["log-level"])
	}
}

// Each option is one field, one row and one default of a type that flags know.
func TestSettingsCoverTheOptions(t *testing.T) {
	t.Parallel()
	var o Options
	rows := make(map[any]string)
	for _, s := range Settings {
		v := s.Value(&o)
		if other, ok := rows[v]; ok {
			t.Errorf("%s and %s are the same field", s.Name, other)
		}
		rows[v] = s.Name
		switch v.(type) {
		case *string, *[]string, *int, *bool, *time.Duration, *ByteSize:
		default:
			t.Errorf("%s is a %T", s.Name, v)
		}
		if s.Usage == "" || s.Group == "" {
			t.Errorf("%s has no usage or no group", s.Name)
		}
	}
	fields := reflect.ValueOf(&o).Elem()
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag.Get("option")
		if got := rows[fields.Field(i).Addr().Interface()]; got != tag && tag != "-" {
			t.Errorf("the field %s has the tag %q and the row %q", fields.Type().Field(i).Name, tag, got)
		}
	}
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"0": 0, "512": 512, "512B": 512, "1KiB": 1024, "64MiB": 64 << 20, " 10 mb ": 10e6, "2gib": 2 << 30, "1TiB": 1 << 40, "3kB": 3000,
	} {
		var b ByteSize
		if err := b.Set(in); err != nil || int64(b) != want {
			t.Errorf("%q is %d, %v, want %d", in, b, err, want)
		}
		var again ByteSize
		if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%q is written as %q, which is %d, %v", in, b, again, err)
		}
	}
	for _, in := range []string{"", "MiB", "-1", "1.5MiB", "1 XB", "9000000TiB", "1e3"} {
		var b ByteSize
		if err := b.Set(in); err == nil {
			t.Errorf("%q is taken for %d", in, b)
		}
	}
}
