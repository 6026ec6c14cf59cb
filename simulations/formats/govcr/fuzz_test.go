package govcr

import (
	"testing"

	"understudy/simulations/formats/internal/decodetest"
)

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, Hosts.Decode,
		"version: 1\ninteractions:\n- request: {url: 'https://a.example/b?c=d', method: GET}\n  response: {body: x, code: 200, status: 200 OK, duration: 3ms, headers: {A: [b]}, trailer: {T: [u]}}\n",
		`{"version":2,"interactions":[{"request":{"url":"http://a:1/"},"response":{"status":"404 Not Found","body":"\u001f\u008b"}}]}`,
	)
}
