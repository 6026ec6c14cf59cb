package simulations

// Declared is what a simulation declares beside its stubs and collaborators.
type Declared struct {
	Collections map[string]*Collection `doc:"collections"`
	Tables      map[string]*Table      `doc:"tables"`
}

// Empty reports whether nothing is declared.
func (d *Declared) Empty() bool { return len(d.Collections) == 0 && len(d.Tables) == 0 }

// AppendDeclared appends it as canonical JSON.
func AppendDeclared(b []byte, d *Declared) ([]byte, error) { return appendModel(b, d) }

// ParseDeclared reads what AppendDeclared wrote.
func ParseDeclared(data []byte) (*Declared, error) { return parseInto[Declared](data, true) }
