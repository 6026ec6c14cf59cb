package wiremock

import (
	"io"
	"mime"
	"path"
	"strconv"
	"unicode/utf8"

	"understudy/simulations"
)

// maxInline is how long a text may be that stays in its mapping where there are
// files for bodies.
const maxInline = 1 << 10

// EncodeFolder writes a root of WireMock's: mappings/NAME.json, and below
// __files/NAME the bodies that are long or no text. create writes a file of that
// path, with slashes, whole; its error ends the writing.
func (f Format) EncodeFolder(doc *simulations.Document, name string, create func(path string, fill func(io.Writer) error) error) ([]simulations.Warning, error) {
	var warnings []simulations.Warning
	err := create("mappings/"+name+".json", func(w io.Writer) error {
		var err error
		warnings, err = encode(w, doc, func(stub string, step int, headers simulations.Headers, body []byte) (string, error) {
			if len(body) <= maxInline && utf8.Valid(body) {
				return "", nil
			}
			if step > 0 {
				stub += "-" + strconv.Itoa(step+1)
			}
			file := path.Join(name, stub+extension(headers, body))
			return file, create("__files/"+file, func(w io.Writer) error {
				_, err := w.Write(body)
				return err
			})
		})
		return err
	})
	return warnings, err
}

// extension is what the file of a body ends in.
func extension(headers simulations.Headers, body []byte) string {
	if list := headers["Content-Type"]; len(list) > 0 {
		media, _, _ := mime.ParseMediaType(list[0]) // an unreadable one is none
		if known := map[string]string{
			"application/json": ".json", "text/html": ".html", "text/plain": ".txt", "application/xml": ".xml", "text/xml": ".xml",
			"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf",
		}[media]; known != "" {
			return known
		}
	}
	if utf8.Valid(body) {
		return ".txt"
	}
	return ".bin"
}
