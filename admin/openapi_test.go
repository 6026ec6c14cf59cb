package admin

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"understudy/simulations"
)

var update = flag.Bool("update", false, "write the generated files")

// TestGenerated holds openapi.json and ROUTES.md to the table.
func TestGenerated(t *testing.T) {
	document, err := openAPI(routes)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"openapi.json": document, "ROUTES.md": referencePage(routes)} {
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go generate ./admin", name, err)
		}
	}
}

// TestTable holds each row to what the table promises.
func TestTable(t *testing.T) {
	variable := regexp.MustCompile(`\{([a-z]+)\}`)
	ids := map[string]bool{}
	for _, rt := range routes {
		if ids[rt.id] {
			t.Errorf("%s stands twice", rt.id)
		}
		ids[rt.id] = true
		var inPath, listed []string
		for _, m := range variable.FindAllStringSubmatch(rt.path, -1) {
			inPath = append(inPath, m[1])
		}
		for _, p := range rt.params {
			if p.in == "path" {
				listed = append(listed, p.name)
			}
			if p.summary == "" || p.value != "" && p.check(p.value) != "" {
				t.Errorf("%s: the parameter %s has no summary or a bad default", rt.id, p.name)
			}
		}
		slices.Sort(inPath)
		slices.Sort(listed)
		if !slices.Equal(inPath, listed) {
			t.Errorf("%s: the path has %v, listed are %v", rt.id, inPath, listed)
		}
		if rt.summary == "" || len(rt.replies) == 0 || rt.handle == nil || methodKey(rt.method) == "" ||
			!slices.ContainsFunc(tags, func(tag map[string]string) bool { return tag["name"] == rt.tag }) {
			t.Errorf("%s is not whole", rt.id)
		}
	}
}

// TestDocumentIsWhatIsRouted walks the mux and compares it with the document
// that the server gives.
func TestDocumentIsWhatIsRouted(t *testing.T) {
	p := start(t)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	if err := json.Unmarshal([]byte(p.do("GET", "/api/v1/openapi.json", "").want(200).body), &document); err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	for path, item := range document.Paths {
		for method, op := range item {
			described[strings.ToUpper(method)+" "+path] = op.OperationID
		}
	}
	pattern := regexp.MustCompile(`\{([a-z]+):[^}]*\}`)
	routed := map[string]string{}
	err := p.server.router(routes).Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := r.GetMethods()
		if err != nil {
			return err
		}
		for _, m := range methods {
			if m != http.MethodHead {
				routed[m+" "+pattern.ReplaceAllString(path, "{$1}")] = r.GetName()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(routed) != len(routes) {
		t.Errorf("%d rows, %d routes", len(routes), len(routed))
	}
	for key, id := range routed {
		if described[key] != id {
			t.Errorf("%s is %s in the mux and %q in the document", key, id, described[key])
		}
	}
	for key := range described {
		if routed[key] == "" {
			t.Errorf("%s is described and not routed", key)
		}
	}
}

// contract is the document that a server gives, ready to validate with.
type contract struct {
	t        *testing.T
	document map[string]any
	compiler *jsonschema.Compiler
}

const contractURL = "http://understudy/api/v1/openapi.json"

func readContract(t *testing.T, p *plane) *contract {
	t.Helper()
	openapi := p.do("GET", "/api/v1/openapi.json", "").want(200).body
	schema := p.do("GET", "/api/v1/schema/v1.json", "").want(200).body
	c := &contract{t: t, compiler: jsonschema.NewCompiler()}
	c.compiler.Draft = jsonschema.Draft2020
	c.compiler.AssertFormat = true
	c.compiler.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("nothing is loaded: %s", s) }
	for url, text := range map[string]string{contractURL: openapi, "http://understudy/api/v1/schema/v1.json": schema} {
		if err := c.compiler.AddResource(url, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal([]byte(openapi), &c.document); err != nil {
		t.Fatal(err)
	}
	return c
}

// schema compiles the schema at a place of the document.
func (c *contract) schema(tokens ...string) *jsonschema.Schema {
	c.t.Helper()
	pointer := ""
	for _, token := range tokens {
		pointer += "/" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(simulations.PointerToken(token))
	}
	s, err := c.compiler.Compile(contractURL + "#" + pointer)
	if err != nil {
		c.t.Fatalf("%s: %v", pointer, err)
	}
	return s
}

// allows holds an answer to what the document says of its route and status.
func (c *contract) allows(rt *route, a *answer) {
	c.t.Helper()
	operation := c.document["paths"].(map[string]any)[rt.path].(map[string]any)[methodKey(rt.method)].(map[string]any)
	status := strconv.Itoa(a.status)
	responses := operation["responses"].(map[string]any)
	if responses[status] == nil {
		status = "default"
	}
	mediaType, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	described, _ := responses[status].(map[string]any)["content"].(map[string]any)
	if (a.body == "") != (described == nil) && mediaType != "" {
		c.t.Errorf("%s: %s has a body, or has none, against the document", rt.id, status)
	}
	if a.body == "" {
		return
	}
	media, ok := described[mediaType].(map[string]any)
	if !ok {
		c.t.Errorf("%s: %s is of the type %q, which the document does not list", rt.id, status, mediaType)
		return
	}
	if media["schema"] == nil || !strings.Contains(mediaType, "json") {
		return
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		c.t.Errorf("%s: %v", rt.id, err)
		return
	}
	s := c.schema("paths", rt.path, methodKey(rt.method), "responses", status, "content", mediaType, "schema")
	if err := s.Validate(v); err != nil {
		c.t.Errorf("%s: %s: %#v\n%s", rt.id, status, err, a.body)
	}
}

func routeOf(t *testing.T, id string) *route {
	t.Helper()
	i := slices.IndexFunc(routes, func(rt route) bool { return rt.id == id })
	if i < 0 {
		t.Fatalf("there is no route %s", id)
	}
	return &routes[i]
}

// TestAnswersKeepTheContract asks every operation and holds the answers to the
// schemas of the document; errors too.
func TestAnswersKeepTheContract(t *testing.T) {
	p := start(t)
	c := readContract(t, p)
	full := aRequest("POST", "/v1/charges")
	full.Request.Header = http.Header{"A": {"b"}}
	full.Differences = []simulations.Difference{{Path: "status", Kind: "changed"}}
	full.NearMisses = []simulations.NearMiss{{Stub: "a/b", Score: .5, Failed: []simulations.Mismatch{{Field: "path"}}}}
	full.Response.Chunks = []simulations.Chunk{{After: time.Millisecond, Size: 1}}
	full.Response.Body = simulations.Body{Stored: &simulations.BodyRef{ID: "aa", Size: 1}}
	p.engine.served(full)
	p.engine.served(&simulations.Exchange{Session: "default", Origin: simulations.OriginShadow, Outcome: simulations.OutcomeRefused})
	p.engine.takes[1] = simulations.Take{ID: 1, Started: time.Now()}
	p.engine.sessions["1"] = &simulations.SessionInfo{ID: "1", Scenarios: map[string]string{}, Values: map[string]string{}}
	asked := map[string]bool{}
	ask := func(id, path, body string, status int, headers ...string) {
		t.Helper()
		rt := routeOf(t, id)
		if path == "" {
			path = rt.muxless()
		}
		a := p.do(rt.method, path, body, headers...)
		if a.status != status {
			t.Errorf("%s: status %d, want %d: %s", id, a.status, status, a.body)
		}
		asked[id] = true
		c.allows(rt, a)
	}
	const stub = `{"request":{"method":["GET","PUT"],"path":{"template":"/a/{b}"},"headers":{"A":{"contains":"b"}}},"response":{"status":201,"json":{"a":[1]},"delay":"1s"}}`
	ask("putSimulation", "", payments, 201)
	ask("putSimulation", "", payments, 200)
	ask("putSimulation", "", "understudy: v2", 400)
	ask("putSimulation", "", payments, 412, "If-None-Match: *")
	ask("listSimulations", "", "", 200)
	ask("getSimulation", "", "", 200)
	ask("getSimulation", "", "", 200, "Accept: text/yaml")
	ask("getSimulation", "", "", 304, "If-None-Match: *")
	ask("getSimulation", "", "", 406, "Accept: image/png")
	ask("generalizeSimulation", "", `{}`, 200)
	ask("generalizeSimulation", "", `{"apply": true}`, 428)
	ask("createStub", "", stub, 201)
	ask("putStub", "", stub, 201)
	ask("putStub", "", stub, 200)
	ask("getStub", "", "", 200)
	ask("listStubs", "", "", 200)
	ask("listStubs", "/api/v1/simulations/a/stubs?limit=1", "", 200)
	ask("deleteStub", "", "", 204)
	ask("putCollaborator", "", `{"hosts":["a"],"upstream":"http://a","timeout":"3s","routes":[{"path":{"glob":"/a/*"},"mode":"spy"}]}`, 201)
	ask("getCollaborator", "", "", 200)
	ask("listCollaborators", "", "", 200)
	ask("setMode", "", `{"mode":"diff"}`, 200)
	ask("setMode", "", `{"mode":"dif"}`, 400)
	ask("deleteCollaborator", "", "", 204)
	ask("listJournal", "", "", 200)
	ask("getExchange", "", "", 200)
	ask("searchJournal", "", `{"request":{"path":"/v1/charges"}}`, 200)
	ask("verifyJournal", "", `{"request":{"path":"/v1/charges"}}`, 200)
	ask("explain", "", `{"url":"/v1/charges"}`, 200)
	ask("clearJournal", "", "", 204)
	ask("listTakes", "", "", 200)
	ask("getTake", "", "", 200)
	ask("deleteTake", "", "", 204)
	ask("deleteTake", "", "", 404)
	ask("listSessions", "", "", 200)
	ask("getSession", "", "", 200)
	ask("setScenario", "", `{"state":"paid"}`, 204)
	ask("freezeSession", "", `{"fixture":"1"}`, 201)
	ask("freezeSession", "", `{"fixture":"1"}`, 200)
	ask("freezeSession", "", `{"fixture":"-"}`, 400)
	ask("restoreSession", "", `{"fixture":"1"}`, 200)
	ask("restoreSession", "", `{"fixture":"none"}`, 404)
	ask("setScenario", "", `{"state":"paid","ttl":"10m"}`, 204)
	ask("setValue", "", `{"value":"x","ttl":"10m"}`, 204)
	ask("removeValue", "", "", 204)
	ask("resetSession", "", "", 204)
	ask("deleteSession", "", "", 204)
	ask("putFixture", "", `{"fixture":"v1","scenarios":{"a":"b","c":{"is":"d","ttl":"5m0s"}},"answers":{"s/x":2},"collections":{"s/things":{"counter":3,"lists":[{"in":["1"],"created":[{"id":"3","item":{"id":3}}],"deleted":["1"]}]}}}`, 201)
	ask("putFixture", "", `{"fixture":"v1"}`, 200)
	ask("putFixture", "", `{"fixture":"v2"}`, 400)
	ask("getFixture", "", "", 200)
	ask("listFixtures", "", "", 200)
	ask("deleteFixture", "", "", 204)
	ask("getStatus", "", "", 200)
	ask("getOpenAPI", "", "", 200)
	ask("getSchema", "", "", 200)
	ask("getCACertificate", "", "", 200)
	p.engine.backup = []byte("backup")
	ask("getBackup", "", "", 200)
	ask("restore", "", "backup", 204)
	ask("restore", "", "nothing", 400)
	ask("getHealth", "", "", 200)
	ask("getReadiness", "", "", 200)
	ask("getMetrics", "", "", 200)
	ask("deleteSimulation", "", "", 204)
	for _, rt := range routes {
		if !asked[rt.id] && rt.id != "streamJournal" {
			t.Errorf("%s was not asked", rt.id)
		}
	}
	// The events of the stream are exchanges.
	p.engine.served(full)
	event := p.stream("/api/v1/journal/stream").next()
	_, data, _ := strings.Cut(event, "data: ")
	var v any
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatal(err)
	}
	if err := c.schema("components", "schemas", "Exchange").Validate(v); err != nil {
		t.Errorf("an event: %#v", err)
	}
}

// TestRequestsKeepTheContract holds the schemas of the bodies to what the
// decoders take and refuse.
func TestRequestsKeepTheContract(t *testing.T) {
	p := start(t)
	c := readContract(t, p)
	p.engine.collaborators["a"] = &simulations.StoredCollaborator{Collaborator: &simulations.Collaborator{Upstream: "http://a"}, Revision: 1}
	for _, r := range []struct{ id, body string }{
		{"setMode", `{"mode":"spy"}`},
		{"setMode", `{"mode":""}`},
		{"setMode", `{"mode":"spy","x":1}`},
		{"setMode", `{}`},
		{"setScenario", `{"state":"a"}`},
		{"setScenario", `{"state":1}`},
		{"searchJournal", `{"request":{"path":"/a"},"origin":"shadow","limit":3,"after":9007199254740993}`},
		{"searchJournal", `{"request":{"nope":"/a"}}`},
		{"searchJournal", `{"origin":""}`},
		{"searchJournal", `{"after":-1}`},
		{"verifyJournal", `{"requests":[{"path":"/a"}],"exactly":1,"inOrder":true}`},
		{"verifyJournal", `{"request":{},"exactly":-1}`},
		{"verifyJournal", `{"request":{},"exactly":1.5}`},
		{"verifyJournal", `{"request":{},"exactly":1.0}`},
		{"explain", `{"url":"/","headers":{"A":1,"B":["c"]}}`},
		{"explain", `{"url":"/","headers":{"A":{}}}`},
		{"explain", `{"url":"/","bodyBase64":1}`},
		{"explain", `{"method":"GET"}`},
		{"putStub", `{"request":{"path":"/a"},"response":{"text":"a"}}`},
		{"putStub", `{"request":{"path":"/a"},"response":{"txt":"a"}}`},
		{"putCollaborator", `{"hosts":["a"]}`},
		{"putCollaborator", `{"hosts":"a"}`},
	} {
		rt := routeOf(t, r.id)
		var v any
		if err := json.Unmarshal([]byte(r.body), &v); err != nil {
			t.Fatal(err)
		}
		schema := c.schema("paths", rt.path, methodKey(rt.method), "requestBody", "content", "application/json", "schema")
		valid := schema.Validate(v)
		a := p.do(rt.method, rt.muxless(), r.body)
		if (valid == nil) != (a.status < 400) {
			t.Errorf("%s %s: status %d, and the schema says %v", r.id, r.body, a.status, valid)
		}
	}
}
