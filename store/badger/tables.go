package badger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// checkTables looks at the end of every table that the manifest names. Badger
// opens tables on goroutines of its own, and one that was cut or overwritten
// ends the process there. It also refuses a manifest that has lost its tables:
// Badger would delete them.
func checkTables(files string, o badger.Options) error {
	f, err := os.Open(filepath.Join(files, badger.ManifestFilename))
	if errors.Is(err, os.ErrNotExist) {
		return nil // a new folder
	}
	if err != nil {
		return err
	}
	defer f.Close()
	m, _, err := badger.ReplayManifestFile(f, o.ExternalMagicVersion, o)
	if err != nil {
		return err
	}
	for id := range m.Tables {
		if err := checkTable(table.NewFilename(id, files)); err != nil {
			return fmt.Errorf("table %d: %w", id, err)
		}
	}
	if len(m.Tables) > 0 {
		return nil
	}
	tables, logs := 0, 0
	there, err := os.ReadDir(files)
	if err != nil {
		return err
	}
	for _, f := range there {
		switch filepath.Ext(f.Name()) {
		case ".sst":
			tables++
		case ".mem":
			logs++ // a crash while the first table was written leaves its log
		}
	}
	if tables > 0 && logs == 0 {
		return errors.New("the manifest names none of " + strconv.Itoa(tables) + " tables")
	}
	return nil
}

var errTable = errors.New("its index is damaged")

// checkTable verifies the checksum of a table's index, which stands at its end:
// index, 4 bytes length of it, checksum, 4 bytes length of that.
func checkTable(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "open "))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	read := func(n int64) ([]byte, error) {
		if n < 0 || n > end {
			return nil, errTable
		}
		end -= n
		b := make([]byte, n)
		_, err := io.ReadFull(io.NewSectionReader(f, end, n), b)
		return b, err
	}
	sized := func() ([]byte, error) {
		n, err := read(4)
		if err != nil {
			return nil, err
		}
		return read(int64(binary.BigEndian.Uint32(n)))
	}
	sum, err := sized()
	if err != nil {
		return err
	}
	want := new(pb.Checksum)
	if proto.Unmarshal(sum, want) != nil {
		return errTable
	}
	if _, known := pb.Checksum_Algorithm_name[int32(want.Algo)]; !known {
		return errTable
	}
	index, err := sized()
	if err != nil {
		return err
	}
	if y.VerifyChecksum(index, want) != nil {
		return errTable
	}
	return nil
}
