package badger

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// badgerLogger hands what Badger says to slog.
type badgerLogger struct{ to *slog.Logger }

func (l badgerLogger) Errorf(f string, args ...any)   { l.log(slog.LevelWarn, f, args) }
func (l badgerLogger) Warningf(f string, args ...any) { l.log(warningLevel(f), f, args) }
func (l badgerLogger) Infof(f string, args ...any)    { l.log(slog.LevelDebug, f, args) }
func (l badgerLogger) Debugf(f string, args ...any)   { l.log(slog.LevelDebug, f, args) }

// warningLevel is the level of a warning of that format. Twice a minute Badger
// warns of the sizes of its caches, which are no option of understudy's.
func warningLevel(format string) slog.Level {
	if strings.HasPrefix(format, "%s might be too small.") || strings.HasPrefix(format, "Cache life expectancy") {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

func (l badgerLogger) log(level slog.Level, format string, args []any) {
	if !l.to.Enabled(context.Background(), level) {
		return
	}
	text := format
	if !strings.Contains(format, "%q") && !strings.Contains(format, "%x") { // those print keys
		text = fmt.Sprintf(format, args...)
	}
	l.to.LogAttrs(context.Background(), level, "database: "+firstLine(text))
}

// plain is what may be shown of an error of Badger: some of them hold dumps of
// keys and values, from the second line on.
func plain(err error) string { return firstLine(err.Error()) }

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	const limit = 200
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	return s
}
