package simulations

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The values of the enumerations, and the rules across fields.

func (Mode) values() []string {
	return []string{string(ModeSimulate), string(ModeRecord), string(ModeSpy), string(ModeLearn), string(ModeForward), string(ModeDiff)}
}

func (Origin) values() []string {
	return []string{string(OriginLive), string(OriginShadow), string(OriginSynthetic), string(OriginUnknown)}
}

func (Order) values() []string {
	return []string{string(OrderSequence), string(OrderCycle), string(OrderRandom)}
}

func (Fault) values() []string { return Faults }

// Faults are the faults a response may have.
var Faults = []string{
	string(FaultReset), string(FaultEmpty), string(FaultMalformedChunk),
	string(FaultRandomData), string(FaultTruncated), string(FaultTimeout), string(FaultSlowHeaders),
}

func (RedactAs) values() []string {
	return []string{string(RedactDrop), string(RedactMask), string(RedactToken)}
}

func (Dialect) values() []string {
	return []string{string(DialectHoverfly), string(DialectWireMock)}
}

func (Durability) values() []string {
	return []string{string(DurabilityStrict), string(DurabilityRelaxed)}
}

// Modes lists every mode.
func Modes() []string { return Mode("").values() }

// Origins lists every origin.
func Origins() []string { return Origin("").values() }

// ValidName reports whether s can name a simulation, a collaborator, a stub or a
// scenario: 1 to 200 letters, digits, '.', '_', '~' and '-', the first a letter
// or digit. A name has to stand in a URL's path, a file's name and a header.
func ValidName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '~' || c == '-'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= 200
}

const nameRule = "a name has 1 to 200 letters, digits, '.', '_', '~' or '-' and begins with a letter or digit"

func (doc *Document) check(report func(pointer, detail string)) {
	if doc.Understudy != Version {
		report("/understudy", fmt.Sprintf("version %q is not known: this understudy reads %q", doc.Understudy, Version))
	}
	if doc.Name != "" && !ValidName(doc.Name) {
		report("/name", nameRule)
	}
	if doc.Collaborator != "" && !ValidName(doc.Collaborator) {
		report("/collaborator", nameRule)
	}
	for n := range doc.Collaborators {
		if !ValidName(n) {
			report("/collaborators/"+PointerToken(n), nameRule)
		}
	}
	seen := make(map[string]int, len(doc.Stubs))
	for i, s := range doc.Stubs {
		if s.ID == "" {
			continue
		}
		if j, ok := seen[s.ID]; ok {
			report(fmt.Sprintf("/stubs/%d/id", i), fmt.Sprintf("the stub %d has the same id %q", j, s.ID))
		}
		seen[s.ID] = i
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Collections)) {
		at := "/collections/" + PointerToken(n)
		if !ValidName(n) {
			report(at, nameRule)
		}
		if i, ok := seen[n]; ok {
			report(at, fmt.Sprintf("the stub %d has this id: both would be named %s in answers", i, n))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Tables)) {
		if !ValidName(n) {
			report("/tables/"+PointerToken(n), nameRule)
		}
	}
}

func (c *Collaborator) check(report func(pointer, detail string)) {
	for i, h := range c.Hosts {
		at := "/hosts/" + strconv.Itoa(i)
		switch {
		case h == "":
			report(at, "a host must not be empty")
		case strings.ContainsAny(h, "/ \t"):
			report(at, "a host is a name or an address only, such as pay.example or *.pay.example")
		case strings.Count(h, ":") == 1:
			report(at, "a host has no port: requests are told apart by it with `listen`")
		}
	}
	if c.Listen != "" {
		if _, port, err := net.SplitHostPort(c.Listen); err != nil || !validPort(port) {
			report("/listen", fmt.Sprintf("%q is no address to listen on: write \":9001\" or \"127.0.0.1:9001\"", c.Listen))
		}
	}
	if c.Upstream != "" {
		checkURL(c.Upstream, "/upstream", report)
	} else {
		if c.Mode != "" && c.Mode != ModeSimulate {
			report("/mode", fmt.Sprintf("mode %s forwards, and there is no upstream to forward to", c.Mode))
		}
		for i, r := range c.Routes {
			if r.Mode != ModeSimulate {
				report(fmt.Sprintf("/routes/%d/mode", i), fmt.Sprintf("mode %s forwards, and there is no upstream to forward to", r.Mode))
			}
		}
	}
	if c.Proxy != "" {
		checkURL(c.Proxy, "/proxy", report)
	}
	if c.RecordInto != "" && !ValidName(c.RecordInto) {
		report("/recordInto", nameRule)
	}
	if c.Delay != nil && c.Delay.FixedTemplate != "" {
		report("/delay", "a collaborator's delay is not rendered: write the template at a response")
	}
	if c.MissStatus != 0 && (c.MissStatus < 400 || c.MissStatus > 599) {
		report("/missStatus", "the status of a miss is an error's, 400 to 599")
	}
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

func checkURL(s, pointer string, report func(pointer, detail string)) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		report(pointer, fmt.Sprintf("%q is no http or https URL, such as https://pay.example:8443", s))
	case u.Hostname() == "" || u.Port() != "" && !validPort(u.Port()):
		report(pointer, fmt.Sprintf("%q has no host, or no port from 0 to 65535", s))
	case u.RawQuery != "" || u.Fragment != "":
		report(pointer, "the URL must have neither query nor fragment")
	case u.User != nil && pointer == "/upstream":
		report(pointer, "the URL must not hold credentials")
	}
}

func (r *Redaction) check(report func(pointer, detail string)) {
	set := 0
	for _, is := range []bool{r.Header != nil, r.Cookie != nil, r.Query != nil, r.Form != nil, r.JSONPath != "", r.Regex != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		report("", "a redaction rule has exactly one of header, cookie, query, form, jsonPath and regex")
	}
}

func (s *Stub) check(report func(pointer, detail string)) {
	if s.ID != "" && !ValidName(s.ID) {
		report("/id", nameRule)
	}
	if s.Collaborator != "" && !ValidName(s.Collaborator) {
		report("/collaborator", nameRule)
	}
	switch {
	case s.Response == nil && len(s.Responses) == 0:
		report("", "a stub has a response, or responses")
	case s.Response != nil && len(s.Responses) > 0:
		report("/responses", "a stub has either response or responses")
	case s.Response != nil && s.Order != "":
		report("/order", "order goes with responses")
	}
	if s.Order != OrderRandom {
		for i, r := range s.Responses {
			if r.Weight != 0 {
				report(fmt.Sprintf("/responses/%d/weight", i), "weight goes with `order: random`")
			}
		}
	} else {
		for i, r := range s.Responses {
			if r.Repeat != 0 {
				report(fmt.Sprintf("/responses/%d/repeat", i), "repeat goes with `order: sequence` and `order: cycle`")
			}
		}
	}
	if s.Response != nil && (s.Response.Repeat != 0 || s.Response.Weight != 0) {
		report("/response", "repeat and weight go with responses")
	}
	if s.Specificity < 0 {
		report("/specificity", "specificity is 1 or more, the higher the earlier; absent to take it from path and fields")
	}
	if s.Times < 0 {
		report("/times", "times counts answers: 1 or more, absent for no limit")
	}
}

func (s *State) check(report func(pointer, detail string)) {
	key := func(pointer, k string) {
		if k == "" || len(k) > MaxStateKey {
			report(pointer, fmt.Sprintf("a key of the session's values has 1 to %d bytes", MaxStateKey))
		}
	}
	for k := range s.Requires {
		key("/requires/"+PointerToken(k), k)
	}
	for k, v := range s.Sets {
		key("/sets/"+PointerToken(k), k)
		if len(v) > MaxStateValue {
			report("/sets/"+PointerToken(k), fmt.Sprintf("a value of the session has at most %d bytes", MaxStateValue))
		}
	}
	if s.TTL != 0 && len(s.Sets) == 0 {
		report("/ttl", "only values that are set can expire: write `sets` beside it")
	}
	for i, k := range s.Removes {
		at := "/removes/" + strconv.Itoa(i)
		key(at, k)
		if _, ok := s.Sets[k]; ok {
			report(at, fmt.Sprintf("%q is set, too: a stub either sets a key or removes it", k))
		}
	}
}

func (p *Pattern) check(report func(pointer, detail string)) {
	for i, m := range p.Method {
		if !ValidHeaderName(m) { // a method is a token too, RFC 9110 section 9.1
			report("/method", fmt.Sprintf("%q (number %d) is no method", m, i))
		}
	}
	if p.Path != nil && p.Path.Kind == String && !strings.HasPrefix(p.Path.Text, "/") && p.Path.Text != "*" {
		report("/path", "an exact path begins with '/'")
	}
	if p.Path != nil && p.Path.Kind == String && strings.ContainsAny(p.Path.Text, "?#") {
		report("/path", "a path has neither query nor fragment: use `query`, or write '?' as %3F and '#' as %23")
	}
	for n := range p.Headers {
		if !ValidHeaderName(n) {
			report("/headers/"+PointerToken(n), fmt.Sprintf("%q is no header name", n))
		}
	}
}

func (r *Route) check(report func(pointer, detail string)) {
	for i, m := range r.Methods {
		if !ValidHeaderName(m) {
			report("/methods/"+strconv.Itoa(i), fmt.Sprintf("%q is no method", m))
		}
	}
}

func (s *Scenario) check(report func(pointer, detail string)) {
	if !ValidName(s.Name) {
		report("/name", nameRule)
	}
	if len(s.Sets) > MaxScenarioState {
		report("/sets", fmt.Sprintf("a state has at most %d bytes", MaxScenarioState))
	}
	if s.TTL != 0 && s.Sets == "" {
		report("/ttl", "only a state that is set can expire: write `sets` beside it")
	}
}

func (r *Response) check(report func(pointer, detail string)) {
	switch {
	case r.Status == 0:
	case r.Status < 200 || r.Status > 599:
		report("/status", "a status is 200 to 599")
	}
	var room [5]string
	bodies := room[:0]
	for _, b := range []struct {
		name string
		is   bool
	}{{"text", r.Text != nil}, {"json", r.JSON != nil}, {"base64", r.Base64 != nil}, {"file", r.File != ""}, {"stored", r.Stored != nil}} {
		if b.is {
			bodies = append(bodies, b.name)
		}
	}
	if len(bodies) > 1 {
		report("/"+bodies[1], fmt.Sprintf("a response has one body, here are %s", strings.Join(bodies, " and ")))
	}
	if r.File != "" && !fileBelow(r.File) {
		report("/file", "a file is named by a path below the document's folder, without '..'")
	}
	r.checkFiles(report)
	if len(bodies) > 0 && (r.Status == 204 || r.Status == 304) {
		report("/"+bodies[0], fmt.Sprintf("an answer of status %d has no body (RFC 9110 section 6.4.1)", r.Status))
	}
	if f := r.Terms(); f != nil {
		answers := r.Status != 0 || r.StatusTemplate != "" || len(bodies) > 0 || len(r.Headers) > 0
		r.checkFault(f, answers, len(bodies) > 0, report)
	}
	if r.StatusTemplate != "" && !r.Template {
		report("/status", "a status with a template in it needs `template: true` beside it")
	}
	if r.Delay != nil && r.Delay.FixedTemplate != "" && !r.Template {
		report("/delay", "a delay with a template in it needs `template: true` beside it")
	}
	if !r.Template && (r.Dialect != "" || len(r.Parameters) > 0 || len(r.Variables) > 0) {
		report("", "dialect, parameters and variables are for templates: write `template: true` beside them")
	}
	if r.Delay != nil && r.Delay.Recorded != nil && r.Recording == nil {
		report("/delay/recorded", "there is no recorded latency: write it beside, `recorded: {latency: 120ms}`, or a fixed delay")
	}
	if r.Pace != nil && r.Pace.Recorded != nil && (r.Recording == nil || len(r.Recording.Pieces) == 0) {
		report("/pace/recorded", "there is no recording of how the body arrived: write it beside, `recorded: {pieces: [{after: 1s, size: 10}]}`, or another pace")
	}
	if r.ShiftDates != nil && !r.ShiftDates.Off && (r.Recording == nil || r.Recording.At == 0) {
		report("/shiftDates", "it is not known what time the dates are of: write it beside, `recorded: {at: \"2026-01-31T12:00:00Z\"}`")
	}
	if r.Conditional && len(r.Headers["Etag"]) == 0 && len(r.Headers["Last-Modified"]) == 0 {
		report("/conditional", "there is nothing to compare with: write the header ETag or Last-Modified")
	}
	if r.Repeat < 0 {
		report("/repeat", "repeat counts answers: 1 or more")
	}
	if r.Weight < 0 {
		report("/weight", "a weight is 1 or more")
	}
	if len(r.Callbacks) > MaxCallbacks {
		report("/callbacks", fmt.Sprintf("a response has %d callbacks at most", MaxCallbacks))
	}
	checkHeaders(r.Headers, report)
}

// checkHeaders refuses headers of an answer that are not its own to set.
func checkHeaders(h Headers, report func(pointer, detail string)) {
	for _, n := range []string{"Transfer-Encoding", "Connection", "Trailer"} {
		if _, ok := h[n]; ok {
			report("/headers/"+n, n+" belongs to the connection; understudy sets it")
		}
	}
}

// checkFault holds the fault against the answer beside it, which is given where
// the fault is not, or sent in part.
func (r *Response) checkFault(f *FaultTerms, answers, body bool, report func(pointer, detail string)) {
	always := f.Probability == nil
	switch f.Kind {
	case FaultMalformedChunk, FaultTruncated, FaultSlowHeaders:
	default:
		if always && answers {
			report("/fault", fmt.Sprintf("a fault %s has no answer beside it: give it a probability, or leave one of them out", f.Kind))
		}
	}
	if f.Kind == FaultTruncated && !body {
		report("/fault", "truncated-body needs a body to truncate")
	}
	if always && r.Pace != nil {
		report("/pace", "a fault has no pace: leave one of them out")
	}
}

func (f *FaultTerms) check(report func(pointer, detail string)) {
	if p := f.Probability; p != nil && !(*p >= 0 && *p <= 1) {
		report("/probability", "a probability is 0 to 1: 0.1 is one answer in ten")
	}
	switch {
	case f.Over != 0 && f.Kind != FaultSlowHeaders && f.Kind != FaultTimeout:
		report("/over", "over goes with slow-headers and timeout")
	case f.Over > Duration(MaxFault):
		report("/over", fmt.Sprintf("no fault lasts longer than %s", MaxFault))
	}
}

func (u *Uniform) check(report func(pointer, detail string)) {
	if u.Min > u.Max {
		report("/min", "min is more than max")
	}
}

func (l *Lognormal) check(report func(pointer, detail string)) {
	switch {
	case l.Median == 0:
		report("/median", "the median must be more than 0s")
	case (l.P99 == 0) == (l.Sigma == 0):
		report("", "a log-normal delay has a median and either p99 or sigma")
	case l.P99 != 0 && l.P99 < l.Median:
		report("/p99", "p99 is less than the median")
	case l.Sigma < 0 || l.Sigma > 10:
		report("/sigma", "sigma is more than 0 and at most 10")
	case l.Max != 0 && l.Max < l.Min:
		report("/max", "max is less than min")
	}
}
