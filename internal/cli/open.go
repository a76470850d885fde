package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/shmap-go/shmap/internal/dict"
)

// open attaches the existing map at path, with the types that are stored in it, and runs f on it.
func open(path string, o dict.Options, f func(*dict.Map) error) error {
	if !exists(path) {
		return missing(path)
	}
	m, err := dict.Open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(f(m), m.Close())
}

// look is open for a command that only reads.
func look(path string, f func(*dict.Map) error) error {
	return open(path, dict.Options{ReadOnly: true}, f)
}

// missing is the error of a path with nothing there.
func missing(path string) error {
	return fmt.Errorf("there is no map at %s; make one: shmap create %s --key string --value string", path, path)
}

// exists reports whether there is anything at path, a dangling link included.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
