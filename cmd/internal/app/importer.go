package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"understudy/simulations"
)

// settle is how long a watched folder must be quiet before it is read again:
// editors and mounted configuration change several files in one go.
const settle = 200 * time.Millisecond

// documents is what an importer needs of the double.
type documents interface {
	PutDocument(ctx context.Context, name string, doc *simulations.Document, cond simulations.Condition) (*simulations.Accepted, error)
	DeleteSimulation(ctx context.Context, name string, cond simulations.Condition) error
}

// importer loads the files and folders of Options.Import and follows the
// folders. A folder is taken as a whole: while one of its documents is wrong
// nothing of a change is applied, and a document that is gone takes its
// simulation with it, unless somebody has edited that since.
//
// Only what changed in the folder is put again, so that edits made over the
// admin plane live until their file changes or understudy starts anew.
type importer struct {
	to  documents
	log *slog.Logger
	// held is, by folder, what was put from it. Files have no entry.
	held map[string]map[string]placed
}

// placed is a document as it was put.
type placed struct {
	hash     [sha256.Size]byte
	revision uint64
}

// source is a path of Options.Import with what it holds.
type source struct {
	path   string
	folder bool
	docs   []simulations.Loaded
}

func newImporter(to documents, log *slog.Logger) *importer {
	return &importer{to: to, log: log, held: make(map[string]map[string]placed)}
}

// load reads every path, then puts every document; nothing is put while one of
// them cannot be read.
func (im *importer) load(ctx context.Context, paths []string) error {
	var sources []source
	var faults []error
	owner := make(map[string]string)
	for _, p := range paths {
		docs, folder, err := ReadPath(p, "", "", nil)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, d := range docs {
			if other, ok := owner[d.Document.Name]; ok {
				faults = append(faults, &simulations.FileError{Path: d.Path, Err: simulations.Errorf(simulations.CodeConflict, "the simulation %q stands in %s too: give one of them another `name:`", d.Document.Name, other)})
			}
			owner[d.Document.Name] = d.Path
		}
		sources = append(sources, source{path: p, folder: folder, docs: docs})
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	for _, s := range sources {
		if s.folder {
			im.held[s.path] = make(map[string]placed)
		}
		for _, d := range s.docs {
			if err := im.put(ctx, s, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (im *importer) put(ctx context.Context, s source, d simulations.Loaded) error {
	hash, err := hashOf(d.Document)
	if err != nil {
		return &simulations.FileError{Path: d.Path, Err: err}
	}
	held := im.held[s.path]
	if was, ok := held[d.Document.Name]; ok && was.hash == hash {
		return nil
	}
	accepted, err := im.to.PutDocument(ctx, d.Document.Name, d.Document, simulations.Condition{})
	if err != nil {
		return &simulations.FileError{Path: d.Path, Err: err}
	}
	for _, w := range append(d.Warnings, accepted.Warnings...) {
		im.log.Warn("a document was taken with a warning", "file", d.Path, "pointer", w.Pointer, "detail", w.Detail)
	}
	im.log.Info("imported", "file", d.Path, "simulation", accepted.Name, "revision", accepted.Revision, "stubs", accepted.Stubs)
	if held != nil {
		held[d.Document.Name] = placed{hash: hash, revision: accepted.Revision}
	}
	return nil
}

func hashOf(doc *simulations.Document) ([sha256.Size]byte, error) {
	text, err := simulations.Encode(doc, simulations.JSON)
	return sha256.Sum256(text), err
}

// reload reads a folder again and applies what is different.
func (im *importer) reload(ctx context.Context, folder string) {
	docs, _, err := ReadPath(folder, "", "", nil)
	if err != nil {
		im.log.Error("a watched folder cannot be loaded; what was loaded before stays", "folder", folder, "error", err)
		return
	}
	s := source{path: folder, folder: true, docs: docs}
	present := make(map[string]bool, len(docs))
	for _, d := range docs {
		present[d.Document.Name] = true
		if err := im.put(ctx, s, d); err != nil {
			im.log.Error("a changed document was refused; what was loaded before stays", "error", err)
		}
	}
	held := im.held[folder]
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if present[name] {
			continue
		}
		switch err := im.to.DeleteSimulation(ctx, name, simulations.Condition{Revision: held[name].revision}); simulations.CodeOf(err) {
		case simulations.CodeStale:
			im.log.Warn("a document is gone, but its simulation was edited since; it stays", "simulation", name)
		default:
			if err != nil && simulations.CodeOf(err) != simulations.CodeNotFound {
				im.log.Error("a document is gone, but its simulation cannot be removed", "simulation", name, "error", err)
				continue
			}
			im.log.Info("removed: its document is gone", "simulation", name)
		}
		delete(held, name)
	}
}

// watch follows the folders that load has read until ctx ends. It returns when
// it is watching; done is closed when it has ended.
func (im *importer) watch(ctx context.Context) (done <-chan struct{}, err error) {
	ended := make(chan struct{})
	if len(im.held) == 0 {
		close(ended)
		return ended, nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch folders: %w", err)
	}
	folders := slices.Sorted(maps.Keys(im.held))
	for _, f := range folders {
		if err := watchTree(w, f); err != nil {
			_ = w.Close() // nothing depends on it any more
			return nil, fmt.Errorf("watch the folder %s: %w", f, err)
		}
	}
	go func() {
		defer close(ended)
		defer w.Close()
		im.follow(ctx, w, folders)
	}()
	return ended, nil
}

func (im *importer) follow(ctx context.Context, w *fsnotify.Watcher, folders []string) {
	// What changed between the loading and the watching is caught up with once.
	dirty := make(map[string]bool)
	for _, f := range folders {
		dirty[f] = true
	}
	quiet := time.NewTimer(settle)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-w.Events:
			for _, f := range folders {
				if within(f, event.Name) {
					dirty[f] = true
				}
			}
			quiet.Reset(settle)
		case err := <-w.Errors:
			// Events were lost: any folder may have changed.
			im.log.Warn("watching folders failed for a moment; all are read again", "error", err)
			for _, f := range folders {
				dirty[f] = true
			}
			quiet.Reset(settle)
		case <-quiet.C:
			for _, f := range folders {
				if dirty[f] {
					if err := watchTree(w, f); err != nil {
						im.log.Warn("a folder is watched in part only", "folder", f, "error", err)
					}
					im.reload(ctx, f)
				}
			}
			clear(dirty)
		}
	}
}

func within(folder, name string) bool {
	rel, err := filepath.Rel(folder, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// watchTree watches a folder and those below it, but for hidden ones. Adding a
// folder twice does nothing.
func watchTree(w *fsnotify.Watcher, folder string) error {
	return filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist) && path != folder:
			return nil // gone while walking
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != folder && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}
