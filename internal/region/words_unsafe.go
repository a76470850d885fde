//go:build !explore

package region

import (
	"sync/atomic"
	"unsafe"
)

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
