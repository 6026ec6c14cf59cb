// Package template is the Handlebars engine of responses.
//
// A template is compiled when its document is accepted and rendered once per
// answer. Compiling refuses what does not parse, names an unknown helper, or
// holds a literal (a JSONPath, a regular expression, a date format) that could
// only fail later, so that an accepted template fails on odd data alone.
//
// # Dialects
//
// The engine is one; what differs between dialects is the table of helpers, the
// names at the root, how values are printed, and escaping: see [Dialect].
//
// # Bounds
//
// Rendering is bounded in steps, in output, in the bytes that helpers make and
// in time ([MaxSteps], [MaxOutput], [MaxMade], [MaxTime]); nesting is bounded
// when compiling ([MaxDepth]). Helpers reach no file, network or environment.
// Regular expressions are RE2 and so linear in their input.
//
// # Values
//
// Values are those of JSON as encoding/json decodes them, numbers as
// json.Number, so that a number is printed as it was written. Objects made by a
// template keep the order of their members. No helper changes a value in place:
// values are shared freely.
package template
