package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// currentLog is the log that Badger writes to. Badger numbers its logs upwards and
// begins the next one when one is full, within a transaction that has not written
// yet. So the newest log holds the whole of the last transaction, and from one
// transaction that is synced to the next it is the same log or the one after.
//
// Where transactions were not synced, any number of logs has come and gone, and an
// older one may still be there: Badger removes a log once it is a table that
// nobody reads any more in its old form. Then the newest has to be looked for, see
// lose.
//
// Badger's own Sync would do, but it waits in a system call, see fileSync, and
// syncs the value log too, which is always empty here.
type currentLog struct {
	files  string
	number int
	log    *os.File // nil where it has to be found
	next   string   // what the next one will be called
	wait   *fileSync
}

func newCurrentLog(files string) *currentLog {
	return &currentLog{files: files, wait: newFileSync()}
}

// sync makes the last transaction survive a failure of the machine.
func (c *currentLog) sync() error {
	if err := c.follow(); err != nil {
		return err
	}
	return c.wait.sync(c.log)
}

// follow makes log the newest one.
func (c *currentLog) follow() error {
	if c.log == nil {
		return c.find()
	}
	next, err := os.Open(c.next)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c.become(next, c.number+1)
	return nil
}

// lose forgets the log: the next sync looks for the newest.
func (c *currentLog) lose() {
	if c.log != nil {
		_ = c.log.Close() // it was only synced
		c.log = nil
	}
}

// find looks for the newest log in the folder.
func (c *currentLog) find() error {
	there, err := os.ReadDir(c.files)
	if err != nil {
		return err
	}
	newest := -1
	for _, f := range there {
		if digits, ok := strings.CutSuffix(f.Name(), ".mem"); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				newest = max(newest, n)
			}
		}
	}
	log, err := os.Open(c.name(newest))
	if err != nil {
		return err
	}
	c.become(log, newest)
	return nil
}

func (c *currentLog) become(log *os.File, number int) {
	c.lose()
	c.log, c.number, c.next = log, number, c.name(number+1)
}

func (c *currentLog) name(number int) string {
	return filepath.Join(c.files, fmt.Sprintf("%05d.mem", number))
}

func (c *currentLog) close() {
	c.lose()
	c.wait.close()
}
