package app

import (
	"understudy/simulations"
	"understudy/simulator"
)

// Check compiles a document as acceptance would, without a running understudy.
// The error is a *simulations.Error with every fault.
func Check(doc *simulations.Document) ([]simulations.Warning, error) {
	return simulator.Check(doc)
}
