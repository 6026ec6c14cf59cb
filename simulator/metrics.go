package simulator

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"understudy/simulations"
)

// Status says how the double stands.
func (e *Engine) Status() simulations.Status {
	c := e.catalog
	c.state.RLock()
	st := simulations.Status{
		Version: e.opts.Version, Started: e.started, Simulations: len(c.simulations),
		Collaborators: len(c.collaborators), Revision: c.revision,
	}
	for _, s := range c.simulations {
		st.Stubs += s.len()
	}
	c.state.RUnlock()
	st.Listen = e.plane.addresses()
	st.Sessions = e.sessions.count()
	st.Journal = e.journal.status()
	st.Counts = e.counts.list()
	st.Callbacks = e.callbacks.status()
	st.Store = simulations.StoreStatus{Kind: e.opts.StoreKind, Path: e.opts.StorePath, Recorded: e.recorder.recorded.Load(), Failed: e.recorder.failed.Load()}
	ctx, cancel := context.WithTimeout(e.life, time.Second)
	defer cancel()
	st.Ready = true
	if err := e.store.Health(ctx); err != nil {
		st.Store.Error = err.Error()
		st.Ready, st.Problem = false, "the store fails: "+err.Error()
	}
	if len(st.Listen) == 0 || e.stopping.Load() {
		st.Ready, st.Problem = false, "not listening"
	}
	return st
}

// Metrics writes the Prometheus text format, version 0.0.4.
func (e *Engine) Metrics(w io.Writer) error {
	st := e.Status()
	b := bufio.NewWriter(w)
	family := func(name, kind, help string) { fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	single := func(name, kind, help string, v any) {
		family(name, kind, help)
		fmt.Fprintf(b, "%s %v\n", name, v)
	}
	family("understudy_requests_total", "counter", "Requests by collaborator, mode, outcome and origin.")
	var refused uint64
	for _, c := range st.Counts {
		fmt.Fprintf(b, "understudy_requests_total{collaborator=%s,mode=%s,outcome=%s,origin=%s} %d\n",
			label(c.Collaborator), label(string(c.Mode)), label(string(c.Outcome)), label(string(c.Origin)), c.Count)
		if c.Outcome == simulations.OutcomeRefused {
			refused += c.Count
		}
	}
	single("understudy_refusals_total", "counter", "Requests that were refused: they were to be forwarded and may not be.", refused)
	family("understudy_diffs_total", "counter", "Comparisons of mode diff, by result.")
	fmt.Fprintf(b, "understudy_diffs_total{result=\"alike\"} %d\nunderstudy_diffs_total{result=\"different\"} %d\nunderstudy_diffs_total{result=\"uncompared\"} %d\n",
		e.diffs.alike.Load(), e.diffs.different.Load(), e.diffs.uncompared.Load())
	single("understudy_recorded_total", "counter", "Exchanges made durable.", st.Store.Recorded)
	single("understudy_record_failures_total", "counter", "Exchanges that could not be made durable.", st.Store.Failed)
	single("understudy_recorded_cut_total", "counter", "Exchanges kept without a stub, because a body was kept in part only.", e.recorder.cut.Load())
	family("understudy_callbacks_total", "counter", "Callbacks, by what became of them.")
	cb := st.Callbacks
	fmt.Fprintf(b, "understudy_callbacks_total{result=\"sent\"} %d\nunderstudy_callbacks_total{result=\"failed\"} %d\nunderstudy_callbacks_total{result=\"refused\"} %d\nunderstudy_callbacks_total{result=\"dropped\"} %d\n",
		cb.Sent, cb.Failed, cb.Refused, cb.Dropped)
	single("understudy_callback_attempts_total", "counter", "Requests made for callbacks, retries included.", cb.Attempts)
	single("understudy_callbacks_waiting", "gauge", "Callbacks that are not due yet, or wait for a free place.", cb.Waiting)
	single("understudy_callbacks_running", "gauge", "Callbacks that are being sent.", cb.Running)
	single("understudy_journal_entries", "gauge", "Exchanges in the journal.", st.Journal.Entries)
	single("understudy_journal_bytes", "gauge", "Bytes that the journal holds.", st.Journal.Bytes)
	single("understudy_journal_overwritten_total", "counter", "Journal entries that made room for newer ones.", st.Journal.Overwritten)
	single("understudy_simulations", "gauge", "Simulations.", st.Simulations)
	single("understudy_stubs", "gauge", "Stubs in all simulations.", st.Stubs)
	single("understudy_sessions", "gauge", "Sessions in use.", st.Sessions)
	single("understudy_session_bytes", "gauge", "Bytes that sessions hold.", e.sessions.budget.Used())
	single("understudy_sessions_evicted_total", "counter", "Sessions that made room for others before they were idle too long.", e.sessions.made.Load())
	ready := 0
	if st.Ready {
		ready = 1
	}
	single("understudy_ready", "gauge", "1 while the double is ready.", ready)
	return b.Flush()
}

// label quotes a label's value.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
