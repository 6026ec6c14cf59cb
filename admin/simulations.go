package admin

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats"
)

func (c *call) listSimulations() error {
	return c.json(http.StatusOK, simulationList{c.opts.Engine.Simulations()})
}

// simulationRevision is the revision that a simulation has now.
func (c *call) simulationRevision() (uint64, error) { return c.revisionOf(c.value("name")) }

func (c *call) revisionOf(name string) (uint64, error) {
	for _, s := range c.opts.Engine.Simulations() {
		if s.Name == name {
			return s.Revision, nil
		}
	}
	return 0, simulations.Errorf(simulations.CodeNotFound, "there is no simulation %s", name)
}

func (c *call) getSimulation() error {
	c.w.Header().Add("Vary", "Accept")
	format, mediaType, err := c.wantedFormat()
	if err != nil {
		return err
	}
	doc, revision, err := c.opts.Engine.Export(c.r.Context(), c.value("name"))
	if err != nil {
		return err
	}
	c.etag(revision)
	if fresh, err := c.fresh(revision); fresh || err != nil {
		return err
	}
	if c.value("timing") != "true" {
		doc = doc.WithoutRecordings()
	}
	return c.export(format, cmp.Or(mediaType, format.MediaType()), doc)
}

// wantedFormat is the format of the answer: that of ?format=, else the one that
// Accept likes best, else JSON. mediaType is the type that was asked for, "" to
// take the format's own.
func (c *call) wantedFormat() (f formats.Encoder, mediaType string, err error) {
	if name := c.value("format"); name != "" {
		f, err = c.opts.Formats.Encoder(name)
		return f, "", err
	}
	mediaType, ok := negotiate(c.r.Header.Values("Accept"), []string{"application/json", "application/yaml", "text/yaml", "application/x-yaml"})
	if !ok {
		return nil, "", refuse(http.StatusNotAcceptable, "a simulation is given as application/json, application/yaml or text/yaml; ?format= names other formats")
	}
	name := "yaml"
	if mediaType == "application/json" {
		name = "json"
	}
	f, err = c.opts.Formats.Encoder(name)
	return f, mediaType, err
}

// negotiate returns the offer that Accept (RFC 9110 section 12.5.1) gives the
// highest quality, the first of equal ones; without Accept that is the first.
func negotiate(accept, offers []string) (string, bool) {
	if len(accept) == 0 {
		return offers[0], true
	}
	best, bestQuality := "", 0.0
	for _, offer := range offers {
		quality, specific := 0.0, -1
		for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
			name, params, _ := strings.Cut(part, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			level := -1
			switch group, _, _ := strings.Cut(offer, "/"); name {
			case offer:
				level = 2
			case group + "/*":
				level = 1
			case "*/*":
				level = 0
			}
			if level > specific {
				quality, specific = qualityOf(params), level
			}
		}
		if quality > bestQuality {
			best, bestQuality = offer, quality
		}
	}
	return best, bestQuality > 0
}

func qualityOf(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		if q, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(p)), "q="); ok {
			if f, err := strconv.ParseFloat(q, 64); err == nil && f >= 0 && f <= 1 {
				return f
			}
			return 0
		}
	}
	return 1
}

func (c *call) putSimulation() error {
	name := c.value("name")
	if err := checkName(name); err != nil {
		return err
	}
	body, err := c.upload(c.opts.MaxStream)
	if err != nil {
		return err
	}
	if format, err := c.streamer(body); err != nil {
		return err
	} else if format != nil {
		return c.putStream(name, format, body)
	}
	data, err := body.whole()
	if err != nil {
		return err
	}
	doc, warnings, format, err := c.document(data, name)
	if err != nil {
		return err
	}
	locate := func(err error) error {
		l, ok := format.(formats.Locator)
		if !ok {
			return err
		}
		return located(err, func(f []simulations.FieldError) []simulations.FieldError { return l.Locate(data, f) })
	}
	if doc.Name != "" && doc.Name != name {
		return locate(misnamed("/name", doc.Name, name))
	}
	doc.Name = name
	var accepted *simulations.Accepted
	err = c.edit(c.simulationRevision, func(cond simulations.Condition) error {
		accepted, err = c.opts.Engine.PutDocument(c.r.Context(), name, doc, cond)
		return err
	})
	if err != nil {
		return locate(staleIfAbsent(c, err))
	}
	return c.accepted(accepted, warnings)
}

// accepted answers a PUT of a simulation; warnings are those of reading.
func (c *call) accepted(accepted *simulations.Accepted, warnings []simulations.Warning) error {
	answer := *accepted
	answer.Warnings = append(warnings, accepted.Warnings...)
	c.etag(accepted.Revision)
	return c.created(accepted.Created, "/api/v1/simulations/"+url.PathEscape(accepted.Name), answer)
}

// document reads the body of a PUT: a document, or a zip archive that holds one;
// the format is nil for that.
func (c *call) document(data []byte, name string) (*simulations.Document, []simulations.Warning, formats.Format, error) {
	if !formats.IsZip(data) {
		return c.opts.Formats.Decode(data, c.value("format"))
	}
	if !c.take(c.opts.MaxBody) { // what it may come to
		return nil, nil, nil, errBusy
	}
	docs, err := c.opts.Formats.LoadZip(bytes.NewReader(data), int64(len(data)), name, c.value("format"), c.opts.MaxBody)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(docs) != 1 {
		return nil, nil, nil, simulations.Errorf(simulations.CodeInvalid, "the archive holds %d documents: send one simulation at a time, or use `understudy import`", len(docs))
	}
	doc := docs[0].Document
	doc.Name = name // it had that of its file, if none of its own
	return doc, docs[0].Warnings, nil, nil
}

func (c *call) deleteSimulation() error {
	err := c.edit(c.simulationRevision, func(cond simulations.Condition) error {
		return c.opts.Engine.DeleteSimulation(c.r.Context(), c.value("name"), cond)
	})
	if err != nil {
		return err
	}
	return c.empty()
}

// checkName holds the name of something that is to be made to the rule.
func checkName(name string) error {
	if simulations.ValidName(name) {
		return nil
	}
	return simulations.Errorf(simulations.CodeInvalid, "%q is no name: a name has 1 to 200 letters, digits, '.', '_', '~' or '-' and begins with a letter or digit", cut(name))
}

// misnamed says that the body and the path name different things.
func misnamed(pointer, inside, path string) error {
	return invalidBody([]simulations.FieldError{{
		Pointer: pointer, Detail: fmt.Sprintf("is %q, but the path says %q: make them equal, or leave it out here", inside, path),
	}})
}

// located adds lines and columns to the fields of an error about a body.
func located(err error, locate func([]simulations.FieldError) []simulations.FieldError) error {
	fields := fieldsOf(err)
	if len(fields) == 0 || simulations.CodeOf(err) != simulations.CodeInvalid {
		return err
	}
	own := append([]simulations.FieldError(nil), fields...)
	p, _, _ := problemOf(err)
	return &simulations.Error{Code: simulations.CodeInvalid, Detail: p.Detail, Fields: locate(own), Err: err}
}

// staleIfAbsent makes a conflict of an edit that demanded that there be nothing
// yet what HTTP calls it: a condition that does not hold.
func staleIfAbsent(c *call, err error) error {
	if c.r.Header.Get("If-None-Match") != "" && simulations.CodeOf(err) == simulations.CodeConflict {
		p, _, _ := problemOf(err)
		return simulations.Errorf(simulations.CodeStale, "%s", p.Detail)
	}
	return err
}
