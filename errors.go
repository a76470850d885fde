package shmap

import "github.com/shmap-go/shmap/internal/fault"

// Errors. An error of an operation wraps one of these or io/fs.ErrInvalid (slices of different lengths), or is an
// [*io/fs.PathError]. Test with [errors.Is]. Options that make no sense are refused by an error that names the field.
var (
	ErrFull         = fault.ErrFull         // MaxEntries or MaxBytes is reached and nothing may be evicted
	ErrNoSpace      = fault.ErrNoSpace      // the file system has no room for the map to grow
	ErrFrozen       = fault.ErrFrozen       // the map is frozen: nobody can change it any more
	ErrReadOnly     = fault.ErrReadOnly     // this handle was opened with Options.ReadOnly
	ErrClosed       = fault.ErrClosed       // this handle is closed
	ErrTooLarge     = fault.ErrTooLarge     // a string beyond 1 GiB - 1, or an atomic batch beyond one transaction
	ErrTypeMismatch = fault.ErrTypeMismatch // the file holds other types: see TypeMismatchError
	ErrVersion      = fault.ErrVersion      // the file has a format that this version does not know
	ErrCorrupt      = fault.ErrCorrupt      // the file is damaged: see CorruptError
	ErrNoTTL        = fault.ErrNoTTL        // the map was made without TTL and EnableTTL
	ErrBusy         = fault.ErrBusy         // a live process held a lock for longer than Options.LockTimeout
	ErrOverflow     = fault.ErrOverflow     // the result of AddChecked does not fit the value type
	ErrUnclean      = fault.ErrUnclean      // a copy of a live file, or one that a crash of the machine left behind
	ErrNotMap       = fault.ErrNotMap       // the file is something else
	ErrUnsupported  = fault.ErrUnsupported  // the file system or the kernel lacks what is needed
)

// TypeMismatchError is the detail of an [ErrTypeMismatch]: the key and value types that were asked for (WantKey,
// WantValue) and those of the file (HaveKey, HaveValue).
type TypeMismatchError = fault.TypeMismatch

// CorruptError is the detail of an [ErrCorrupt]: the structure that is damaged (Where), its byte offset in the
// file (Offset), what is there (Got) and what was expected (Want).
type CorruptError = fault.Corrupt
