package shmap

import (
	"io/fs"
	"os"
	"syscall"
)

// Len is the number of entries. Expired ones that nobody has met yet are counted. It is 0 for a closed map.
func (m *Map[K, V]) Len() int { return m.d.Len() }

// Options returns the properties of the map as they are stored in it, with those of this handle.
func (m *Map[K, V]) Options() Options { return optionsOf(m.d.Options()) }

// Reserve makes the table large enough for n entries in all, so that storing them does not split buckets on the
// way.
func (m *Map[K, V]) Reserve(n int) error { return m.d.Reserve(n) }

// Clear removes everything, shard by shard: a reader may see some shards empty and others not yet.
func (m *Map[K, V]) Clear() error { return m.d.Clear() }

// Freeze makes the map read-only for everybody and for ever. A frozen file can be read from a read-only medium and
// copied freely; reading it takes no locks. Freeze returns when the storage behind the file has all of it.
func (m *Map[K, V]) Freeze() error { return m.d.Freeze() }

// Frozen reports whether the map is frozen.
func (m *Map[K, V]) Frozen() bool { return m.d.Frozen() }

// ReadOnly reports whether this handle is read-only.
func (m *Map[K, V]) ReadOnly() bool { return m.d.ReadOnly() }

// Sync writes the memory to the storage behind it and waits for that, as msync(2) does. Other processes see every
// change without it; it is for the power cut.
func (m *Map[K, V]) Sync() error { return m.d.Sync() }

// Close ends the handle. Operations under way finish first; later ones fail with [ErrClosed]. Closing again does
// nothing. The map itself goes on, in its file and in other handles. The last handle on a file waits until the storage
// behind it has everything, so that a map that was closed is whole after a power cut; in memory that takes no time.
// The address space and the descriptor are given back when the garbage collector finds that nobody refers to the handle
// any more, which also closes a handle that was forgotten.
func (m *Map[K, V]) Close() error { return m.d.Close() }

// Path is the path by which the map was opened, empty for one without.
func (m *Map[K, V]) Path() string { return m.d.Path() }

// FD returns a new descriptor of the map's file, with close-on-exec set, to be sent over a socket (SCM_RIGHTS).
// The caller closes it.
func (m *Map[K, V]) FD() (int, error) { return m.d.FD() }

// File is FD as an [os.File], as [os/exec.Cmd].ExtraFiles takes it. It is only for passing on: attach it with
// [FromFD].
func (m *Map[K, V]) File() (*os.File, error) {
	fd, err := m.d.FD()
	if err != nil {
		return nil, err
	}
	name := m.d.Path()
	if name == "" {
		name = "shmap"
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Check walks the whole map and returns what is wrong with it, one sentence each. It works on a live map, at the
// cost of a walk.
func (m *Map[K, V]) Check() (problems []string, err error) { return m.d.Check() }

// Unlink removes the name of a map. Handles that are attached go on; its memory is freed with the last of them. It
// never removes a directory.
func Unlink(path string) error {
	if err := syscall.Unlink(path); err != nil {
		return &fs.PathError{Op: "unlink", Path: path, Err: err}
	}
	return nil
}
