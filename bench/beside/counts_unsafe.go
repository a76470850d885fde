package main

import (
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A slot is what a worker and those that came after it in its place have done. It lies in memory that outlives them.
type slot struct {
	operations atomic.Uint64
	stall      atomic.Int64 // the longest time from one operation to the next, in nanoseconds
	_          [48]byte     // a line of cache for each
}

// counts are the slots in a file, which is made if there is none.
func counts(path string, n int) ([]slot, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := n * int(unsafe.Sizeof(slot{}))
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*slot)(unsafe.Pointer(&b[0])), n), nil // a page is aligned, and size bytes are mapped until the process ends
}
