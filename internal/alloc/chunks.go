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
		if h.meta.Must(c).Load(layout.MetaState)&layout.MetaHole != 0 || n >= scanned {
			break
		}
		n++
	}
	return n
}

// Uses reports whether there is a chunk in use.
func (h *Heap) Uses() bool {
	return h.shard.Load(layout.ShChunkBump) > h.shard.Load(layout.ShChunkFreeLen)+h.shard.Load(layout.ShChunkHolesLen)
}

// takeChunk takes a free chunk and gives it a state.
func (h *Heap) takeChunk(state uint64) uint64 {
	c := layout.Lo(h.shard.Load(layout.ShChunkFree))
	if c != 0 {
		c--
		h.unlink(layout.ShChunkFree, c)
		h.add(layout.ShChunkFreeLen, ^uint64(0))
		h.lowerFree(h.shard.Load(layout.ShChunkFreeLen))
	} else {
		c = h.shard.Load(layout.ShChunkBump)
		if c >= h.chunks.Backed() || h.meta.Must(c).Load(layout.MetaState)&layout.MetaHole != 0 {
			panic(&vector.Need{Which: layout.VecChunk, Elements: 1})
		}
		h.add(layout.ShChunkBump, 1)
		h.raiseBump(c + 1)
	}
	m := h.meta.Must(c)
	h.log.Set(m, layout.MetaState, state)
	h.log.Set(m, layout.MetaLinks, 0)
	return c
}

// takeChain takes n chunks that follow one another and returns the first; they stay linked as they will be freed. Of
// chunks from the free list only the ends change, and those past ShChunkBump are unreachable, so a chain of any length is a
// few entries of the journal.
func (h *Heap) takeChain(n uint64) (first uint64) {
	ends, free := h.shard.Load(layout.ShChunkFree), h.shard.Load(layout.ShChunkFreeLen)
	listed := min(n, free)
	bump := h.shard.Load(layout.ShChunkBump)
	for c := bump; c < bump+n-listed; c++ {
		if c >= h.chunks.Backed() || h.IsHole(c) {
			panic(&vector.Need{Which: layout.VecChunk, Elements: bump + n - listed - c})
		}
	}
	last := uint64(0) // link
	if listed > 0 {
		first = layout.Lo(ends)
		last = h.follow(first, listed)
		rest := layout.Hi(h.meta.Must(last - 1).Load(layout.MetaLinks))
		h.splitFree(ends, rest)
		h.log.Set(h.shard, layout.ShChunkFreeLen, free-listed)
		h.lowerFree(free - listed)
	}
	if n == listed {
		h.relink(last-1, 0)
		return first
	}
	h.log.Set(h.shard, layout.ShChunkBump, bump+n-listed)
	h.raiseBump(bump + n - listed)
	for c := bump; c < bump+n-listed; c++ {
		prev, next := c, c+2 // links to the neighbours
		if c == bump {
			prev = last
		}
		if c == bump+n-listed-1 {
			next = 0
		}
		m := h.meta.Must(c)
		m.Store(layout.MetaState, layout.MetaWord(layout.ChunkLoose, 0, 0))
		m.Store(layout.MetaLinks, layout.Pair(prev, next))
	}
	if listed == 0 {
		return bump + 1
	}
	h.relink(last-1, bump+1)
	return first
}

// follow goes n-1 steps from link first on and returns the link to the last chunk.
func (h *Heap) follow(first, n uint64) uint64 {
	for range n - 1 {
		m := h.meta.Must(first - 1)
		if first = layout.Hi(m.Load(layout.MetaLinks)); first == 0 {
			corrupt("chain of chunks", m.Off, n, "as many as its length says")
		}
	}
	return first
}

// relink changes which chunk follows chunk c.
func (h *Heap) relink(c, next uint64) {
	m := h.meta.Must(c)
	h.log.Set(m, layout.MetaLinks, layout.Pair(layout.Lo(m.Load(layout.MetaLinks)), next))
}

// splitFree lets the free list begin at link rest.
func (h *Heap) splitFree(ends, rest uint64) {
	if rest == 0 {
		h.log.Set(h.shard, layout.ShChunkFree, 0)
		return
	}
	m := h.meta.Must(rest - 1)
	h.log.Set(m, layout.MetaLinks, layout.Pair(0, layout.Hi(m.Load(layout.MetaLinks))))
	h.log.Set(h.shard, layout.ShChunkFree, layout.Pair(rest, layout.Hi(ends)))
}

// giveChain puts a chain of n chunks on the free list.
func (h *Heap) giveChain(first, n uint64) {
	last := h.follow(first, n)
	ends := h.shard.Load(layout.ShChunkFree)
	head, tail := layout.Lo(ends), layout.Hi(ends)
	h.relink(last-1, head)
	if head == 0 {
		tail = last
	} else {
		m := h.meta.Must(head - 1)
		h.log.Set(m, layout.MetaLinks, layout.Pair(last, layout.Hi(m.Load(layout.MetaLinks))))
	}
	h.log.Set(h.shard, layout.ShChunkFree, layout.Pair(first, tail))
	h.add(layout.ShChunkFreeLen, n)
}

// lowerFree and raiseBump keep the marks of the quarantine epoch (shard/tend.go).
func (h *Heap) lowerFree(n uint64) {
	h.shard.Store(layout.ShQuarFree, min(n, h.shard.Load(layout.ShQuarFree)))
}

func (h *Heap) raiseBump(n uint64) {
	h.shard.Store(layout.ShQuarBump, max(n, h.shard.Load(layout.ShQuarBump)))
}

// giveChunk puts a chunk on the free list.
func (h *Heap) giveChunk(c uint64) {
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkLoose, 0, 0))
	h.pushFront(layout.ShChunkFree, c)
	h.add(layout.ShChunkFreeLen, 1)
}

// Hole makes the chunk that has been free the longest one without memory; the caller punches it after the commit and
// then clears ShPunching, which names it.
func (h *Heap) Hole() bool {
	last := layout.Hi(h.shard.Load(layout.ShChunkFree))
	if last == 0 {
		return false
	}
	c := last - 1
	h.unlink(layout.ShChunkFree, c)
	h.add(layout.ShChunkFreeLen, ^uint64(0))
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaHole|layout.ChunkHoled)
	h.pushFront(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, 1)
	h.log.Set(h.shard, layout.ShPunching, c+1)
	return true
}

// NextHole is the chunk without memory that should get some first: a free one, or the one that stands in the way of those
// past ShChunkBump. below says how many chunks the watermark counts: a hole past it is returned as well, if there is no
// other.
func (h *Heap) NextHole(below uint64) (c uint64, ok bool) {
	first := layout.Lo(h.shard.Load(layout.ShChunkHoles))
	bump := h.shard.Load(layout.ShChunkBump)
	if first != 0 && first-1 >= bump {
		for c = bump; c < min(below, bump+scanned); c++ {
			if h.IsHole(c) {
				return c, true
			}
		}
	}
	return first - 1, first != 0
}

// scanned bounds the looking for holes: so many chunks are 64 GiB.
const scanned = 1 << 20

// Fill returns a chunk that has memory again to those that can be taken.
func (h *Heap) Fill(c uint64) {
	h.unlink(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, ^uint64(0))
	h.log.Set(h.shard, layout.ShPunching, 0)
	if c < h.shard.Load(layout.ShChunkBump) {
		h.giveChunk(c)
	} else {
		h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkLoose, 0, 0))
	}
}

// Forget takes hole c, the last chunk that the watermark counts, off the list of holes and out of the watermark at once:
// what the shard accounts for stays the same.
func (h *Heap) Forget(c uint64) {
	h.unlink(layout.ShChunkHoles, c)
	h.add(layout.ShChunkHolesLen, ^uint64(0))
	h.log.Set(h.meta.Must(c), layout.MetaState, layout.MetaWord(layout.ChunkLoose, 0, 0))
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
