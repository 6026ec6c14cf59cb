// Package admin is understudy's admin plane: the HTTP API under /api/v1 on a
// listener of its own, with health, readiness and metrics beside it.
//
// One table, [routes], holds every route: the mux, the OpenAPI document and
// ROUTES.md are made from it. A handler is a function of a [call] that returns
// an error; [problemOf] turns every error into RFC 9457 problem details, in one
// place. The double itself is behind [Engine].
//
// What is said about the double is meant for people who may see everything it
// stands in for: the listener is on loopback unless told otherwise, requests
// that a foreign web page could have sent are refused (see [guard]), and a
// bearer token can be demanded.
package admin

//go:generate go test -run TestGenerated -update .
