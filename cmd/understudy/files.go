package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"understudy/simulations"
)

// writeFile writes a file whole or not at all: fill writes to a file beside it,
// which takes the name once it is on disk. "-" is stdout.
func (c *cli) writeFile(path string, fill func(io.Writer) error) error {
	if path == "-" {
		return fill(c.out)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return &simulations.FileError{Path: path, Err: errors.New(reason(err))}
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}
