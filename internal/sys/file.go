package sys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

func retry[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if !errors.Is(err, unix.EINTR) {
			return v, err
		}
	}
}

// Open opens a regular file without following a symbolic link in the last component.
func Open(path string, readOnly bool) (int, error) {
	flags := unix.O_RDWR
	if readOnly {
		flags = unix.O_RDONLY
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(path, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
	return fd, pathError("open", path, err)
}

// Reopen makes a new description of the file behind fd; it shares no locks with the old one.
func Reopen(fd int, readOnly bool) (int, error) {
	flags := unix.O_RDWR
	if readOnly {
		flags = unix.O_RDONLY
	}
	name := fdPath(fd)
	nfd, err := retry(func() (int, error) { return unix.Open(name, flags|unix.O_CLOEXEC, 0) })
	return nfd, pathError("open", name, err)
}

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// Nameless makes a file without a name in the directory of path, to be named by Link when it is complete.
func Nameless(path string, mode fs.FileMode) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(filepath.Dir(path), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, uint32(mode.Perm()))
	})
	if err == nil {
		err = unix.Fchmod(fd, uint32(mode.Perm())) // not what the umask left of it
	}
	return fd, pathError("create", path, err)
}

// Link gives a nameless file its name. fs.ErrExist means that somebody else was first.
func Link(fd int, path string) error {
	return pathError("link", path, unix.Linkat(unix.AT_FDCWD, fdPath(fd), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW))
}

// TempName is where a creating process puts its half-made file on a file system without nameless files.
func TempName(path string, n uint64) string {
	return path + ".shmap-" + strconv.FormatUint(n, 36) + ".tmp"
}

// CreateTemp makes a new file under a temporary name.
func CreateTemp(path string, mode fs.FileMode) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, uint32(mode.Perm()))
	})
	if err == nil {
		err = unix.Fchmod(fd, uint32(mode.Perm()))
	}
	return fd, pathError("create", path, err)
}

// Memfd makes an anonymous file that can be sealed. Its mode counts for whoever opens it through /proc.
func Memfd(name string, mode fs.FileMode) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err == nil {
		err = unix.Fchmod(fd, uint32(mode.Perm()))
	}
	return fd, err
}

// Writable reports whether a descriptor was opened for writing.
func Writable(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE != unix.O_RDONLY
}

// SealShrink forbids shrinking a memfd, by anybody, for ever.
func SealShrink(fd int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK)
	return err
}

// File is what fstat says of a file.
type File struct {
	Dev, Ino uint64
	Size     uint64 // bytes
	Blocks   uint64 // bytes allocated
	Regular  bool
}

// Stat asks about the file behind fd.
func Stat(fd int) (File, error) {
	var st unix.Stat_t
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Fstat(fd, &st) })
	if err != nil {
		return File{}, os.NewSyscallError("fstat", err)
	}
	return File{Dev: uint64(st.Dev), Ino: st.Ino, Size: uint64(st.Size), Blocks: uint64(st.Blocks) * 512,
		Regular: st.Mode&unix.S_IFMT == unix.S_IFREG}, nil
}

// Allocate backs [off, off+length) with memory or disk blocks, growing the file if needed; content is kept. The limit on
// file sizes is asked first, because passing it would be a signal.
func Allocate(fd int, off, length uint64) error {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &lim); err == nil && off+length > lim.Cur {
		return unix.EFBIG
	}
	_, err := retry(func() (struct{}, error) {
		return struct{}{}, unix.Fallocate(fd, 0, int64(off), int64(length))
	})
	return err
}

// Punch gives the blocks behind [off, off+length) back; they read as zero afterwards.
func Punch(fd int, off, length uint64) error {
	_, err := retry(func() (struct{}, error) {
		return struct{}{}, unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(off), int64(length))
	})
	return err
}

// Room is the memory that the file behind fd could get at most, in bytes: what its file system has left, and for a file in
// memory no more than the machine has.
func Room(fd int) uint64 {
	room := ^uint64(0)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return room
	}
	if fs.Blocks != 0 { // a memfd has a file system without a size
		room = fs.Bavail * uint64(fs.Bsize)
	}
	var info unix.Sysinfo_t
	if fs.Type == unix.TMPFS_MAGIC && unix.Sysinfo(&info) == nil {
		room = min(room, (info.Totalram+info.Totalswap)*uint64(info.Unit))
	}
	return room
}

// Fsync writes a file to the storage behind it and waits.
func Fsync(fd int) error {
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Fsync(fd) })
	return err
}

// Close closes a descriptor; there is nothing to be done about an error.
func Close(fd int) { _ = unix.Close(fd) }
