package openapi

import (
	"mime"
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// plain is a media type without its parameters, in lower case.
func plain(mimeType string) string {
	if t, _, err := mime.ParseMediaType(mimeType); err == nil {
		return t
	}
	t, _, _ := strings.Cut(mimeType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// isJSON reports whether bodies of a media type are JSON; those of any type are
// taken for it.
func isJSON(mimeType string) bool {
	t := plain(mimeType)
	return t == "application/json" || strings.HasSuffix(t, "+json") || t == "text/json" || t == "*/*" || t == "application/*"
}

func isXML(mimeType string) bool {
	t := plain(mimeType)
	return t == "application/xml" || t == "text/xml" || strings.HasSuffix(t, "+xml")
}

// concrete is the media type that is answered: JSON for a range.
func concrete(mimeType string) string {
	switch t := plain(mimeType); {
	case t == "text/*":
		return "text/plain"
	case strings.Contains(t, "*"):
		return "application/json"
	}
	return mimeType
}

// subtype is the part behind the slash.
func subtype(mimeType string) string {
	_, sub, _ := strings.Cut(plain(mimeType), "/")
	return sub
}

// ofType is the condition on a Content-Type: that type, or none at all.
func ofType(mimeType string) *simulations.Value {
	t := plain(mimeType)
	if t == "*/*" {
		return nil
	}
	expr := strings.ReplaceAll(regexp.QuoteMeta(t), `\*`, `[^;\s]+`)
	return convert.Op("any", simulations.NewArray(convert.Absent(), convert.TextOp("regex", `(?i)^\s*`+expr+`\s*(;|$)`)))
}

// accepts is the condition on Accept that names a media type and none of the
// others before it. Weights are not compared: those who send them sort by them.
func accepts(mimeType string, others []string) *simulations.Value {
	class, _, _ := strings.Cut(plain(mimeType), "/")
	ranged := true // all subtypes mean this one
	var rest []string
	for _, o := range others {
		rest = append(rest, accepted(o, true))
		ranged = ranged && !strings.HasPrefix(plain(o), class+"/")
	}
	own := `\s*(` + accepted(mimeType, ranged) + `)\s*([,;]|$)`
	named := convert.TextOp("regex", `(?i)(^|,)`+own)
	if len(rest) == 0 {
		return named
	}
	before := convert.TextOp("regex", `(?i)(^|,)\s*(`+strings.Join(rest, "|")+`)\s*(;[^,]*)?,(.*,)?`+own)
	return simulations.NewArray(named, convert.Op("not", before))
}

// accepted is what an element of Accept says for a media type or, where that is
// meant, all its subtypes.
func accepted(mimeType string, ranged bool) string {
	t := plain(mimeType)
	expr := regexp.QuoteMeta(t)
	if class, _, _ := strings.Cut(t, "/"); ranged {
		expr += `|` + regexp.QuoteMeta(class) + `/\*`
	}
	return expr
}
