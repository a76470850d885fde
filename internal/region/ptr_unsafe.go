package region

import (
	"sync/atomic"
	"unsafe"
)

// Ptr points to an 8-byte aligned word of a region. Word indices count from it.
type Ptr struct{ p unsafe.Pointer }

func (p Ptr) word(i uint64) *uint64 {
	return (*uint64)(unsafe.Add(p.p, i*8)) // valid by I1
}

// Load reads word i.
func (p Ptr) Load(i uint64) uint64 { return atomic.LoadUint64(p.word(i)) }

// CompareAndSwap is the atomic operation on word i.
func (p Ptr) CompareAndSwap(i, old, new uint64) bool {
	return atomic.CompareAndSwapUint64(p.word(i), old, new)
}

// Or sets bits of word i with one atomic operation.
func (p Ptr) Or(i, bits uint64) { atomic.OrUint64(p.word(i), bits) }

// And clears the bits of word i that mask does not have, with one atomic operation.
func (p Ptr) And(i, mask uint64) { atomic.AndUint64(p.word(i), mask) }

// Low is the address of the low half of word i, for the futex calls. Both architectures are little-endian.
func (p Ptr) Low(i uint64) *uint32 {
	return (*uint32)(unsafe.Add(p.p, i*8)) // valid by I1
}

// Word returns a pointer to word i.
func (p Ptr) Word(i uint64) Ptr { return Ptr{unsafe.Add(p.p, i*8)} } // valid by I1

// IsNil reports whether p is the zero Ptr.
func (p Ptr) IsNil() bool { return p.p == nil }

// Of returns a pointer to private words, so that code for shared memory can run on a copy.
func Of(ws []uint64) Ptr { return Ptr{unsafe.Pointer(unsafe.SliceData(ws))} } // valid: the slice stays alive through p
