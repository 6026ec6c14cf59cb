package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"understudy/simulations"
)

// when is how a mode forwards.
type when uint8

const (
	never when = iota
	onMiss
	always
)

// plan is what a mode does: one row of data, so that no code asks which mode
// it is in.
type plan struct {
	// lookup answers from the stubs.
	lookup bool
	// forward calls the upstream; what containment allows of it is contain's.
	forward when
	// safeOnly forwards only methods that change nothing.
	safeOnly bool
	// record keeps what was forwarded.
	record bool
	// compare sets the upstream's answer beside the stub's.
	compare bool
}

// plans has a row for every mode.
var plans = map[simulations.Mode]plan{
	simulations.ModeSimulate: {lookup: true, forward: never},
	simulations.ModeRecord:   {forward: always, record: true},
	simulations.ModeSpy:      {lookup: true, forward: onMiss, safeOnly: true},
	simulations.ModeLearn:    {lookup: true, forward: onMiss, safeOnly: true, record: true},
	simulations.ModeForward:  {forward: always},
	simulations.ModeDiff:     {lookup: true, forward: always, compare: true},
}

// Records reports whether the mode keeps what it forwards.
func Records(m simulations.Mode) bool { return plans[m].record }

// passage is all that decides whether a request may leave.
type passage struct {
	// collaborator is "" for a host that none declares.
	collaborator string
	host         string
	upstream     bool
	mode         simulations.Mode
	mutating     bool
	origin       simulations.Origin
	// leavesBase is a path that may climb out of the upstream's base path.
	leavesBase bool

	// callback is a request that understudy makes itself, for a stub. It has no
	// mode: a mode says what becomes of requests that come, and whoever declares
	// an upstream and writes a callback to it has said what is to be sent.
	callback bool
	// listed is a callback's host that the settings list.
	listed bool
	// copies is the setting that lets callbacks of shadow and synthetic requests go.
	copies bool
	// hops is how many callbacks have led to the request that this one follows.
	hops int
}

// maxHops is how many callbacks may lead to one another: of several
// understudies in a ring each would cause the next without end.
const maxHops = 5

// refusal is why a request may not leave; allowed is that it may.
type refusal uint8

const (
	allowed refusal = iota
	undeclaredHost
	modeForwardsNothing
	noUpstream
	pathLeavesBase
	mutatingCopy
	mutatingOnSafeMode
	unlistedHost
	callbackOfCopy
	tooManyHops
)

// contain is the one place that lets a request leave. It knows nothing of
// stubs: that spy and learn forward only what no stub answers is the engine's
// order of work.
//
// The rules, each enough to refuse: the host is no collaborator's; the mode
// never forwards; there is no upstream; the path may climb out of the upstream's
// base path; the request is mutating and of shadow or
// synthetic origin; the request is mutating and the mode forwards safe methods only.
//
// Those for a callback, whatever its method: the request that it follows is of
// shadow or synthetic origin, and no setting lets those go; too many callbacks
// have led to it; its host is neither that of a collaborator's upstream nor on
// the settings' list; the collaborator that it names has no upstream; the path
// may climb out of the upstream's base path.
func contain(p passage) refusal {
	row, known := plans[p.mode]
	copied := p.origin.Contained()
	switch {
	case p.callback && copied && !p.copies:
		return callbackOfCopy
	case p.callback && p.hops >= maxHops:
		return tooManyHops
	case p.callback && p.listed:
		return allowed
	case p.callback && p.collaborator == "":
		return unlistedHost
	case p.callback && !p.upstream:
		return noUpstream
	case p.callback && p.leavesBase:
		return pathLeavesBase
	case p.callback:
		return allowed
	case p.collaborator == "":
		return undeclaredHost
	case !known || row.forward == never:
		return modeForwardsNothing
	case !p.upstream:
		return noUpstream
	case p.leavesBase:
		return pathLeavesBase
	case p.mutating && copied:
		return mutatingCopy
	case p.mutating && row.safeOnly:
		return mutatingOnSafeMode
	}
	return allowed
}

// why is the passage's, with the host that may have been meant.
func (s *snapshot) why(p passage, r refusal) string {
	if r == undeclaredHost {
		return p.why(r) + s.directory.suggest(p.host)
	}
	return p.why(r)
}

// why says the refusal of a passage in a sentence.
func (p passage) why(r refusal) string {
	switch r {
	case undeclaredHost:
		return fmt.Sprintf("the host %q is no declared collaborator's, and nothing is forwarded to others", p.host)
	case modeForwardsNothing:
		return fmt.Sprintf("mode %s forwards nothing", p.mode)
	case noUpstream:
		if p.callback {
			return fmt.Sprintf("no collaborator %s with an upstream is declared", p.collaborator)
		}
		return fmt.Sprintf("the collaborator %s has no upstream", p.collaborator)
	case pathLeavesBase:
		return fmt.Sprintf("the path may lead out of the base path of %s's upstream", p.collaborator)
	case mutatingCopy:
		return fmt.Sprintf("a mutating request of %s origin is never forwarded", p.origin)
	case mutatingOnSafeMode:
		return fmt.Sprintf("mode %s forwards only requests that change nothing", p.mode)
	case unlistedHost:
		return fmt.Sprintf("%s is no declared collaborator's upstream, and --callback-host does not list it", p.host)
	case callbackOfCopy:
		return fmt.Sprintf("the request that it follows is of %s origin, and --callback-shadow is not set", p.origin)
	case tooManyHops:
		return fmt.Sprintf("%d callbacks have led to it already: they might go round for ever", p.hops)
	}
	return ""
}

// cleaned is a path as a lenient server may read it: escapes of '.', '/' and '\\'
// undone, dot segments resolved, repeated slashes and backslashes one slash, and
// parameters of segments, from ';' on, left out, as servlet containers do. up
// tells that it climbs above its beginning.
func cleaned(path string) (clean string, up bool) {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") && !strings.ContainsAny(path, `%\;`) {
		return path, false
	}
	text := path
	for _, e := range [][2]string{{"%2e", "."}, {"%2E", "."}, {"%2f", "/"}, {"%2F", "/"}, {"%5c", "/"}, {"%5C", "/"}, {"%3b", ";"}, {"%3B", ";"}, {`\`, "/"}} {
		text = strings.ReplaceAll(text, e[0], e[1])
	}
	var out []string
	segments := strings.Split(text, "/")
	for i, s := range segments {
		s, _, _ = strings.Cut(s, ";")
		switch {
		case s == "." || s == "" && i < len(segments)-1:
		case s == "..":
			if len(out) == 0 {
				up = true
			} else {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/"), up
}

// stricter is the one of two modes that lets less leave.
func stricter(a, b simulations.Mode) simulations.Mode {
	rank := func(m simulations.Mode) int {
		row := plans[m]
		switch {
		case row.forward == never:
			return 0
		case row.safeOnly:
			return 1
		}
		return 2
	}
	if rank(b) < rank(a) {
		return b
	}
	return a
}

// overrides are headers by which widely used frameworks let a GET or POST
// stand for another method. What hands requests on by CGI's rules takes '_' for '-'.
var overrides = []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

// mutating reports whether a request may change data at its receiver: any
// method but those that RFC 9110 section 9.2.1 calls safe, a method override to
// such a one, and an upgrade, behind which anything can follow. Methods are
// case-sensitive, so "get" is not GET.
func mutating(r *http.Request) bool {
	if !safe(r.Method) || r.Header["Upgrade"] != nil && !h2cUpgrade(r.Header) {
		return true
	}
	for name, values := range r.Header {
		if !strings.HasPrefix(name, "X") || !slices.Contains(overrides, http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))) {
			continue
		}
		for _, v := range values {
			if !safe(strings.ToUpper(strings.TrimSpace(v))) {
				return true
			}
		}
	}
	return false
}

func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// h2cUpgrade reports an offer of HTTP/2 in clear text, which is not passed on.
func h2cUpgrade(h http.Header) bool {
	return len(h["Upgrade"]) == 1 && strings.EqualFold(strings.TrimSpace(h["Upgrade"][0]), "h2c")
}
