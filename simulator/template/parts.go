package template

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode/utf8"
)

// maxParts bounds the parts that are read of a multipart body.
const maxParts = 1000

// parts are the parts of a multipart body by name, each with name, filename,
// headers and body. A body that is none, or is broken, has those that could be
// read.
func (r *run) parts() *object {
	if r.views.parts != nil {
		return r.views.parts
	}
	out := newObject(0)
	r.views.parts = out
	header := r.header()
	var contentType string
	if v, ok := header.get("Content-Type"); ok && len(v.(texts)) > 0 {
		contentType = v.(texts)[0]
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(mediaType, "multipart/") || params["boundary"] == "" {
		return out
	}
	in := multipart.NewReader(strings.NewReader(r.body()), params["boundary"])
	for range maxParts {
		p, err := in.NextRawPart()
		if err != nil {
			return out
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return out
		}
		part := newObject(6)
		part.set("name", p.FormName())
		part.set("filename", p.FileName())
		part.set("headers", &valuesView{values: p.Header, fold: true})
		part.set("body", string(body))
		part.set("bodyAsBase64", base64.StdEncoding.EncodeToString(body))
		part.set("binary", !utf8.Valid(body))
		out.set(p.FormName(), part)
	}
	return out
}
