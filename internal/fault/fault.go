// Package fault holds the errors of a map: one sentinel for each thing that can go wrong and typed errors that carry
// the detail. It knows nothing of how a map works.
package fault

import (
	"errors"
	"fmt"
)

// Sentinels. Every error of a map that is not a file error (*fs.PathError) wraps one of them.
var (
	ErrFull         = errors.New("shmap: map is full")
	ErrNoSpace      = errors.New("shmap: no space left for the map's memory")
	ErrFrozen       = errors.New("shmap: map is frozen")
	ErrReadOnly     = errors.New("shmap: map is attached read-only")
	ErrClosed       = errors.New("shmap: map is closed")
	ErrTooLarge     = errors.New("shmap: too large")
	ErrTypeMismatch = errors.New("shmap: key or value type does not match the file")
	ErrVersion      = errors.New("shmap: unknown format version")
	ErrCorrupt      = errors.New("shmap: corrupt")
	ErrNoTTL        = errors.New("shmap: map was created without TTL")
	ErrBusy         = errors.New("shmap: lock is held by a live process")
	ErrOverflow     = errors.New("shmap: integer overflow")
	ErrUnclean      = errors.New("shmap: file was copied or left behind without a clean close")
	ErrNotMap       = errors.New("shmap: not a shmap file")
	ErrUnsupported  = errors.New("shmap: file system or kernel lacks a needed feature")
)

// Detail is a sentinel with a sentence about this one case.
type Detail struct {
	Sentinel error
	Text     string
}

func (e *Detail) Error() string { return e.Sentinel.Error() + ": " + e.Text }
func (e *Detail) Unwrap() error { return e.Sentinel }

// With returns sentinel with a formatted detail.
func With(sentinel error, format string, args ...any) error {
	return &Detail{Sentinel: sentinel, Text: fmt.Sprintf(format, args...)}
}

// TypeMismatch says which types the caller asked for and which the file holds.
type TypeMismatch struct {
	WantKey, WantValue, HaveKey, HaveValue string
}

func (e *TypeMismatch) Error() string {
	return fmt.Sprintf("%v: asked for %s -> %s, the file holds %s -> %s",
		ErrTypeMismatch, e.WantKey, e.WantValue, e.HaveKey, e.HaveValue)
}
func (e *TypeMismatch) Unwrap() error { return ErrTypeMismatch }

// Corrupt says where in the file an invariant is broken and what was expected there.
type Corrupt struct {
	Where  string // the structure, in the words of docs/FORMAT.md
	Offset uint64 // byte offset in the file, 0 when there is none
	Got    uint64
	Want   string
}

func (e *Corrupt) Error() string {
	return fmt.Sprintf("%v: %s at offset %#x: got %#x, expected %s", ErrCorrupt, e.Where, e.Offset, e.Got, e.Want)
}
func (e *Corrupt) Unwrap() error { return ErrCorrupt }
