// Package alloc gives out string storage: chunks of 64 KiB, slabs cut from them, and blobs in those. It knows records,
// bitmaps and lists, all changed inside the caller's transaction; it must not know who refers to a blob.
//
// Invariants:
//
//	A1  A chunk below ShChunkBump is in exactly one place: the free list, the list of holes, a slab (in its class's list
//	    when partly filled), or the chain of one large blob. One at or past ShChunkBump is in none, the list of holes apart.
//	A2  A block is live if its bit is set; the record counts the bits. Freeing changes no byte of the block, so a
//	    transaction that frees can be undone; taking in the same transaction is ruled out by journal J5.
//	A3  Blocks are aligned to 16 bytes and lie inside one chunk.
package alloc

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Heap is the string storage of one shard. Only the methods of Blob may be used without the shard's lock.
type Heap struct {
	shard  region.Span
	log    *journal.Journal
	meta   *vector.Vec
	chunks *vector.Vec
}

// Init binds h to a shard.
func (h *Heap) Init(shard region.Span, log *journal.Journal, meta, chunks *vector.Vec) {
	h.shard, h.log, h.meta, h.chunks = shard, log, meta, chunks
}

func corrupt(where string, off, got uint64, want string) {
	panic(&fault.Corrupt{Where: where, Offset: off, Got: got, Want: want})
}

// pushFront puts chunk c at the front of the list whose ends are in word list of the shard header.
func (h *Heap) pushFront(list, c uint64) {
	ends := h.shard.Load(list)
	first, last := layout.Lo(ends), layout.Hi(ends)
	h.log.Set(h.meta.Must(c), layout.MetaLinks, layout.Pair(0, first))
	if first == 0 {
		last = c + 1
	} else {
		n := h.meta.Must(first - 1)
		h.log.Set(n, layout.MetaLinks, layout.Pair(c+1, layout.Hi(n.Load(layout.MetaLinks))))
	}
	h.log.Set(h.shard, list, layout.Pair(c+1, last))
}

// unlink takes chunk c out of the list.
func (h *Heap) unlink(list, c uint64) {
	ends := h.shard.Load(list)
	first, last := layout.Lo(ends), layout.Hi(ends)
	links := h.meta.Must(c).Load(layout.MetaLinks)
	prev, next := layout.Lo(links), layout.Hi(links)
	if prev == 0 {
		first = next
	} else {
		p := h.meta.Must(prev - 1)
		h.log.Set(p, layout.MetaLinks, layout.Pair(layout.Lo(p.Load(layout.MetaLinks)), next))
	}
	if next == 0 {
		last = prev
	} else {
		n := h.meta.Must(next - 1)
		h.log.Set(n, layout.MetaLinks, layout.Pair(prev, layout.Hi(n.Load(layout.MetaLinks))))
	}
	h.log.Set(h.shard, list, layout.Pair(first, last))
}

func (h *Heap) add(word uint64, delta uint64) {
	h.log.Set(h.shard, word, h.shard.Load(word)+delta)
}

// Free is the number of chunks that can be taken at once.
func (h *Heap) Free() uint64 {
	n := h.shard.Load(layout.ShChunkFreeLen)
	for c := h.shard.Load(layout.ShChunkBump); c < h.chunks.Backed(); c++ {
		if h.meta.Must(c).Load(layout.MetaState)&layout.MetaHole != 0 || n >= 1<<20 {
			break
		}
		n++
	}
	return n
}

// takeChunk takes a free chunk and gives it a state. more is how many the caller still needs, for the panic.
func (h *Heap) takeChunk(state, more uint64) uint64 {
	c := layout.Lo(h.shard.Load(layout.ShChunkFree))
	if c != 0 {
		c--
		h.unlink(layout.ShChunkFree, c)
		h.add(layout.ShChunkFreeLen, ^uint64(0))
		if n := h.shard.Load(layout.ShChunkFreeLen); n < h.shard.Load(layout.ShQuarFree) {
			h.shard.Store(layout.ShQuarFree, n)
		}
	} else {
		c = h.shard.Load(layout.ShChunkBump)
		if c >= h.chunks.Backed() || h.meta.Must(c).Load(layout.MetaState)&layout.MetaHole != 0 {
			panic(&vector.Need{Which: layout.VecChunk, Elements: more})
		}
		h.add(layout.ShChunkBump, 1)
		if c >= h.shard.Load(layout.ShQuarBump) {
			h.shard.Store(layout.ShQuarBump, c+1)
		}
	}
	m := h.meta.Must(c)
	h.log.Set(m, layout.MetaState, state)
	h.log.Set(m, layout.MetaLinks, 0)
	return c
}

// giveChunk puts a chunk on the free list.
func (h *Heap) giveChunk(c uint64) {
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkFree, 0, 0))
	h.pushFront(layout.ShChunkFree, c)
	h.add(layout.ShChunkFreeLen, 1)
}

// Hole makes the chunk that has been free the longest one without memory; the caller punches it after the commit and
// then clears ShPunching, which names it.
func (h *Heap) Hole() (c uint64, ok bool) {
	last := layout.Hi(h.shard.Load(layout.ShChunkFree))
	if last == 0 {
		return 0, false
	}
	c = last - 1
	h.unlink(layout.ShChunkFree, c)
	h.add(layout.ShChunkFreeLen, ^uint64(0))
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaHole|layout.ChunkHoled)
	h.pushFront(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, 1)
	h.log.Set(h.shard, layout.ShPunching, c+1)
	return c, true
}

// NextHole is the chunk without memory that should get some first: the one that takeChunk would come to, else any.
func (h *Heap) NextHole() (c uint64, ok bool) {
	if c = h.shard.Load(layout.ShChunkBump); c < h.chunks.Backed() {
		if h.meta.Must(c).Load(layout.MetaState)&layout.MetaHole != 0 {
			return c, true
		}
	}
	c = layout.Lo(h.shard.Load(layout.ShChunkHoles))
	return c - 1, c != 0
}

// Fill returns a chunk that has memory again to those that can be taken.
func (h *Heap) Fill(c uint64) {
	h.unlink(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, ^uint64(0))
	h.log.Set(h.shard, layout.ShPunching, 0)
	if c < h.shard.Load(layout.ShChunkBump) {
		h.giveChunk(c)
	} else {
		h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkFree, 0, 0))
	}
}

// Forget takes hole c, the last chunk that the watermark counts, off the list of holes and out of the watermark at once:
// what the shard accounts for stays the same.
func (h *Heap) Forget(c uint64) {
	h.unlink(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, ^uint64(0))
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkFree, 0, 0))
	h.log.Set(h.shard, layout.ShDirty+layout.VecChunk, c)
}

// Clear forgets every chunk, except which ones have no memory.
func (h *Heap) Clear() {
	for w := uint64(layout.ShChunkBump); w <= layout.ShChunkFreeLen; w++ {
		h.log.Set(h.shard, w, 0)
	}
	for c := range uint64(layout.Classes) {
		h.log.Set(h.shard, layout.ShClass+c, 0)
		h.log.Set(h.shard, layout.ShClassCount+c, 0)
	}
}

// IsHole reports whether a chunk is free and without memory.
func (h *Heap) IsHole(c uint64) bool {
	m, ok := h.meta.At(c)
	return ok && m.Load(layout.MetaState)&layout.MetaHole != 0
}
