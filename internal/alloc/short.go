package alloc

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to a blob without chunks of its own, which nearly all are. What it cannot do is left to Look.

// Short is the block of a small blob, and its lengths. The block is nil for anything else.
func (h *Heap) Short(w uint64) (block region.Ptr, lens uint64) {
	addr := layout.BlobAddr(w)
	r, k := h.chunks.Row(addr >> layout.LgChunk)
	if k >= r.N() {
		return block, 0
	}
	at := addr & (layout.ChunkSize - 1)
	p := h.chunks.In(r, k).Byte(at)
	lens = p.Load(layout.BlobLens)
	if n := layout.KeyLen(lens) + layout.ValLen(lens) + layout.BlobHead; n <= layout.MaxBlock && at+n <= layout.ChunkSize {
		block = p
	}
	return block, lens
}

// KeyIs reports whether the key in the blob that w refers to is s.
func (h *Heap) KeyIs(w uint64, s string) bool {
	block, lens := h.Short(w)
	if block.IsNil() {
		b, ok := h.Look(w)
		return ok && b.KeyIs(s)
	}
	return layout.KeyLen(lens) == uint64(len(s)) && block.Equal(layout.BlobHead, s)
}

// Ask asks for the block of the blob behind w, and does not wait for it.
func (h *Heap) Ask(w uint64) {
	addr := layout.BlobAddr(w)
	r, k := h.chunks.Row(addr >> layout.LgChunk)
	if k >= r.N() {
		return
	}
	h.chunks.In(r, k).Byte(addr & (layout.ChunkSize - 1)).Prefetch()
}
