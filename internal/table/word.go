package table

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to an integer: what Find, Probe, Slot and Valid do for slots of 16 bytes, in one piece. What is not
// common is left to Find.

// Wide reports whether keys and values are integers in slots of 16 bytes.
func (t *Table) Wide() bool {
	return t.Geo.SlotSize == 16 && t.Config.Key != layout.String && t.Config.Value != layout.String
}

// WordSlot is the first word of that slot, among those marked, that holds key; 0 if there is none.
func WordSlot(p region.Ptr, marks, key uint64) uint64 {
	for ; marks != 0; marks &= marks - 1 {
		if w := 2 + 2*lane(marks); p.Load(w) == key {
			return w
		}
	}
	return 0
}

// Narrow reports whether keys and values are integers in slots of less than 16 bytes.
func (t *Table) Narrow() bool { return t.Geo.SlotSize < 16 }

// LoadNarrow reads the value of an integer key in slots of less than 16 bytes without the lock. visits says that the load
// counts as an access. ok is false if there was no result the short way.
func (t *Table) LoadNarrow(h, key uint64, visits bool) (val uint64, found, ok bool) {
	level := t.Shard.Load(layout.ShLevel)
	r, n := t.Main.Row(IndexOf(level, h))
	if n >= r.N() {
		return 0, false, false
	}
	main, k := t.Main.In(r, n), Key{Hash: h, Word: key}
	head := main.Load(layout.BkHead)
	p, link := main, layout.Hi(head)
	for range shortChain {
		tags := p.Load(layout.BkTags)
		var i uint64
		if i, _, val, found = t.Probe(p, tags, &k); found {
			return val, true, (!t.timed || t.idleHit(p, tags, i, visits)) && t.still(main, head, level)
		}
		if link == 0 {
			return 0, false, t.still(main, head, level)
		}
		r, k := t.Over.Row(link - 1)
		if k >= r.N() {
			break
		}
		p = t.Over.In(r, k)
		link = layout.Hi(p.Load(layout.BkHead))
	}
	return 0, false, false
}

// shortChain is how many overflow buckets the short way looks at.
const shortChain = 4

// Buckets with slots of 16 bytes.
const (
	secondLine = 8   // first word of the second cache line
	firstKey   = 2   // word of the first slot's key; the value's is behind it
	wideSlot   = 16  // bytes of a slot
	wideBucket = 128 // bytes of a bucket without deadlines and links
)

// still is Valid for a main bucket whose first word was head under a level word.
func (t *Table) still(main region.Ptr, head, level uint64) bool {
	return head&1 == 0 && t.Shard.Load(layout.ShLevel) == level && main.Load(layout.BkHead) == head
}

// idleHit reports whether reading slot i is all that there is to a hit: no deadline to ask the clock about, and the visited
// bit set already if the load visits.
func (t *Table) idleHit(p region.Ptr, tags, i uint64, visits bool) bool {
	return (t.Geo.Deadline == 0 || p.Load(t.Geo.Deadline+i) == 0) && (t.Geo.Recency == 0 || !visits || Visited(tags, i) != 0)
}

// overKey looks for k in the overflow buckets from link on: the bucket with its tags, and the slot's first word, 0 if there is
// none. ok is false if the chain is not that short.
func (t *Table) overKey(link uint64, k Key) (p region.Ptr, tags, w uint64, ok bool) {
	for range shortChain {
		r, n := t.Over.Row(link - 1)
		if n >= r.N() {
			return p, 0, 0, false
		}
		p = t.Over.In(r, n)
		link, tags = layout.Hi(p.Load(layout.BkHead)), p.Load(layout.BkTags)
		w = t.KeySlot(p, lanesEqual(tags, Tag(k.Hash))&t.Geo.Lanes, k)
		if w != 0 || link == 0 {
			return p, tags, w, true
		}
	}
	return p, 0, 0, false
}
