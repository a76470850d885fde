package alloc

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to a blob without chunks of its own, which nearly all are. What it cannot do is left to Look.

// short finds the block of a small blob: its chunk, its offset there, its lengths. ok is false for anything else.
func (h *Heap) short(w uint64) (p region.Ptr, at, lens uint64, ok bool) {
	addr := layout.BlobAddr(w)
	r, k := h.chunks.Row(addr >> layout.LgChunk)
	if k >= r.N() {
		return p, 0, 0, false
	}
	p, at = h.chunks.In(r, k), addr&(layout.ChunkSize-1)
	lens = p.Load(at / 8)
	n := layout.KeyLen(lens) + layout.ValLen(lens) + layout.BlobHead
	return p, at, lens, n <= layout.MaxBlock && at+n <= layout.ChunkSize
}

// KeyIs reports whether the key in the blob that w refers to is s.
func (h *Heap) KeyIs(w uint64, s string) bool {
	p, at, lens, ok := h.short(w)
	if !ok {
		b, ok := h.Look(w)
		return ok && b.KeyIs(s)
	}
	return layout.KeyLen(lens) == uint64(len(s)) && p.Equal(at+layout.BlobHead, s)
}

// ShortVal says where the value in the blob that w refers to lies, if the blob is a small one: n bytes at p+off.
func (h *Heap) ShortVal(w uint64) (p region.Ptr, off, n uint64, ok bool) {
	p, at, lens, ok := h.short(w)
	return p, at + layout.BlobHead + layout.KeyLen(lens), layout.ValLen(lens), ok
}

// Ask asks for the memory that Remake of the blob behind w will need, and waits for none of it: its block, and the bitmap of its
// slab.
func (h *Heap) Ask(w uint64) {
	addr := layout.BlobAddr(w)
	r, k := h.chunks.Row(addr >> layout.LgChunk)
	if k >= r.N() {
		return
	}
	p := h.chunks.In(r, k)
	p.Byte(addr & (layout.ChunkSize - 1)).Prefetch()
	p.Prefetch()
}
