package mountebank

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// lookups reads the behavior lookup, one or a list of them: a row of a CSV file,
// which becomes a table of the document, by a value of the request.
func (r *reader) lookups(p convert.Place) (list []token) {
	one := func(l convert.Place) {
		l.Exactly("key", "fromDataSource", "into")
		key, source := l.Get("key"), l.Get("fromDataSource")
		key.Exactly("from", "using", "index")
		source.Exactly("csv")
		csv := source.Get("csv")
		csv.Exactly("path", "keyColumn", "delimiter")
		if d := csv.Get("delimiter"); d.Set() && d.Text() != "," {
			d.Refuse("a table is CSV with commas")
		}
		table, known := r.table(csv.Get("path"))
		column, quotable := convert.TemplateString(csv.Get("keyColumn").Text())
		if column == "''" || !quotable {
			csv.Get("keyColumn").Refuse("is the name of the column that has the key")
			return
		}
		selected := selection(fieldOf(key.Get("from")), key.Get("using"))
		if selected == nil || !known || !named(l) {
			return
		}
		value := selected(key.Get("index").Int())
		if value == "" {
			key.Get("index").Refuse("the selector finds no such value")
			return
		}
		list = append(list, token{l.Get("into").Text(), func(in string) string {
			name, ok := convert.TemplateString(in)
			if in == "" || !ok {
				return ""
			}
			return "(lookup (lookup (table '" + table + "' " + column + " " + value + ") 0) " + name + ")"
		}})
	}
	each(p, one)
	return list
}

var notName = regexp.MustCompile(`[^A-Za-z0-9._~-]+`)

// table declares the table that a file holds, once for each, and returns its
// name.
func (r *reader) table(p convert.Place) (string, bool) {
	file := p.Text()
	if file == "" || path.IsAbs(file) || strings.ContainsAny(file, `\:`) || slices.Contains(strings.Split(file, "/"), "..") {
		p.Refuse("a file is named by a path below the folder of the imposters, without '..'")
		return "", false
	}
	file = path.Clean(file)
	name := strings.Trim(notName.ReplaceAllString(strings.TrimSuffix(file, path.Ext(file)), "-"), "-._~")
	if name == "" || len(name) > 200 {
		p.Refuse("the file's name cannot name a table: it has letters, digits, '.', '_', '~' or '-'")
		return "", false
	}
	if t, taken := r.doc.Tables[name]; taken && t.File != file {
		p.Refuse("two files are called %s here: rename one", name)
		return "", false
	}
	if r.doc.Tables == nil {
		r.doc.Tables = make(map[string]*simulations.Table)
	}
	r.doc.Tables[name] = &simulations.Table{File: file}
	return name, true
}
