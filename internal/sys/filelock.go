package sys

import (
	"io"

	"golang.org/x/sys/unix"
)

// Open-file-description locks: they belong to the description, not the process, and fall when its last descriptor is
// closed, which the kernel does at death, whatever PID namespace anybody lives in. (fcntl(2), "Open file description
// locks".)

func span(off, length int64, typ int16) *unix.Flock_t {
	return &unix.Flock_t{Type: typ, Whence: io.SeekStart, Start: off, Len: length}
}

// TryLock takes an exclusive lock on the byte at off without waiting; false means that another description has it.
func TryLock(fd int, off int64) (bool, error) {
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, span(off, 1, unix.F_WRLCK))
	if err == unix.EAGAIN || err == unix.EACCES {
		return false, nil
	}
	return err == nil, err
}

// Lock takes an exclusive lock on the byte at off and waits for it.
func Lock(fd int, off int64) error {
	for {
		err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, span(off, 1, unix.F_WRLCK))
		if err != unix.EINTR {
			return err
		}
	}
}

// Unlock gives the byte at off back.
func Unlock(fd int, off int64) error {
	return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, span(off, 1, unix.F_UNLCK))
}

// Locked reports whether another description holds a lock in [off, off+length), and where the first one is.
func Locked(fd int, off, length int64) (at int64, locked bool, err error) {
	fl := span(off, length, unix.F_WRLCK)
	if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_GETLK, fl); err != nil {
		return 0, false, err
	}
	return fl.Start, fl.Type != unix.F_UNLCK, nil
}
