// Package store keeps what has to survive a restart: definitions (Catalog),
// recorded exchanges and their bodies (Log) and small values (State). All of it
// is implemented once, in this package, over an ordered map from keys to values
// (Engine); store/badger and store/memory are engines, storetest.Run is the
// suite that every engine passes.
//
// # Layout
//
// A key begins with two letters, its kind. Numbers in keys are 8 bytes, big
// endian, so that the order of keys is the order of numbers; hashes are the 32
// bytes of a SHA-256.
//
//	ca                              counters: revision, sequence, take, generation
//	ck name                         collaborator
//	cl name                         the collections and tables that a simulation declares
//	cn name                         simulation, without its stubs; names their generation
//	cs length name generation id    stub
//	mr                              a restore is under way
//	ms                              schema: version of this layout
//	bc hash                         chunk of a body, at most 256 KiB
//	bk hash                         says that the chunk is there, so that chunks can be listed without being read
//	bm hash                         body: size and the hashes of its chunks
//	vs key                          value of State
//	xe sequence                     recorded exchange
//	xi take sequence                exchange of a take that refers to bodies, and which
//	xt take                         take
//	xu name                         the take that a collaborator is in
//
// Layout 1 had an xi for every exchange, and xq take hash for every request of a
// take. They are read, and removed with their takes.
//
// A value begins with a byte that names its form (see record.go); a stub is
// kept in the packed form of [simulations.AppendPacked]. A value above
// 256 KiB is kept as a body and the record refers to it, so that every record
// fits a transaction.
//
// # Invariants
//
//   - Everything that one call writes appears in one transaction, or becomes
//     visible by one: the stubs of a large simulation are written under a
//     generation that nothing names yet, the last transaction writes the name.
//   - Counters, counts of takes and catalog revisions are written in the
//     transaction of what they count, so they are exact after any crash.
//   - A record that refers to a body is written only while the body is there and
//     pinned; the collector never removes what is pinned or referred to.
package store
