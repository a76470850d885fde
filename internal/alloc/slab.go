package alloc

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// takeBlock takes a block of a class and returns its address in the chunk vector.
func (h *Heap) takeBlock(class int) uint64 {
	blocks, first := layout.Slab(class)
	list := layout.ShClass + uint64(class)
	c := layout.Lo(h.shard.Load(list))
	if c == 0 {
		c = h.newSlab(class, blocks) + 1
	}
	c--
	m, bitmap := h.meta.Must(c), h.chunks.Must(c)
	live := layout.MetaLive(m.Load(layout.MetaState)) + 1
	for w := range (blocks + 63) / 64 {
		used := bitmap.Load(w)
		free := ^used & (1<<min(blocks-w*64, 64) - 1)
		if free == 0 {
			continue
		}
		bit := uint64(bits.TrailingZeros64(free))
		h.log.Set(bitmap, w, used|1<<bit)
		h.log.Set(m, layout.MetaState, layout.MetaWord(layout.ChunkSlab, uint64(class), live))
		if live == blocks {
			h.unlink(list, c)
		}
		h.add(layout.ShClassCount+uint64(class), 1<<32)
		return c<<layout.LgChunk + first + (w*64+bit)*layout.ClassSize(class)
	}
	corrupt("bitmap of a slab that should have room", bitmap.Off, live, "a clear bit")
	return 0
}

func (h *Heap) newSlab(class int, blocks uint64) uint64 {
	c := h.takeChunk(layout.MetaWord(layout.ChunkSlab, uint64(class), 0))
	bitmap := h.chunks.Must(c)
	for w := range (blocks + 63) / 64 {
		bitmap.Store(w, 0) // free chunks are unreachable (journal J5)
	}
	h.pushFront(layout.ShClass+uint64(class), c)
	h.add(layout.ShClassCount+uint64(class), 1)
	return c
}

// liveBlock is the number of the live block at addr, and the words that say so.
func (h *Heap) liveBlock(addr uint64, class int) (i uint64, m, bitmap region.Span, state uint64) {
	blocks, first := layout.Slab(class)
	c := addr >> layout.LgChunk
	m, bitmap = h.meta.Must(c), h.chunks.Must(c)
	state = m.Load(layout.MetaState)
	i = (addr&(layout.ChunkSize-1) - first) / layout.ClassSize(class)
	if layout.MetaKind(state) != layout.ChunkSlab || layout.MetaClass(state) != uint64(class) || layout.MetaLive(state) == 0 ||
		i >= blocks || bitmap.Load(i/64)>>(i%64)&1 == 0 {
		corrupt("block to free", bitmap.Off, state, "a live block of its class")
	}
	return i, m, bitmap, state
}

// giveBlock frees the block at addr.
func (h *Heap) giveBlock(addr uint64, class int) {
	blocks, _ := layout.Slab(class)
	c := addr >> layout.LgChunk
	i, m, bitmap, state := h.liveBlock(addr, class)
	live := layout.MetaLive(state)
	h.log.Set(bitmap, i/64, bitmap.Load(i/64)&^(1<<(i%64)))
	h.add(layout.ShClassCount+uint64(class), ^uint64(1<<32-1))
	list := layout.ShClass + uint64(class)
	h.log.Set(m, layout.MetaState, layout.MetaWord(layout.ChunkSlab, uint64(class), live-1))
	switch {
	case live == 1: // every class has at least two blocks, so the slab was in the list of partly filled ones
		h.unlink(list, c)
		h.add(layout.ShClassCount+uint64(class), ^uint64(0))
		h.giveChunk(c)
	case live == blocks:
		h.pushFront(list, c)
	}
}

// Sparse returns a slab of the class that is worth emptying: the least filled of the few at the end of the list, if the
// class as a whole is less than half full. The blocks of others have room for its own.
func (h *Heap) Sparse(class int) (chunk uint64, ok bool) {
	count := h.shard.Load(layout.ShClassCount + uint64(class))
	slabs, live := layout.Lo(count), layout.Hi(count)
	blocks, _ := layout.Slab(class)
	if slabs < 3 || live*2 >= slabs*blocks {
		return 0, false
	}
	ends := h.shard.Load(layout.ShClass + uint64(class))
	first, best := layout.Lo(ends), blocks
	for c, n := layout.Hi(ends), 0; c != 0 && c != first && n < 8; n++ {
		m := h.meta.Must(c - 1)
		if l := layout.MetaLive(m.Load(layout.MetaState)); l < best {
			best, chunk, ok = l, c-1, true
		}
		c = layout.Lo(m.Load(layout.MetaLinks))
	}
	return chunk, ok
}

// AnyBlock returns the address of one live block of a slab.
func (h *Heap) AnyBlock(chunk uint64, class int) (addr uint64, ok bool) {
	blocks, first := layout.Slab(class)
	bitmap := h.chunks.Must(chunk)
	for w := range (blocks + 63) / 64 {
		if used := bitmap.Load(w); used != 0 {
			i := w*64 + uint64(bits.TrailingZeros64(used))
			return chunk<<layout.LgChunk + first + i*layout.ClassSize(class), i < blocks
		}
	}
	return 0, false
}
