package alloc

import (
	"slices"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Blob is the storage of one entry's strings, as found behind a string word. Without the shard's lock everything in it
// may be stale: each length was checked against the memory, so using it is safe, and wrong is what the caller's
// validation finds out.
type Blob struct {
	heap   *Heap
	p      region.Ptr // the chunk
	off    uint64     // where it is in the file
	at     uint64     // byte offset of the block in the chunk
	lens   uint64
	chunks uint64
	head   uint64
}

// Before is the blob as it was before the transaction that o has noted, which may have written to its block; false if what was there was
// none. A large blob is what it was: nobody writes to one that is reachable.
func (b Blob) Before(o *journal.Overlay) (Blob, bool) {
	if b.chunks > 0 {
		return b, true
	}
	words := make([]uint64, min(layout.ClassSize(layout.BlockClass(b.lens)), layout.ChunkSize-b.at)/8)
	for i := range words {
		words[i] = b.p.Load(b.at/8 + uint64(i))
	}
	o.Patch(b.off+b.at, words)
	b.p, b.at, b.lens = region.Of(words), 0, words[layout.BlobLens]
	return b, b.head+b.KeyLen()+b.ValLen() <= uint64(len(words))*8
}

// Look finds the blob that string word w refers to; false if it does not lie inside the memory.
func (h *Heap) Look(w uint64) (Blob, bool) {
	addr := layout.BlobAddr(w)
	p, ok := h.chunks.Find(addr >> layout.LgChunk)
	if !ok {
		return Blob{}, false
	}
	b := Blob{heap: h, p: p.Ptr, off: p.Off, at: addr & (layout.ChunkSize - 1)}
	if b.at > layout.ChunkSize-layout.LargeHead {
		return Blob{}, false
	}
	b.lens = p.Load(b.at / 8)
	n := layout.KeyLen(b.lens) + layout.ValLen(b.lens)
	if n+layout.BlobHead <= layout.MaxBlock {
		b.head = layout.BlobHead
	} else {
		s := layout.ShapeOf(n)
		b.head, b.chunks = s.Head, s.Chunks
	}
	if rest := n - min(n, b.chunks<<layout.LgChunk); b.at+b.head+rest > layout.ChunkSize {
		return Blob{}, false
	}
	return b, true
}

// Hash is the hash of the blob's key.
func (b *Blob) Hash() uint64 { return b.p.Load(b.at/8 + layout.BlobHash) }

// KeyLen and ValLen are the lengths of the parts that are in the blob.
func (b *Blob) KeyLen() uint64 { return layout.KeyLen(b.lens) }

// ValLen is the length of the value in the blob.
func (b *Blob) ValLen() uint64 { return layout.ValLen(b.lens) }

// Class is the size class of the blob's block.
func (b *Blob) Class() int { return layout.BlockClass(b.lens) }

// KeyIs compares the key.
func (b *Blob) KeyIs(s string) bool {
	if layout.KeyLen(b.lens) != uint64(len(s)) {
		return false
	}
	if b.chunks == 0 {
		return b.p.Equal(b.at+b.head, s)
	}
	return b.largeIs(0, s)
}

// ValIs compares the value.
func (b *Blob) ValIs(s string) bool {
	if layout.ValLen(b.lens) != uint64(len(s)) {
		return false
	}
	if b.chunks == 0 {
		return b.p.Equal(b.at+b.head+layout.KeyLen(b.lens), s)
	}
	return b.largeIs(layout.KeyLen(b.lens), s)
}

// AppendKey appends the key to dst; false if the blob's chain is broken.
func (b *Blob) AppendKey(dst []byte) ([]byte, bool) { return b.append(dst, 0, layout.KeyLen(b.lens)) }

// AppendVal appends the value to dst; false if the blob's chain is broken.
func (b *Blob) AppendVal(dst []byte) ([]byte, bool) {
	return b.append(dst, layout.KeyLen(b.lens), layout.ValLen(b.lens))
}

func (b *Blob) append(dst []byte, from, n uint64) ([]byte, bool) {
	if n > layout.MaxString || !b.heap.chunks.Holds(n) { // by the file: what the shard header says may be forged
		return dst, false
	}
	old := len(dst)
	dst = slices.Grow(dst, int(n))[:old+int(n)]
	if b.chunks == 0 {
		b.p.CopyOut(dst[old:], b.at+b.head+from)
		return dst, true
	}
	ok := b.pieces(from, n, func(p region.Ptr, at, done, n uint64) bool {
		p.CopyOut(dst[old+int(done):old+int(done+n)], at)
		return true
	})
	return dst, ok
}

func (b *Blob) largeIs(from uint64, s string) bool {
	return b.pieces(from, uint64(len(s)), func(p region.Ptr, at, done, n uint64) bool {
		return p.Equal(at, s[done:done+n])
	})
}

// pieces calls f for each contiguous piece of the data bytes [from, from+n): memory, byte offset there, bytes done
// before, bytes in the piece. It stops when f says so or the chain of chunks is not what it should be.
func (b *Blob) pieces(from, n uint64, f func(p region.Ptr, at, done, n uint64) bool) bool {
	next := layout.Lo(b.p.Load(b.at/8 + layout.BlobChain))
	pos, done := uint64(0), uint64(0)
	for range b.chunks {
		m, ok1 := b.heap.meta.At(next - 1)
		p, ok2 := b.heap.chunks.At(next - 1)
		if next == 0 || !ok1 || !ok2 {
			return false
		}
		if lo, hi := max(from, pos), min(from+n, pos+layout.ChunkSize); lo < hi {
			if !f(p, lo-pos, done, hi-lo) {
				return false
			}
			done += hi - lo
		}
		pos += layout.ChunkSize
		next = layout.Hi(m.Load(layout.MetaLinks))
	}
	if done < n {
		lo := max(from, pos)
		return f(b.p, b.at+b.head+lo-pos, done, n-done)
	}
	return true
}

// Make stores key and val, those parts of an entry that do not fit the slot, in a new blob and returns its address.
// Nothing refers to it yet, so its bytes are written directly (journal J5).
func (h *Heap) Make(hash uint64, key, val string) uint64 {
	n := uint64(len(key) + len(val))
	s := layout.ShapeOf(n)
	chain := uint64(0)
	if s.Chunks > 0 {
		chain = h.takeChain(s.Chunks)
	}
	addr := h.takeBlock(s.Class)
	p := h.chunks.Must(addr >> layout.LgChunk).Ptr
	at := addr & (layout.ChunkSize - 1)
	p.Store(at/8+layout.BlobLens, layout.Lens(uint64(len(key)), uint64(len(val))))
	p.Store(at/8+layout.BlobHash, hash)
	if s.Chunks == 0 {
		p.CopyIn(at+s.Head, key)
		p.CopyIn(at+s.Head+uint64(len(key)), val)
		return addr
	}
	p.Store(at/8+layout.BlobChain, layout.Pair(chain, s.Chunks))
	b := Blob{heap: h, p: p, at: at, lens: p.Load(at / 8), chunks: s.Chunks, head: s.Head}
	fill := func(from uint64, s string) {
		b.pieces(from, uint64(len(s)), func(p region.Ptr, at, done, n uint64) bool {
			p.CopyIn(at, s[done:done+n])
			return true
		})
	}
	fill(0, key)
	fill(uint64(len(key)), val)
	return addr
}

// Place is the block of the small blob that string word w refers to, and the lengths that it would have with the same key and a value
// of n bytes; nil if that does not belong there.
func (h *Heap) Place(w, n uint64) (block region.Span, lens uint64) {
	if block, lens = h.small(w); block.IsNil() || layout.ValLen(lens) == n {
		return block, lens
	}
	return fitting(block, lens, layout.KeyLen(lens), n)
}

// Seat is Place for another key, of so many bytes, as well.
func (h *Heap) Seat(w, key, val uint64) (block region.Span, lens uint64) {
	if block, lens = h.small(w); block.IsNil() {
		return block, 0
	}
	return fitting(block, lens, key, val)
}

// fitting is a block whose blob has lengths, and those it would have with others; nil if they do not belong there.
func fitting(block region.Span, lens, key, val uint64) (region.Span, uint64) {
	lens, ok := layout.LensIn(layout.BlockClass(lens), key, val)
	if !ok {
		return region.Span{}, 0
	}
	return block, lens
}

// small is the block of the small blob that string word w refers to, and its lengths; nil if there is none.
func (h *Heap) small(w uint64) (block region.Span, lens uint64) {
	addr := layout.BlobAddr(w)
	at := addr & (layout.ChunkSize - 1)
	r, k := h.chunks.Row(addr >> layout.LgChunk)
	if k >= r.N() {
		return block, 0
	}
	block = r.Span(k * layout.ChunkSize).Sub(at / 8)
	lens = block.Load(layout.BlobLens)
	if layout.BlobHead+layout.KeyLen(lens)+layout.ValLen(lens) > layout.MaxBlock || at+layout.ClassSize(layout.BlockClass(lens)) > layout.ChunkSize {
		return region.Span{}, 0
	}
	return block, lens
}

// Rewrite stores val over the value in a block, with lengths, that Place has found for it.
func (h *Heap) Rewrite(block region.Span, lens uint64, val string) {
	h.log.Set(block, layout.BlobLens, lens)
	h.log.SetBytes(block, layout.BlobHead+layout.KeyLen(lens), val)
}

// Remake stores another key and value over those in a block, with lengths, that Seat has found for them.
func (h *Heap) Remake(block region.Span, lens, hash uint64, key, val string) {
	h.log.Set(block, layout.BlobHash, hash)
	h.log.SetBytes(block, layout.BlobHead, key)
	h.Rewrite(block, lens, val)
}

// Drop frees the blob that string word w refers to.
func (h *Heap) Drop(w uint64) {
	b, ok := h.Look(w)
	if !ok {
		corrupt("blob address", 0, w, "a blob inside the memory")
	}
	if b.chunks > 0 {
		first := layout.Lo(b.p.Load(b.at/8 + layout.BlobChain))
		if first == 0 {
			corrupt("chain of a large blob", 0, w, "chunks")
		}
		h.giveChain(first, b.chunks)
	}
	h.giveBlock(layout.BlobAddr(w), b.Class())
}

// Relocate moves the blob that w refers to into another block of its class and returns the new address.
func (h *Heap) Relocate(w uint64) uint64 {
	b, ok := h.Look(w)
	if !ok {
		corrupt("blob address", 0, w, "a blob inside the memory")
	}
	class := b.Class()
	h.liveBlock(layout.BlobAddr(w), class) // or there need not be as many bytes
	addr := h.takeBlock(class)
	p := h.chunks.Must(addr >> layout.LgChunk).Ptr
	for i := range layout.ClassSize(class) / 8 {
		p.Store(addr&(layout.ChunkSize-1)/8+i, b.p.Load(b.at/8+i))
	}
	h.giveBlock(layout.BlobAddr(w), class)
	return addr
}
