// Package matchers decides which stub answers a request.
//
// It compiles the predicates of a document when the document is accepted, so
// that nothing can fail while a request is served; it keeps stubs in an index,
// so that a request costs the same at ten stubs and at a hundred thousand; and
// it says, for a request that nothing answers, what came closest.
//
// # Precedence
//
// Of the stubs whose every condition holds, the one answers that comes first by
//
//  1. priority, the higher one first;
//  2. the more specific path: an exact path, then a template, then any other
//     operator (glob and regex are equal), then none at all; of two templates
//     the one with more literal segments;
//  3. the number of constrained fields, more first: method, host, path, each
//     query parameter, header and cookie, each operator of the body (each path
//     of a jsonPath, each field of a form), authority, url, parameter, any,
//     none, session, origin, exactQuery and
//     the state that the scenario requires count one each;
//  4. age, the newest first, across simulations too.
//
// A stub with `specificity` comes, among those of its priority, after all that
// have none, and 2 and 3 are that number for it, the higher first.
//
// The order is total: two stubs are never equal in it. A stub that names no
// collaborator may answer for any, one that names a collaborator for that only.
//
// # What leads to a stub
//
// A request is led to few stubs: by method and path, and where more than eight
// stubs share these, by what they ask for literally, whatever most of them differ
// in: a scalar of a header, a parameter, a cookie, a form or a JSONPath, also but
// for its case; a body as a whole, as JSON or XML; a scalar that loose JSON, a
// path with several values or a filter's == demands somewhere in the body; what an
// XPath finds; items of lists; the texts that a value begins with, ends in or
// contains, those of globs and regular expressions too; and one of a few
// alternatives of any. Stubs that say nothing of that kind - by not, number, dates
// or a schema alone - are tried one by one, in order of precedence.
//
// # Values
//
// A predicate is asked about a field, and a field has any number of values: a
// query parameter that is sent twice has two. An operator holds for the field
// if it holds for some value; a map of operators holds if some one value
// satisfies all of them. The operators absent, not, any, all, hasItem and
// hasExactly, and a list of predicates, look at the field as a whole: "not"
// says that no value satisfies its predicate, and of a list each predicate may
// be satisfied by another value.
//
// Text operators see a JSON string as its text and any other JSON value as
// compact JSON with members sorted by name. Numbers are compared by exact
// value: 1 equals 1.0 and 1e0, and 9007199254740993 does not equal
// 9007199254740992.
//
// # Fields
//
// The path is compared in its match form: every percent-escape is decoded, but
// %2F (so that it never becomes a separator), %25 and escapes that are not
// UTF-8. Nothing else is cleaned: dot segments, double slashes and trailing
// slashes are significant, an empty path is "/".
//
// `url` is path and query as they were sent, `authority` the host, and its port
// where the request names one, `params` what the path's template captures.
//
// The query is split at '&'; '+' is a space, an escape that is none stays as it
// is, a name without '=' has the value "". Header names have no case, each
// header line is one value, lists are not split at commas. With
// `join: ";"` the values of a parameter or header are one, joined by that; with
// `foldQuery` the names of parameters have no case either. An empty body is
// absent; a body that was cut satisfies no predicate but "absent: false".
// A body is JSON only if it is valid UTF-8 and nothing follows the value; of
// members of the same name the last one counts.
package matchers
