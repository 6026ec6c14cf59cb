package app

import (
	"io"
	"log/slog"
)

// NewLogger makes the logger that LogLevel and LogFormat ask for.
func NewLogger(w io.Writer, opts *Options) *slog.Logger {
	o := &slog.HandlerOptions{Level: opts.level()}
	if opts.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
