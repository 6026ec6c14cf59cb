// Package client speaks to a running understudy's admin plane. Every failure
// is a *simulations.Error, whether it was found here, on the way, or there.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"understudy/simulations"
)

const (
	// DefaultAddress is where an understudy with default options has its admin plane.
	DefaultAddress = "http://127.0.0.1:8888"

	dialTimeout = 5 * time.Second
	// callTimeout bounds a call that carries neither documents nor streams.
	callTimeout = 30 * time.Second
	// maxAnswer bounds an answer that is held in memory.
	maxAnswer = 256 << 20
	// maxProblem bounds the answer of a call that failed.
	maxProblem = 8 << 20
)

// Client calls one admin plane. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// New makes a client for the admin plane at address, a URL or "host:port".
// token is sent where it is not "". The environment's proxies are not used.
func New(address, token string) (*Client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return nil, simulations.Errorf(simulations.CodeInvalid, "%q is no address of an admin plane: give it as host:port or http://host:port", address)
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true,
	}
	return &Client{base: u, token: token, http: &http.Client{
		Transport: transport,
		// The admin plane redirects nowhere; a token must not go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Address is the admin plane's URL.
func (c *Client) Address() string { return c.base.String() }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call is one request to the admin plane.
type call struct {
	method string
	// path holds escaped segments.
	path  string
	query url.Values
	// body is sent where it is not nil, with size where that is above 0.
	body        io.Reader
	size        int64
	contentType string
	accept      string
	header      http.Header
}

// do sends the call. Any status of 400 and above is an error, and so is an
// answer that is not from an understudy. The caller closes the body.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	target := c.base.String() + k.path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, k.body)
	if err != nil {
		return nil, simulations.Errorf(simulations.CodeInvalid, "the request cannot be made: %w", err)
	}
	if k.size > 0 {
		req.ContentLength = k.size
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	if k.contentType != "" {
		req.Header.Set("Content-Type", k.contentType)
	}
	if k.accept != "" {
		req.Header.Set("Accept", k.accept)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, c.problem(resp)
	}
	return resp, nil
}

// unreachable says what to do when nobody answers.
func (c *Client) unreachable(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return simulations.Errorf(simulations.CodeUnavailable, "understudy at %s does not answer in time: %w", c.base, err)
	}
	if errors.Is(err, context.Canceled) {
		return simulations.Errorf(simulations.CodeUnavailable, "interrupted: %w", err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return simulations.Errorf(simulations.CodeUnavailable, "no understudy answers at %s: start one with `understudy serve`, or name another with --admin: %w", c.base, op.Err)
	}
	return simulations.Errorf(simulations.CodeUnavailable, "talk to understudy at %s: %w", c.base, err)
}

// problem reads an RFC 9457 answer.
func (c *Client) problem(resp *http.Response) error {
	code := codeOf(resp.StatusCode)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	if err != nil {
		return c.unreachable(err)
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // an unreadable one is none
	var p struct {
		Title  string                   `json:"title"`
		Detail string                   `json:"detail"`
		Errors []simulations.FieldError `json:"errors"`
	}
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil {
		return simulations.Errorf(code, "what answers at %s is no understudy: status %s, %s", c.base, resp.Status, orElse(media, "no content type"))
	}
	detail := orElse(p.Detail, orElse(p.Title, resp.Status))
	if resp.StatusCode == http.StatusUnauthorized {
		detail += ": give the token with --admin-token or UNDERSTUDY_ADMIN_TOKEN"
	}
	return &simulations.Error{Code: code, Detail: detail, Fields: p.Errors}
}

func codeOf(status int) simulations.Code {
	switch status {
	case http.StatusNotFound:
		return simulations.CodeNotFound
	case http.StatusConflict:
		return simulations.CodeConflict
	case http.StatusPreconditionFailed:
		return simulations.CodeStale
	case http.StatusRequestEntityTooLarge:
		return simulations.CodeTooLarge
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return simulations.CodeUnavailable
	}
	if status >= 500 {
		return simulations.CodeInternal
	}
	return simulations.CodeInvalid
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Answer is what the admin plane said: decoded, and as it came.
type Answer[T any] struct {
	Value T
	Raw   json.RawMessage
}

// ask is a call whose answer is one JSON value.
func ask[T any](ctx context.Context, c *Client, k call) (Answer[T], error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return askLong[T](ctx, c, k)
}

// askLong is ask without a time limit but the caller's.
func askLong[T any](ctx context.Context, c *Client, k call) (Answer[T], error) {
	k.accept = "application/json"
	var a Answer[T]
	resp, err := c.do(ctx, k)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return a, c.unreachable(err)
	}
	if len(body) > maxAnswer {
		return a, simulations.Errorf(simulations.CodeTooLarge, "the answer is larger than %d bytes", maxAnswer)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return a, nil // 204
	}
	if err := json.Unmarshal(body, &a.Value); err != nil {
		return a, simulations.Errorf(simulations.CodeInternal, "what answers at %s is no understudy, or one of another version: %w", c.base, err)
	}
	a.Raw = body
	return a, nil
}

// withJSON gives the call a JSON body.
func (k call) withJSON(body any) call {
	data, err := json.Marshal(body)
	if err != nil {
		// Only values of this package and of simulations come here.
		panic(fmt.Sprintf("client: %T cannot be written as JSON: %v", body, err))
	}
	k.body, k.size, k.contentType = bytes.NewReader(data), int64(len(data)), "application/json"
	return k
}
