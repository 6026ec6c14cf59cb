// Command generate writes the files that are made from the code's own tables:
// the JSON Schema of documents and the reference of operators. Run it by
// `make generate`; CI fails where they are stale.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"understudy/matchers"
	"understudy/simulations"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	var operators []simulations.OperatorSchema
	for _, o := range matchers.Operators() {
		operators = append(operators, simulations.OperatorSchema{Name: o.Name, Doc: o.Doc, Argument: []byte(o.Schema)})
	}
	schema, err := simulations.GenerateSchema(operators)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("simulations", "schema", "v1.json"), schema, 0o644)
}
