// Package resource serves declared collections: what HTTP requests create, read,
// change, delete and list, so that a write shows in the reads that follow it.
//
// A [Collection] is a declaration made ready. It is immutable and shared by all
// sessions, with the items that every session begins with, its seed. What a
// session changes lies over the seed, in an [Overlay]: a row for an item that it
// put, a row that says that an item is gone. A session that changed nothing
// costs nothing, however large the seed is; one that changed k items costs k
// rows. Overlays are bounded, and so is the sum of them, by a [Budget].
//
// Where a collection's path has parameters, each combination of their values is
// a scope: a list of its own, whose ids mean nothing in another.
//
// [Collection.Serve] is the HTTP face. It knows requests and answers as data;
// whoever calls it has the connection, the session and the templates.
//
// # Order
//
// Items of the seed come first, as they stand there, then those that the session
// created, oldest first. A change leaves an item in its place; one that is
// deleted and created again is at the end.
//
// # Concurrency
//
// A request that changes something reads, decides and writes under the overlay's
// lock, so that conditions (If-Match), uniqueness and the existence of a parent
// hold at the moment of the write. Templates are rendered before: a number is
// taken for the id first, and given back where the creation is refused.
package resource
