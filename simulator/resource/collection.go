package resource

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/patch"
)

// Collection is a declaration made ready. It is immutable.
type Collection struct {
	// Name is "simulation/name", as answers and the journal name it.
	Name string
	// Config is the declaration. Shared: do not mutate.
	Config *simulations.Collection
	// ListPath and ItemPath are the templates of the two paths.
	ListPath, ItemPath string

	// scope are the names of the list's parameters in order, idParam the item's.
	scope   []string
	idParam string
	// scopeFields are the places of the scope in an item, nil for none.
	scopeFields []patch.Pointer
	id          patch.Pointer
	idKind      simulations.IDKind // "" where a template makes it
	readOnly    []patch.Pointer
	writeOnly   []patch.Pointer
	unique      []patch.Pointer
	body        patch.Pointer
	validate    *matchers.Pattern // nil for none
	list        listing

	parent   *Collection
	children []*Collection
	seed     *seed
}

// Compile makes the collections of a simulation ready. Where there are faults,
// all of them are returned, with pointers relative to the map.
func Compile(simulation string, configs map[string]*simulations.Collection) (map[string]*Collection, []simulations.FieldError) {
	out := make(map[string]*Collection, len(configs))
	c := &compiler{}
	names := slices.Sorted(maps.Keys(configs))
	for _, n := range names {
		c.at = "/" + simulations.PointerToken(n)
		out[n] = c.collection(simulation+"/"+n, configs[n])
	}
	for _, n := range names {
		c.at = "/" + simulations.PointerToken(n)
		c.link(n, out)
	}
	taken := make(map[string]string)
	for _, n := range names {
		c.at = "/" + simulations.PointerToken(n)
		c.distinct(n, out[n], taken)
		c.seed(out[n])
	}
	return out, c.faults
}

type compiler struct {
	at     string
	faults []simulations.FieldError
}

func (c *compiler) fail(pointer, format string, args ...any) {
	c.faults = append(c.faults, simulations.FieldError{Pointer: c.at + pointer, Detail: fmt.Sprintf(format, args...)})
}

// parameter finds the parameters of a path template; their syntax is that of the
// operator template, whose compiler has the last word on it.
var parameter = regexp.MustCompile(`\{([^{}]*)\}`)

func parameters(template string) []string {
	var out []string
	for _, m := range parameter.FindAllStringSubmatch(template, -1) {
		out = append(out, m[1])
	}
	return out
}

// fill puts values in place of a template's parameters.
func fill(template string, params map[string]string) string {
	return parameter.ReplaceAllStringFunc(template, func(p string) string {
		return url.PathEscape(params[p[1:len(p)-1]])
	})
}

func (c *compiler) collection(name string, config *simulations.Collection) *Collection {
	out := &Collection{Name: name, Config: config, ListPath: config.Path, ItemPath: config.Item, scope: parameters(config.Path)}
	if config.File != "" {
		c.fail("/file", "a file can only be read by what imports the folder it lies in: use `understudy import`, or write the items")
	}
	if out.ItemPath == "" {
		if out.ItemPath = strings.TrimSuffix(config.Path, "/") + "/{id}"; slices.Contains(out.scope, "id") {
			c.fail("/path", "has the parameter {id}, which would be the item's too: name it otherwise, or write `item`")
		}
	}
	for _, at := range []struct{ pointer, path string }{{"/path", out.ListPath}, {"/item", out.ItemPath}} {
		c.path(at.pointer, at.path)
	}
	own := slices.DeleteFunc(parameters(out.ItemPath), func(p string) bool { return slices.Contains(out.scope, p) })
	if n := len(parameters(out.ItemPath)); len(own) != 1 || n != len(out.scope)+1 {
		c.fail("/item", "an item's path has the parameters of the list's path and one more, its id")
		own = []string{"id"}
	}
	out.idParam = own[0]
	out.scopeFields = make([]patch.Pointer, len(out.scope))
	for _, p := range slices.Sorted(maps.Keys(config.Scope)) {
		i := slices.Index(out.scope, p)
		if i < 0 {
			c.fail("/scope/"+simulations.PointerToken(p), "the path has no parameter {%s}", p)
			continue
		}
		out.scopeFields[i] = pointer(config.Scope[p])
	}
	c.identity(out, config)
	out.readOnly, out.writeOnly, out.unique = pointers(config.ReadOnly), pointers(config.WriteOnly), pointers(config.Unique)
	out.body = pointer(config.Body)
	if config.Validate != nil {
		var faults []simulations.FieldError
		out.validate, faults = matchers.CompilePattern(&simulations.Pattern{Body: config.Validate})
		for _, f := range faults {
			f.Pointer = c.at + "/validate" + strings.TrimPrefix(f.Pointer, "/body")
			c.faults = append(c.faults, f)
		}
	}
	out.list = compileListing(config.List)
	return out
}

// path refuses what the index could find and this package could not fill in.
func (c *compiler) path(at, path string) {
	_, faults := matchers.CompilePattern(&simulations.Pattern{Path: &simulations.Predicate{Value: PathPredicate(path)}})
	for _, f := range faults {
		c.fail(at, "%s", f.Detail)
	}
	if strings.Contains(path, "...}") {
		c.fail(at, "a parameter of a collection is one segment, or a part of one: without '...'")
	}
}

// ActionPath is the template of an action's path.
func (c *Collection) ActionPath(action string) string { return c.ItemPath + "/" + action }

// distinct refuses a path that another collection of the same collaborator has:
// requests could not be told apart.
func (c *compiler) distinct(name string, of *Collection, taken map[string]string) {
	add := func(at, path string) {
		key := of.Config.Collaborator + " " + parameter.ReplaceAllString(path, "{}")
		if other, ok := taken[key]; ok {
			c.fail(at, "the path %s is that of %s too", path, other)
			return
		}
		taken[key] = name
	}
	add("/path", of.ListPath)
	add("/item", of.ItemPath)
	for _, a := range slices.Sorted(maps.Keys(of.Config.Actions)) {
		add("/actions/"+simulations.PointerToken(a), of.ActionPath(a))
	}
}

// PathPredicate is the predicate that a path fits a template of a collection.
func PathPredicate(template string) *simulations.Value {
	v := &simulations.Value{Kind: simulations.Object}
	v.Set("template", simulations.NewString(template))
	return v
}

func (c *compiler) identity(out *Collection, config *simulations.Collection) {
	id := config.ID
	if id == nil {
		id = &simulations.ItemID{}
	}
	out.id = patch.Pointer{"id"}
	if id.Field != "" {
		out.id = pointer(id.Field)
	}
	switch {
	case id.Template == "":
		if out.idKind = id.Make; out.idKind == "" {
			out.idKind = simulations.IDInteger
		}
	case !config.Template:
		c.fail("/id/template", "is rendered only with `template: true` at the collection")
	}
}

// link finds the parent and holds the paths of both together.
func (c *compiler) link(name string, all map[string]*Collection) {
	child := all[name]
	if child.Config.Parent == "" {
		return
	}
	parent := all[child.Config.Parent]
	if parent == nil {
		c.fail("/parent", "there is no collection %s in the document%s", child.Config.Parent, simulations.Suggest(child.Config.Parent, slices.Sorted(maps.Keys(all))))
		return
	}
	above := strings.Split(parent.ItemPath, "/")
	below := strings.Split(child.ListPath, "/")
	alike := func(a, b string) bool {
		return parameter.ReplaceAllString(a, "{}") == parameter.ReplaceAllString(b, "{}")
	}
	// That the child's parameters are the parent's and its id, in that order,
	// makes the child's scope the name of its parent; it excludes cycles too.
	order := append(slices.Clone(parent.scope), parent.idParam)
	if len(below) <= len(above) || !slices.EqualFunc(above, below[:len(above)], alike) ||
		len(child.scope) != len(order) || !slices.Equal(parameters(parent.ItemPath), order) {
		c.fail("/path", "must be the path of %s's items, %s, and a name, without further parameters: the parent is found by it", child.Config.Parent, parent.ItemPath)
		return
	}
	child.parent = parent
	parent.children = append(parent.children, child)
}

// pointer reads a pointer that the document's check has passed.
func pointer(s string) patch.Pointer {
	p, err := patch.ParsePointer(s)
	if err != nil {
		return nil
	}
	return p
}

func pointers(all []string) []patch.Pointer {
	out := make([]patch.Pointer, len(all))
	for i, s := range all {
		out[i] = pointer(s)
	}
	return out
}

// scopeKey names a scope: the values of its parameters, escaped and ended by '/'.
func scopeKey(values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(url.PathEscape(v))
		b.WriteByte('/')
	}
	return b.String()
}

func (c *Collection) scopeOf(params map[string]string) string {
	if len(c.scope) == 0 {
		return ""
	}
	values := make([]string, len(c.scope))
	for i, name := range c.scope {
		values[i] = params[name]
	}
	return scopeKey(values)
}

// above splits a child's scope into the parent's and the parent's id.
func above(scope string) (parent, id string) {
	parent = scope[:strings.LastIndexByte(scope[:len(scope)-1], '/')+1]
	id, err := url.PathUnescape(scope[len(parent) : len(scope)-1])
	if err != nil {
		return parent, "" // scopeKey made it, so it cannot fail
	}
	return parent, id
}
