package redact

import (
	"net/http"
	"strings"
)

// HidesHeader reports whether a rule, a built-in one too, takes away what a
// header of this name says, so that nothing can be compared with it afterwards.
func (x *Rules) HidesHeader(name string) bool {
	canonical := http.CanonicalHeaderKey(name)
	switch canonical {
	case "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie":
		return true
	}
	if secretHeaders[canonical] {
		return true
	}
	if len(x.headers) == 0 {
		return false
	}
	_, found := find(x.headers, strings.ToLower(name))
	return found
}
