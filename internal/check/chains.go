package check

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// buckets is what the walk of the table finds and later parts compare with.
type buckets struct {
	entries, deadlines uint64
	inChains           uint64              // overflow buckets
	main, over         []uint8             // slots with an entry, a bit a slot, by bucket
	place              []uint8             // of overflow buckets: nowhere, inChain or inFreeList
	keys               map[string]struct{} // of the chain being walked
	text               []byte
	words              []uint64 // copy of a bucket
}

// Places of overflow buckets.
const (
	nowhere = iota
	inChain
	inFreeList
)

// bucket is a copy of one bucket.
type bucket struct {
	region.Ptr
	off   uint64
	index uint64
	over  bool
}

func (b *bucket) name() string {
	if b.over {
		return "overflow bucket"
	}
	return "main bucket"
}

func (w *walker) copyBucket(which int, index uint64) bucket {
	s := w.elem(which, index)
	for i := range w.buckets.words {
		w.buckets.words[i] = w.load(s, uint64(i))
	}
	return bucket{region.Of(w.buckets.words), s.Off, index, which == layout.VecOver}
}

// walkChains checks every entry and every chain (T1, T4).
func (w *walker) walkChains(strings bool) {
	b := &w.buckets
	n := table.Buckets(w.head[layout.ShLevel])
	b.main, b.over = make([]uint8, n), make([]uint8, w.head[layout.ShOverBump])
	b.place = make([]uint8, len(b.over))
	b.keys, b.words = map[string]struct{}{}, make([]uint64, w.slots.Geo.BucketSize/8)
	if strings {
		w.chunks.init(w.head[layout.ShChunkBump])
	}
	for i := range n {
		if w.hurry() {
			return
		}
		w.walkChain(i, strings)
	}
	w.equal("entries", layout.ShCount, b.entries)
	w.equal("overflow buckets in chains", layout.ShOverUsed, b.inChains)
	w.equal("entries with a deadline", layout.ShDeadlines, b.deadlines)
}

func (w *walker) equal(what string, word, found uint64) {
	if w.head[word] != found {
		w.bad("number of "+what, word, "%d, found %d", w.head[word], found)
	}
}

func (w *walker) walkChain(main uint64, strings bool) {
	clear(w.buckets.keys)
	b := w.copyBucket(layout.VecMain, main)
	if b.Load(layout.BkHead)&1 == 1 && !w.trace.Touched(b.off) {
		w.wrong(b.off, b.name(), "version %d is odd, and no transaction made it so (J3)", layout.Lo(b.Load(layout.BkHead)))
	}
	for {
		w.walkSlots(&b, main, strings)
		next := layout.Hi(b.Load(layout.BkHead))
		if next == 0 || !w.mayFollow(&b, next-1) {
			return
		}
		w.buckets.place[next-1] = inChain
		w.buckets.inChains++
		b = w.copyBucket(layout.VecOver, next-1)
		if owner := layout.Lo(b.Load(layout.BkHead)); owner != main+1 {
			w.wrong(b.off, b.name(), "names main bucket %d as the owner of its chain, found in the chain of %d",
				int64(owner)-1, main)
		}
	}
}

// mayFollow checks the link of b to overflow bucket next (K2).
func (w *walker) mayFollow(b *bucket, next uint64) bool {
	switch {
	case next >= uint64(len(w.buckets.place)):
		w.wrong(b.off, b.name(), "is followed by overflow bucket %d of %d", next, len(w.buckets.place))
	case w.buckets.place[next] != nowhere:
		w.wrong(b.off, b.name(), "is followed by overflow bucket %d, which is in a chain already (T4)", next)
	default:
		return true
	}
	return false
}

// walkSlots checks one bucket of the chain of main.
func (w *walker) walkSlots(b *bucket, main uint64, strings bool) {
	tags, slots := b.Load(layout.BkTags), w.slots.Geo.Slots
	if tags&layout.TagLanes>>(8*slots) != 0 {
		w.wrong(b.off, b.name(), "tags %#x: there are %d slots", tags, slots)
	}
	if visited := tags >> layout.VisitedBit; visited>>slots != 0 || visited != 0 && w.slots.Geo.Recency == 0 {
		w.wrong(b.off, b.name(), "visited bits %#x of %d slots", visited, slots)
	}
	if b.over && tags&layout.TagLanes == 0 {
		w.wrong(b.off, b.name(), "is in the chain of %d without an entry (T4)", main)
	}
	for i := range slots {
		tag := tags >> (8 * i) & 0xff
		if tag == 0 {
			continue
		}
		w.buckets.entries++
		if b.over {
			w.buckets.over[b.index] |= 1 << i
		} else {
			w.buckets.main[b.index] |= 1 << i
		}
		if w.slots.Deadline(b.Ptr, i) != 0 {
			w.buckets.deadlines++
		}
		w.entry(&slot{b, i, tag, main}, strings)
	}
}

// walkOverFree checks the free list of overflow buckets, and that every bucket ever used is somewhere.
func (w *walker) walkOverFree() {
	place := w.buckets.place
	prev := uint64(0)
	for at := w.head[layout.ShOverFree]; at != 0; {
		if at > uint64(len(place)) {
			w.bad("free overflow buckets", layout.ShOverFree, "overflow bucket %d, after %d: there are %d",
				at-1, int64(prev)-1, len(place))
			return
		}
		s := w.elem(layout.VecOver, at-1)
		if place[at-1] != nowhere {
			w.wrong(s.Off, "free overflow bucket", "%d is in a chain or in the free list already", at-1)
			return
		}
		place[at-1] = inFreeList
		head, tags := w.load(s, layout.BkHead), w.load(s, layout.BkTags)
		if layout.Lo(head) != 0 {
			w.wrong(s.Off, "free overflow bucket", "names main bucket %d as the owner of its chain", layout.Lo(head)-1)
		}
		if tags&layout.TagLanes != prev { // a late reader may set a visited bit
			w.wrong(s.Off, "free overflow bucket", "%d follows %d in the free list, found after %d",
				at-1, int64(tags)-1, int64(prev)-1)
		}
		prev, at = at, layout.Hi(head)
	}
	for i, p := range place {
		if p == nowhere {
			off := w.elem(layout.VecOver, uint64(i)).Off
			w.wrong(off, "overflow bucket", "%d is neither in a chain nor in the free list", i)
		}
	}
}
