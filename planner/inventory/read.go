package inventory

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LockFile is the name of the file that holds the allocations of earlier plans.
const LockFile = "allocations.lock.yaml"

// stdinName is how standard input is called in arguments and places.
const stdinName = "-"

// ReadPaths reads files, directories (their *.yaml, *.yml and *.json, sorted,
// not recursive) and "-" for standard input, each once. If the first path beside
// "-" is a file, the lock beside it is read too. Errors name the path.
func ReadPaths(paths []string, stdin io.Reader) ([]Source, error) {
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	sources := make([]Source, 0, len(files))
	for _, f := range files {
		data, err := readFile(f, stdin)
		if err != nil {
			return nil, err
		}
		sources = append(sources, Source{Name: f, Data: data})
	}
	return sources, nil
}

// expand turns arguments into files, each once.
func expand(paths []string) ([]string, error) {
	var files []string
	lock := ""
	lockKnown := false
	for _, p := range paths {
		found, isDir, err := filesOf(p)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
		if p != stdinName && !lockKnown {
			lockKnown = true
			if !isDir {
				lock = filepath.Join(filepath.Dir(p), LockFile)
			}
		}
	}
	if lock != "" {
		if _, err := os.Stat(lock); err == nil {
			files = append(files, lock)
		}
	}
	return once(files), nil
}

// once drops the repetitions of a file.
func once(files []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(f string) bool {
		key := filepath.Clean(f)
		again := seen[key]
		seen[key] = true
		return again
	})
}

// filesOf is what one argument stands for.
func filesOf(path string) (files []string, isDir bool, err error) {
	if path == stdinName {
		return []string{path}, false, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, fmt.Errorf("cannot read input: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, false, nil
	}
	files, err = Documents(path)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("directory %q holds no *.yaml, *.yml or *.json files", path)
	}
	return files, true, err
}

// Documents are the files that a directory is read for, sorted; none if it holds
// none.
func Documents(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read input: %w", err)
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && isDocument(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

// isDocument leaves out hidden files, as a shell's *.yaml does: editors keep
// their copies there.
func isDocument(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == stdinName {
		return limited(stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read input: %w", err)
	}
	defer f.Close()
	return limited(f, name)
}

// limited reads no more than shows that there is too much, which Load reports.
func limited(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read input %q: %w", name, err)
	}
	return data, nil
}
