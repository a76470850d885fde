//go:build amd64 && !race && !explore

package region

import "unsafe"

// Peek reads word i between two Loads, which it stays between: it may be read less often than it is asked for, and that is all.
// amd64 keeps loads in order. That the compiler, to which an atomic load changes memory, does so as well is nothing that Go
// promises: TestListing reads it in the program. It saves the instructions that an atomic load needs for its address.
func (p Ptr) Peek(i uint64) uint64 { return *(*uint64)(unsafe.Add(p.p, i*8)) } // valid by I1
