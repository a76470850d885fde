//go:build !race && !explore

package region

import "unsafe"

func (p Ptr) bytes(off, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(p.p, off)), n) // valid by I1
}

// CopyOut copies the bytes at p+off to dst. What it copies may be torn: check afterwards.
func (p Ptr) CopyOut(dst []byte, off uint64) {
	copy(dst, p.bytes(off, uint64(len(dst))))
	loadFence()
}

// AppendOut is CopyOut of n bytes to the end of dst.
func (p Ptr) AppendOut(dst []byte, off, n uint64) []byte {
	b := p.bytes(off, n)
	if cap(dst) == 0 {
		dst = make([]byte, len(b)) // with copy behind it: not zeroed before
		copy(dst, b)
		loadFence()
		return dst
	}
	dst = append(dst, b...)
	loadFence()
	return dst
}

// CopyIn copies s to p+off, memory that no other process is entitled to read yet, or any more, or that readers know to be changing.
func (p Ptr) CopyIn(off uint64, s string) {
	storeFence()
	copy(p.bytes(off, uint64(len(s))), s)
}

// Equal compares the bytes at p+off with s; like CopyOut it may see torn bytes.
func (p Ptr) Equal(off uint64, s string) bool {
	same := string(p.bytes(off, uint64(len(s)))) == s
	loadFence()
	return same
}

// Note copies n words, from word i of s on, to p, each behind its offset. A Store behind it counts them. A Load must stand between it and the
// Store that said that what was there before counts no more.
func (p Ptr) Note(s Span, i, n uint64) {
	to, off := p.p, s.Off+8*i
	for _, w := range unsafe.Slice(s.word(i), n) { // valid by I1, as is what to points to
		*(*uint64)(to) = off
		*(*uint64)(unsafe.Add(to, 8)) = w
		to, off = unsafe.Add(to, 16), off+8
	}
}
