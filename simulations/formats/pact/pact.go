// Package pact reads contracts of Pact, versions 1 to 4.
//
// Each HTTP interaction is a stub that answers its request with the example of
// its response, as Pact's mock server does in the test of a consumer: what the
// request's matching rules leave open may differ, and everything else must be
// as it is written, without a parameter or a member beside.
//
// Matching rules of responses are for the verification of a provider, and mean
// nothing here. Generators become templates.
package pact

import (
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads contracts.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "pact" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises consumer and provider, and what is between them.
func (Format) Sniff(data []byte) bool {
	return sniff.HasAll(data, "consumer", "provider") && sniff.HasAny(data, "interactions", "messages")
}

// Decode reads a contract.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	root.Only("consumer", "provider", "interactions", "messages", "metadata", "createdAt", "_links")
	r := &reader{}
	for p := range root.Get("interactions").Items() {
		r.interaction(p)
	}
	for p := range root.Get("messages").Items() {
		p.Warn(noHTTP)
	}
	r.states()
	return convert.Done(root, "pact", &simulations.Document{Stubs: r.stubs}, r.origins)
}

const noHTTP = "a message has no HTTP, and was left out"

type reader struct {
	stubs   []*simulations.Stub
	origins []string
	// made are the interactions that the stubs were made of.
	made []*interaction
}

// interaction is one that is being read.
type interaction struct {
	at convert.Place
	// lost is set where its request cannot be compared as it is meant.
	lost bool
	// state is what the provider has to be prepared with, "" for nothing.
	state string
}

// lose leaves the interaction out, for the reason given.
func (i *interaction) lose(p convert.Place, format string, args ...any) {
	p.Warn("the interaction was left out: "+format, args...)
	i.lost = true
}

func (r *reader) interaction(p convert.Place) {
	if kind := p.Get("type").Text(); kind != "" && kind != "Synchronous/HTTP" {
		p.Warn(noHTTP)
		return
	}
	p.Only("type", "key", "description", "providerState", "provider_state", "providerStates", "request", "response", "pending", "comments",
		"pluginConfiguration", "interactionMarkup", "transport", "references", "_id")
	i := &interaction{at: p, state: stateOf(p)}
	s := &simulations.Stub{}
	if d := p.Get("description").Text(); d != "" {
		s.Labels = append(s.Labels, d)
	}
	if i.state != "" {
		s.Labels = append(s.Labels, "given "+i.state)
	}
	i.request(p.Get("request"), &s.Request)
	if i.lost {
		return
	}
	s.Response = response(p.Get("response"))
	r.stubs = append(r.stubs, s)
	r.origins = append(r.origins, p.Pointer())
	r.made = append(r.made, i)
}

// stateOf names what the provider has to be prepared with.
func stateOf(p convert.Place) string {
	if list := p.Get("providerStates"); list.Set() {
		var names []string
		for s := range list.Items() {
			if name := s.Get("name").Text(); name != "" {
				names = append(names, name)
			}
		}
		return strings.Join(names, " and ")
	}
	return p.First("providerState", "provider_state").Text()
}

// scenario is the one whose state chooses between interactions with one request.
const scenario = "provider-state"

// states tells interactions with the same request apart. A stand-in answers
// without that anybody prepares it; of several that differ in the provider's
// state only, one answers until a session is put into the state of another.
func (r *reader) states() {
	groups := make(map[string][]int)
	var order []string
	for n, s := range r.stubs {
		key := string((&simulations.Stub{Request: s.Request}).Value().AppendJSON(nil))
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], n)
	}
	gone := make(map[int]bool)
	for _, key := range order {
		if group := groups[key]; len(group) > 1 {
			r.choose(group, gone)
		}
	}
	if len(gone) == 0 {
		return
	}
	stubs, origins := r.stubs, r.origins
	r.stubs, r.origins = nil, nil
	for n, s := range stubs {
		if !gone[n] {
			r.stubs, r.origins = append(r.stubs, s), append(r.origins, origins[n])
		}
	}
}

// choose gives the interactions of one request their states; the first without
// one, or else the first, answers in any that no other has.
func (r *reader) choose(group []int, gone map[int]bool) {
	first := group[0]
	for _, n := range group {
		if r.made[n].state == "" {
			first = n
			break
		}
	}
	seen := map[string]int{r.made[first].state: first}
	for _, n := range group {
		if n == first {
			continue
		}
		i := r.made[n]
		if before, ok := seen[i.state]; ok {
			i.at.Warn("request and provider state are those of the interaction at %s, which answers: this one was left out", r.made[before].at.Pointer())
			gone[n] = true
			continue
		}
		seen[i.state] = n
		r.stubs[n].Scenario = &simulations.Scenario{Name: scenario, Requires: i.state}
		i.at.Warn("the request is that of the interaction at %s, which answers: this one does in a session whose scenario %s is in the state %q, as PUT /api/v1/sessions/ID/scenarios/%[2]s sets it",
			r.made[first].at.Pointer(), scenario, i.state)
	}
}
