package wiremock

import (
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of a file of mappings.
func (Format) MediaType() string { return "application/json" }

// Encode writes one file of mappings, in ascending order of precedence: of equal
// priorities the last in a file of the folder mappings/ wins. A body that lies in
// a file is named by bodyFileName.
func (Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	return encode(w, doc, nil)
}

// keep puts a body that is better read in a file of its own there, and returns
// the file's name below __files; "" leaves it in the mapping.
type keep func(stub string, step int, headers simulations.Headers, body []byte) (name string, err error)

func encode(w io.Writer, doc *simulations.Document, files keep) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, false)
	e := &encoder{doc: doc, log: log, files: files, priorities: priorities(doc), scenarios: scenarios(doc)}
	order := export.Order(doc)
	slices.Reverse(order)
	list := export.NewList(w, "{\n  \"mappings\": [", 2)
	for _, i := range order {
		if list.Err() != nil || e.err != nil {
			break
		}
		for _, m := range e.stub(i) {
			list.Add(m)
		}
	}
	if e.err != nil {
		return log.Warnings(), e.err
	}
	return log.Warnings(), list.Close("]\n}\n")
}

// encoder writes one document.
type encoder struct {
	doc        *simulations.Document
	log        *export.Log
	files      keep
	priorities map[int]int
	scenarios  map[string]bool // the names of the document's
	err        error
}

// priorities are WireMock's, of which 1 is the highest, by those of the document:
// 5 less that, or, where one of them would be less than 1, their rank.
func priorities(doc *simulations.Document) map[int]int {
	out := make(map[int]int)
	for _, s := range doc.Stubs {
		out[s.Priority] = defaultPriority - s.Priority
	}
	used := make([]int, 0, len(out))
	for p := range out {
		used = append(used, p)
	}
	slices.Sort(used)
	slices.Reverse(used)
	if len(used) > 0 && out[used[0]] < 1 {
		for i, p := range used {
			out[p] = i + 1
		}
	}
	return out
}

func scenarios(doc *simulations.Document) map[string]bool {
	out := make(map[string]bool)
	for _, s := range doc.Stubs {
		if s.Scenario != nil {
			out[s.Scenario.Name] = true
		}
	}
	return out
}

// stub makes the mappings of a stub, one for each of its steps; none where it is
// left out.
func (e *encoder) stub(i int) []*simulations.Value {
	s, at := e.doc.Stubs[i], e.log.Stub(i)
	steps := export.Steps(s, at)
	if at.Left() {
		return nil
	}
	if s.State != nil {
		at.Get("state").LeaveOut("values of a session are an extension there; write a scenario")
	}
	request := e.request(s, at)
	var out []*simulations.Value
	for n, step := range steps {
		var m export.Members
		name := strings.Join(s.Labels, ", ")
		if uuid.MatchString(s.ID) && n == 0 && len(s.Request.Method) < 2 {
			m.Text("id", s.ID)
		} else if name == "" {
			name = s.ID
		}
		m.Text("name", name)
		if p := e.priorities[s.Priority]; p != defaultPriority {
			m.Set("priority", simulations.NewInt(int64(p)))
		}
		m.Set("request", request)
		m.Set("response", e.response(s, i, n, step))
		e.scenario(s, i, step, at, &m)
		if at.Left() {
			return nil
		}
		out = append(out, forMethods(m.Value(), s.Request.Method)...)
	}
	return out
}

// uuid is what the id of a mapping has to be.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// forMethods is a mapping for each of several methods: one alone takes one.
func forMethods(m *simulations.Value, methods simulations.Strings) []*simulations.Value {
	if len(methods) < 2 {
		return []*simulations.Value{m}
	}
	var out []*simulations.Value
	for _, method := range methods {
		request := convert.Object("method", simulations.NewString(method))
		for i, name := range m.Get("request").Names {
			request.Set(name, m.Get("request").Items[i])
		}
		one := &simulations.Value{Kind: simulations.Object, Names: m.Names, Items: slices.Clone(m.Items)}
		one.Set("request", request)
		out = append(out, one)
	}
	return out
}

// started is the first state of a scenario there.
const started = "Started"

// scenario writes the state machine that a stub takes part in, or the one that
// its answers in turn become.
func (e *encoder) scenario(s *simulations.Stub, i int, step export.Step, at export.Place, m *export.Members) {
	if step.From > 0 {
		at.Warn("a scenario is one for all callers there, not one for each session")
		if s.Scenario != nil {
			at.Get("scenario").LeaveOut("answers in turn are a scenario there, and a mapping takes part in one only")
			return
		}
		m.Text("scenarioName", e.answersOf(s, i))
		m.Text("requiredScenarioState", stepState(step.From))
		if step.To != step.From {
			m.Text("newScenarioState", stepState(step.To))
		}
		return
	}
	if s.Scenario == nil {
		return
	}
	at = at.Get("scenario")
	at.Warn("a scenario is one for all callers there, not one for each session")
	m.Text("scenarioName", s.Scenario.Name)
	for _, state := range []struct{ name, text string }{{"requiredScenarioState", s.Scenario.Requires}, {"newScenarioState", s.Scenario.Sets}} {
		switch state.text {
		case simulations.ScenarioStart:
			m.Text(state.name, started)
		case started:
			at.LeaveOut("%s is the name of the first state there; give the state another name", started)
		default:
			m.Text(state.name, state.text)
		}
	}
}

// answersOf names the scenario that a stub's answers in turn become: a valid name
// here, too, and none that the document has.
func (e *encoder) answersOf(s *simulations.Stub, i int) string {
	name := "answers-of-" + stubName(s, i)
	if !simulations.ValidName(name) {
		name = "answers-of-stub-" + strconv.Itoa(i)
	}
	for e.scenarios[name] {
		name += "_"
	}
	return name
}

func stubName(s *simulations.Stub, i int) string {
	if s.ID != "" {
		return s.ID
	}
	return "stub-" + strconv.Itoa(i)
}

func stepState(n int) string {
	if n == 1 {
		return started
	}
	return strconv.Itoa(n)
}

// flagged is an object of one member that is true.
func flagged(name string) *simulations.Value { return convert.Object(name, convert.Flag()) }
