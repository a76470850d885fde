package doctor

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// file is the identity of a file.
type file struct{ dev, ino uint64 }

func identity(path string) (file, bool) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return file{}, false
	}
	return file{uint64(st.Dev), st.Ino}, true
}

// isOpen reports whether another process that this one can see has the file open. Handles for reading leave no other trace.
func (h *Host) isOpen(path string) bool {
	if h.open == nil {
		h.open = map[file]bool{}
		names, _ := filepath.Glob(h.at("proc/[0-9]*/fd/*")) // those of other users are not shown
		own := strconv.Itoa(os.Getpid())
		for _, name := range names {
			if filepath.Base(filepath.Dir(filepath.Dir(name))) == own {
				continue
			}
			if f, ok := identity(name); ok {
				h.open[f] = true
			}
		}
	}
	f, ok := identity(path)
	return ok && h.open[f]
}

// inMemory reports whether the file is on a tmpfs.
func (h *Host) inMemory(path string) bool {
	st, err := h.Statfs(path)
	return err == nil && st.Type == unix.TMPFS_MAGIC
}
