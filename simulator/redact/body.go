package redact

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulator/coding"
)

// mediaType is a section's Content-Type in lower case without parameters, and
// as it stands. Without one, or with several, both are "": such a body may be
// anything.
func mediaType(h http.Header) (media, full string) {
	if v := h["Content-Type"]; len(v) == 1 {
		full = v[0]
		media, _, _ = strings.Cut(full, ";")
		return strings.ToLower(strings.Trim(media, " \t")), full
	}
	return "", ""
}

const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
)

// binary is a type that has no text to search.
func binary(media string) bool {
	if strings.HasSuffix(media, "+xml") || strings.HasSuffix(media, "+json") { // image/svg+xml
		return false
	}
	kind, _, _ := strings.Cut(media, "/")
	return kind == "image" || kind == "audio" || kind == "video" || kind == "font"
}

// declaredJSON is a type that says JSON.
func declaredJSON(media string) bool {
	if strings.HasSuffix(media, "+json") {
		return true
	}
	switch media {
	case "application/json", "text/json", "text/x-json", "application/x-json", "application/json-seq",
		"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines":
		return true
	}
	return false
}

// mayBeJSON is a type that does not say that the body is something else.
func mayBeJSON(media string) bool {
	switch media {
	case formType, multipartType, "text/html", "text/css", "text/csv", "text/xml", "application/xml",
		"text/event-stream", "application/pdf", "application/zip", "application/wasm":
		return false
	}
	return !binary(media) && !strings.HasSuffix(media, "+xml")
}

// looksJSON reports whether a text begins like an object, or like an array of
// objects, arrays or strings.
func looksJSON(s string) bool {
	s = strings.TrimLeft(strings.TrimPrefix(s, "\ufeff"), "\x1e \t\r\n")
	if s == "" || s[0] != '{' && s[0] != '[' {
		return false
	}
	inside := strings.TrimLeft(s[1:], " \t\r\n")
	return inside == "" || inside[0] == '"' || s[0] == '{' && inside[0] == '}' || s[0] == '[' && (inside[0] == '{' || inside[0] == '[' || inside[0] == ']')
}

// needs reports whether a rule has to see a body of that type.
func (x *Rules) needs(media string) bool {
	return len(x.regexes) > 0 && !binary(media) ||
		len(x.paths) > 0 && mayBeJSON(media) ||
		len(x.forms) > 0 && (media == formType || media == multipartType)
}

// Why a body is withheld; the sentence begins "the body was withheld: ".
var (
	errStored  = errors.New("it is in the store already")
	errCut     = errors.New("only a part of it was kept")
	errLong    = fmt.Errorf("it is longer than %d bytes", MaxBody)
	errEdits   = fmt.Errorf("it has more than %d places to redact", maxEdits)
	errCharset = errors.New("it is in a charset that rules cannot read")
)

// body redacts the content of a message; h is its header as it came. The bytes
// given are not written. The error says why the body has to be withheld.
func (x *Rules) body(b simulations.Body, h http.Header) (out simulations.Body, changed bool, err error) {
	if x.StreamSafe() {
		return b, false, nil
	}
	media, full := mediaType(h)
	needed := x.needs(media)
	switch {
	case b.Stored != nil && needed:
		return b, false, errStored
	case b.Truncated && needed:
		return b, false, errCut
	case len(b.Data) == 0 || b.Stored != nil || b.Truncated:
		return b, false, nil
	}
	encoding := coding.Of(h)
	data, over, err := coding.Decode(encoding, b.Data, MaxBody)
	if over {
		err = errLong
	}
	var text string
	if err == nil {
		text, changed, err = x.text(string(data), media, full)
	}
	switch {
	case err != nil && needed:
		return b, false, err
	case err != nil || !changed:
		return b, false, nil
	}
	if b.Data, err = coding.Encode(encoding, []byte(text)); err != nil {
		return b, false, err
	}
	b.Size = int64(len(b.Data))
	return b, true, nil
}

// text redacts a body without its content coding.
func (x *Rules) text(s, media, full string) (out string, changed bool, err error) {
	if s == "" {
		return s, false, nil
	}
	if len(s) > MaxBody {
		return s, false, errLong
	}
	if wide(s, full) {
		return s, false, errCharset
	}
	var e edits
	switch {
	case media == formType:
		x.pairs(&e, s, 0, len(s), x.forms)
	case media == multipartType && len(x.forms) > 0:
		if err := x.parts(&e, s, full); err != nil {
			return s, false, err
		}
	}
	searchable := len(x.regexes) > 0 && (!binary(media) || utf8.ValidString(s))
	var t *jsonText
	if len(x.paths) > 0 || searchable {
		// By its looks, whatever its type: many a client names the wrong one.
		if mayBeJSON(media) || looksJSON(s) {
			t, err = parseJSON(s)
		}
		if errors.Is(err, errTooMuch) || err != nil && len(x.paths) > 0 && (declaredJSON(media) || looksJSON(s)) {
			return s, false, err
		}
	}
	if t != nil && len(x.paths) > 0 {
		x.nodes(&e, t)
	}
	switch {
	case !searchable:
	case t != nil:
		x.searchJSON(&e, t)
	default:
		x.searchEncoded(&e, plain(s, 0, len(s)))
	}
	switch {
	case e.full:
		return s, false, errEdits
	case e.empty():
		return s, false, nil
	}
	return e.apply(s), true, nil
}

// wide reports whether a text is in UTF-16 or UTF-32, by its type or its mark:
// letters have zero bytes between them there, which no rule expects.
func wide(s, contentType string) bool {
	if strings.HasPrefix(s, "\xfe\xff") || strings.HasPrefix(s, "\xff\xfe") {
		return true
	}
	_, params, ok := strings.Cut(contentType, ";")
	if !ok {
		return false
	}
	params = strings.ToLower(params)
	return strings.Contains(params, "utf-16") || strings.Contains(params, "utf-32") || strings.Contains(params, "ucs-")
}
