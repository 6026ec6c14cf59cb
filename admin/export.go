package admin

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// What is done about what a format cannot carry, the values of ?warnings=.
const (
	warningsCounted = "count"
	warningsListed  = "list"
	warningsRefused = "refuse"
)

// warningsHeader says how much of the document the format cannot carry.
const warningsHeader = "Understudy-Warnings"

// exportWarnings is the answer to ?warnings=list.
type exportWarnings struct {
	Format   string                `json:"format"`
	Warnings []simulations.Warning `json:"warnings"`
}

// export answers with the document in a format. It is written twice: first to
// nowhere, for its length and what is lost, so that nothing is sent of what
// cannot be written, and little is held however long it is.
func (c *call) export(enc formats.Encoder, mediaType string, doc *simulations.Document) error {
	size := &counter{ctx: c.r.Context()}
	warnings, err := enc.Encode(size, doc)
	if err != nil {
		return err
	}
	switch c.value("warnings") {
	case warningsListed:
		return c.json(http.StatusOK, exportWarnings{Format: enc.Name(), Warnings: append([]simulations.Warning{}, warnings...)})
	case warningsRefused:
		if err := lossy(enc.Name(), warnings); err != nil {
			return err
		}
	}
	h := c.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.FormatInt(size.n, 10))
	if len(warnings) > 0 {
		h.Set(warningsHeader, strconv.Itoa(len(warnings)))
	}
	c.w.WriteHeader(http.StatusOK)
	_, _ = enc.Encode(c.w, doc) // what can be written was seen; a client that has gone is nobody's failure
	return nil
}

// lossy is the error of an export that may not lose anything.
func lossy(format string, warnings []simulations.Warning) error {
	fields := make([]simulations.FieldError, len(warnings))
	for i, w := range warnings {
		fields[i] = simulations.FieldError{Pointer: w.Pointer, Detail: w.Detail}
	}
	if len(fields) == 0 {
		return nil
	}
	return &simulations.Error{Code: simulations.CodeInvalid, Detail: "the format " + format + " cannot carry all of the simulation, and warnings=refuse takes no loss", Fields: fields}
}

// counter counts what is written until ctx ends.
type counter struct {
	ctx context.Context
	n   int64
}

var _ io.Writer = (*counter)(nil)

func (w *counter) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	w.n += int64(len(b))
	return len(b), nil
}
