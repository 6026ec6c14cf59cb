package har

import (
	"bytes"
	"io"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/recorded"
	"understudy/simulations/formats/internal/sniff"
)

// maxEntry bounds an entry, in bytes as it is written.
const maxEntry = simulations.MaxDocumentBytes

// Decode reads an archive.
func (f *Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	read := func() (*simulations.Draft, []simulations.Warning, error) { return f.Stream(bytes.NewReader(data), nil) }
	if !sniff.Flow(data) {
		read = func() (*simulations.Draft, []simulations.Warning, error) { return f.tree(data) }
	}
	draft, warnings, err := read()
	if err != nil {
		return nil, nil, err
	}
	doc, err := draft.Document()
	return doc, warnings, err
}

// tree reads an archive whole: one in YAML, or what is none.
func (f *Format) tree(data []byte) (*simulations.Draft, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root, fold := convert.Root(v), f.fold(nil)
	for e := range root.Get("log").Get("entries").Items() {
		if x, ok := entry(e); ok {
			if err := fold.Add(x); err != nil {
				return nil, nil, err
			}
		}
	}
	return finish(root, fold)
}

func (f *Format) fold(keep simulations.Keep) *recorded.Fold {
	return recorded.NewFold(recorded.Options{AnyHost: f.anyHost, Keep: keep})
}

// finish says what is to be said of an archive whose entries were read. root need
// not hold them.
func finish(root convert.Place, fold *recorded.Fold) (*simulations.Draft, []simulations.Warning, error) {
	log := root.Get("log")
	if v := log.Get("version"); v.Set() && v.Text() != "1.1" && v.Text() != "1.2" {
		v.Warn("the version is read as 1.2")
	}
	switch entries := log.Get("entries"); {
	case !entries.Set():
		log.Refuse("an archive has `log` with `entries`")
	case entries.Kind() != simulations.Array:
		entries.Refuse("is %s, but must be %s", entries.Kind(), simulations.Array)
	}
	warnings, err := convert.Said(root, "archive")
	if err != nil {
		return nil, nil, err
	}
	return fold.Draft(), warnings, nil
}

// Stream reads an archive entry by entry. It holds one of them at a time, and of
// the others the stubs that they make, without the content that keep takes.
func (f *Format) Stream(r io.Reader, keep simulations.Keep) (*simulations.Draft, []simulations.Warning, error) {
	a := &archive{in: simulations.NewJSONReader(r, maxEntry), fold: f.fold(keep)}
	if err := a.read(); err != nil {
		return nil, nil, err
	}
	return finish(a.root, a.fold)
}

// archive is one that is being read.
type archive struct {
	in   *simulations.JSONReader
	fold *recorded.Fold
	// root is the archive without what is in lists, and without what is not
	// looked at.
	root convert.Place
}

// read reads all of the text, so that it is known to be sound. The order of
// members does not matter.
func (a *archive) read() error {
	top, err := a.in.Next()
	if err != nil {
		return err
	}
	a.root = convert.Root(&top)
	err = a.object(&top, func(name string) error {
		if name != "log" {
			return nil
		}
		return a.member(&top, name, func(log *simulations.Value) error {
			return a.object(log, func(name string) error { return a.logMember(log, name) })
		})
	})
	if err != nil {
		return err
	}
	return a.in.End()
}

func (a *archive) logMember(log *simulations.Value, name string) error {
	switch name {
	case "version":
		return a.member(log, name, func(version *simulations.Value) error {
			if version.Kind >= simulations.Array { // which is held, and may be large
				return a.in.Pass()
			}
			v, err := a.in.Value()
			log.Set(name, v)
			return err
		})
	case "entries":
		return a.member(log, name, func(list *simulations.Value) error {
			if list.Kind != simulations.Array {
				return nil
			}
			entries := a.root.Get("log").Get("entries")
			return a.in.Array(func(i int) error { return a.entry(entries, i) })
		})
	}
	return nil
}

// member notes that the object has a member, and reads it.
func (a *archive) member(of *simulations.Value, name string, read func(*simulations.Value) error) error {
	v, err := a.in.Next()
	if err != nil {
		return err
	}
	of.Set(name, &v)
	return read(&v)
}

// object goes through the members of a value that is an object, and passes over
// any other.
func (a *archive) object(v *simulations.Value, member func(name string) error) error {
	if v.Kind != simulations.Object {
		return a.in.Pass()
	}
	return a.in.Object(member)
}

// entry reads one and makes a stub of it, or leaves it where so much is wrong that
// no more would be said.
func (a *archive) entry(entries convert.Place, i int) error {
	if entries.Full() {
		return nil
	}
	v, err := a.in.Value()
	if err != nil {
		return err
	}
	if x, ok := entry(entries.Item(i, v)); ok {
		return a.fold.Add(x)
	}
	return nil
}
