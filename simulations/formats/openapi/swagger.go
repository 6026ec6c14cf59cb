package openapi

import (
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// separators are those of Swagger's collectionFormat.
var separators = map[string]string{"": ",", "csv": ",", "multi": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}

// mimeTypes are the media types of a list of the operation or, without one, of
// the document; JSON where there is none.
func (r *reader) mimeTypes(op *operation, list string) []string {
	at := op.at.Get(list)
	if !at.Set() {
		at = r.root.Get(list)
	}
	var out []string
	for item := range at.Items() {
		out = append(out, item.Text())
	}
	if len(out) == 0 {
		return []string{"application/json"}
	}
	return out
}

// swaggerRequest reads the parameters of Swagger 2, the body among them.
func (r *reader) swaggerRequest(op *operation, all []convert.Place) {
	var fields []*parameter
	for _, p := range all {
		q := &parameter{
			at: p, name: p.Get("name").Text(), in: p.Get("in").Text(), required: isTrue(p.Get("required")),
			schema: p.Without("required").Without("name"), examples: r.examples(p),
		}
		format := p.Get("collectionFormat").Text()
		q.separator, q.exploded = separators[format], format == "multi"
		switch q.in {
		case "body":
			op.body = &payload{at: p, required: q.required}
			for _, mimeType := range r.mimeTypes(op, "consumes") {
				op.body.media = append(op.body.media, &media{at: p, mimeType: mimeType, schema: p.Get("schema"), examples: swaggerExamples(p, mimeType)})
			}
		case "formData":
			fields = append(fields, q)
		default:
			op.add(q)
		}
	}
	if len(fields) == 0 {
		return
	}
	op.body = &payload{at: fields[0].at}
	mimeTypes := r.mimeTypes(op, "consumes")
	if !strings.Contains(strings.Join(mimeTypes, " "), "form") {
		mimeTypes = []string{"application/x-www-form-urlencoded", "multipart/form-data"}
	}
	for _, f := range fields {
		op.body.required = op.body.required || f.required
	}
	for _, mimeType := range mimeTypes {
		op.body.media = append(op.body.media, &media{at: op.body.at, mimeType: mimeType, fields: fields})
	}
}

// swaggerContent reads the body of a response of Swagger 2, in each media type
// that is produced.
func (r *reader) swaggerContent(op *operation, p convert.Place) []*media {
	schema := p.Get("schema")
	mimeTypes := r.mimeTypes(op, "produces")
	for _, list := range []string{"examples", "x-examples"} {
		for _, name := range names(p.Get(list)) {
			if strings.Contains(name, "/") && !contains(mimeTypes, name) {
				mimeTypes = append(mimeTypes, name)
			}
		}
	}
	var out []*media
	for _, mimeType := range mimeTypes {
		m := &media{at: p, mimeType: mimeType, schema: schema, examples: swaggerExamples(p, mimeType)}
		if schema.Set() || len(m.examples) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// swaggerExamples are the examples of a media type.
func swaggerExamples(p convert.Place, mimeType string) []example {
	var out []example
	for _, list := range []string{"examples", "x-examples"} {
		if e := p.Get(list); e.Kind() == simulations.Object && e.Get(mimeType).Is() {
			out = append(out, example{"", e.Get(mimeType)})
		}
	}
	if e := p.Get("x-example"); e.Is() {
		out = append(out, example{"", e})
	}
	return out
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if strings.EqualFold(item, s) {
			return true
		}
	}
	return false
}
