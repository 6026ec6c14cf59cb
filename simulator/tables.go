package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulator/table"
	"understudy/simulator/template"
)

// putTables puts a simulation's tables in place of those that were there, nil
// for none. The state's lock is held; what is put shows with the next publish.
func (c *catalog) putTables(s *simulation, all map[string]*table.Table) {
	s.tables = all
	c.tables = maps.Clone(c.tables) // the published one is read without a lock
	if len(all) == 0 {
		delete(c.tables, s.name)
		return
	}
	if c.tables == nil {
		c.tables = make(map[string]map[string]*table.Table)
	}
	c.tables[s.name] = all
}

func configsOfTables(all map[string]*table.Table) map[string]*simulations.Table {
	if len(all) == 0 {
		return nil
	}
	out := make(map[string]*simulations.Table, len(all))
	for n, t := range all {
		out[n] = t.Config()
	}
	return out
}

// tableUse is a table that a template names, and where the template stands: at
// a pointer, or in words beside where the pointer leads.
type tableUse struct {
	template.TableUse
	pointer, beside string
}

// uses are the tables that the stub's templates name; pointers are relative to
// the stub.
func (a *answers) uses() []tableUse {
	var out []tableUse
	for i, r := range a.responses {
		at := "/response"
		if a.counted() {
			at = "/responses/" + strconv.Itoa(i)
		}
		out = append(out, r.uses(at)...)
	}
	return out
}

// uses are those of a response that stands at a pointer.
func (res *response) uses(at string) []tableUse {
	if res.render == nil {
		return nil
	}
	out := slices.Clone(res.render.uses)
	for i := range out {
		out[i].pointer = at + out[i].pointer
	}
	return out
}

// unknownTables names the uses of tables that are not among those of the simulation.
func unknownTables(uses []tableUse, known map[string]*table.Table) []simulations.FieldError {
	var faults []simulations.FieldError
	for _, u := range uses {
		if known[u.Name] != nil {
			continue
		}
		detail := fmt.Sprintf("template, line %d, column %d: helper %s: the simulation has no table %q%s; declare it under `tables:`",
			u.Line, u.Column, u.Helper, u.Name, simulations.Suggest(u.Name, slices.Sorted(maps.Keys(known))))
		if u.beside != "" {
			detail = u.beside + ": " + detail
		}
		faults = append(faults, simulations.FieldError{Pointer: u.pointer, Detail: detail})
	}
	return faults
}

// edits are what a session changed in tables: nil for nothing, unless it is
// asked for to be written.
func (s *sessions) edits(id string, write bool) *table.Edits {
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if write {
		se = s.use(sh, id)
		if se.tables == nil {
			se.tables = table.NewEdits(s.budget)
		}
	}
	if se == nil {
		return nil
	}
	return se.tables
}

// templateTables are the tables of the simulation that answers, as templates and
// the session see them.
type templateTables struct {
	x *exchange
	// own are the edits of a transaction that is rolled back; nil for none yet.
	own *table.Edits
}

func (t *templateTables) find(name string) *table.Table {
	simulation, _, _ := strings.Cut(t.x.entry.Stub, "/")
	return t.x.snapshot.tables[simulation][name]
}

// edits are those that the exchange sees, or is to write.
func (t *templateTables) edits(write bool) *table.Edits {
	if t.own != nil {
		return t.own
	}
	if write && t.x.rollback {
		t.own = t.x.engine.sessions.edits(t.x.entry.Session, false).Apart()
		return t.own
	}
	return t.x.engine.sessions.edits(t.x.entry.Session, write)
}

func (t *templateTables) Rows(name string) ([][]string, bool) {
	found := t.find(name)
	if found == nil {
		return nil, false
	}
	return t.edits(false).Rows(found), true
}

func (t *templateTables) Add(name string, row []string) error {
	found := t.find(name)
	if found == nil {
		return errNoTable(name)
	}
	return t.edits(true).Add(found, row)
}

func (t *templateTables) Change(name string, change func(row []string) []string) (int, error) {
	found := t.find(name)
	if found == nil {
		return 0, errNoTable(name)
	}
	return t.edits(true).Change(found, change)
}

func errNoTable(name string) error { return fmt.Errorf("there is no table %.80q", name) }
