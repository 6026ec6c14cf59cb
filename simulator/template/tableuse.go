package template

// TableUse is a data table that a template names literally.
type TableUse struct {
	// Name is the table's, Helper the helper that is called with it.
	Name, Helper string
	// Line and Column are the call's, from 1.
	Line, Column int
}

// Tables lists the data tables that the template names literally, in order. A
// table that is known only when rendering is not among them. Shared: do not mutate.
func (t *Template) Tables() []TableUse { return t.tables }

// usesTable notes the table that a call names, if it does so literally.
func (p *parser) usesTable(c *call) {
	if c.helper.table == nil {
		return
	}
	if name, ok := c.helper.table(c); ok {
		at := locate(p.src, c.offset, c.helper.name, "", nil)
		p.tables = append(p.tables, TableUse{name, c.helper.name, at.Line, at.Column})
	}
}

// naming marks helpers that are called with the name of a table first.
func naming(list []*helper) []*helper {
	for _, h := range list {
		if h.table == nil {
			h.table = firstIsTable
		}
	}
	return list
}

func (h *helper) ofTable(table func(c *call) (string, bool)) *helper {
	h.table = table
	return h
}

func firstIsTable(c *call) (string, bool) {
	v, _ := c.literalArg(0)
	name, ok := v.(string)
	return name, ok
}

// sqlTable is the table of a command that is literal.
func sqlTable(c *call) (string, bool) {
	v, _ := c.literalArg(0)
	s, ok := v.(string)
	if !ok {
		return "", false
	}
	command, err := parseSQL(s)
	if err != nil {
		return "", false
	}
	return command.table, true
}
