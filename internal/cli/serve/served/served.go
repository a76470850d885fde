// Package served is the maps that a server shows: opened once, numbered in the order of the command line, asked for their
// health, and protected from what a file can do to the process. It knows nothing of protocols.
package served

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// lockTimeout is how long a client's write waits for a process that holds a lock and is stopped.
const lockTimeout = 5 * time.Second

// stripes is the number of locks that keep the clients of this process from each other's keys.
const stripes = 256

// Map is one map that is served. Its operations leave deadlines alone unless they name one: see dict.Map.KeepDeadlines.
type Map struct {
	*dict.Map
	Number int           // place on the command line, from 0
	Path   string        // as on the command line
	Props  dict.Options  // as stored, the default TTL included
	TTL    time.Duration // default TTL of the map, 0 for none
	HasTTL bool          // entries may have deadlines

	Hits, Misses atomic.Uint64 // of the reads that this server did for clients

	file   fs.FileInfo // of the file that is attached
	broken atomic.Pointer[error]
	probe  struct {
		sync.Mutex
		at    uint64                // where the gradual check goes on
		again atomic.Int64          // when, in ns since 1970
		last  atomic.Pointer[error] // what it found
	}
	locks [stripes]sync.Mutex
	seed  maphash.Seed
}

// Maps are the maps of a server, and what it counts.
type Maps struct {
	All     []*Map
	Write   bool // clients may change the maps
	Started time.Time

	Commands    atomic.Uint64 // RESP commands
	Connections atomic.Int64  // open RESP connections
	Accepted    atomic.Uint64 // RESP connections since the start
	Requests    atomic.Uint64 // HTTP requests
}

// Open attaches the maps at the paths, read-only unless write is set. They must exist.
func Open(paths []string, write bool) (*Maps, error) {
	s := &Maps{Write: write, Started: time.Now()}
	for i, path := range paths {
		m, err := open(path, write)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		m.Number = i
		s.All = append(s.All, m)
		for _, other := range s.All[:i] {
			if os.SameFile(other.file, m.file) {
				return nil, errors.Join(fmt.Errorf("%s and %s are one map; name it once", other.Path, path), s.Close())
			}
		}
	}
	return s, nil
}

func open(path string, write bool) (*Map, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no map at %s; make one: shmap create %s --key string --value string", path, path)
	}
	d, err := dict.Open(path, dict.Options{ReadOnly: !write, LockTimeout: lockTimeout})
	if err != nil {
		return nil, named(path, err)
	}
	m := &Map{Map: d, Path: path, seed: maphash.MakeSeed()}
	m.Props = d.Options()
	m.HasTTL = m.Props.EnableTTL
	m.TTL = d.KeepDeadlines()
	fd, err := d.FD()
	if err == nil {
		f := os.NewFile(uintptr(fd), path)
		m.file, err = f.Stat()
		_ = f.Close() // it was only asked
	}
	if err != nil {
		return nil, errors.Join(named(path, err), d.Close())
	}
	return m, nil
}

// named says which of several maps an error is about.
func named(path string, err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return err
	}
	return &pathError{path, err}
}

// pathError is an error of one map.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string {
	return e.path + ": " + strings.TrimPrefix(e.err.Error(), "shmap: ")
}
func (e *pathError) Unwrap() error { return e.err }

// Close ends the handles.
func (s *Maps) Close() error {
	var errs []error
	for _, m := range s.All {
		errs = append(errs, m.Guard(m.Map.Close))
	}
	return errors.Join(errs...)
}

// Name is the last element of the path, for people.
func (m *Map) Name() string { return filepath.Base(m.Path) }

// Strings reports whether keys and values are strings.
func (m *Map) Strings() bool { return m.Props.Key == layout.String && m.Props.Value == layout.String }

// Lock keeps other goroutines of this process that also call it from a key, and returns what ends that. Read-modify-write
// operations are made atomic by comparing, over all processes; this lock only saves clients of one server from trying in vain.
func (m *Map) Lock(key string) (unlock func()) {
	l := &m.locks[maphash.String(m.seed, key)%stripes]
	l.Lock()
	return l.Unlock
}

// Label is the path as valid UTF-8, another one for every path: one that is not, or begins with a quote, is quoted as Go quotes.
func (m *Map) Label() string {
	if utf8.ValidString(m.Path) && !strings.HasPrefix(m.Path, `"`) {
		return m.Path
	}
	return strconv.Quote(m.Path)
}

// Snapshot is how the map is doing, without a walk through it.
func (m *Map) Snapshot() (st dict.Stats, err error) {
	err = m.Guard(func() (err error) { st, err = m.Map.Stats(false); return err })
	return st, err
}

// Count counts a read.
func (m *Map) Count(found bool) {
	if found {
		m.Hits.Add(1)
	} else {
		m.Misses.Add(1)
	}
}

// Guard runs f, which works on m. A page that cannot be read, because somebody cut the file off, and a panic over what the memory
// holds are errors, and the map is broken from then on, as it is when f finds it corrupt.
func (m *Map) Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(runtime.Error); !ok {
				panic(e)
			}
			err = fault.With(fault.ErrCorrupt, "%s: %v", m.Path, e)
		}
		if errors.Is(err, fault.ErrCorrupt) {
			m.broken.CompareAndSwap(nil, &err)
		}
	}()
	return f()
}
