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

// wordSlot is the first word of that slot, among those marked, that holds key; 0 if there is none.
func wordSlot(p region.Ptr, marks, key uint64) uint64 {
	for ; marks != 0; marks &= marks - 1 {
		if w := 2 + 2*lane(marks); p.Load(w) == key {
			return w
		}
	}
	return 0
}

// LoadWord reads the value of an integer key of a Wide table without the lock. ok is false if there was no result the
// short way.
func (t *Table) LoadWord(h, key uint64) (val uint64, found, ok bool) {
	level := t.Shard.Load(layout.ShLevel)
	i := IndexOf(level, h)
	r, k := t.Main.Row(i)
	if k >= r.N() {
		return 0, false, false
	}
	main := t.Main.In(r, k)
	main.Load(secondLine) // its miss runs beside the first one's
	head, tags := main.Load(layout.BkHead), main.Load(layout.BkTags)
	p, w := main, wordSlot(main, lanesEqual(tags, Tag(h))&t.Geo.Lanes, key)
	if w == 0 && layout.Hi(head) != 0 {
		if p, tags, w, ok = t.overWord(layout.Hi(head), h, key); !ok {
			return 0, false, false
		}
	}
	if t.timed && w != 0 && !t.idleHit(p, tags, w/2-1) {
		return 0, false, false
	}
	val = p.Load(w + 1)
	return val, w != 0, t.still(main, head, level)
}

// shortChain is how many overflow buckets the short way looks at.
const shortChain = 4

// overWord looks for key in the overflow buckets from link on: the bucket with its tags, and the slot's first word, 0 if
// there is none. ok is false if the chain is not that short.
func (t *Table) overWord(link, h, key uint64) (p region.Ptr, tags, w uint64, ok bool) {
	for range shortChain {
		r, k := t.Over.Row(link - 1)
		if k >= r.N() {
			return p, 0, 0, false
		}
		p = t.Over.In(r, k)
		link, tags = layout.Hi(p.Load(layout.BkHead)), p.Load(layout.BkTags)
		w = wordSlot(p, lanesEqual(tags, Tag(h))&t.Geo.Lanes, key)
		if w != 0 || link == 0 {
			return p, tags, w, true
		}
	}
	return p, 0, 0, false
}

const secondLine = 8 // first word of a bucket's second cache line

// idleHit reports whether reading slot i is all that there is to a hit: no deadline to ask the clock about, and the visited
// bit set already.
func (t *Table) idleHit(p region.Ptr, tags, i uint64) bool {
	return (t.Geo.Deadline == 0 || p.Load(t.Geo.Deadline+i) == 0) && (t.Geo.Recency == 0 || Visited(tags, i) != 0)
}

// HeldWord is where the value of an integer key of a Wide table stands, for the holder of the lock who overwrites it with
// one store: a bucket and a word of it, which is 0 if there is none the short way.
func (t *Table) HeldWord(h, key uint64) (p region.Ptr, word uint64) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), h)
	r, k := t.Main.Row(i)
	if k >= r.N() || t.timed {
		return p, 0
	}
	p = t.Main.In(r, k)
	head := p.Load(layout.BkHead)
	w := wordSlot(p, lanesEqual(p.Load(layout.BkTags), Tag(h))&t.Geo.Lanes, key)
	if w == 0 && layout.Hi(head) != 0 {
		p, _, w, _ = t.overWord(layout.Hi(head), h, key)
	}
	if w == 0 || head&1 != 0 {
		return p, 0
	}
	return p, w + 1
}
