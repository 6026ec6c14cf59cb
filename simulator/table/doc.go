// Package table holds the data tables of templates.
//
// A [Table] is what a document declares: rows of texts below a row of column
// names, immutable. What a session changes is in its [Edits], as rows that were
// added, changed or removed, so that it takes room for what it changed only,
// and so that a restart can be survived row by row.
//
// When a document gives a table another content, what sessions have changed of
// the former is forgotten: row 3 of the one has nothing to do with row 3 of the
// other.
package table
