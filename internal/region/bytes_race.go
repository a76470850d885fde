//go:build race || explore

package region

import "encoding/binary"

// The versions for the race detector and for model checking: whole words, in their order, because a reader may copy what a
// writer is rewriting.

// CopyOut copies the bytes at p+off to dst. What it copies may be torn: check afterwards.
func (p Ptr) CopyOut(dst []byte, off uint64) {
	var b [8]byte
	for len(dst) > 0 {
		binary.LittleEndian.PutUint64(b[:], p.Load(off/8))
		n := copy(dst, b[off%8:])
		dst, off = dst[n:], off+uint64(n)
	}
}

// AppendOut is CopyOut of n bytes to the end of dst.
func (p Ptr) AppendOut(dst []byte, off, n uint64) []byte {
	old := len(dst)
	dst = append(dst, make([]byte, n)...)
	p.CopyOut(dst[old:], off)
	return dst
}

// CopyIn copies s to p+off, memory that no other process is entitled to read yet, or any more, or that readers know to be changing.
func (p Ptr) CopyIn(off uint64, s string) {
	var b [8]byte
	for len(s) > 0 {
		binary.LittleEndian.PutUint64(b[:], p.Load(off/8))
		n := copy(b[off%8:], s)
		p.Store(off/8, binary.LittleEndian.Uint64(b[:]))
		s, off = s[n:], off+uint64(n)
	}
}

// Equal compares the bytes at p+off with s; like CopyOut it may see torn bytes.
func (p Ptr) Equal(off uint64, s string) bool {
	b := make([]byte, len(s))
	p.CopyOut(b, off)
	return string(b) == s
}

// Note copies n words, from word i of s on, to p, each behind its offset. A Store behind it counts them. A Load must stand between it and the
// Store that said that what was there before counts no more.
func (p Ptr) Note(s Span, i, n uint64) {
	for k := range n {
		p.Store(2*k, s.Off+8*(i+k))
		p.Store(2*k+1, s.Load(i+k))
	}
}
