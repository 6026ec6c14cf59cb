package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulator/template"
)

// fileBodies are the files that a response's name of a file may be rendered to:
// nothing else is ever read.
type fileBodies struct {
	byName map[string]fileBody
	// fallback is given for other names, "" for none.
	fallback string
}

// fileBody is one of them: text, which is a template, or bytes.
type fileBody struct {
	text *template.Template
	raw  []byte
}

// files compiles the files of a response.
func (c *templateCompiler) files(r *simulations.Response) *fileBodies {
	out := &fileBodies{byName: make(map[string]fileBody, len(r.Files)), fallback: r.Fallback}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		content := r.Files[name]
		if content.Base64 != nil {
			out.byName[name] = fileBody{raw: *content.Base64}
			continue
		}
		out.byName[name] = fileBody{text: c.compile("/files/"+simulations.PointerToken(name), content.Text, nil)}
	}
	if _, ok := out.byName[r.Fallback]; !ok && r.Fallback != "" {
		c.faults = append(c.faults, simulations.FieldError{
			Pointer: "/fallback",
			Detail:  fmt.Sprintf("%q is none of the files%s", r.Fallback, simulations.Suggest(r.Fallback, slices.Sorted(maps.Keys(r.Files)))),
		})
	}
	return out
}

// find returns the file of a rendered name.
func (f *fileBodies) find(rendered string) (fileBody, string, error) {
	name := simulations.CleanFile(strings.TrimSpace(rendered))
	if body, ok := f.byName[name]; ok {
		return body, name, nil
	}
	if f.fallback != "" {
		return f.byName[f.fallback], f.fallback, nil
	}
	return fileBody{}, "", fmt.Errorf("%.200q is none of the %d files that came with the stub: import the folder again where it is new, or name a `fallback`", name, len(f.byName))
}
