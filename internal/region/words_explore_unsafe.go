//go:build explore

package region

import (
	"sync/atomic"
	"unsafe"
)

// With the build tag explore every access to a word goes through Watch: package explore sees, orders and answers them. The
// ordinary build has none of this (words_unsafe.go).

// A Watcher carries out the accesses to words. It must do, or pretend to do, what the methods of Ptr say.
type Watcher interface {
	Load(w *uint64) uint64
	Store(w *uint64, v uint64)
	CompareAndSwap(w *uint64, old, new uint64) bool
	Or(w *uint64, bits uint64)
	And(w *uint64, mask uint64)
	Futex(w *uint64) // the futex call that follows waits for this word, or wakes those who wait
}

// Watch is the watcher; nil leaves the memory alone. It is set while nobody uses a region.
var Watch Watcher

// Index is the number of word w in a region on the heap; false if it is not in the region.
func (r *Region) Index(w *uint64) (uint64, bool) {
	i := (uintptr(unsafe.Pointer(w)) - uintptr(unsafe.Pointer(unsafe.SliceData(r.heap)))) / 8 // valid: only compared
	return uint64(i), i < uintptr(len(r.heap))
}

// Load reads word i.
func (p Ptr) Load(i uint64) uint64 {
	if Watch != nil {
		return Watch.Load(p.word(i))
	}
	return atomic.LoadUint64(p.word(i))
}

// Store writes word i.
func (p Ptr) Store(i, v uint64) {
	if Watch != nil {
		Watch.Store(p.word(i), v)
		return
	}
	atomic.StoreUint64(p.word(i), v)
}

// CompareAndSwap is the atomic operation on word i.
func (p Ptr) CompareAndSwap(i, old, new uint64) bool {
	if Watch != nil {
		return Watch.CompareAndSwap(p.word(i), old, new)
	}
	return atomic.CompareAndSwapUint64(p.word(i), old, new)
}

// Or sets bits of word i with one atomic operation.
func (p Ptr) Or(i, bits uint64) {
	if Watch != nil {
		Watch.Or(p.word(i), bits)
		return
	}
	atomic.OrUint64(p.word(i), bits)
}

// And clears the bits of word i that mask does not have, with one atomic operation.
func (p Ptr) And(i, mask uint64) {
	if Watch != nil {
		Watch.And(p.word(i), mask)
		return
	}
	atomic.AndUint64(p.word(i), mask)
}

// never is what nobody waits for, so that a futex call on it returns at once.
var never uint32

// Low tells the watcher of a futex call and gives a word that ends it at once.
func (p Ptr) Low(i uint64) *uint32 {
	if Watch != nil {
		Watch.Futex(p.word(i))
	}
	return &never
}

// Words is the memory of a region on the heap, past the watcher.
func (r *Region) Words() []uint64 { return r.heap }
