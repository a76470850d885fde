package watch

import (
	"errors"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// ErrGone is the error of a path at which there is no map any more.
var ErrGone = errors.New("the map is not there any more")

// errCutOff is the error of a file that has become shorter than its mapping.
var errCutOff = errors.New("the file was cut off while it was attached")

// Map is one path under observation. Its methods are safe for concurrent use.
type Map struct {
	path string
	now  func() time.Time

	mu       sync.Mutex
	d        *dict.Map // nil while there is nothing to attach
	o        dict.Options
	dev, ino uint64
	replaced int // times that another file was found at the path

	last      *reading
	chains    []chains
	counters  *counters
	processes map[holder]Process
}

// Open attaches the map at path.
func Open(path string) (*Map, error) {
	w := &Map{path: path, now: time.Now}
	return w, w.attach()
}

// Path is the path that is observed.
func (w *Map) Path() string { return w.path }

// Close ends the observation.
func (w *Map) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.detach()
}

func (w *Map) detach() error {
	d := w.d
	w.d, w.last, w.chains, w.counters, w.processes = nil, nil, nil, nil, nil
	if d == nil {
		return nil
	}
	return d.Close()
}

// attach attaches the file that is at the path now.
func (w *Map) attach() error {
	return guard(w.path, func() error {
		if _, err := os.Lstat(w.path); errors.Is(err, fs.ErrNotExist) {
			return ErrGone
		}
		d, err := dict.Open(w.path, dict.Options{ReadOnly: true})
		if err != nil {
			return err
		}
		dev, ino, err := d.Identity()
		if err != nil {
			return errors.Join(err, d.Close())
		}
		w.d, w.o, w.dev, w.ino = d, d.Options(), dev, ino
		w.chains = make([]chains, w.o.Shards)
		w.processes = map[holder]Process{}
		if w.o.Value.Bits() != 0 {
			w.counters = newCounters(d, w.o)
		}
		return nil
	})
}

// follow attaches whatever file is at the path by now; it is an error if there is none.
func (w *Map) follow() error {
	var st syscall.Stat_t
	err := syscall.Lstat(w.path, &st)
	switch {
	case err == syscall.ENOENT || err == syscall.ENOTDIR:
		err = &located{w.path, ErrGone}
	case err != nil:
		err = &fs.PathError{Op: "stat", Path: w.path, Err: err}
	case w.d != nil && uint64(st.Dev) == w.dev && st.Ino == w.ino:
		return nil
	}
	had := w.d != nil || w.ino != 0
	_ = w.detach() // read-only: there is nothing to lose
	if err != nil {
		return err
	}
	old := w.ino
	if err := w.attach(); err != nil {
		return err
	}
	if had && old != w.ino {
		w.replaced++
	}
	return nil
}

// with runs f on the attached map. After an error of the memory behind it the map is let go of.
func (w *Map) with(f func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.follow(); err != nil {
		return err
	}
	err := guard(w.path, f)
	if errors.Is(err, errCutOff) {
		_ = w.detach() // the error is told already
	}
	return err
}

// located is an error with the path of the map.
type located struct {
	path string
	err  error
}

func (e *located) Error() string { return e.path + ": " + strings.TrimPrefix(e.err.Error(), "shmap: ") }
func (e *located) Unwrap() error { return e.err }

// guard runs f, turns a fault of the mapping (SIGBUS behind the end of a file) into an error, and makes every error name the
// path.
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = errCutOff
		default:
			panic(r)
		}
		var named *fs.PathError
		if err != nil && !errors.As(err, &named) {
			err = &located{path, err}
		}
	}()
	return f()
}
