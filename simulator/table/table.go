package table

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"understudy/simulations"
)

// Table is a declared table. Immutable.
type Table struct {
	// name is "simulation/name", by which sessions know it.
	name   string
	config *simulations.Table
	// version tells contents apart.
	version string
}

// Compile makes the tables of a simulation ready, by name.
func Compile(simulation string, configs map[string]*simulations.Table) (map[string]*Table, []simulations.FieldError) {
	if len(configs) == 0 {
		return nil, nil
	}
	out := make(map[string]*Table, len(configs))
	var faults []simulations.FieldError
	for name, config := range configs {
		if config.File != "" {
			faults = append(faults, simulations.FieldError{
				Pointer: "/tables/" + simulations.PointerToken(name) + "/file",
				Detail:  "a file can only be read by what imports the folder it lies in: use `understudy import`, or give the rows as CSV text or as a list",
			})
		}
		out[name] = &Table{simulation + "/" + name, config, version(config.Rows)}
	}
	return out, faults
}

// Config is the declaration. Shared: do not mutate.
func (t *Table) Config() *simulations.Table { return t.config }

// declared are the rows without the names.
func (t *Table) declared() [][]string {
	if len(t.config.Rows) == 0 {
		return nil
	}
	return t.config.Rows[1:]
}

// columns is how many cells each row has.
func (t *Table) columns() int {
	if len(t.config.Rows) == 0 {
		return 0
	}
	return len(t.config.Rows[0])
}

func version(rows [][]string) string {
	h := sha256.New()
	for _, row := range rows {
		h.Write(binary.AppendUvarint(nil, uint64(len(row))))
		for _, cell := range row {
			h.Write(binary.AppendUvarint(nil, uint64(len(cell))))
			h.Write([]byte(cell))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
