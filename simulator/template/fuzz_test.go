package template

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever the source is, compiling and rendering end, with a place where they
// fail, and never by a panic.
func FuzzTemplate(f *testing.F) {
	for i := range dialects {
		for _, h := range dialects[i].helpers {
			for _, e := range h.examples {
				f.Add(e.source, uint8(i))
			}
		}
	}
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		in, err := os.Open(file)
		if err != nil {
			f.Fatal(err)
		}
		for s := bufio.NewScanner(in); s.Scan(); {
			if strings.Contains(s.Text(), "{{") {
				f.Add(s.Text(), uint8(0))
				f.Add(s.Text(), uint8(2))
			}
		}
		_ = in.Close()
	}
	f.Fuzz(func(t *testing.T, source string, dialect uint8) {
		d := Dialect(dialect % 3)
		tpl, err := Compile(source, d)
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Line < 1 || e.Column < 1 || e.Offset > len(source) {
				t.Fatalf("%#v", err)
			}
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		began := time.Now()
		out := []byte("kept")
		err = tpl.Execute(ctx, &out, sample())
		if took := time.Since(began); took > 6*time.Second {
			t.Fatalf("it took %s", took)
		}
		if !strings.HasPrefix(string(out), "kept") || len(out) > MaxOutput+4 {
			t.Fatalf("%d bytes", len(out))
		}
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || strings.HasPrefix(e.Detail, "failed: ") {
				t.Fatalf("%v", err)
			}
			return
		}
		if tpl.Static() {
			again := []byte{}
			if err := tpl.Execute(ctx, &again, &Data{}); err != nil || "kept"+string(again) != string(out) {
				t.Fatalf("a static template changes: %q, %q, %v", out, again, err)
			}
		}
		if v, err := tpl.Value(ctx, sample()); err == nil {
			if _, err := json.Marshal(v); err != nil && !strings.Contains(err.Error(), "invalid number literal") {
				t.Fatalf("a value that is no JSON: %v", err)
			}
		}
	})
}

// Date formats and dates of any text end without a panic, and what prints is
// read back where it says all of the date.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"yyyy-MM-dd", "%Y-%m-%d", "2006-01-02", "'a''b'yyyy", "epoch", "EEE d MMM yyyy HH:mm:ss.SSS XXX", "%s", "%"} {
		f.Add(s, "2024-05-06", "3 days")
	}
	f.Fuzz(func(_ *testing.T, format, text, offset string) {
		at := time.Unix(1_700_000_000, 123456789).UTC()
		if moved, err := shift(at, offset); err == nil {
			at = moved
		}
		for _, n := range []notation{anyNotation, javaNotation, goNotation} {
			if c, err := parseDateFormat(format, n); err == nil {
				printed := c.append(nil, at)
				_, _ = c.parse(string(printed), time.UTC)
				_, _ = c.parse(text, time.UTC)
			}
		}
		_, _ = parseGuessed(text, time.UTC)
		_, _ = location(text)
	})
}
