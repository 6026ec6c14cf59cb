package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"understudy/matchers/jsonpath"
	"understudy/simulations"
	"understudy/simulations/volatile"
	"understudy/simulator/coding"
)

// noise is what mode diff leaves out of its comparison.
type noise struct {
	headers map[string]bool
	paths   []*jsonpath.Path
}

// diffs counts what mode diff found.
type diffs struct{ alike, different, uncompared atomic.Uint64 }

// maxDifferences bounds what one exchange keeps.
const maxDifferences = 100

// compare sets the upstream's answer beside the stub's and keeps the
// differences in the exchange. It runs when the upstream's answer has come
// whole; the client gets that answer in any case.
func (e *Engine) compare(t *transfer) {
	x := t.x
	if t.stub == nil {
		x.entry.Differences = []simulations.Difference{{Path: "stub", Kind: "missing", Upstream: fmt.Sprintf("an answer of status %d", t.res.StatusCode)}}
		x.entry.Reason = "mode diff forwards; no stub answers, so there is nothing to compare with"
		e.diffs.uncompared.Add(1)
		return
	}
	x.entry.Stub = t.stub.match.Stub.Ref()
	res, err := x.render(t.stub.claim.response, t.stub.match.Params, t.stub.claim.before)
	if err != nil {
		x.entry.Error = err.Error()
		return
	}
	d := &differ{noise: x.collaborator.noise}
	if f := res.fault; f != nil && f.Probability == nil {
		d.add("fault", "extra", quote(string(f.Kind)), "")
	}
	if res.status != t.res.StatusCode {
		d.add("status", "changed", strconv.Itoa(res.status), strconv.Itoa(t.res.StatusCode))
	}
	// What is compared is what a recording would have kept: stubs hold tokens
	// where rules made them, and differences are journalled.
	kept, err := t.answer.body()
	if err != nil {
		x.entry.Error = err.Error()
		return
	}
	upstream := simulations.ResponseMessage{Status: t.res.StatusCode, Header: endToEnd(t.res.Header), Body: kept}
	if withheld := x.collaborator.rules.Response(&upstream).Withheld; withheld != "" {
		d.add("body", "changed", "", "withheld by redaction: "+withheld)
	}
	d.headers(res.header, upstream.Header)
	if err := e.compareBodies(d, x.r.Method, &upstream, res); err != nil {
		x.entry.Error = err.Error()
	}
	x.entry.Differences = d.found
	switch n := len(d.found); n {
	case 0:
		e.diffs.alike.Add(1)
		x.entry.Reason = "mode diff forwards; the stub " + x.entry.Stub + " answers alike"
	default:
		e.diffs.different.Add(1)
		x.entry.Reason = fmt.Sprintf("mode diff forwards; the stub %s answers otherwise in %d places, first at %s", x.entry.Stub, n, d.found[0].Path)
	}
}

func (e *Engine) compareBodies(d *differ, method string, answer *simulations.ResponseMessage, res *response) error {
	kept := answer.Body
	if method == http.MethodHead {
		return nil
	}
	upstream, err := e.content(&kept, answer.Header)
	if err != nil {
		return err
	}
	mine, err := e.content(&simulations.Body{Data: res.body, Stored: res.Stored}, res.header)
	if err != nil {
		return err
	}
	if kept.Truncated {
		d.add("body", "changed", size(mine), fmt.Sprintf("%d bytes, too many to compare", kept.Size))
		return nil
	}
	a, oka := decodeJSON(mine)
	b, okb := decodeJSON(upstream)
	switch {
	case oka && okb:
		d.json(a, b)
	case !bytes.Equal(mine, upstream):
		d.add("body", "changed", excerpt(mine), excerpt(upstream))
	}
	return nil
}

// content reads a body and undoes its coding; a coding that cannot be undone
// leaves it as it is.
func (e *Engine) content(b *simulations.Body, h http.Header) ([]byte, error) {
	raw := b.Data
	if b.Stored != nil {
		r, err := e.store.OpenBody(e.life, *b.Stored)
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }() // it was only read
		if raw, err = io.ReadAll(io.LimitReader(r, e.opts.MaxBody)); err != nil {
			return nil, fmt.Errorf("read a stored body: %w", err)
		}
	}
	if enc := h["Content-Encoding"]; len(enc) > 0 {
		if plain, cut, err := coding.Decode(strings.Join(enc, ","), raw, e.opts.MaxBody); err == nil && !cut {
			return plain, nil
		}
	}
	return raw, nil
}

func decodeJSON(b []byte) (any, bool) {
	if len(bytes.TrimSpace(b)) == 0 || !utf8.Valid(b) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	_, err := dec.Token()
	return v, err == io.EOF
}

func size(b []byte) string { return fmt.Sprintf("%d bytes", len(b)) }

func quote(s string) string { return string(simulations.AppendJSONString(nil, s)) }

// excerpt is at most 200 characters of a value for people.
func excerpt(b []byte) string {
	if !utf8.Valid(b) {
		return size(b)
	}
	s := quote(string(b))
	if utf8.RuneCountInString(s) > 200 {
		s = string([]rune(s)[:199]) + "…"
	}
	return s
}

// differ gathers differences.
type differ struct {
	noise noise
	found []simulations.Difference
}

func (d *differ) add(path, kind, stub, upstream string) {
	if len(d.found) < maxDifferences {
		d.found = append(d.found, simulations.Difference{Path: path, Kind: kind, Stub: stub, Upstream: upstream})
	}
}

// headers compares end-to-end headers, but for those that differ with every answer.
func (d *differ) headers(stub, upstream http.Header) {
	names := make(map[string]bool)
	for n, v := range stub {
		names[n] = v != nil
	}
	for n := range upstream {
		names[n] = true
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if !names[n] || volatile.ResponseHeader(n) || d.noise.headers[n] || n == "Content-Length" || strings.HasPrefix(n, "Understudy-") {
			continue
		}
		a, b := stub[n], upstream[n]
		switch {
		case a == nil:
			d.add("headers."+n, "missing", "", quote(strings.Join(b, ", ")))
		case b == nil:
			d.add("headers."+n, "extra", quote(strings.Join(a, ", ")), "")
		case !slices.Equal(a, b):
			d.add("headers."+n, "changed", quote(strings.Join(a, ", ")), quote(strings.Join(b, ", ")))
		}
	}
}

// json compares two decoded bodies, node by node.
func (d *differ) json(stub, upstream any) {
	ignored := make(map[string]bool)
	for _, p := range d.noise.paths {
		for _, side := range []any{stub, upstream} {
			for _, at := range p.Locate(side) {
				ignored[at.String()] = true
			}
		}
	}
	d.node("$", stub, upstream, ignored)
}

func (d *differ) node(path string, a, b any, ignored map[string]bool) {
	if ignored[path] || len(d.found) >= maxDifferences {
		return
	}
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			d.objects(path, a, b, ignored)
			return
		}
	case []any:
		if b, ok := b.([]any); ok {
			d.arrays(path, a, b, ignored)
			return
		}
	case json.Number:
		if b, ok := b.(json.Number); ok && simulations.CanonicalNumber(a.String()) == simulations.CanonicalNumber(b.String()) {
			return
		}
	default:
		if a == b {
			return
		}
	}
	d.add(path, "changed", show(a), show(b))
}

func (d *differ) objects(path string, a, b map[string]any, ignored map[string]bool) {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		at := path + jsonpath.Location{{Name: n}}.String()[1:]
		va, ina := a[n]
		vb, inb := b[n]
		switch {
		case ignored[at]:
		case !ina:
			d.add(at, "missing", "", show(vb))
		case !inb:
			d.add(at, "extra", show(va), "")
		default:
			d.node(at, va, vb, ignored)
		}
	}
}

func (d *differ) arrays(path string, a, b []any, ignored map[string]bool) {
	for i := range max(len(a), len(b)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case ignored[at]:
		case i >= len(a):
			d.add(at, "missing", "", show(b[i]))
		case i >= len(b):
			d.add(at, "extra", show(a[i]), "")
		default:
			d.node(at, a[i], b[i], ignored)
		}
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	s := string(b)
	if utf8.RuneCountInString(s) > 200 {
		s = string([]rune(s)[:199]) + "…"
	}
	return s
}
