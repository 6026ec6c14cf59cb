package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"understudy/simulations"
)

// writeFile writes a file whole or not at all: fill writes to a file beside it,
// which takes the name once it is on disk. perm is a new file's mode before the
// umask. "-" is stdout.
func (c *cli) writeFile(path string, perm os.FileMode, fill func(io.Writer) error) error {
	if path == "-" {
		return fill(c.out)
	}
	beside := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return &simulations.FileError{Path: path, Err: errors.New(reason(err))}
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside) // the first error is the one to tell
	}
	return err
}
