package badger

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestCacheWarningsAreForDebugging: they are formats as Badger has them, in
// monitorCache of its db.go.
func TestCacheWarningsAreForDebugging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"%s might be too small. Metrics: %s\n", []any{"Block cache", "hit: 1"}, "level=DEBUG"},
		{"Cache life expectancy (in seconds): %+v\n", []any{"\n -- Histogram"}, "level=DEBUG"},
		{"Block cache is %s\n", []any{"gone"}, "level=WARN"},
	} {
		var out bytes.Buffer
		badgerLogger{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}.Warningf(c.format, c.args...)
		if !strings.Contains(out.String(), c.want+` msg="database: `) {
			t.Errorf("%q is said as %s", c.format, out.String())
		}
	}
}
