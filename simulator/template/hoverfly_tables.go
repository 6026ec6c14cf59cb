package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hoverflyTables are Hoverfly's helpers for CSV data.
var hoverflyTables = naming(group("Tables", []*helper{
	hf("csv", "table column value wanted", "The wanted column of the row whose column has a value; of the row with * else. A value such as 'Request.QueryParam.id' is looked up.", hfCSV,
		example{"{{csv 'marks' 'id' '2' 'Mark'}}", "56"}, example{"{{csv 'marks' 'id' '9' 'mark'}}", "none"}, example{"{{csv 'pets' 'id' '9' 'name'}}", "{{ csv pets id 9 name }}"}).preparing(prepareCSV),
	hf("csvMatchingRows", "table column value", "The rows whose column has a value, as objects.", func(r *run, a args) (any, error) {
		name, column, value, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		t, err := r.table(name)
		if err != nil {
			return hfNoRows(err)
		}
		return t.where(r, func(row *object) bool {
			v, ok := row.get(column)
			return ok && v == value
		})
	}, example{"{{#each (csvMatchingRows 'pets' 'id' '2')}}{{this.name}}{{/each}}", "Tom"}),
	hf("csvAsArray", "table", "All rows as lists, the names of the columns first.", func(r *run, a args) (any, error) {
		name, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		t, err := r.table(name)
		if err != nil {
			return hfNoRows(err)
		}
		out := make([]any, len(t.rows))
		for i, row := range t.rows {
			if err := r.step(1 + len(row)/4); err != nil {
				return nil, err
			}
			cells := make([]any, len(row))
			for j, c := range row {
				cells[j] = c
			}
			out[i] = cells
		}
		return out, nil
	}, example{"{{#each (csvAsArray 'pets')}}{{#each this}}{{this}} {{/each}}/{{/each}}", "id name /1 Rex /2 Tom /"}),
	hf("csvAsMap", "table", "All rows as objects.", func(r *run, a args) (any, error) {
		name, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		t, err := r.table(name)
		if err != nil {
			return hfNoRows(err)
		}
		return t.where(r, func(*object) bool { return true })
	}, example{"{{#each (csvAsMap 'pets')}}{{this.id}}={{this.name}};{{/each}}", "1=Rex;2=Tom;"}),
	hf("csvAddRow", "table list", "Adds a row.", func(r *run, a args) (any, error) {
		name, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		items, _, err := r.items(a.at(1))
		if err != nil {
			return nil, err
		}
		row := make([]string, len(items))
		for i, v := range items {
			if row[i], err = r.text(v); err != nil {
				return nil, err
			}
		}
		t, err := r.table(name)
		if err != nil {
			return hfNothing(err)
		}
		return "", t.add(r, row)
	}, example{"{{csvAddRow 'pets' (split '3,Kit' ',')}}{{csvCountRows 'pets'}}", "3"}),
	hf("csvDeleteRows", "table column value output", "Removes the rows whose column has a value, and prints their number where output is true.", func(r *run, a args) (any, error) {
		name, column, value, err := a.text3(r)
		if err != nil {
			return nil, err
		}
		t, err := r.table(name)
		if err != nil {
			return hfNothing(err)
		}
		at := t.column(column)
		if at < 0 {
			return "", nil
		}
		n, err := t.remove(r, func(row []string) bool { return at < len(row) && row[at] == value })
		if err != nil || !truth(a.at(3)) || a.at(3) == "false" {
			return "", err
		}
		return strconv.Itoa(n), nil
	}, example{"{{csvDeleteRows 'pets' 'name' 'Rex' true}}/{{csvCountRows 'pets'}}", "1/1"}),
	hf("csvCountRows", "table", "The number of rows.", func(r *run, a args) (any, error) {
		name, err := a.text(r, 0)
		if err != nil {
			return nil, err
		}
		t, err := r.table(name)
		if err != nil {
			return hfNothing(err)
		}
		return strconv.Itoa(max(len(t.rows)-1, 0)), nil
	}, example{"{{csvCountRows 'pets'}}", "2"}),
	hf("csvSqlCommand", "command", "SELECT … FROM table WHERE …, UPDATE table SET … WHERE … or DELETE FROM table WHERE …, with conditions such as id >= '2' joined by AND.", hfSQL,
		example{"{{#each (csvSqlCommand \"SELECT name FROM pets WHERE id >= '2'\")}}{{this.name}}{{/each}}", "Tom"},
		example{"{{csvSqlCommand \"UPDATE pets SET name = 'Max' WHERE id == '1'\"}}{{csv 'pets' 'id' '1' 'name'}}", "Max"},
		example{"{{csvSqlCommand \"DELETE FROM pets WHERE name != 'Rex'\"}}{{csvCountRows 'pets'}}", "1"}).ofTable(sqlTable),
}))

// hfNoRows is what a table that is none has.
func hfNoRows(err error) (any, error) {
	if isFatal(err) {
		return nil, err
	}
	return []any{}, nil
}

// csvPath is the value of a csv call that names a place in the data. Only what
// the template itself says is looked up, never what a request brought.
type csvPath struct{ of expr }

func prepareCSV(c *call) (any, error) {
	v, _ := c.literalArg(2)
	s, ok := v.(string)
	if !ok {
		return nil, nil
	}
	t, err := Compile("{{"+s+"}}", Hoverfly)
	if err != nil || len(t.nodes) != 1 {
		return nil, nil
	}
	if o, ok := t.nodes[0].(output); ok {
		if p, ok := o.of.(*path); ok {
			return csvPath{p}, nil
		}
	}
	return nil, nil
}

func hfCSV(r *run, a args) (any, error) {
	name, column, value, err := a.text3(r)
	if err != nil {
		return nil, err
	}
	if p, ok := a.call.prepared.(csvPath); ok {
		v, err := p.of.eval(r)
		if err != nil {
			return nil, err
		}
		if s, err := r.text(v); err != nil {
			return nil, err
		} else if s != "" {
			value = s
		}
	}
	wanted, err := a.text(r, 3)
	if err != nil {
		return nil, err
	}
	t, err := r.table(name)
	if err != nil {
		if isFatal(err) {
			return nil, err
		}
		return r.asWritten("csv", a)
	}
	fold := func(name string) int {
		return slices.IndexFunc(t.columns(), func(c string) bool { return strings.EqualFold(c, name) })
	}
	by, want := fold(column), fold(wanted)
	if by < 0 || want < 0 {
		return r.asWritten("csv", a)
	}
	otherwise := ""
	for _, row := range t.rows[1:] {
		if err := r.step(1); err != nil {
			return nil, err
		}
		if by >= len(row) || want >= len(row) {
			continue
		}
		if strings.EqualFold(row[by], value) {
			return row[want], nil
		}
		if row[by] == "*" {
			otherwise = row[want]
		}
	}
	if otherwise != "" {
		return otherwise, nil
	}
	return r.asWritten("csv", a)
}

// sqlCommand is a command of csvSqlCommand.
type sqlCommand struct {
	table   string
	columns []string          // of SELECT, nil for all
	set     map[string]string // of UPDATE
	where   []sqlCondition
	remove  bool
}

type sqlCondition struct{ column, operator, value string }

var (
	sqlSelect    = regexp.MustCompile(`(?is)^SELECT\s+(.+?)\s+FROM\s+([\w-]+)\s*(?:WHERE\s+(.+))?$`)
	sqlUpdate    = regexp.MustCompile(`(?is)^UPDATE\s+([\w-]+)\s+SET\s+(.+?)(?:\s+WHERE\s+(.+))?$`)
	sqlDelete    = regexp.MustCompile(`(?is)^DELETE\s+FROM\s+([\w-]+)\s*(?:WHERE\s+(.+))?$`)
	sqlWhere     = regexp.MustCompile(`(\w+)\s*(==|=|!=|<=|>=|<|>)\s*'([^']*)'`)
	sqlSetClause = regexp.MustCompile(`\s*([\w-]+)\s*=\s*('[^']*'|"[^"]*"|[^,]*?)\s*(?:,|$)`)
)

func parseSQL(s string) (*sqlCommand, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxPattern {
		return nil, errors.New("the command is too long")
	}
	c := &sqlCommand{}
	var where string
	if m := sqlSelect.FindStringSubmatch(s); m != nil {
		c.table, where = m[2], m[3]
		if strings.TrimSpace(m[1]) != "*" {
			for column := range strings.SplitSeq(m[1], ",") {
				c.columns = append(c.columns, strings.TrimSpace(column))
			}
		}
	} else if m := sqlUpdate.FindStringSubmatch(s); m != nil {
		c.table, where, c.set = m[1], m[3], map[string]string{}
		for _, p := range sqlSetClause.FindAllStringSubmatch(m[2], -1) {
			v := p[2]
			if len(v) >= 2 && (v[0] == '\'' || v[0] == '"') {
				v = v[1 : len(v)-1]
			}
			c.set[p[1]] = v
		}
		if len(c.set) == 0 {
			return nil, errors.New("the SET clause is none")
		}
	} else if m := sqlDelete.FindStringSubmatch(s); m != nil {
		c.table, where, c.remove = m[1], m[2], true
	} else {
		return nil, fmt.Errorf("%s is no SELECT, UPDATE or DELETE", show(s))
	}
	for _, p := range sqlWhere.FindAllStringSubmatch(where, -1) {
		c.where = append(c.where, sqlCondition{p[1], p[2], p[3]})
	}
	if strings.TrimSpace(where) != "" && len(c.where) == 0 {
		return nil, fmt.Errorf("%s is no condition", show(where))
	}
	return c, nil
}

// holds reports whether a row fits all conditions. Order is that of numbers,
// and holds for anything that is none, as there.
func (c *sqlCommand) holds(columns, row []string) bool {
	for _, w := range c.where {
		i := slices.Index(columns, w.column)
		if i < 0 || i >= len(row) {
			return false
		}
		a, ok1 := hfFloat(row[i])
		b, ok2 := hfFloat(w.value)
		numbers := ok1 && ok2
		switch w.operator {
		case "=", "==":
			if row[i] != w.value {
				return false
			}
		case "!=":
			if row[i] == w.value {
				return false
			}
		case "<":
			if numbers && a >= b {
				return false
			}
		case "<=":
			if numbers && a > b {
				return false
			}
		case ">":
			if numbers && a <= b {
				return false
			}
		case ">=":
			if numbers && a < b {
				return false
			}
		}
	}
	return true
}

func hfSQL(r *run, a args) (any, error) {
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	c, err := parseSQL(s)
	if err != nil {
		return []any{}, nil
	}
	t, err := r.table(c.table)
	if err != nil {
		return hfNoRows(err)
	}
	columns := t.columns()
	for name := range c.set {
		if t.column(name) < 0 {
			return []any{}, nil
		}
	}
	switch {
	case c.remove:
		_, err := t.remove(r, func(row []string) bool { return c.holds(columns, row) })
		return nil, err
	case c.set != nil:
		_, err := t.change(r, func(row []string) []string {
			if !c.holds(columns, row) {
				return row
			}
			out := slices.Clone(row)
			for name, v := range c.set {
				if at := slices.Index(columns, name); at < len(out) {
					out[at] = v
				}
			}
			return out
		})
		return nil, err
	}
	wanted := c.columns
	if wanted == nil {
		wanted = columns
	}
	out := []any{}
	for i := 1; i < len(t.rows); i++ {
		if err := r.step(1 + len(columns)/4); err != nil {
			return nil, err
		}
		if !c.holds(columns, t.rows[i]) {
			continue
		}
		row := t.object(t.rows[i])
		o := newObject(len(wanted))
		for _, name := range wanted {
			v, ok := row.get(name)
			if !ok {
				return []any{}, nil
			}
			o.set(name, v)
		}
		out = append(out, o)
	}
	return out, nil
}
