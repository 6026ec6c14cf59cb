package admin

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"understudy/simulations"
)

// router makes the mux of a table.
func (s *Server) router(table []route) *mux.Router {
	m := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for i := range table {
		rt := &table[i]
		methods := []string{rt.method}
		if rt.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		m.Path(rt.muxPath()).Methods(methods...).Name(rt.id).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.serve(rt, w.(*response), r)
		})
	}
	m.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w.(*response), r, refuse(http.StatusNotFound, "there is no route %s: the routes are listed at /api/v1/openapi.json", cut(r.URL.Path)))
	})
	m.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allow := strings.Join(allowed(m, r), ", ")
		s.fail(w.(*response), r, refuse(http.StatusMethodNotAllowed, "%s is not for %s: allowed are %s", cut(r.Method), cut(r.URL.Path), allow).with("Allow", allow))
	})
	return m
}

// allowed lists the methods that the request's path has.
func allowed(m *mux.Router, r *http.Request) []string {
	var out []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		var match mux.RouteMatch
		if m.Match(probe, &match) && match.Route != nil && match.MatchErr == nil {
			out = append(out, method)
		}
	}
	return out
}

// entry is what every request passes first: the guard, the access log and the
// end of a panic.
func (s *Server) entry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := newResponse(rw, s.stall)
		w.hold() // a connection that was used before has an old deadline
		started := time.Now()
		defer func() {
			defer s.access(w, r, started)
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				s.opts.Logger.Error("an admin request panicked", "route", w.route, "panic", v, "stack", string(debug.Stack()))
				s.fail(w, r, fmt.Errorf("panic: %v", v))
			}
		}()
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		preflight, err := s.guard.admit(h, r)
		switch {
		case err != nil:
			w.route = "refused"
			s.fail(w, r, err)
		case preflight:
			w.route = "preflight"
			w.WriteHeader(http.StatusNoContent)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// access writes the access log: never a body, a header or a query, which may
// hold secrets.
func (s *Server) access(w *response, r *http.Request, started time.Time) {
	if !s.opts.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	s.opts.Logger.LogAttrs(r.Context(), slog.LevelDebug, "admin request",
		slog.String("route", w.route), slog.String("method", cut(r.Method)), slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes), slog.Duration("duration", time.Since(started)))
}

// serve runs one route: what the table says of every request is checked here.
func (s *Server) serve(rt *route, w *response, r *http.Request) {
	w.route = rt.id
	err := func() error {
		if !rt.open {
			if err := s.guard.authorized(r); err != nil {
				return err
			}
		}
		c := &call{Server: s, route: rt, w: w, r: r}
		defer c.release()
		if err := c.readParams(mux.Vars(r)); err != nil {
			return err
		}
		if !rt.conditional && !safe(r.Method) && (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "") {
			return simulations.Errorf(simulations.CodeInvalid, "%s takes no conditions: leave If-Match and If-None-Match out", rt.id)
		}
		return rt.handle(c)
	}()
	if err != nil {
		s.fail(w, r, err)
	}
}

// suggestParam says what parameters there are.
func suggestParam(names []string) string {
	if len(names) == 0 {
		return "none are known here"
	}
	slices.Sort(names)
	return "known are " + strings.Join(names, ", ")
}
