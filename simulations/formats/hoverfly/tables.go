package hoverfly

import (
	"regexp"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// Data for the csv helpers is given to Hoverfly beside the file. The document
// has tables of their names, which are empty until somebody fills them.
var (
	tableNamed = regexp.MustCompile(`\b(csv|csvMatchingRows|csvAsArray|csvAsMap|csvAddRow|csvDeleteRows|csvCountRows)\s+["']([^"']+)["']`)
	tableInSQL = regexp.MustCompile(`(?i)\bcsvSqlCommand\s+["']\s*(?:SELECT\b.*?\bFROM|UPDATE|DELETE\s+FROM)\s+([\w-]+)`)
)

// declareTables declares the tables that a template names, and says so once for
// each.
func (n *names) declareTables(p convert.Place, text string) {
	declare := func(name string) {
		if !simulations.ValidName(name) || n.tables[name] != nil {
			return
		}
		if n.tables == nil {
			n.tables = make(map[string]*simulations.Table)
		}
		n.tables[name] = &simulations.Table{}
		p.Warn("the data of the table %s, which Hoverfly is given beside the file, is not in it: the table is empty; put its CSV under `tables:` of the converted document", name)
	}
	for _, m := range tableNamed.FindAllStringSubmatch(text, -1) {
		declare(m[2])
	}
	for _, m := range tableInSQL.FindAllStringSubmatch(text, -1) {
		declare(m[1])
	}
}
