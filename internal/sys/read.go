package sys

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ReadAt fills b from the file behind fd. Unlike a look at its mapping it gives no memory to a hole, and a file that has
// become shorter is an error (io.ErrUnexpectedEOF), not a signal.
func ReadAt(fd int, b []byte, off int64) error {
	for len(b) > 0 {
		n, err := retry(func() (int, error) { return unix.Pread(fd, b, off) })
		if err != nil {
			return os.NewSyscallError("pread", err)
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		b, off = b[n:], off+int64(n)
	}
	return nil
}
