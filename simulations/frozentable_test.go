package simulations

import (
	"errors"
	"strings"
	"testing"
)

// TestFixtureRules: each of these is refused, at the place that is named.
func TestFixtureRules(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("0a", 32)
	for _, c := range []struct{ members, pointer, detail string }{
		{`tables: {t: {version: v}}`, "/tables/t", "simulation/name"},
		{`tables: {s/t: {added: [[a]]}}`, "/tables/s~1t", "the field version is missing"},
		{`tables: {s/t: {version: v, changed: [{row: 0, cells: [a]}]}}`, "/tables/s~1t/changed/0/row", "numbered from 1"},
		{`tables: {s/t: {version: v, changed: [{row: 1, cells: [a]}], removed: [1]}}`, "/tables/s~1t/removed/0", "stands twice"},
		{`tables: {s/t: {version: v, changed: [{row: 1, cells: [a]}], added: [[a, b]]}}`, "/tables/s~1t/added/0", "all as many"},
		{`tables: {s/t: {version: v, added: [[]]}}`, "/tables/s~1t/added/0", "has 0 cells"},
		{`collections: {s/c: {keys: [{key: k, request: abc}]}}`, "/collections/s~1c/keys/0/request", "64 hexadecimal digits"},
		{`collections: {s/c: {keys: [{key: "` + strings.Repeat("k", 256) + `", request: ` + digest + `}]}}`, "/collections/s~1c/keys/0/key", "1 to 255 bytes"},
		{`collections: {s/c: {keys: [{key: k, request: ` + digest + `, status: 99}]}}`, "/collections/s~1c/keys/0/status", "200 to 599"},
		{`collections: {s/c: {keys: [{key: k, request: ` + digest + `, headers: {Connection: close}}]}}`, "/collections/s~1c/keys/0/headers/Connection", "belongs to the connection"},
		{`collections: {s/c: {keys: [{key: k, request: ` + digest + `}, {key: k, request: ` + digest + `}]}}`, "/collections/s~1c/keys/1/key", "stands twice"},
	} {
		_, err := DecodeFixture([]byte("fixture: v1\n" + c.members + "\n"))
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer || !strings.Contains(e.Fields[0].Detail, c.detail) {
			t.Errorf("%.100s: %v", c.members, err)
		}
	}
}
