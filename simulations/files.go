package simulations

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Files are contents by the names that a response's File may be rendered to:
// clean paths below the document's folder, with slashes.
type Files map[string]*FileContent

// FileContent is what one of a response's Files holds: text, or bytes that are
// no text. It is written as a string, or as {base64: …}.
type FileContent struct {
	Text   string `doc:"text" pack:"1"`
	Base64 *Bytes `doc:"base64" pack:"2"`
}

// MaxFiles bounds the files of a response.
const MaxFiles = 10_000

// bytesForm is content that is no text.
type bytesForm struct {
	Base64 *Bytes `doc:"base64,required"`
}

func (c *FileContent) decodeDoc(d *decoder, v *Value) {
	switch v.Kind {
	case String:
		c.Text = v.Text
	case Object:
		var form bytesForm
		to := reflectValueOf(&form)
		d.decode(v, to, planOf(to.Type()))
		c.Base64 = form.Base64
	default:
		d.fail(v, "is %s, but a file's content is a string, or {base64: …}", v.Kind)
	}
}

func (c FileContent) encodeDoc() *Value {
	if c.Base64 == nil {
		return NewString(c.Text)
	}
	out := &Value{Kind: Object}
	out.Set("base64", c.Base64.encodeDoc())
	return out
}

// contentOf is text where the data is valid UTF-8, bytes otherwise.
func contentOf(data []byte) *FileContent {
	if utf8.Valid(data) {
		return &FileContent{Text: string(data)}
	}
	b := Bytes(data)
	return &FileContent{Base64: &b}
}

// NamesFiles reports whether File is a template, so that Files has what it may
// be rendered to.
func (r *Response) NamesFiles() bool { return r.Template && strings.Contains(r.File, "{{") }

// CleanFile is a rendered name as the keys of Files are: below the folder,
// without '.' and '..'.
func CleanFile(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

func (r *Response) checkFiles(report func(pointer, detail string)) {
	if !r.NamesFiles() {
		if len(r.Files) > 0 || r.Fallback != "" {
			report("/file", "files and fallback are for a name that is rendered: write `template: true`, and a template such as \"pets/{{request.path.id}}.json\" as `file`")
		}
		return
	}
	if len(r.Files) > MaxFiles {
		report("/files", fmt.Sprintf("a response has at most %d files", MaxFiles))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if name == "" || name != CleanFile(name) || !fileBelow(name) {
			report("/files/"+PointerToken(name), "a file is named by a clean path below the document's folder, such as pets/1.json")
		}
	}
	if r.Fallback != "" && r.Fallback != CleanFile(r.Fallback) {
		report("/fallback", "a file is named by a clean path below the document's folder, such as pets/unknown.json")
	}
}

// filePattern is the pattern (of package path) of what a template may be rendered
// to: each tag stands for any text without a slash, but from the first tag of a
// block to the last all is one.
func filePattern(name string) string {
	var b strings.Builder
	literal := func(s string) {
		b.WriteString(strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s))
	}
	if i := strings.Index(name, "{{"); strings.Contains(name, "{{#") || strings.Contains(name, "{{^") {
		j := strings.LastIndex(name, "}}")
		literal(name[:i])
		b.WriteByte('*')
		if j > i {
			literal(strings.TrimLeft(name[j:], "}"))
		}
		return b.String()
	}
	for {
		before, rest, tag := strings.Cut(name, "{{")
		literal(before)
		if !tag {
			return b.String()
		}
		_, after, closed := strings.Cut(rest, "}}")
		b.WriteByte('*')
		if !closed {
			return b.String()
		}
		name = strings.TrimPrefix(after, "}") // of {{{x}}}
	}
}

// filesNamed lists, sorted, the regular files below folder that a template for a
// name may mean, by their names below it. Those that begin with a dot are not
// among them.
func filesNamed(fsys fs.FS, folder, name string) ([]string, error) {
	pattern := filePattern(name)
	if folder != "." {
		pattern = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(folder) + "/" + pattern
	}
	found, err := fs.Glob(fsys, path.Clean(pattern))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", pattern, err)
	}
	var out []string
	for _, f := range found {
		if info, err := fs.Stat(fsys, f); err != nil || !info.Mode().IsRegular() || strings.HasPrefix(path.Base(f), ".") {
			continue
		}
		if folder != "." {
			f = strings.TrimPrefix(f, folder+"/")
		}
		if out = append(out, f); len(out) > MaxFiles {
			return nil, Errorf(CodeTooLarge, "more than %d files have a name like it", MaxFiles)
		}
	}
	slices.Sort(out)
	return out, nil
}

// inlineFiles reads what a template for a file's name may mean.
func (b *bodyReader) inlineFiles(r *Response, pointer string) {
	if len(r.Files) > 0 {
		return // they stand in the document
	}
	names, err := filesNamed(b.fsys, b.folder, r.File)
	switch {
	case err != nil:
		b.fail(pointer+"/file", err.Error())
		return
	case len(names) == 0:
		b.fail(pointer+"/file", fmt.Sprintf("%s: no file has a name like %s", r.File, filePattern(r.File)))
		return
	}
	if r.Fallback != "" && !slices.Contains(names, r.Fallback) {
		names = append(names, r.Fallback)
	}
	r.Files = make(Files, len(names))
	for _, name := range names {
		at := pointer + "/file"
		if name == r.Fallback {
			at = pointer + "/fallback"
		}
		data, ok := b.content(name, at)
		if !ok {
			return
		}
		r.Files[name] = contentOf(data)
	}
}
