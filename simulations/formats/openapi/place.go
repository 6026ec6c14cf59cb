package openapi

import (
	"net/url"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// step goes one token of a JSON pointer on; it may be percent-encoded, since it
// stands in a fragment (RFC 6901 section 6).
func step(p convert.Place, token string) convert.Place {
	if plain, err := url.PathUnescape(token); err == nil {
		token = plain
	}
	token = unescape(token)
	if p.Kind() == simulations.Array {
		if i, err := strconv.Atoi(token); err == nil && i >= 0 {
			return p.At(i)
		}
		return convert.Place{}
	}
	return p.Get(token)
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// unescape undoes the escapes of one token of a JSON pointer.
func unescape(token string) string { return unescaper.Replace(token) }

// names are the names of an object's members, none for anything else.
func names(p convert.Place) []string {
	if p.Kind() != simulations.Object {
		return nil
	}
	return p.Value().Names
}
