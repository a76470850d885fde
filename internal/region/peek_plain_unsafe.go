//go:build amd64 && !race && !explore

package region

import "unsafe"

// Peek reads word i between two Loads, which it stays between: it may be read less often than it is asked for, and that is all.
// The compiler keeps an ordinary load on its side of an atomic one, as amd64 keeps loads in order, and adds the offset to it.
func (p Ptr) Peek(i uint64) uint64 { return *(*uint64)(unsafe.Add(p.p, i*8)) } // valid by I1
