package sys

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Map maps length bytes of fd from offset 0, shared. The range may reach past the end of the file: those pages become
// usable when the file grows. The memory is left out of core dumps.
func Map(fd int, length uint64, writable bool) (unsafe.Pointer, error) {
	prot := unix.PROT_READ
	if writable {
		prot |= unix.PROT_WRITE
	}
	p, err := unix.MmapPtr(fd, 0, nil, uintptr(length), prot, unix.MAP_SHARED|unix.MAP_NORESERVE)
	if err == unix.ENOMEM {
		// Mappings of unreachable handles make no pressure on the garbage collector: collect once, then try again.
		runtime.GC()
		p, err = unix.MmapPtr(fd, 0, nil, uintptr(length), prot, unix.MAP_SHARED|unix.MAP_NORESERVE)
	}
	if err != nil {
		return nil, err
	}
	_ = unix.Madvise(unsafe.Slice((*byte)(p), length), unix.MADV_DONTDUMP) // valid: the range was just mapped
	return p, nil
}

// Populate makes page table entries for writing to length bytes of a mapping, which have memory, in one go; a fault for each
// page takes several times as long. Kernels before 5.14 cannot; then the faults come as they do.
func Populate(p unsafe.Pointer, length uint64) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), length), unix.MADV_POPULATE_WRITE) // valid: the caller's mapping is that long
}

// Unmap ends a mapping made by Map.
func Unmap(p unsafe.Pointer, length uint64) error { return unix.MunmapPtr(p, uintptr(length)) }

// Msync writes the first length bytes of a mapping to the storage behind it and waits.
func Msync(p unsafe.Pointer, length uint64) error {
	return unix.Msync(unsafe.Slice((*byte)(p), length), unix.MS_SYNC) // valid: the caller's mapping is that long
}
