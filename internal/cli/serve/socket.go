package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// listenUnix listens at a socket in the file system. One that a dead server left behind is replaced; one that answers, or a file of
// another kind, is not.
func listenUnix(flag, path string, mode fs.FileMode) (net.Listener, error) {
	if path == "" || path[0] == '@' || path[0] == 0 {
		return nil, fmt.Errorf("%s unix:%s: a socket needs a path in the file system: others have no permissions; for a file of that name say unix:./%s", flag, path, path)
	}
	end, err := lockDirectory(path)
	if err != nil {
		return nil, fmt.Errorf("%s unix:%s: %w", flag, path, err)
	}
	defer end()
	if err := clear(flag, path); err != nil {
		return nil, err
	}
	old := syscall.Umask(0o777 &^ int(mode.Perm())) // the socket never has more permissions than it shall
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(old)
	if err != nil {
		if errors.Is(err, syscall.EINVAL) {
			return nil, fmt.Errorf("%s unix:%s: the path is too long for a socket; the most is 107 bytes", flag, path)
		}
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("%s unix:%s: %w", flag, path, err)
	}
	ln.SetUnlinkOnClose(false) // what is at the path by then may be of somebody else
	s := &socket{UnixListener: ln, path: path}
	if s.file, err = os.Lstat(path); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	s.close = sync.OnceValue(s.end)
	return s, nil
}

// clear removes the socket of a dead server.
func clear(flag, path string) error {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case st.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s unix:%s: there is a file there that is no socket", flag, path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close() // it was only asked
		return fmt.Errorf("%s unix:%s: another server listens there", flag, path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return cannot(flag, "unix:"+path, err)
	}
	if now, err := os.Lstat(path); err != nil || !os.SameFile(st, now) {
		return fmt.Errorf("%s unix:%s: another server is starting there", flag, path)
	}
	return os.Remove(path)
}

// lockTime is how long another server may take to start or end beside a socket.
const lockTime = 5 * time.Second

// lockDirectory keeps other servers from starting or ending in the directory of path: between two of them that find one dead
// socket, the second would remove the living one of the first.
func lockDirectory(path string) (end func(), err error) {
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for until := time.Now().Add(lockTime); ; time.Sleep(5 * time.Millisecond) {
		switch err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return func() { _ = f.Close() }, nil // which ends the lock
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(err, f.Close())
		case time.Now().After(until):
			_ = f.Close()
			return nil, fmt.Errorf("another process holds a lock on the directory %s; choose another one", filepath.Dir(path))
		}
	}
}

// socket is a listener that removes its own file at the end, and no other.
type socket struct {
	*net.UnixListener
	path  string
	file  fs.FileInfo
	close func() error
}

func (s *socket) Close() error { return s.close() }

// end removes the file while the socket is open: as long as it is, no other file has its inode.
func (s *socket) end() error {
	if unlock, err := lockDirectory(s.path); err == nil { // else the file stays, and the next server replaces it
		defer unlock()
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
			_ = os.Remove(s.path) // as well
		}
	}
	return s.UnixListener.Close()
}
