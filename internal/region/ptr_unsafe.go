package region

import "unsafe"

// Ptr points to an 8-byte aligned word of a region. Word indices count from it.
type Ptr struct{ p unsafe.Pointer }

func (p Ptr) word(i uint64) *uint64 {
	return (*uint64)(unsafe.Add(p.p, i*8)) // valid by I1
}

// Word returns a pointer to word i.
func (p Ptr) Word(i uint64) Ptr { return Ptr{unsafe.Add(p.p, i*8)} } // valid by I1

// IsNil reports whether p is the zero Ptr.
func (p Ptr) IsNil() bool { return p.p == nil }

// Of returns a pointer to private words, so that code for shared memory can run on a copy.
func Of(ws []uint64) Ptr { return Ptr{unsafe.Pointer(unsafe.SliceData(ws))} } // valid: the slice stays alive through p

// Byte returns a pointer to the word at byte d, a multiple of 8.
func (p Ptr) Byte(d uint64) Ptr { return Ptr{unsafe.Add(p.p, d)} } // valid by I1
