package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// otherwise are the reads that cannot equal the recorded ones, and why: the note
// that the figures go with.
var otherwise = map[string]string{
	"TestImageSharing_Suite 16":               "the group counts the images of another collection",
	"TestImageSharing_Suite 17":               "the group counts the images of another collection",
	"TestInstance_ConfigInterfaces_Reorder 6": "the API completes each interface that it is given, and an order changes them",
}

// made are the fields that the API makes of itself: keys, and the label of an
// instance, which no collection here has.
var made = []string{"api_key", "install_code", "uuid", "linode_label"}

// TestRecordedChains plays what a client of a real API did, one recorded test
// of its library after the other, against collections that were declared by
// hand, and compares each read that follows a write with what the real API said.
//
// Compared are, in the items that the chain has written, the fields that the
// client wrote and those that the real API had shown of the item before. An id, and
// what else the API makes of itself (see made), is another one here: it counts as
// equal if it stays what it was, as the recorded one does.
func TestRecordedChains(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "linode-cassettes"), "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cassettes: %v", err)
	}
	doc, err := os.ReadFile("testdata/linode-collections.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := start(t)
	d.put("linode", string(doc))
	types := collectionTypes(t, doc)
	reads, equal, literal := map[string]int{}, map[string]int{}, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var c cassette
		if err := yaml.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		p := &chain{t: t, d: d, name: strings.TrimSuffix(filepath.Base(f), ".yaml"), types: types, ids: map[string]string{}, items: map[string]*chainItem{}, written: map[string]bool{}}
		for i := range c.Interactions {
			kind, compared, difference := p.play(&c.Interactions[i])
			if !compared {
				continue
			}
			read := fmt.Sprintf("%s %d", p.name, i)
			reads[kind]++
			switch why := otherwise[read]; {
			case difference == "":
				if equal[kind]++; !p.made {
					literal++
				}
				if why != "" {
					t.Errorf("%s is as recorded: it is not otherwise any more", read)
				}
			case why == "":
				t.Errorf("%s, %s: %s", read, c.Interactions[i].Request.URL, difference)
			default:
				t.Logf("%s, %s: %s: %.300s", read, c.Interactions[i].Request.URL, why, difference)
			}
		}
	}
	total, same := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(reads)) {
		t.Logf("%-24s %d of %d", kind, equal[kind], reads[kind])
		total, same = total+reads[kind], same+equal[kind]
	}
	t.Logf("%d of %d reads after writes equal the recorded truth, of %d resource types; %d of them without a value that the API makes of itself", same, total, len(reads), literal)
	if len(reads) < 5 || same*10 < total*9 {
		t.Errorf("%d of %d, of %d types", same, total, len(reads))
	}
}

// collectionType tells the requests of a declared collection.
type collectionType struct {
	name       string
	list, item *regexp.Regexp
	action     *regexp.Regexp // nil for none
}

func collectionTypes(t *testing.T, doc []byte) []collectionType {
	var v struct {
		Collections map[string]struct {
			Path    string         `yaml:"path"`
			Actions map[string]any `yaml:"actions"`
		} `yaml:"collections"`
	}
	if err := yaml.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	var out []collectionType
	for name, c := range v.Collections {
		list := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(c.Path, `[^/]+`)
		one := collectionType{name: name, list: regexp.MustCompile("^" + list + "$"), item: regexp.MustCompile("^" + list + `/([^/]+)$`)}
		if len(c.Actions) > 0 {
			one.action = regexp.MustCompile("^" + list + "/([^/]+)/(" + strings.Join(slices.Collect(maps.Keys(c.Actions)), "|") + ")$")
		}
		out = append(out, one)
	}
	return out
}

// chain is one recorded test on its way, in a session of its own.
type chain struct {
	t     *testing.T
	d     *double
	name  string
	types []collectionType
	// ids are understudy's by the recorded ones.
	ids map[string]string
	// items are those that the chain has written, by their recorded path.
	items map[string]*chainItem
	// written are the lists that the chain has written to.
	written map[string]bool
	// made says that the read before was equal only as far as values go that the
	// API makes of itself.
	made bool
}

// chainItem is what is known of an item: what the client wrote last, and what
// was shown of it last, by the real API and by understudy.
type chainItem struct {
	wrote, truth, ours map[string]any
}

// play sends one recorded request and compares the answer to a read.
func (p *chain) play(in *interaction) (kind string, compared bool, difference string) {
	u, err := url.Parse(in.Request.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	path := u.EscapedPath()
	id, action := "", false
	for _, c := range p.types {
		if c.list.MatchString(path) {
			kind = c.name
			break
		}
	}
	for _, c := range p.types {
		// A list of one collection can look like an item of another.
		if m := c.item.FindStringSubmatch(path); m != nil && kind == "" {
			kind, id = c.name, m[1]
		}
		if c.action != nil && c.action.MatchString(path) {
			kind, id, action = c.name, c.action.FindStringSubmatch(path)[1], true
			path = path[:strings.LastIndexByte(path, '/')]
		}
	}
	if kind == "" || u.Host != "api.linode.com" {
		return "", false, ""
	}
	status, got := p.send(in, u)
	truth, known := decoded(in.Response.Body)
	list := strings.TrimSuffix(path, "/"+id)
	read := in.Request.Method == http.MethodGet
	p.made = false
	if read && p.written[list] {
		compared = true
		switch {
		case status != in.Response.Code:
			difference = fmt.Sprintf("status %d, recorded %d", status, in.Response.Code)
		case status >= 300:
		case id != "":
			difference = p.compare(path, truth, got)
		default:
			difference = p.compareList(list, truth, got)
		}
	}
	if in.Response.Code >= 300 || status >= 300 || !known {
		return kind, compared, difference
	}
	switch in.Request.Method {
	case http.MethodPost:
		if action {
			p.note(path, in.Request.Body, truth, got)
			break
		}
		p.written[list] = true
		id = text1(truth, "id", "username")
		p.ids[id] = text1(got, "id", "username")
		p.note(list+"/"+url.PathEscape(id), in.Request.Body, truth, got)
	case http.MethodPut:
		p.written[list] = true
		p.note(path, in.Request.Body, truth, got)
	case http.MethodDelete:
		p.written[list] = true
		delete(p.items, path)
	default:
		if id != "" {
			p.note(path, "", truth, got)
		}
	}
	return kind, compared, difference
}

func text1(m map[string]any, names ...string) string {
	for _, n := range names {
		if v, ok := m[n]; ok {
			return fmt.Sprint(v)
		}
	}
	return ""
}

// note keeps what was written and shown of an item.
func (p *chain) note(path, body string, truth, ours map[string]any) {
	it := p.items[path]
	if it == nil {
		it = &chainItem{wrote: map[string]any{}}
		p.items[path] = it
	}
	if wrote, ok := decoded(body); ok {
		maps.Copy(it.wrote, leaves(wrote))
	}
	if len(truth) > 0 {
		it.truth, it.ours = leaves(truth), leaves(ours)
	}
}

// send asks understudy, with its own ids in place of the recorded ones.
func (p *chain) send(in *interaction, u *url.URL) (int, map[string]any) {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil && p.ids[plain] != "" {
			segments[i] = url.PathEscape(p.ids[plain])
		}
	}
	r, err := http.NewRequest(in.Request.Method, p.d.url+strings.Join(segments, "/")+"?"+u.RawQuery, strings.NewReader(in.Request.Body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = u.Host
	r.Header = in.Request.Headers.Clone()
	if f := r.Header.Get("X-Filter"); f != "" {
		for recorded, own := range p.ids {
			f = regexp.MustCompile(`\b`+regexp.QuoteMeta(recorded)+`\b`).ReplaceAllString(f, own)
		}
		r.Header.Set("X-Filter", f)
	}
	r.Header.Set("Understudy-Session", p.name)
	res, err := plain().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body := text(res)
	if res.Header.Get("Understudy-Outcome") != "stub" {
		p.t.Fatalf("%s: %s %s: outcome %q: %s", p.name, r.Method, r.URL, res.Header.Get("Understudy-Outcome"), body)
	}
	got, _ := decoded(body)
	return res.StatusCode, got
}

// compare holds an item against the truth, in the fields that count.
func (p *chain) compare(path string, truth, got map[string]any) string {
	it := p.items[path]
	if it == nil {
		return "" // nothing of it was written or shown
	}
	want, have := leaves(truth), leaves(got)
	fields := map[string]bool{}
	for f := range it.wrote {
		fields[f] = true
	}
	for f := range it.truth {
		fields[f] = true
	}
	var out []string
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		w, inTruth := want[f]
		h, there := have[f]
		if inTruth == there && reflect.DeepEqual(w, h) || p.ids[fmt.Sprint(w)] != "" && p.ids[fmt.Sprint(w)] == fmt.Sprint(h) {
			continue
		}
		if slices.Contains(made, f) && reflect.DeepEqual(w, it.truth[f]) && reflect.DeepEqual(h, it.ours[f]) && h != nil {
			p.made = true
			continue
		}
		out = append(out, fmt.Sprintf("%s is %v, recorded %v", f, h, w))
	}
	return strings.Join(out, "; ")
}

// compareList looks for the written items in a list.
func (p *chain) compareList(list string, truth, got map[string]any) string {
	rows := func(m map[string]any) map[string]map[string]any {
		out := map[string]map[string]any{}
		data, _ := m["data"].([]any)
		for _, row := range data {
			if row, ok := row.(map[string]any); ok {
				out[text1(row, "id", "username")] = row
			}
		}
		return out
	}
	want, have := rows(truth), rows(got)
	var out []string
	for _, path := range slices.Sorted(maps.Keys(p.items)) {
		id, isRow := strings.CutPrefix(path, list+"/")
		if !isRow || strings.Contains(id, "/") {
			continue
		}
		id, _ = url.PathUnescape(id)
		w, h := want[id], have[p.ids[id]]
		if (w == nil) != (h == nil) {
			out = append(out, fmt.Sprintf("%s: listed %v, recorded %v", id, h != nil, w != nil))
		} else if w != nil {
			if d := p.compare(path, w, h); d != "" {
				out = append(out, id+": "+d)
			}
		}
	}
	for id := range have {
		if !slices.Contains(slices.Collect(maps.Values(p.ids)), id) {
			out = append(out, "lists "+id+", which nobody created")
		}
	}
	return strings.Join(out, "; ")
}

// decoded is a body that is an object.
func decoded(body string) (map[string]any, bool) {
	var out map[string]any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	err := d.Decode(&out)
	return out, err == nil && out != nil
}

// leaves are the values of an object by their path; lists are values.
func leaves(m map[string]any) map[string]any {
	out := map[string]any{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		if o, ok := v.(map[string]any); ok && len(o) > 0 {
			for k, item := range o {
				walk(at+"/"+k, item)
			}
			return
		}
		out[at] = v
	}
	for k, v := range m {
		walk(k, v)
	}
	return out
}
