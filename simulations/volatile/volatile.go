// Package volatile knows the parts of messages that differ from call to call,
// or from client to client, and do not change what is asked for or answered.
package volatile

import (
	"regexp"
	"strings"
)

// hopByHop are the fields that belong to one connection (RFC 9110 section 7.6.1).
var hopByHop = set("Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization")

// HopByHop reports whether a header, in canonical form, belongs to one
// connection (RFC 9110 section 7.6.1).
func HopByHop(name string) bool { return hopByHop[name] }

var request = set(
	"Host", "Content-Length", "Expect", "User-Agent", "Date", "Accept-Encoding", "Cache-Control", "Pragma",
	"Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Auth-Token", "X-Access-Token",
	"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-Ip", "X-Envoy-Internal",
	"Traceparent", "Tracestate", "Baggage", "B3", "X-B3-Traceid", "X-B3-Spanid", "X-B3-Parentspanid", "X-B3-Sampled", "X-B3-Flags",
	"Uber-Trace-Id", "X-Request-Id", "X-Correlation-Id", "Request-Id", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Datadog-Trace-Id",
	"X-Datadog-Parent-Id", "X-Datadog-Sampling-Priority", "X-Envoy-Attempt-Count", "X-Envoy-External-Address", "Sentry-Trace",
	"Idempotency-Key", "X-Idempotency-Key", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "Signature", "Signature-Input",
	"Digest", "Content-Digest", "Content-Md5", "X-Csrf-Token", "X-Xsrf-Token",
	"Origin", "Referer", "Dnt", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User", "Sec-Gpc", "Upgrade-Insecure-Requests", "Priority",
)

// RequestHeader reports whether a request header, in canonical form, is one
// that stubs do not ask for: it differs from call to call, or from client to
// client, and services answer alike.
func RequestHeader(name string) bool { return hopByHop[name] || request[name] || telling(name) }

// telling catches what the list does not know by name: an identifier, a moment
// or a secret in a header's name.
func telling(name string) bool {
	for _, p := range prefixes {
		if len(name) >= len(p) && strings.EqualFold(name[:len(p)], p) {
			return true
		}
	}
	for _, s := range suffixes {
		if len(name) >= len(s) && strings.EqualFold(name[len(name)-len(s):], s) {
			return true
		}
	}
	return false
}

var (
	prefixes = []string{"understudy-", "sec-ch-", "x-envoy-", "ot-baggage-", "uberctx-"}
	suffixes = []string{
		"-traceid", "-trace-id", "-spanid", "-span-id", "-requestid", "-request-id", "-correlationid", "-correlation-id",
		"-nonce", "-timestamp", "-signature", "-secret", "-token",
	}
)

// shape is a UUID, or 24 or more hexadecimal digits.
var shape = regexp.MustCompile(`^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,})$`)

// Value reports whether a header's value has the shape of an identifier: a UUID,
// or 24 hexadecimal digits and more.
func Value(v string) bool { return len(v) >= 24 && shape.MatchString(v) }

var response = set(
	"Date", "Age", "X-Request-Id", "X-Correlation-Id", "Request-Id", "X-Amzn-Requestid", "X-Amz-Request-Id", "X-Amz-Id-2", "X-Amzn-Trace-Id",
	"Traceparent", "Tracestate", "Server-Timing", "X-Runtime", "X-Response-Time", "X-Envoy-Upstream-Service-Time", "Cf-Ray", "X-Served-By", "X-Timer",
	"X-Cloud-Trace-Context", "X-B3-Traceid", "X-Trace-Id",
)

// ResponseHeader reports whether a response header, in canonical form, differs
// with every answer: answers that differ in nothing else are alike.
func ResponseHeader(name string) bool { return response[name] }

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}
