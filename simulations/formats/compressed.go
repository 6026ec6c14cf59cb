package formats

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"io/fs"
	"strings"

	"understudy/simulations"
)

// maxArchiveEntries bounds the files and folders of a zip archive.
const maxArchiveEntries = 50_000

var (
	gzipMagic = []byte{0x1f, 0x8b}
	// A zip begins with an entry, or, an empty one, with the end.
	zipMagic = []byte("PK\x03\x04")
	zipEmpty = []byte("PK\x05\x06")
)

// IsGzip reports whether a file that begins with head is compressed with gzip
// (RFC 1952).
func IsGzip(head []byte) bool { return bytes.HasPrefix(head, gzipMagic) }

// IsZip reports whether a file that begins with head is a zip archive.
func IsZip(head []byte) bool {
	return bytes.HasPrefix(head, zipMagic) || bytes.HasPrefix(head, zipEmpty)
}

// Decompress returns what a file holds that is compressed with gzip, and any
// other as it is. What comes to more than limit bytes is refused, with
// CodeTooLarge; what is no gzip behind its first bytes, with CodeInvalid.
func Decompress(data []byte, limit int64) ([]byte, error) {
	if !IsGzip(data) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, brokenGzip(err)
	}
	out, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, brokenGzip(err)
	case int64(len(out)) > limit:
		return nil, simulations.TooLarge("decompressed it is larger", limit)
	}
	return out, nil
}

// Decompressed reads what r holds, decompressed where that is compressed with
// gzip, and fails as [Decompress] does.
func Decompressed(r io.Reader, limit int64) (io.Reader, error) {
	head := bufio.NewReader(r)
	begins, err := head.Peek(len(gzipMagic))
	if !IsGzip(begins) {
		if err != nil && err != io.EOF {
			return nil, err
		}
		return Limit(head, limit), nil
	}
	z, err := gzip.NewReader(head)
	if err != nil {
		return nil, brokenGzip(err)
	}
	return Limit(&gzipReader{z}, limit), nil
}

type gzipReader struct{ from *gzip.Reader }

func (z *gzipReader) Read(p []byte) (int, error) {
	n, err := z.from.Read(p)
	if err != nil && err != io.EOF {
		err = brokenGzip(err)
	}
	return n, err
}

// Limit reads r, of which no more than limit bytes may come: more is CodeTooLarge.
func Limit(r io.Reader, limit int64) io.Reader { return &limited{r, limit, limit} }

type limited struct {
	from        io.Reader
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, simulations.Errorf(simulations.CodeTooLarge, "larger than the %d bytes that may be read", l.limit)
	}
	return n, err
}

func brokenGzip(err error) error {
	return simulations.Errorf(simulations.CodeInvalid, "begins as gzip does, and cannot be decompressed: %w", err)
}

// LoadZip reads a zip archive as [Registry.LoadAll] does a folder; where all of
// it lies in one folder, that is the folder. Entries are held to limit bytes
// together. An archive with a link in it, or with a name that leads out of it, is
// refused whole, and so is one without a document.
func (r *Registry) LoadZip(data io.ReaderAt, size int64, name, format string, limit int64) ([]simulations.Loaded, error) {
	if n, err := archiveEntries(data, size); err != nil || n > maxArchiveEntries {
		return nil, cmp.Or(err, errManyEntries)
	}
	archive, err := zip.NewReader(data, size)
	if err != nil {
		return nil, simulations.Errorf(simulations.CodeInvalid, "begins as a zip archive does, and cannot be read: %w", err)
	}
	if err := checkArchive(archive, limit); err != nil {
		return nil, err
	}
	var folder fs.FS = archive
	if top := topFolder(archive); top != "" {
		if folder, err = fs.Sub(archive, top); err != nil {
			return nil, simulations.Errorf(simulations.CodeInvalid, "cannot be read: %w", err)
		}
	}
	docs, err := r.loadAll(folder, name, format, frugal(r.reader(format)))
	if err == nil && len(docs) == 0 {
		err = simulations.Errorf(simulations.CodeInvalid, "there is no document in the archive: a document ends in %s", simulations.DocumentEndings)
	}
	return docs, err
}

// frugal is a reader of several documents that together may cost what one may at
// most.
func frugal(read simulations.Reader) simulations.Reader {
	var cost simulations.Costs
	return func(data []byte) (*simulations.Document, []simulations.Warning, error) {
		if err := cost.Add(data); err != nil {
			return nil, nil, err
		}
		return read(data)
	}
}

// ZipCost is [simulations.ParseCost] for a zip archive: the most that may be made
// of what its entries say that they hold, to which they are held when they are
// read. Of what is no archive it is 0.
func ZipCost(data []byte) int64 {
	from, length := bytes.NewReader(data), int64(len(data))
	if n, err := archiveEntries(from, length); err != nil || n > maxArchiveEntries {
		return 0 // it is refused
	}
	archive, err := zip.NewReader(from, length)
	if err != nil {
		return 0
	}
	size := uint64(0)
	for _, f := range archive.File {
		size += min(f.UncompressedSize64, simulations.MaxDocumentBytes) // so many entries do not overflow it
	}
	return simulations.ParseCostOf(int64(min(size, simulations.MaxDocumentBytes)))
}

var errManyEntries error = simulations.Errorf(simulations.CodeTooLarge, "the archive has more than %d entries", maxArchiveEntries)

// entryMark begins each entry of an archive's directory.
var entryMark = []byte("PK\x01\x02")

// archiveEntries counts what may be entries of an archive, up to a little over
// maxArchiveEntries: the library makes hundreds of bytes of each, and goes on
// beyond the number that the archive gives.
func archiveEntries(data io.ReaderAt, size int64) (n int, err error) {
	overlap := len(entryMark) - 1
	piece := make([]byte, 1<<20)
	for from := int64(0); from < size && n <= maxArchiveEntries; from += int64(len(piece) - overlap) {
		got, err := data.ReadAt(piece[:min(int64(len(piece)), size-from)], from)
		if err != nil && err != io.EOF { //nolint:errorlint // readers return it bare
			return 0, simulations.Errorf(simulations.CodeInvalid, "the archive cannot be read: %w", err)
		}
		n += bytes.Count(piece[:got], entryMark)
	}
	return n, nil
}

// checkArchive holds an archive to its bounds before anything in it is read. What
// an entry says of its size is held to when it is read.
func checkArchive(archive *zip.Reader, limit int64) error {
	left := uint64(limit)
	for _, f := range archive.File {
		switch plain := strings.TrimSuffix(f.Name, "/"); {
		case !fs.ValidPath(plain) || strings.Contains(plain, `\`):
			return simulations.Errorf(simulations.CodeInvalid, "the entry %q leads out of the archive, or is no path with slashes", f.Name)
		case !f.Mode().IsRegular() && !f.Mode().IsDir():
			return simulations.Errorf(simulations.CodeInvalid, "the entry %q is a link, or no file: put the file itself into the archive", f.Name)
		case f.UncompressedSize64 > left:
			return simulations.TooLarge("decompressed the archive is larger", limit)
		}
		left -= f.UncompressedSize64
	}
	return nil
}

// topFolder is the folder that all of the archive lies in, "" for none. One that
// has a meaning of its own is none.
func topFolder(archive *zip.Reader) string {
	top := ""
	for _, f := range archive.File {
		first, _, below := strings.Cut(f.Name, "/")
		if !below || top != "" && first != top || first == "mappings" || first == "__files" {
			return ""
		}
		top = first
	}
	return top
}
