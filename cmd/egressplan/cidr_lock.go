package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// lockFile is the lock of a plan: where it is, and what it held when the plan
// was read; nil if there was none.
type lockFile struct {
	path string
	was  []byte
}

// lockOf finds the lock that belongs to the arguments, as reading does: in the
// first directory, or beside the first file. Entries that stand elsewhere
// cannot be rewritten.
func lockOf(args []string, sources []inventory.Source, plan *inventory.Plan) (*lockFile, error) {
	path, err := inventory.LockPath(args)
	if err != nil {
		return nil, err
	}
	l := &lockFile{path: path}
	for _, s := range sources {
		if filepath.Clean(s.Name) == filepath.Clean(path) {
			l.was = s.Data
		}
	}
	for i := range plan.Lock {
		if at := plan.Lock[i].At; filepath.Clean(at.File) != filepath.Clean(path) {
			return nil, fmt.Errorf("%s: an allocation stands outside the lock: move it to %s first", at, path)
		}
	}
	if l.was != nil {
		if at, alone := inventory.OnlyAllocations(inventory.Source{Name: path, Data: l.was}); !alone {
			return nil, fmt.Errorf("%s: the lock holds a document that is not Allocations, and would lose it: move it to a file of its own", at)
		}
	}
	return l, nil
}

// write puts the new content in place of the old in one step: whoever reads, and
// whatever happens, finds the old file or the new one. It reports whether there
// was anything to write.
func (l *lockFile) write(content []byte) (bool, error) {
	now, err := os.ReadFile(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.was == nil:
	case err != nil:
		return false, fmt.Errorf("cannot write the lock: %w", err)
	case l.was == nil || !bytes.Equal(now, l.was):
		return false, fmt.Errorf("%s was changed while the plan was made: run again", l.path)
	case bytes.Equal(now, content):
		return false, nil
	}
	if err := replaceFile(l.path, content); err != nil {
		return false, writingFailed(fmt.Errorf("cannot write the lock: %w", err))
	}
	return true, nil
}

// lockable says why a plan may not become the lock, "" if it may.
func lockable(a *planner.AddressPlan, allowMoves bool) string {
	switch {
	case a.Pattern == "":
		return "there is no plan"
	case !a.Fits:
		return "the plan does not fit"
	case len(a.Moves) > 0 && !allowMoves:
		return count(len(a.Moves), "block") + " would move; --allow-moves accepts that"
	}
	return ""
}
