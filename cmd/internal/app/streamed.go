package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats"
	"understudy/simulator"
)

// Streamed is a file with a document that is read piece by piece, and can be sent
// as it is. It is open until Close.
type Streamed struct {
	// Path is the file, Name what the simulation is called, after the file unless
	// somebody calls it otherwise before Check, and Format what the file was
	// recognised as, or read as.
	Path, Name, Format string
	// Size is the file's, in bytes.
	Size   int64
	file   *os.File
	format formats.Streamer
}

// OpenStreamed opens a file whose document is read piece by piece: nil for one
// that is read whole, and for what is no file, or cannot be opened, which reading
// it as one says.
func OpenStreamed(path, format string) *Streamed {
	// Before it is opened: opening a pipe would wait for its writer.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	s := streamed(f, path, format)
	if s == nil {
		_ = f.Close() // it was only read
	}
	return s
}

func streamed(f *os.File, path, format string) *Streamed {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	s := &Streamed{Path: path, Size: info.Size(), file: f}
	from, err := s.reader(nil)
	if err != nil {
		return nil
	}
	head := make([]byte, formats.HeadBytes+1)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil
	}
	if s.format = formats.Default().Streamer(head, format); s.format == nil {
		return nil
	}
	s.Format = s.format.Name()
	base := strings.TrimSuffix(filepath.Base(path), ".gz")
	s.Name = strings.TrimSuffix(base, filepath.Ext(base))
	return s
}

// Close closes the file.
func (s *Streamed) Close() { _ = s.file.Close() } // it was only read

// Content is the file as it is.
func (s *Streamed) Content() io.Reader { return io.NewSectionReader(s.file, 0, s.Size) }

// reader reads the document, decompressed.
func (s *Streamed) reader(progress Progress) (io.Reader, error) {
	return formats.Decompressed(progress.reader(s.Content()), simulations.MaxStreamBytes)
}

// Check reads the document and compiles it as acceptance would, and returns how
// many stubs it has. progress is told of Size bytes twice: as they are read, and
// as what they hold is compiled. The reading ends with ctx. The error is a
// *FileError.
func (s *Streamed) Check(ctx context.Context, progress Progress) (stubs int, warnings []simulations.Warning, err error) {
	if !simulations.ValidName(s.Name) {
		return 0, nil, below(s.Path, fmt.Errorf("the file's name, %q, cannot name the simulation: a name has letters, digits, '.', '_', '~' or '-': rename the file, or import it with --name", s.Name))
	}
	from, err := s.reader(progress)
	if err != nil {
		return 0, nil, below(s.Path, err)
	}
	draft, warnings, err := s.format.Stream(&endingReader{ctx, from}, withoutContent)
	if err != nil {
		return 0, nil, below(s.Path, err)
	}
	if draft.Head.Name != "" {
		s.Name = draft.Head.Name
	}
	stubs = draft.Len
	more, err := simulator.CheckDraft(progress.draft(draft, s.Size))
	if err != nil {
		return 0, nil, below(s.Path, err)
	}
	return stubs, append(warnings, more...), nil
}

// endingReader fails once ctx has ended.
type endingReader struct {
	ctx  context.Context //nolint:containedctx // it lives as long as one call
	from io.Reader
}

func (r *endingReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(b)
}

// draft tells of so many bytes as the stubs are gone through.
func (p Progress) draft(d *simulations.Draft, bytes int64) *simulations.Draft {
	if p == nil || d.Len == 0 {
		return d
	}
	out := *d
	out.Stubs = func(yield func(*simulations.Stub, error) bool) {
		told, n := int64(0), int64(0)
		for stub, err := range d.Stubs {
			n++
			now := bytes / int64(d.Len) * n
			p(int(now - told))
			told = now
			if !yield(stub, err) {
				return
			}
		}
	}
	return &out
}

// withoutContent is the [simulations.Keep] of who checks and does not serve: it
// leaves of the content its name.
func withoutContent(r *simulations.Response) error {
	h, size := sha256.New(), 0
	switch {
	case r.Text != nil:
		size, _ = io.WriteString(h, *r.Text) // a hash takes everything
	case r.Base64 != nil:
		size, _ = h.Write(*r.Base64)
	default:
		return nil
	}
	r.Text, r.Base64 = nil, nil
	r.Stored = &simulations.BodyRef{ID: hex.EncodeToString(h.Sum(nil)), Size: int64(size)}
	return nil
}
