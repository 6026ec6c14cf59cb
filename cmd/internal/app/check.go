package app

import (
	"understudy/simulations"
	"understudy/simulator"
)

// Inspect is Check for people who write documents: it also holds the document
// against the JSON Schema that editors use, and warns where that refuses what
// acceptance takes.
func Inspect(doc *simulations.Document) ([]simulations.Warning, error) {
	warnings, err := simulator.Check(doc)
	if err != nil {
		return nil, err
	}
	faults, err := simulations.CheckSchema(doc.Value())
	for _, f := range faults {
		warnings = append(warnings, simulations.Warning{Pointer: f.Pointer, Detail: "editors will refuse it by the JSON Schema: " + f.Detail})
	}
	return warnings, err
}

// Check compiles a document as acceptance would, without a running understudy.
// The error is a *simulations.Error with every fault.
// progress is told of so many bytes meanwhile.
func Check(doc *simulations.Document, progress Progress, bytes int64) ([]simulations.Warning, error) {
	return simulator.CheckDraft(progress.draft(doc.Draft(), bytes))
}
