package simulator

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/resource"
	"understudy/simulator/table"
	"understudy/simulator/template"
)

// collection is a declared collection with what of it the engine renders: the
// templates, and the answers that are declared as a stub's are. Immutable.
type collection struct {
	*resource.Collection
	header http.Header
	// declared are the answers to what is done, errors those to what is refused,
	// by the status they stand for.
	declared map[*simulations.Response]*response
	errors   map[int]*response
	id       *template.Template
	defaults jsonTemplate
	stamps   jsonTemplate
	actions  map[string]jsonTemplate
	// uses are the tables that the templates name.
	uses []tableUse
}

// collectionPath is one of the paths of a collection, as the index of
// collections finds it: by the rules that find stubs, which are then the same
// for both.
type collectionPath struct {
	*collection
	atItem bool
	action string
}

// compileCollections makes the collections of a document ready; their pointers
// are relative to the document. collaborator is the default of those that name none.
func compileCollections(simulation, collaborator string, configs map[string]*simulations.Collection) (map[string]*collection, []simulations.FieldError) {
	resolved := make(map[string]*simulations.Collection, len(configs))
	for n, config := range configs {
		own := *config
		own.Collaborator = cmp.Or(config.Collaborator, collaborator)
		resolved[n] = &own
	}
	ready, faults := resource.Compile(simulation, resolved)
	faults = prefix("/collections", faults)
	out := make(map[string]*collection, len(ready))
	for _, n := range slices.Sorted(maps.Keys(ready)) {
		c, fs := compileCollection(ready[n])
		faults = append(faults, prefix("/collections/"+simulations.PointerToken(n), fs)...)
		out[n] = c
	}
	return out, faults
}

func compileCollection(ready *resource.Collection) (*collection, []simulations.FieldError) {
	config := ready.Config
	c := &collection{
		Collection: ready, header: make(http.Header, len(config.Headers)),
		declared: make(map[*simulations.Response]*response), errors: make(map[int]*response), actions: make(map[string]jsonTemplate),
	}
	var faults []simulations.FieldError
	declare := func(r *simulations.Response, usual int, at string) *response {
		if r == nil {
			return nil
		}
		out := new(response)
		faults = append(faults, prefix(at, compileResponse(r, out, nil))...)
		c.declared[r] = out
		c.uses = append(c.uses, out.uses(at)...)
		if r.Status == 0 {
			out.status = usual
		}
		return out
	}
	for name, values := range config.Headers {
		c.header[name] = slices.Clip(values)
	}
	declare(config.Deleted, http.StatusOK, "/deleted")
	for _, key := range slices.Sorted(maps.Keys(config.Errors)) {
		status, err := strconv.Atoi(key)
		if err != nil {
			continue // the decoder refuses it
		}
		if r := declare(config.Errors[key], status, "/errors/"+simulations.PointerToken(key)); r != nil {
			c.errors[status] = r
		}
	}
	for _, name := range slices.Sorted(maps.Keys(config.Actions)) {
		declare(config.Actions[name].Response, http.StatusOK, "/actions/"+simulations.PointerToken(name)+"/response")
	}
	if !config.Template {
		return c, faults
	}
	t := templateCompiler{}
	if config.ID != nil && config.ID.Template != "" {
		c.id = t.compile("/id/template", config.ID.Template, nil)
	}
	if config.Defaults != nil {
		c.defaults = t.json("/defaults", config.Defaults)
	}
	if config.Stamps != nil {
		c.stamps = t.json("/stamps", config.Stamps)
	}
	for _, name := range slices.Sorted(maps.Keys(config.Actions)) {
		if set := config.Actions[name].Set; set != nil {
			c.actions[name] = t.json("/actions/"+simulations.PointerToken(name)+"/set", set)
		}
	}
	c.uses = append(c.uses, t.uses...)
	return c, append(faults, t.faults...)
}

// indexCollections makes the index of a simulation's collections, nil for none.
// The revision is their age beside those of other simulations.
func indexCollections(simulation string, all map[string]*collection, revision uint64) *matchers.Index {
	answers := make(map[string]*collectionPath)
	var paths []simulations.PackedStub
	for i, n := range slices.Sorted(maps.Keys(all)) {
		c := all[n]
		type place struct {
			id, path string
			answers  collectionPath
		}
		places := []place{{n, c.ListPath, collectionPath{c, false, ""}}, {n + "/", c.ItemPath, collectionPath{c, true, ""}}}
		for _, a := range slices.Sorted(maps.Keys(c.Config.Actions)) {
			places = append(places, place{n + "/" + a, c.ActionPath(a), collectionPath{c, true, a}})
		}
		for _, at := range places {
			answers[at.id] = &at.answers
			paths = append(paths, simulations.PackedStub{
				Packed: string(simulations.AppendPacked(nil, &simulations.Stub{
					ID: at.id, Collaborator: c.Config.Collaborator,
					Request: simulations.Pattern{Path: &simulations.Predicate{Value: resource.PathPredicate(at.path)}},
				})),
				Revision: revision, Position: uint32(i),
			})
		}
	}
	if len(paths) == 0 {
		return nil
	}
	b := matchers.NewBuilder(simulation, func(simulation string, p simulations.PackedStub) (*matchers.Stub, []simulations.FieldError) {
		s, err := p.Unpack()
		if err != nil {
			return nil, []simulations.FieldError{{Detail: err.Error()}}
		}
		st, faults := matchers.CompileStub(s, simulation)
		if st != nil {
			st.Answers, st.Dear = answers[st.ID], true // they are few: all of them stay ready
		}
		return st, faults
	}, nil)
	b.Add(paths) // compileCollections has refused what does not compile
	return b.Build()
}

// putCollections puts a simulation's collections in place of those that were
// there. The state's lock is held; what is put shows with the next publish.
func (c *catalog) putCollections(s *simulation, all map[string]*collection) {
	s.collections = all
	c.collections = withCollections(c.collections, s)
}

func withCollections(set *matchers.Set, s *simulation) *matchers.Set {
	if index := indexCollections(s.name, s.collections, s.revision); index != nil {
		return set.With(s.name, index)
	}
	return set.Without(s.name)
}

// declared are the collections as they were declared, for an export: without the
// collaborator that is the simulation's.
func (s *simulation) declared() map[string]*simulations.Collection {
	if len(s.collections) == 0 {
		return nil
	}
	out := make(map[string]*simulations.Collection, len(s.collections))
	for n, c := range s.collections {
		config := *c.Config
		if config.Collaborator == s.collaborator {
			config.Collaborator = ""
		}
		out[n] = &config
	}
	return out
}

// declaredOf is what a simulation declares, as the store keeps it.
func declaredOf(collections map[string]*collection, tables map[string]*table.Table) simulations.Declared {
	return simulations.Declared{Collections: configsOf(collections), Tables: configsOfTables(tables)}
}

func configsOf(all map[string]*collection) map[string]*simulations.Collection {
	out := make(map[string]*simulations.Collection, len(all))
	for n, c := range all {
		out[n] = c.Config
	}
	return out
}

// foundCollection is a collection whose path a request has.
type foundCollection struct {
	collectionPath
	params map[string]string
}

// findCollection looks for the collection that a request is for, nil for none.
// It is asked where no stub answers, so that a stub can always be the exception.
func (x *exchange) findCollection() *foundCollection {
	m, ok := x.snapshot.collections.Find(x.match, nil)
	if !ok {
		return nil
	}
	return &foundCollection{*m.Stub.Answers.(*collectionPath), m.Params}
}

// serveCollection answers from a collection, and changes it.
func (e *Engine) serveCollection(x *exchange, f *foundCollection) {
	x.entry.Outcome, x.entry.Stub = simulations.OutcomeStub, f.Name
	if !x.wait(f.Config.Delay, nil) {
		x.failed("the client left during the delay")
		panic(http.ErrAbortHandler)
	}
	if err := x.look(x.r.Context()); err != nil {
		x.badBody(err)
		return
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	q := &resource.Request{
		Method: x.r.Method, AtItem: f.atItem, Action: f.action, Params: f.params, Query: matchers.ParseQuery(x.match.RawQuery), Header: x.r.Header,
		Body: x.match.Body, BodyCut: x.match.BodyTruncated, Target: target(x.match), URL: scheme + "://" + x.r.Host + x.match.Path,
		Session: x.entry.Session, Dry: x.rollback,
		Render: func(part resource.Part, params map[string]string) (*simulations.Value, error) {
			return f.render(x, part, params)
		},
	}
	o := e.sessions.overlay(x.entry.Session, resource.Writes(q.Method), x.rollback)
	claim, kept, refusal := f.Claim(q, o, e.sessions.now())
	defer claim.Release()
	a := &resource.Answer{Refusal: refusal, Did: "refused its idempotency key"}
	switch {
	case kept != nil:
		x.entry.Reason = fmt.Sprintf("collection %s answers: as before, by the idempotency key", f.Name)
		e.replyPlain(x, ofKept(kept), kept.Body)
		return
	case refusal == nil:
		a = f.Serve(q, o)
	}
	x.entry.Reason = fmt.Sprintf("collection %s answers: %s", f.Name, cmp.Or(a.Did, "a template failed"))
	res, err := f.answer(x, a)
	switch {
	case err == nil && (a.Refusal == nil || a.Refusal.Status != http.StatusInsufficientStorage):
		claim.Keep(toKeep(res))
	case err != nil && a.Err == nil:
		claim.Keep(&resource.Kept{}) // it was done, and is not done twice
	}
	if err != nil {
		x.unrendered("the collection "+f.Name+" has this request", err)
		return
	}
	e.replyPlain(x, res, res.body)
}

// answer makes ready what a collection answers. The error is a template's.
func (f *foundCollection) answer(x *exchange, a *resource.Answer) (*response, error) {
	switch {
	case a.Err != nil:
		return nil, a.Err
	case a.Refusal != nil:
		return f.refusal(x, a.Refusal)
	case a.Declared != nil:
		return f.declare(x, f.declared[a.Declared], a.Header)
	}
	header := f.header.Clone()
	maps.Copy(header, a.Header)
	if x.rollback && x.entry.Transaction != "" {
		header["Preference-Applied"] = append(header["Preference-Applied"], "tx=rollback")
	}
	return &response{Response: &simulations.Response{}, status: a.Status, header: header, body: a.Body}, nil
}

// refusal is the answer to what a collection does not do: as declared, or a
// problem document.
func (f *foundCollection) refusal(x *exchange, r *resource.Refusal) (*response, error) {
	if declared := f.errors[r.Status]; declared != nil {
		return f.declare(x, declared, r.Header)
	}
	header := f.header.Clone()
	maps.Copy(header, r.Header)
	markProblem(header)
	more := problemDetails{Collection: f.Name, Errors: r.Errors}
	return &response{Response: &simulations.Response{}, status: r.Status, header: header, body: problemDocument(r.Status, "collection", r.Detail, more)}, nil
}

// declare is an answer that a collection declares, with more headers where it
// does not say them itself.
func (f *foundCollection) declare(x *exchange, declared *response, more http.Header) (*response, error) {
	rendered, err := x.render(declared, f.params, nil)
	if err != nil {
		return nil, err
	}
	out := *rendered
	out.header = f.header.Clone()
	maps.Copy(out.header, more)
	for name, values := range rendered.header {
		if values != nil || out.header[name] == nil {
			out.header[name] = values
		}
	}
	return &out, nil
}

// render renders a part of the declaration.
func (f *foundCollection) render(x *exchange, part resource.Part, params map[string]string) (*simulations.Value, error) {
	data := x.templateData(params, nil)
	if part == resource.PartID {
		var b []byte
		if err := f.id.Execute(x.r.Context(), &b, data); err != nil {
			return nil, templateError("the id", err)
		}
		return simulations.NewString(string(b)), nil
	}
	what, from := "the defaults", f.defaults
	switch part {
	case resource.PartStamps:
		what, from = "the stamps", f.stamps
	case resource.PartAction:
		what, from = "the action "+f.action, f.actions[f.action]
	}
	b, err := renderJSON(x.r.Context(), from, data)
	if err != nil {
		return nil, templateError(what, err)
	}
	v, err := simulations.ParseJSON(b)
	if err != nil {
		return nil, templateError(what, err)
	}
	return v, nil
}
