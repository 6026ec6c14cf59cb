package generalize

import (
	"encoding/base64"
	"strconv"
	"strings"

	"understudy/simulations"
)

// exchange is one recorded request with one of its answers.
type exchange struct {
	*request
	// answer is the answer's place among those of the stub.
	answer   int
	response *simulations.Response
	// formed is what form gives, once it was asked.
	formed string
}

// content is an answer's body as far as something can be learnt from it.
type content struct {
	// json is set where the body is JSON, else raw is its text or base64.
	json *simulations.Value
	raw  string
}

// content reads the answer's body; it is not kept.
func (x *exchange) content() content {
	a := x.response
	switch {
	case a.JSON != nil:
		return content{json: a.JSON}
	case a.Base64 != nil:
		return content{raw: base64.StdEncoding.EncodeToString(*a.Base64)}
	case a.Text == nil:
		return content{}
	}
	text := strings.TrimLeft(*a.Text, " \t\r\n")
	if text != "" && (text[0] == '{' || text[0] == '[') && len(text) <= maxBody {
		if v, err := simulations.ParseJSON([]byte(*a.Text)); err == nil {
			return content{json: v}
		}
	}
	return content{raw: *a.Text}
}

// form is that of the answer: its status and what bodies that can be inferred
// together have in common.
func (x *exchange) form() string {
	if x.formed == "" {
		x.formed = strconv.Itoa(x.status()) + x.content().form()
	}
	return x.formed
}

// answeredAs reports whether the answer is the one of that form and content, but
// for its headers.
func (x *exchange) answeredAs(form string, c content) bool {
	if x.form() != form {
		return false
	}
	_, differs := equalContent(x.content(), c, &comparison{exact: true})
	return !differs
}

func (x *exchange) status() int {
	if x.response.Status == 0 {
		return 200
	}
	return x.response.Status
}
