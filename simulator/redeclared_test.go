package simulator_test

import (
	"strings"
	"testing"

	"understudy/simulations"
)

// TestRedeclared: a document that declares a collaborator otherwise than it
// stands says whose declaration it replaces.
func TestRedeclared(t *testing.T) {
	e := newEngine(t)
	declare := func(name, hosts string) []simulations.Warning {
		t.Helper()
		doc, err := simulations.Decode([]byte("understudy: v1\ncollaborators: {pay: {hosts: [" + hosts + "]}}"))
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := e.PutDocument(t.Context(), name, doc, simulations.Condition{})
		if err != nil {
			t.Fatal(err)
		}
		return accepted.Warnings
	}
	if _, _, err := e.PutCollaborator(t.Context(), "pay", &simulations.Collaborator{Hosts: []string{"by-api"}}, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ name, hosts, want string }{
		{"one", "by-api", ""},
		{"one", "first", "somebody"},
		{"one", "second", ""},
		{"two", "third", "the simulation one"},
	} {
		warnings := declare(step.name, step.hosts)
		if step.want == "" && len(warnings) == 0 {
			continue
		}
		if len(warnings) != 1 || step.want == "" || warnings[0].Pointer != "/collaborators/pay" || !strings.Contains(warnings[0].Detail, step.want) {
			t.Errorf("%s with %s: %+v, want one of %q", step.name, step.hosts, warnings, step.want)
		}
	}
}
