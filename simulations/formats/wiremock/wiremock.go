// Package wiremock reads stub mappings of WireMock 2 and 3: one mapping, several
// in one file, and a folder with mappings/ and __files/.
//
// The order of precedence is WireMock's: priority, the lower number first, 5
// where there is none, and of equal ones the newest: the last in a file of
// mappings, the first in what WireMock's API lists. A stub's priority here is 5 less WireMock's, its specificity the same
// for all.
//
// Where WireMock accepts what it then does not do, the reader refuses: a
// customMatcher, which never matches there; two URL fields, of which it drops
// one; a regular expression, a JSONPath or a template that cannot be compiled.
package wiremock

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads mappings.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "wiremock" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises a list of mappings, or one with request and response.
func (Format) Sniff(data []byte) bool {
	if sniff.Has(data, "mappings") {
		return bytes.Contains(data, []byte("response"))
	}
	return sniff.HasAll(data, "request", "response") && !sniff.HasAny(data, "data", "stubs", "log", "interactions")
}

// defaultPriority is that of a mapping that says none.
const defaultPriority = 5

// Decode reads one mapping, or a list of them.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(uncommented(data))
	if err != nil {
		return nil, nil, err
	}
	r := &reader{scenarios: newNames(), files: "__files"}
	return r.read(convert.Root(v))
}

// read reads one mapping, or a list of them.
func (r *reader) read(root convert.Place) (*simulations.Document, []simulations.Warning, error) {
	list := root.Get("mappings")
	switch {
	case root.Kind() != simulations.Object:
		root.Refuse("a mapping is an object with request and response, or has a list `mappings`")
	case list.Set():
		root.Only("mappings", "importOptions", "meta", "$schema")
		if o := root.Get("importOptions"); o.Set() {
			o.Warn("a document replaces its simulation as a whole: the options of the import were passed over")
		}
		for m := range list.Items() {
			r.mapping(m)
		}
		// What the API lists, and takes to import, has the newest first; in a file
		// of mappings each is newer than the one before.
		if root.Get("meta").Set() || root.Get("importOptions").Set() {
			r.reverse()
		}
	default:
		r.mapping(root)
	}
	return convert.Done(root, "WireMock file", &simulations.Document{Stubs: r.stubs}, r.origins)
}

// reader reads the mappings of one document.
type reader struct {
	scenarios *names
	// files is the folder that bodyFileName is below.
	files   string
	stubs   []*simulations.Stub
	origins []string
	ids     map[string]bool
	// costs are those of a folder's files.
	costs simulations.Costs
}

func (r *reader) reverse() {
	slices.Reverse(r.stubs)
	slices.Reverse(r.origins)
}

// members are those of a mapping.
var members = []string{
	"id", "uuid", "name", "priority", "request", "response", "scenarioName", "requiredScenarioState", "newScenarioState",
	"persistent", "metadata", "postServeActions", "serveEventListeners", "insertionIndex", "$schema",
}

func (r *reader) mapping(p convert.Place) {
	p.Only(members...)
	response := p.Get("response")
	if v := p.Value(); v != nil && len(v.Names) > 0 && !slices.ContainsFunc(v.Names, func(n string) bool { return slices.Contains(members, n) }) {
		p.Refuse("is no mapping: nothing in it is known, and it would answer everything")
		return
	}
	if proxy := response.Get("proxyBaseUrl"); proxy.Set() {
		proxy.Warn("a stub does not forward here, and the mapping was left out: declare a collaborator with `upstream: %s` and mode spy, which forwards what no stub answers", proxy.Text())
		return
	}
	s := &simulations.Stub{Specificity: 1}
	if id := p.First("id", "uuid").Text(); id != "" {
		s.ID = id
		if !simulations.ValidName(id) {
			p.First("id", "uuid").Warn("%q cannot name a stub, which gets another id", id)
			s.ID = ""
		} else if r.ids[id] {
			p.First("id", "uuid").Refuse("the id %s stands twice", id)
		}
		if r.ids == nil {
			r.ids = make(map[string]bool)
		}
		r.ids[id] = true
	}
	if name := p.Get("name").Text(); name != "" {
		s.Labels = []string{name}
	}
	s.Priority = defaultPriority
	if priority := p.Get("priority"); priority.Set() {
		s.Priority = priority.Int()
	}
	s.Priority = defaultPriority - s.Priority
	r.request(p.Get("request"), s)
	s.Response = r.response(response)
	r.scenario(p, s)
	if m := p.Get("metadata"); m.Set() && len(m.Value().Names) > 0 {
		m.Warn("stubs have no metadata: it was left out; write what tells stubs apart into `labels`")
	}
	webhooks(p, s.Response)
	r.stubs = append(r.stubs, s)
	r.origins = append(r.origins, p.Pointer())
}

// scenario reads the state machine that a mapping takes part in. WireMock's
// first state is Started, ours is started.
func (r *reader) scenario(p convert.Place, s *simulations.Stub) {
	name := p.Get("scenarioName")
	if name.Text() == "" {
		for _, state := range []string{"requiredScenarioState", "newScenarioState"} {
			if v := p.Get(state); v.Set() {
				v.Warn("a state without scenarioName means nothing, and was left out")
			}
		}
		return
	}
	s.Scenario = &simulations.Scenario{
		Name:     r.scenarios.of(name),
		Requires: scenarioState(p.Get("requiredScenarioState")),
		Sets:     scenarioState(p.Get("newScenarioState")),
	}
}

func scenarioState(p convert.Place) string {
	switch text := p.Text(); text {
	case "Started":
		return simulations.ScenarioStart
	case simulations.ScenarioStart:
		p.Refuse("%q is the name of the first state here, which WireMock calls Started: give the state another name", text)
		return ""
	default:
		return text
	}
}

// names brings names of any text into the form that names have here, each its
// own.
type names struct {
	by    map[string]string
	taken map[string]bool
}

func newNames() *names { return &names{make(map[string]string), make(map[string]bool)} }

func (n *names) of(p convert.Place) string {
	text := p.Text()
	if name, ok := n.by[text]; ok {
		return name
	}
	name := text
	if !simulations.ValidName(name) {
		name = strings.Trim(strings.Map(func(r rune) rune {
			if r < 0x80 && simulations.ValidName("a"+string(r)) {
				return r
			}
			return '-'
		}, text), "-._~")
		name = name[:min(len(name), 150)]
		if name == "" {
			name = "scenario"
		}
		p.Warn("a scenario's name has letters, digits, '.', '_', '~' and '-' only: it is called %q here", name)
	}
	base := name
	for i := 2; n.taken[name]; i++ {
		name = base + "-" + strconv.Itoa(i)
	}
	n.taken[name], n.by[text] = true, name
	return name
}
