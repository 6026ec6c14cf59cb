package admin

import (
	"bytes"
	"net/http"

	"understudy/simulations"
)

func (c *call) status() error {
	status := c.opts.Engine.Status()
	status.Admin = c.Addr()
	return c.json(http.StatusOK, status)
}

func (c *call) serveOpenAPI() error {
	c.w.send(http.StatusOK, "application/json", c.openAPI)
	return nil
}

func (c *call) serveSchema() error {
	c.w.send(http.StatusOK, "application/schema+json", simulations.Schema())
	return nil
}

func (c *call) health() error {
	c.w.send(http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

func (c *call) ready() error {
	status := c.opts.Engine.Status()
	if status.Ready {
		c.w.send(http.StatusOK, "text/plain; charset=utf-8", []byte("ready\n"))
		return nil
	}
	problem := status.Problem
	if problem == "" {
		problem = "it is starting or stopping"
	}
	return simulations.Errorf(simulations.CodeUnavailable, "understudy is not ready: %s", problem)
}

func (c *call) metrics() error {
	// Gathered first: half a page of metrics would be taken for all of them.
	var out bytes.Buffer
	if err := c.opts.Engine.Metrics(&out); err != nil {
		return err
	}
	c.w.send(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", out.Bytes())
	return nil
}

func (c *call) caCertificate() error {
	pem := c.opts.Engine.CACertificate()
	if len(pem) == 0 {
		return simulations.Errorf(simulations.CodeNotFound, "there is no CA: this understudy intercepts no TLS")
	}
	c.w.send(http.StatusOK, "application/x-pem-file", pem)
	return nil
}

// backup streams the store. A failure in the middle cuts the connection, and a
// chunked answer without its end is an error to every HTTP/1.1 client; HTTP/1.0
// has no such end, so that it is refused.
func (c *call) backup() error {
	if !c.r.ProtoAtLeast(1, 1) {
		return simulations.Errorf(simulations.CodeInvalid, "a backup needs HTTP/1.1, whose clients can tell a whole answer from one that was cut")
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="understudy.backup"`)
	if c.head() {
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	if err := c.opts.Engine.Backup(c.r.Context(), c.w); err != nil {
		h.Del("Content-Disposition")
		return err
	}
	if !c.w.began() {
		c.w.WriteHeader(http.StatusOK)
	}
	return nil
}

func (c *call) restore() error {
	if err := c.checkType(); err != nil {
		return err
	}
	if encoding := c.r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "a backup is sent as it was received, without the content coding %q", cut(encoding))
	}
	if err := c.opts.Engine.Restore(c.r.Context(), c.stream()); err != nil {
		return err
	}
	return c.empty()
}
