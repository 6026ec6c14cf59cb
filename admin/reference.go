package admin

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"understudy/simulations"
)

// referencePage writes ROUTES.md, the page of a table.
func referencePage(table []route) []byte {
	var b bytes.Buffer
	b.WriteString("# The admin API\n\n" +
		"<!-- Generated from the table in routes.go: go generate ./admin -->\n\n" +
		referenceIntroduction + "\n")
	for _, tag := range tags {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", strings.ToUpper(tag["name"][:1])+tag["name"][1:], tag["description"])
		for i := range table {
			if rt := &table[i]; rt.tag == tag["name"] {
				referenceRoute(&b, rt)
			}
		}
	}
	return b.Bytes()
}

func referenceRoute(b *bytes.Buffer, rt *route) {
	fmt.Fprintf(b, "\n### `%s %s`\n\n%s", rt.method, rt.path, rt.summary)
	if rt.open {
		b.WriteString(" Needs no token.")
	}
	b.WriteString("\n\n")
	for i := range rt.params {
		p := &rt.params[i]
		name := p.name
		if p.in == "query" {
			name = "?" + name
		}
		fmt.Fprintf(b, "- `%s`: %s%s\n", name, p.summary, p.values())
	}
	for _, h := range requestHeaders(rt) {
		fmt.Fprintf(b, "- `%s`: %s\n", h[0], h[1])
	}
	if rt.body != nil {
		fmt.Fprintf(b, "- body: %s%s\n", rt.body.summary, modelMembers(rt.body.model))
	}
	for _, re := range rt.replies {
		fmt.Fprintf(b, "- %d: %s", re.status, re.summary)
		if len(re.types) > 0 {
			fmt.Fprintf(b, " (%s)", strings.Join(re.types, ", "))
		}
		if re.etag {
			b.WriteString(" Carries an `ETag`")
			if re.location {
				b.WriteString(" and a `Location`")
			}
			b.WriteString(".")
		}
		b.WriteString("\n")
	}
}

// values says what values a parameter takes.
func (p *param) values() string {
	switch {
	case p.enum != nil:
		return " One of `" + strings.Join(p.enum, "`, `") + "`."
	case p.integer && p.max > 0:
		return fmt.Sprintf(" A number from %d to %d, by default %s.", p.min, p.max, p.value)
	case p.integer:
		return " A number."
	}
	return ""
}

// modelMembers lists the members of a request's model.
func modelMembers(model any) string {
	if model == nil {
		return ""
	}
	if ref, ok := model.(schemaRef); ok {
		return " It is described by `" + apiBase + string(ref) + "`."
	}
	var b strings.Builder
	for _, m := range membersOf(reflect.TypeOf(model)) {
		fmt.Fprintf(&b, "\n  - `%s`", m.name)
		if m.required {
			b.WriteString(" (required)")
		}
		if m.help != "" {
			b.WriteString(": " + m.help)
		}
		if enum := enums[m.typ]; enum != nil {
			b.WriteString(" One of `" + strings.Join(enum(), "`, `") + "`.")
		}
	}
	return b.String()
}

var referenceIntroduction = `The API has a listener of its own, ` + "`127.0.0.1:8888`" + ` by default. The machine-readable form of this page
is the OpenAPI 3.1 document at ` + "`/api/v1/openapi.json`" + `, also kept in [openapi.json](openapi.json): this page says
what a route answers with, and there stand the members of each answer with their types.

- **Edits** are durable, and visible to the next request on the data plane, once they have been answered.
- **Revisions**: what can be edited carries a revision as ` + "`ETag`" + `. ` + "`If-Match: \"7\"`" + ` makes an edit hold only if nobody
  has edited it since, ` + "`If-Match: *`" + ` only if it is there, ` + "`If-None-Match: *`" + ` only if it is not; otherwise the answer is 412.
  A condition on a route that takes none is refused with 400, not passed over.
- **Errors** are ` + "`application/problem+json`" + ` (RFC 9457): ` + "`type`" + ` (` + "`urn:understudy:problem:<kind>`" + `), ` + "`title`, `status`, `detail`" + ` and, for
  faults of a body, ` + "`errors: [{pointer, detail, line, column}]`" + `.

  | status | kind |
  |---|---|
` + statusTable() + `
- **Strictness**: an unknown query parameter, an unknown field, a wrong type and a value out of range are refused.
  Bodies are JSON or YAML; ` + "`Content-Encoding: gzip`" + ` is read. Durations in answers are nanoseconds.
- **Browsers**: the Host header must be a loopback name, an IP address, the listener's own name or one given by
  ` + "`--admin-host`" + ` (in a cluster: the service's name); pages of other origins are refused. Both with 403.
- **Token**: where one is set, every route but ` + "`/healthz` and `/readyz`" + ` wants ` + "`Authorization: Bearer <token>`" + `.
- Every GET answers HEAD too. Nothing is cacheable (` + "`Cache-Control: no-store`" + `). Nothing that is sent runs code on the host.`

// statusTable lists what the statuses of errors mean.
func statusTable() string {
	var b strings.Builder
	for _, code := range []simulations.Code{
		simulations.CodeInvalid, simulations.CodeNotFound, simulations.CodeConflict, simulations.CodeStale,
		simulations.CodeTooLarge, simulations.CodeUnavailable, simulations.CodeInternal,
	} {
		fmt.Fprintf(&b, "  | %d | `%s` |\n", kinds[code].status, code)
	}
	for _, status := range []int{401, 403, 405, 406, 408, 415} {
		fmt.Fprintf(&b, "  | %d | `%s` |\n", status, protocolKinds[status])
	}
	return b.String()
}
