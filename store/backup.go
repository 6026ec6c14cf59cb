package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"understudy/simulations"
)

// A backup is the store's keys and values in order of key, without the two of
// kind m, which belong to the engine's copy:
//
//	magic, uvarint format version, uvarint schema version
//	1, uvarint length, key, uvarint length, value     for each key
//	0, uvarint number of keys, SHA-256 of everything before the hash
const (
	backupMagic   = "understudy backup\n"
	backupVersion = 1

	backupEntry = 1
	backupEnd   = 0
)

func (d *db) Backup(ctx context.Context, w io.Writer) error {
	return d.guard(func() error { return d.backup(ctx, w) })
}

func (d *db) backup(ctx context.Context, w io.Writer) error {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 64<<10)
	head := []byte(backupMagic)
	head = binary.AppendUvarint(head, backupVersion)
	head = binary.AppendUvarint(head, schemaVersion)
	_, err := out.Write(head)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	count := uint64(0)
	generations := make(map[string]uint64)
	var frame []byte
	err = d.engine.Scan(nil, nil, func(k, v []byte) error {
		if err := ctx.Err(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "the backup was given up: %w", err)
		}
		if keep, err := keptInBackup(k, v, generations); err != nil || !keep {
			return err
		}
		count++
		frame = append(frame[:0], backupEntry)
		frame = binary.AppendUvarint(frame, uint64(len(k)))
		frame = append(frame, k...)
		frame = binary.AppendUvarint(frame, uint64(len(v)))
		if _, err := out.Write(frame); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
		if _, err := out.Write(v); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := out.Write(binary.AppendUvarint([]byte{backupEnd}, count)); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// keptInBackup leaves out what is the engine's own, and stubs of generations
// that no header names: of one that is just being written, or removed.
// Headers come before stubs in the order of keys.
func keptInBackup(k, v []byte, generations map[string]uint64) (bool, error) {
	switch {
	case bytes.HasPrefix(k, []byte("m")):
		return false, nil
	case bytes.HasPrefix(k, []byte(kindSimulation)):
		h := new(header)
		if err := decodeJSON(v, h); err != nil {
			return false, damaged("a simulation", err)
		}
		generations[string(k[len(kindSimulation):])] = h.Generation
	case bytes.HasPrefix(k, []byte(kindStub)):
		g, _, ok := parseStubKey(k)
		return ok && generations[g.name] == g.number, nil
	}
	return true, nil
}

// backupReader reads a backup and hashes what it reads.
type backupReader struct {
	in    *bufio.Reader
	sum   hash.Hash
	count uint64
	last  []byte
	limit Limits
}

// errBackup is a backup that is not one, or not any more.
var errBackup = errors.New("not a whole backup")

func badBackup(format string, args ...any) error {
	return &simulations.Error{
		Code:   simulations.CodeInvalid,
		Detail: "the backup cannot be restored, nothing was: " + fmt.Sprintf(format, args...),
		Err:    errBackup,
	}
}

// newBackupReader reads the head.
func newBackupReader(r io.Reader, limit Limits) (*backupReader, error) {
	b := &backupReader{in: bufio.NewReaderSize(r, 64<<10), sum: sha256.New(), limit: limit}
	magic, err := b.bytes(len(backupMagic))
	if err != nil || string(magic) != backupMagic {
		return nil, badBackup("this is no backup of understudy")
	}
	format, err := b.uvarint()
	if err != nil {
		return nil, err
	}
	schema, err := b.uvarint()
	if err != nil {
		return nil, err
	}
	if format != backupVersion || schema < 1 || schema > schemaVersion {
		return nil, badBackup("it has format %d with layout %d, this understudy knows format %d with layouts up to %d: use the understudy that wrote it", format, schema, backupVersion, schemaVersion)
	}
	return b, nil
}

// next returns the next key and value, which are the caller's; nil at the end,
// which has been checked.
func (b *backupReader) next() (key, value []byte, err error) {
	kind, err := b.bytes(1)
	if err != nil {
		return nil, nil, err
	}
	switch kind[0] {
	case backupEntry:
		if key, err = b.sized(maxKey); err != nil {
			return nil, nil, err
		}
		if value, err = b.sized(b.limit.Value); err != nil {
			return nil, nil, err
		}
		if len(value) == 0 || b.last != nil && bytes.Compare(b.last, key) >= 0 {
			return nil, nil, badBackup("record %d is out of order", b.count)
		}
		b.count++
		b.last = key
		return key, value, nil
	case backupEnd:
		return nil, nil, b.finish()
	default:
		return nil, nil, badBackup("record %d has no meaning", b.count)
	}
}

func (b *backupReader) finish() error {
	count, err := b.uvarint()
	if err != nil {
		return err
	}
	want := b.sum.Sum(nil)
	got, err := b.bytes(len(want))
	if err != nil {
		return err
	}
	if count != b.count || !bytes.Equal(got, want) {
		return badBackup("its checksum is wrong, it was damaged on the way")
	}
	if _, err := b.in.ReadByte(); err == nil {
		return badBackup("something follows its end")
	}
	return nil
}

// maxKey is more than any key has.
const maxKey = 3 << 10

func (b *backupReader) sized(limit int) ([]byte, error) {
	n, err := b.uvarint()
	if err != nil {
		return nil, err
	}
	if n > uint64(limit) {
		return nil, badBackup("record %d has %d bytes", b.count, n)
	}
	return b.bytes(int(n))
}

func (b *backupReader) bytes(n int) ([]byte, error) {
	out := make([]byte, n)
	if _, err := io.ReadFull(b.in, out); err != nil {
		return nil, b.failed(err)
	}
	b.sum.Write(out)
	return out, nil
}

func (b *backupReader) uvarint() (uint64, error) {
	var raw []byte
	for len(raw) < binary.MaxVarintLen64 {
		c, err := b.in.ReadByte()
		if err != nil {
			return 0, b.failed(err)
		}
		if raw = append(raw, c); c < 0x80 {
			break
		}
	}
	b.sum.Write(raw)
	v, n := binary.Uvarint(raw)
	if n != len(raw) {
		return 0, badBackup("record %d has no length", b.count)
	}
	return v, nil
}

func (b *backupReader) failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return badBackup("it ends early, after %d records", b.count)
	}
	return simulations.Errorf(simulations.CodeUnavailable, "the backup cannot be read: %w", err)
}
