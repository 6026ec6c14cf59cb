package admin

import (
	"net/http"
	"slices"

	"understudy/simulations"
)

// The parameters that several routes share.
var (
	simulationName   = param{name: "name", in: "path", summary: "The simulation's name."}
	collaboratorName = param{name: "name", in: "path", summary: "The collaborator's name."}
	stubID           = param{name: "id", in: "path", summary: "The stub's id."}
	sessionID        = param{name: "id", in: "path", summary: "The session's id."}
	valueKey         = param{name: "key", in: "path", summary: "The value's key."}
	fixtureName      = param{name: "name", in: "path", summary: "The fixture's name."}
	takeID           = param{name: "id", in: "path", summary: "The take's id.", integer: true}
	exchangeID       = param{name: "id", in: "path", summary: "The exchange's id.", integer: true}

	limitParam = param{name: "limit", in: "query", summary: "How many at most.", integer: true, min: 1, max: maxLimit, value: "100"}

	journalFilters = []param{
		{name: "after", in: "query", summary: "Only exchanges with a greater id.", integer: true},
		{name: "collaborator", in: "query", summary: "Only this collaborator's."},
		{name: "session", in: "query", summary: "Only this session's."},
		{name: "origin", in: "query", summary: "Only those of this origin.", enum: simulations.Origins()},
		{name: "outcome", in: "query", summary: "Only those with this outcome.", enum: simulations.Outcomes()},
		{name: "cause", in: "query", summary: "Only the callbacks that followed the exchange of this id.", integer: true},
		{name: "method", in: "query", summary: "Only those of this method."},
		{name: "path", in: "query", summary: "Only those of this path; with '*' in it, a path glob."},
	}
)

var (
	documentTypes = []string{"application/yaml", "application/json"}
	binaryTypes   = []string{"application/octet-stream"}
	textTypes     = []string{"text/plain"}
)

// noContent is the answer to what was done and has nothing to say.
func noContent(summary string) []reply {
	return []reply{{status: http.StatusNoContent, summary: summary}}
}

// gives is the answer with a model.
func gives(summary string, model any) []reply {
	return []reply{{status: http.StatusOK, summary: summary, model: model}}
}

// tagged is gives with an ETag.
func tagged(summary string, model any, types ...string) []reply {
	return []reply{
		{status: http.StatusOK, summary: summary, model: model, types: types, etag: true},
	}
}

// exported is the answer with a document in some format.
func exported() []reply {
	replies := tagged("The document, in the format asked for.", refDocument, "application/json", "application/yaml", "text/yaml")
	replies[0].headers = map[string]string{warningsHeader: "How much the format cannot carry; absent for nothing."}
	return replies
}

// unlessFresh adds the answer to If-None-Match.
func unlessFresh(replies []reply) []reply {
	return append(replies, reply{status: http.StatusNotModified, summary: "The client has this revision already."})
}

// puts is the pair of answers to a PUT.
func puts(model any) []reply {
	return []reply{
		{status: http.StatusOK, summary: "It replaced what was there, or was equal to it.", model: model, etag: true},
		{status: http.StatusCreated, summary: "It is new.", model: model, etag: true, location: true},
	}
}

// routes is the table. Where two paths fit, the first is taken.
var routes = []route{
	{
		method: http.MethodGet, path: "/api/v1/simulations", id: "listSimulations", tag: "simulations",
		summary: "List the simulations, by name.",
		replies: gives("The simulations without their stubs.", simulationList{}), handle: (*call).listSimulations,
	},
	{
		method: http.MethodGet, path: "/api/v1/simulations/{name}", id: "getSimulation", tag: "simulations",
		summary: "Export a simulation as a document. JSON unless Accept prefers YAML or ?format= names a format.",
		params: []param{
			simulationName,
			{name: "format", in: "query", summary: "The format to write: yaml, json, or that of another tool, such as hoverfly; understudy is yaml."},
			{
				name: "warnings", in: "query", enum: []string{warningsCounted, warningsListed, warningsRefused}, value: warningsCounted,
				summary: "What is done about what the format cannot carry: counted in " + warningsHeader + ", listed instead of the document ({format, warnings: [{pointer, detail}]}), or refused with each as an error.",
			},
			{
				name: "timing", in: "query", enum: []string{"true", "false"}, value: "false",
				summary: "Whether each recorded answer says when and how fast it came. Without it, the same traffic recorded twice makes the same document.",
			},
		},
		replies: unlessFresh(exported()), handle: (*call).getSimulation,
	},
	{
		method: http.MethodPut, path: "/api/v1/simulations/{name}", id: "putSimulation", tag: "simulations",
		summary: "Put a simulation: all of the document replaces what has the name, or nothing changes. The body may be compressed with gzip. It has 256 MiB at most; an HTTP archive, which is read as it comes, 4 GiB.",
		params:  []param{simulationName, {name: "format", in: "query", summary: "The format of the body; recognised by its content when absent."}},
		body:    &body{summary: "A document, or a file of another format that is known.", model: refDocument, types: documentTypes},
		replies: puts(simulations.Accepted{}), conditional: true, handle: (*call).putSimulation,
	},
	{
		method: http.MethodDelete, path: "/api/v1/simulations/{name}", id: "deleteSimulation", tag: "simulations",
		summary: "Delete a simulation with its stubs; its collaborators stay.",
		params:  []param{simulationName}, replies: noContent("It is gone."), conditional: true, handle: (*call).deleteSimulation,
	},
	{
		method: http.MethodPost, path: "/api/v1/simulations/{name}/generalize", id: "generalizeSimulation", tag: "simulations",
		summary: "Propose fewer, general stubs for a simulation's recorded ones, and say by holding out half how well they answer; `apply` writes them. In place that demands If-Match.",
		params:  []param{simulationName}, body: &body{summary: "What to do with the proposal; an empty object shows it.", model: generalizeRequest{}},
		replies: []reply{
			{status: http.StatusOK, summary: "The proposal; with `apply`, written in the place of a simulation.", model: generalization{}, etag: true},
			{status: http.StatusCreated, summary: "The proposal, written as a new simulation.", model: generalization{}, etag: true, location: true},
		}, conditional: true, handle: (*call).generalize,
	},
	{
		method: http.MethodGet, path: "/api/v1/simulations/{name}/stubs", id: "listStubs", tag: "stubs",
		summary: "List a simulation's stubs, by id. A page ends early where large bodies come to more than 16 MiB.",
		params:  []param{simulationName, limitParam, {name: "cursor", in: "query", summary: "The next of the page before."}},
		replies: gives("A page of stubs.", stubList{}), handle: (*call).listStubs,
	},
	{
		method: http.MethodPost, path: "/api/v1/simulations/{name}/stubs", id: "createStub", tag: "stubs",
		summary: "Create a stub, in a simulation that is made when there is none. An id is made when the stub has none; one that is taken is a conflict.",
		params:  []param{simulationName}, body: &body{summary: "The stub.", model: refStub, types: documentTypes},
		replies: []reply{{status: http.StatusCreated, summary: "The stub as it was put.", model: refStub, etag: true, location: true}}, handle: (*call).createStub,
	},
	{
		method: http.MethodGet, path: "/api/v1/simulations/{name}/stubs/{id}", id: "getStub", tag: "stubs",
		summary: "Get a stub.", params: []param{simulationName, stubID},
		replies: unlessFresh(tagged("The stub.", refStub)), handle: (*call).getStub,
	},
	{
		method: http.MethodPut, path: "/api/v1/simulations/{name}/stubs/{id}", id: "putStub", tag: "stubs",
		summary: "Put a stub in the place of the one with the id, or as a new one.",
		params:  []param{simulationName, stubID}, body: &body{summary: "The stub.", model: refStub, types: documentTypes},
		replies: puts(refStub), conditional: true, handle: (*call).putStub,
	},
	{
		method: http.MethodDelete, path: "/api/v1/simulations/{name}/stubs/{id}", id: "deleteStub", tag: "stubs",
		summary: "Delete a stub.", params: []param{simulationName, stubID},
		replies: noContent("It is gone."), conditional: true, handle: (*call).deleteStub,
	},
	{
		method: http.MethodGet, path: "/api/v1/collaborators", id: "listCollaborators", tag: "collaborators",
		summary: "List the collaborators, by name.",
		replies: gives("The collaborators.", collaboratorList{}), handle: (*call).listCollaborators,
	},
	{
		method: http.MethodGet, path: "/api/v1/collaborators/{name}", id: "getCollaborator", tag: "collaborators",
		summary: "Get a collaborator, as declared and as it stands.", params: []param{collaboratorName},
		replies: unlessFresh(tagged("The collaborator.", collaborator{})), handle: (*call).getCollaborator,
	},
	{
		method: http.MethodPut, path: "/api/v1/collaborators/{name}", id: "putCollaborator", tag: "collaborators",
		summary: "Declare a collaborator: the body is what stands under its name in a document.",
		params:  []param{collaboratorName}, body: &body{summary: "The declaration.", model: refCollaborator, types: documentTypes},
		replies: puts(collaborator{}), conditional: true, handle: (*call).putCollaborator,
	},
	{
		method: http.MethodDelete, path: "/api/v1/collaborators/{name}", id: "deleteCollaborator", tag: "collaborators",
		summary: "Delete a collaborator's declaration; stubs that name it stay.", params: []param{collaboratorName},
		replies: noContent("It is gone."), conditional: true, handle: (*call).deleteCollaborator,
	},
	{
		method: http.MethodPut, path: "/api/v1/collaborators/{name}/mode", id: "setMode", tag: "collaborators",
		summary: "Switch a collaborator's mode. Each switch to record begins a take, and so does one to learn from a mode that does not record; from record to learn the take goes on. To set the mode that it has is no switch, and changes nothing.",
		params:  []param{collaboratorName}, body: &body{summary: "The mode.", model: modeRequest{}},
		replies: tagged("The collaborator as it stands now.", collaborator{}), handle: (*call).setMode,
	},
	{
		method: http.MethodGet, path: "/api/v1/journal", id: "listJournal", tag: "journal",
		summary: "Page through the journal, oldest first.",
		params:  slices.Concat([]param{limitParam}, journalFilters),
		replies: gives("A page of exchanges. Ask on with after = next.", journalPage{}), handle: (*call).listJournal,
	},
	{
		method: http.MethodDelete, path: "/api/v1/journal", id: "clearJournal", tag: "journal",
		summary: "Empty the journal.", replies: noContent("It is empty."), handle: (*call).clearJournal,
	},
	{
		method: http.MethodGet, path: "/api/v1/journal/stream", id: "streamJournal", tag: "journal",
		summary: "Follow the journal as server-sent events: what it holds after `after` or Last-Event-ID, then what comes. " +
			"Events are `exchange`, with its id and its JSON, and `missed`, when exchanges were overwritten before they could be sent.",
		params: journalFilters, replies: []reply{{status: http.StatusOK, summary: "Events, until the client leaves.", types: []string{"text/event-stream"}}},
		handle: (*call).streamJournal,
	},
	{
		method: http.MethodPost, path: "/api/v1/journal/search", id: "searchJournal", tag: "journal",
		summary: "Find exchanges whose requests match a pattern, oldest first.",
		body:    &body{summary: "A pattern and filters.", model: searchRequest{}},
		replies: gives("A page of exchanges.", journalPage{}), handle: (*call).searchJournal,
	},
	{
		method: http.MethodPost, path: "/api/v1/journal/verify", id: "verifyJournal", tag: "journal",
		summary: "Verify that requests came as expected. The answer is 200 whether they did or not: `ok` says it.",
		body:    &body{summary: "Patterns, numbers and filters.", model: verifyRequest{}},
		replies: gives("Whether they did, and what was seen.", simulations.Verified{}), handle: (*call).verifyJournal,
	},
	{
		method: http.MethodGet, path: "/api/v1/journal/{id}", id: "getExchange", tag: "journal",
		summary: "Get one exchange.", params: []param{exchangeID},
		replies: gives("The exchange.", exchange{}), handle: (*call).getExchange,
	},
	{
		method: http.MethodPost, path: "/api/v1/explain", id: "explain", tag: "journal",
		summary: "Explain how a request would be answered, without answering it: the stub, the candidates before it, the near misses, the way through the index.",
		body:    &body{summary: "The request.", model: askRequest{}},
		replies: gives("The explanation.", simulations.Explanation{}), handle: (*call).explain,
	},
	{
		method: http.MethodGet, path: "/api/v1/takes", id: "listTakes", tag: "takes",
		summary: "List the takes: what was recorded when.",
		replies: gives("The takes.", takeList{}), handle: (*call).listTakes,
	},
	{
		method: http.MethodGet, path: "/api/v1/takes/{id}", id: "getTake", tag: "takes",
		summary: "Get a take, with what it changed against the take before.", params: []param{takeID},
		replies: gives("The take.", simulations.TakeInfo{}), handle: (*call).getTake,
	},
	{
		method: http.MethodDelete, path: "/api/v1/takes/{id}", id: "deleteTake", tag: "takes",
		summary: "Drop a take: what older takes had for its requests counts again.", params: []param{takeID},
		replies: noContent("It is gone."), handle: (*call).deleteTake,
	},
	{
		method: http.MethodGet, path: "/api/v1/sessions", id: "listSessions", tag: "sessions",
		summary: "List the sessions, by id. A page ends early where sessions hold much.",
		params: []param{
			{name: "limit", in: "query", summary: "How many at most.", integer: true, min: 1, max: maxLimit, value: "1000"},
			{name: "cursor", in: "query", summary: "The next of the page before."},
			{name: "id", in: "query", summary: "Only the session of this id; '*' in it is any run of characters."},
			{name: "scenario", in: "query", summary: "Only those in which this scenario has been moved."},
			{name: "state", in: "query", summary: "With scenario: only those in which it is in this state."},
		},
		replies: gives("The sessions.", sessionList{}), handle: (*call).listSessions,
	},
	{
		method: http.MethodGet, path: "/api/v1/sessions/{id}", id: "getSession", tag: "sessions",
		summary: "Get a session: its scenarios, counters and values, and how much it changed in collections.", params: []param{sessionID},
		replies: gives("The session.", simulations.SessionInfo{}), handle: (*call).getSession,
	},
	{
		method: http.MethodDelete, path: "/api/v1/sessions/{id}", id: "deleteSession", tag: "sessions",
		summary: "Forget a session: its next request begins afresh.", params: []param{sessionID},
		replies: noContent("It is forgotten."), handle: (*call).deleteSession,
	},
	{
		method: http.MethodPost, path: "/api/v1/sessions/{id}/reset", id: "resetSession", tag: "sessions",
		summary: "Put a session back to its beginning, scenarios, counters, values and collections; it is made when there is none.", params: []param{sessionID},
		replies: noContent("It is at its beginning."), handle: (*call).resetSession,
	},
	{
		method: http.MethodPost, path: "/api/v1/sessions/{id}/freeze", id: "freezeSession", tag: "fixtures",
		summary: "Keep what a session holds as a fixture. The session stays as it is.", params: []param{sessionID},
		body: &body{summary: "The name.", model: freezeRequest{}},
		replies: []reply{
			{status: http.StatusOK, summary: "It replaced a fixture.", model: simulations.FixtureInfo{}},
			{status: http.StatusCreated, summary: "It is new.", model: simulations.FixtureInfo{}, location: true},
		}, handle: (*call).freezeSession,
	},
	{
		method: http.MethodPost, path: "/api/v1/sessions/{id}/restore", id: "restoreSession", tag: "fixtures",
		summary: "Put a session, which is made when there is none, into what a fixture says, in place of all that it held.", params: []param{sessionID},
		body:    &body{summary: "The fixture.", model: restoreRequest{}},
		replies: gives("It holds that now; warnings name what nobody declares.", simulations.Restored{}), handle: (*call).restoreSession,
	},
	{
		method: http.MethodPut, path: "/api/v1/sessions/{id}/scenarios/{name}", id: "setScenario", tag: "sessions",
		summary: "Set a scenario's state in a session, which is made when there is none.",
		params:  []param{sessionID, {name: "name", in: "path", summary: "The scenario's name."}},
		body:    &body{summary: "The state.", model: stateRequest{}},
		replies: noContent("It is in that state."), handle: (*call).setScenario,
	},
	{
		method: http.MethodPut, path: "/api/v1/sessions/{id}/values/{key}", id: "setValue", tag: "sessions",
		summary: "Set a value of a session, which is made when there is none.",
		params:  []param{sessionID, valueKey},
		body:    &body{summary: "The value.", model: valueRequest{}},
		replies: noContent("It has that value."), handle: (*call).setValue,
	},
	{
		method: http.MethodDelete, path: "/api/v1/sessions/{id}/values/{key}", id: "removeValue", tag: "sessions",
		summary: "Remove a value of a session.", params: []param{sessionID, valueKey},
		replies: noContent("It is gone."), handle: (*call).removeValue,
	},
	{
		method: http.MethodGet, path: "/api/v1/fixtures", id: "listFixtures", tag: "fixtures",
		summary: "List the fixtures, by name.", replies: gives("The fixtures without what they hold.", fixtureList{}), handle: (*call).listFixtures,
	},
	{
		method: http.MethodGet, path: "/api/v1/fixtures/{name}", id: "getFixture", tag: "fixtures",
		summary: "Get a fixture, as PUT takes it.", params: []param{fixtureName},
		replies: gives("The fixture.", refFixture), handle: (*call).getFixture,
	},
	{
		method: http.MethodPut, path: "/api/v1/fixtures/{name}", id: "putFixture", tag: "fixtures",
		summary: "Put a fixture in place of the one of that name, or as a new one.",
		params:  []param{fixtureName}, body: &body{summary: "The fixture.", model: refFixture, types: documentTypes},
		replies: []reply{
			{status: http.StatusOK, summary: "It replaced one.", model: keptFixture{}},
			{status: http.StatusCreated, summary: "It is new.", model: keptFixture{}, location: true},
		}, handle: (*call).putFixture,
	},
	{
		method: http.MethodDelete, path: "/api/v1/fixtures/{name}", id: "deleteFixture", tag: "fixtures",
		summary: "Delete a fixture; sessions that it was restored into stay as they are.", params: []param{fixtureName},
		replies: noContent("It is gone."), handle: (*call).deleteFixture,
	},
	{
		method: http.MethodGet, path: "/api/v1/status", id: "getStatus", tag: "system",
		summary: "Say how understudy stands.", replies: gives("How it stands.", simulations.Status{}), handle: (*call).status,
	},
	{
		method: http.MethodGet, path: "/api/v1/openapi.json", id: "getOpenAPI", tag: "system",
		summary: "Describe this API, in OpenAPI 3.1.",
		replies: []reply{{status: http.StatusOK, summary: "The OpenAPI document.", types: []string{"application/json"}}}, handle: (*call).serveOpenAPI,
	},
	{
		method: http.MethodGet, path: "/api/v1/schema/v1.json", id: "getSchema", tag: "system",
		summary: "Give the JSON Schema of the document `understudy: v1`.",
		replies: []reply{{status: http.StatusOK, summary: "The JSON Schema.", types: []string{"application/schema+json"}}}, handle: (*call).serveSchema,
	},
	{
		method: http.MethodGet, path: "/api/v1/ca.pem", id: "getCACertificate", tag: "system",
		summary: "Give the certificate of the CA that signs for intercepted hosts; a system under test has to trust it.",
		replies: []reply{{status: http.StatusOK, summary: "The certificate in PEM.", types: []string{"application/x-pem-file"}}}, handle: (*call).caCertificate,
	},
	{
		method: http.MethodGet, path: "/api/v1/backup", id: "getBackup", tag: "system",
		summary: "Back up everything that is stored. A backup that fails in the middle ends with a broken connection.",
		replies: []reply{{status: http.StatusOK, summary: "The backup.", types: binaryTypes}}, handle: (*call).backup,
	},
	{
		method: http.MethodPost, path: "/api/v1/restore", id: "restore", tag: "system",
		summary: "Restore a backup into an empty store, and publish what it holds.",
		body:    &body{summary: "A backup.", types: binaryTypes, stream: true},
		replies: noContent("It is restored."), handle: (*call).restore,
	},
	{
		method: http.MethodGet, path: "/healthz", id: "getHealth", tag: "system", open: true,
		summary: "Say that the process lives.", replies: []reply{{status: http.StatusOK, summary: "It lives.", types: textTypes}}, handle: (*call).health,
	},
	{
		method: http.MethodGet, path: "/readyz", id: "getReadiness", tag: "system", open: true,
		summary: "Say whether requests can be answered; 503 while not.", replies: []reply{{status: http.StatusOK, summary: "They can.", types: textTypes}}, handle: (*call).ready,
	},
	{
		method: http.MethodGet, path: "/metrics", id: "getMetrics", tag: "system",
		summary: "Give the metrics, in the Prometheus text format.", replies: []reply{{status: http.StatusOK, summary: "The metrics.", types: textTypes}}, handle: (*call).metrics,
	},
}
