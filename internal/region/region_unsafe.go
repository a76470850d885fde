package region

import (
	"math"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/sys"
)

// view is one mapping and how much of it lies inside the file. It never changes; a larger file gets a new one.
type view struct {
	base     unsafe.Pointer
	limit    uint64 // bytes that may be touched: at most mapped, at most the file's size
	mapped   uint64
	previous *view // older, smaller mapping at another address, kept until the region ends because readers may still be in it
}

// Region is the memory of a map. All methods are safe for concurrent use.
type Region struct {
	cur      atomic.Pointer[view]
	mu       sync.Mutex // serialises mapping and, on the heap, growth
	fd       int        // -1 on the heap
	writable bool
	heap     []uint64

	// FailAllocate, if set by a test before the region is shared, is asked before every allocation of backing memory.
	FailAllocate func(off, n uint64) error
	// FailSync, if set likewise, is asked before the first n bytes, or all, are written to storage.
	FailSync func(n uint64) error
}

const (
	defaultReserve = 64 << 30
	minReserve     = 64 << 20
)

// Mapped returns a region over the file behind fd, which it does not take over. reserve is the address range to set
// aside in bytes, 0 for the default; less is taken where the system has less.
func Mapped(fd int, writable bool, reserve uint64) (*Region, error) {
	st, err := sys.Stat(fd)
	if err != nil {
		return nil, err
	}
	if reserve == 0 {
		reserve = defaultReserve
	}
	r := &Region{fd: fd, writable: writable}
	if err := r.remap(max(reserve, st.Size), st.Size); err != nil {
		return nil, err
	}
	return r, nil
}

// remap makes a mapping of want bytes, or of as many as there are addresses for, and at least size.
func (r *Region) remap(want, size uint64) error {
	for {
		base, err := sys.Map(r.fd, want, r.writable)
		if err == nil {
			r.cur.Store(&view{base: base, limit: min(size, want), mapped: want, previous: r.cur.Load()})
			return nil
		}
		if want/2 < max(size, minReserve) {
			return err
		}
		want /= 2
	}
}

// Heap returns a region over the Go heap that can grow to capacity bytes: the same code, but the race detector sees it.
func Heap(capacity uint64) *Region {
	ws := make([]uint64, capacity/8+64)
	skip := (64 - uintptr(unsafe.Pointer(&ws[0]))%64) % 64 / 8 // valid: only the alignment of the address is used
	return heapOver(ws[skip:skip+uintptr(capacity/8)], 0)
}

// HeapFrom returns a heap region that holds a copy of image, which can grow to capacity bytes.
func HeapFrom(image []uint64, capacity uint64) *Region {
	r := Heap(max(capacity, uint64(len(image))*8))
	copy(r.heap, image)
	return heapOver(r.heap, uint64(len(image))*8)
}

func heapOver(ws []uint64, limit uint64) *Region {
	r := &Region{fd: -1, writable: true, heap: ws}
	r.cur.Store(&view{base: unsafe.Pointer(unsafe.SliceData(ws)), limit: limit, mapped: uint64(len(ws)) * 8}) // valid: ws stays alive in r
	return r
}

// Image returns a copy of the whole memory, word by word.
func (r *Region) Image() []uint64 {
	v := r.cur.Load()
	out := make([]uint64, v.limit/8)
	p := Ptr{v.base}
	for i := range out {
		out[i] = p.Load(uint64(i))
	}
	return out
}

// Writable reports whether stores are possible.
func (r *Region) Writable() bool { return r.writable }

// OnHeap reports whether the region has no file.
func (r *Region) OnHeap() bool { return r.fd < 0 }

// FD is the descriptor of the file, -1 on the heap.
func (r *Region) FD() int { return r.fd }

// At returns a pointer to n bytes at offset off, which is a multiple of 8; false if they are not inside the file.
func (r *Region) At(off, n uint64) (Ptr, bool) {
	v := r.cur.Load()
	if off > v.limit || n > v.limit-off {
		return r.atSlow(off, n)
	}
	return Ptr{unsafe.Add(v.base, off)}, true // valid: inside the mapping and the file, checked above
}

// atSlow looks whether the file has grown since this process looked last.
func (r *Region) atSlow(off, n uint64) (Ptr, bool) {
	if r.fd < 0 || off > 1<<62 || n > 1<<62 {
		return Ptr{}, false
	}
	st, err := sys.Stat(r.fd)
	if err != nil || off+n > st.Size {
		return Ptr{}, false
	}
	if r.see(st.Size) != nil {
		return Ptr{}, false
	}
	v := r.cur.Load()
	if off+n > v.limit {
		return Ptr{}, false
	}
	return Ptr{unsafe.Add(v.base, off)}, true // valid: as in At
}

// see makes the first size bytes of the file reachable.
func (r *Region) see(size uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.cur.Load()
	switch {
	case size <= v.limit:
		return nil
	case size > v.mapped:
		return r.remap(max(size, 2*v.mapped), size)
	}
	r.cur.Store(&view{base: v.base, limit: size, mapped: v.mapped, previous: v.previous})
	return nil
}

// Size is the number of bytes inside the file, as far as this process has looked.
func (r *Region) Size() uint64 { return r.cur.Load().limit }

// Allocate backs [off, off+n) with memory, growing the file if needed. Content is kept, new bytes are zero.
func (r *Region) Allocate(off, n uint64) error {
	if r.FailAllocate != nil {
		if err := r.FailAllocate(off, n); err != nil {
			return fault.With(fault.ErrNoSpace, "%v", err)
		}
	}
	if r.fd < 0 {
		if off+n > uint64(len(r.heap))*8 {
			return fault.With(fault.ErrNoSpace, "heap region of %d bytes", len(r.heap)*8)
		}
		return r.seeHeap(off + n)
	}
	if err := sys.Allocate(r.fd, off, n); err != nil {
		return fault.With(fault.ErrNoSpace, "allocating %d bytes at offset %#x: %v", n, off, err)
	}
	return r.see(off + n)
}

// Populate makes [off, off+n), which has memory and whole pages, ready for this process to write to.
func (r *Region) Populate(off, n uint64) {
	if p, ok := r.At(off, n); ok && r.fd >= 0 && r.writable {
		sys.Populate(p.p, n)
	}
}

func (r *Region) seeHeap(size uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v := r.cur.Load(); size > v.limit {
		r.cur.Store(&view{base: v.base, limit: size, mapped: v.mapped})
	}
	return nil
}

// Room refuses n more bytes if the file system, or the machine, cannot have so many.
func (r *Region) Room(n uint64) error {
	if r.fd < 0 {
		return nil
	}
	if room := sys.Room(r.fd); n > room {
		return fault.With(fault.ErrNoSpace, "%d bytes, where there is room for %d", n, room)
	}
	return nil
}

// Punch gives the memory behind [off, off+n) back; the bytes read as zero afterwards.
func (r *Region) Punch(off, n uint64) error {
	if r.fd >= 0 {
		return sys.Punch(r.fd, off, n)
	}
	if p, ok := r.At(off, n); ok {
		for i := range n / 8 {
			p.Store(i, 0)
		}
	}
	return nil
}

// Sync writes the whole file, also what others have added to it, to the storage behind it and waits.
func (r *Region) Sync() error {
	return r.sync(math.MaxUint64, func() error { return os.NewSyscallError("fsync", sys.Fsync(r.fd)) })
}

// SyncHead is Sync for the first n bytes, which are inside the file.
func (r *Region) SyncHead(n uint64) error {
	return r.sync(n, func() error { return os.NewSyscallError("msync", sys.Msync(r.cur.Load().base, n)) })
}

func (r *Region) sync(n uint64, write func() error) error {
	if r.FailSync != nil {
		if err := r.FailSync(n); err != nil {
			return err
		}
	}
	if r.fd < 0 {
		return nil
	}
	return write()
}

// Unmap ends the region. Nobody may hold a Ptr into it any more.
func (r *Region) Unmap() {
	if r.fd < 0 {
		return
	}
	for v := r.cur.Load(); v != nil; v = v.previous {
		_ = sys.Unmap(v.base, v.mapped) // it was mapped just so
	}
}
