package generalize

import (
	"strings"

	"understudy/simulations/volatile"
)

// identityNames are members that name the thing they stand in.
var identityNames = set(
	"id", "uuid", "guid", "name", "username", "login", "label", "slug", "key", "code", "address", "email", "hostname", "number", "ref", "sha",
)

// plainName is a name without case and separators: user_id, userId and User-ID
// are one.
func plainName(s string) string { return strings.ToLower(separators.Replace(s)) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "")

// namesThing reports whether a member of that name names a thing out of the
// collection whose segment in the path is given: `username` and `userId` in users.
func namesThing(member, collection string) bool {
	m := plainName(member)
	if identityNames[m] {
		return true
	}
	one := plainName(singular(collection))
	rest, ok := strings.CutPrefix(m, one)
	return ok && one != "" && (rest == "" || rest == "id" || rest == "name" || rest == "key" || rest == "code")
}

// namesID reports whether a member's name says that its number is an id.
func namesID(member string) bool {
	return member == "id" || member == "ID" || strings.HasSuffix(member, "_id") || strings.HasSuffix(member, "Id") || strings.HasSuffix(member, "ID")
}

// singular is the English singular of a path's segment, as far as rules tell.
func singular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses") || strings.HasSuffix(s, "xes") || strings.HasSuffix(s, "ches") || strings.HasSuffix(s, "shes"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss"):
		return s[:len(s)-1]
	}
	return s
}

// distinguishing are the members of a JSON body or form that say which
// operation is asked for where the path does not: those of GraphQL, JSON-RPC and
// of services with one address for all.
var distinguishing = set("operationname", "query", "method", "action", "operation", "op", "command", "type", "kind", "event", "granttype", "jsonrpc")

func distinguishes(name string) bool {
	return distinguishing[plainName(name)]
}

// volatileNames are query parameters and members that differ from call to call.
var volatileNames = set(
	"nonce", "timestamp", "ts", "requestid", "correlationid", "traceid", "spanid", "idempotencykey", "idempotencytoken", "clientrequestid",
	"clienttoken", "requesttime", "signature", "sig", "cachebuster", "cb", "state", "oauthnonce", "oauthtimestamp", "oauthsignature", "useragent",
)

// volatileName reports whether a query parameter or member of a body differs
// from call to call and does not change what is asked for.
func volatileName(name string) bool {
	return name == "_" || volatileNames[plainName(name)]
}

// volatileField is that for a field of the head.
func volatileField(f field) bool {
	return volatileName(f.name) || volatile.RequestHeader(f.name)
}

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// volatileMember is that for a member of a body, which may be what tells
// operations apart.
func volatileMember(name string) bool { return volatileName(name) && !distinguishes(name) }
