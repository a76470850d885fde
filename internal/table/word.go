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
// bit set already if the load visits.
func (t *Table) idleHit(p region.Ptr, tags, i uint64, visits bool) bool {
	return (t.Geo.Deadline == 0 || p.Load(t.Geo.Deadline+i) == 0) && (t.Geo.Recency == 0 || !visits || Visited(tags, i) != 0)
}

// HeldMain is HeldWord of what is common: a plain table, a charted bucket, and the key in it. word is 0 for everything else.
func (t *Table) HeldMain(h, key uint64) (b region.Ptr, word uint64) {
	if t.chart == nil || t.timed {
		return b, 0
	}
	c, level := t.chart.Load(), t.Shard.Load(layout.ShLevel)
	main, ok := c.place(level, h)
	if !ok {
		t.redraw(c, level, h)
		return b, 0
	}
	main.Load(secondLine) // also for a slot that will be written: the next lock waits until it is there
	head := main.Load(layout.BkHead)
	w := wordSlot(main, lanesEqual(main.Load(layout.BkTags), Tag(h)), key)
	if w == 0 || head&1 != 0 {
		return b, 0
	}
	return main, w + 1
}

// HeldWord is where the value of an integer key of a Wide table stands, for the holder of the lock who overwrites it with
// one store: a bucket and a word of it, which is 0 if the key is absent; then the bucket is the key's main one. ok is false if
// the short way cannot tell.
func (t *Table) HeldWord(h, key uint64) (b region.Span, word uint64, ok bool) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), h)
	r, k := t.Main.Row(i)
	if k >= r.N() || t.timed {
		return b, 0, false
	}
	b = r.Span(k * t.Main.Shape.Elem)
	b.Load(secondLine) // also for a slot that will be written: the next lock waits until it is there
	head := b.Load(layout.BkHead)
	if head&1 != 0 {
		return b, 0, false
	}
	if w := wordSlot(b.Ptr, lanesEqual(b.Load(layout.BkTags), Tag(h))&t.Geo.Lanes, key); w != 0 {
		return b, w + 1, true
	}
	if layout.Hi(head) == 0 {
		return b, 0, true
	}
	p, _, w, ok := t.overWord(layout.Hi(head), h, key)
	if w != 0 {
		return region.Span{Ptr: p}, w + 1, ok
	}
	return b, 0, ok
}

// InsertWord adds an entry, that HeldWord has not found, to main bucket b if that has an empty slot: Insert for what needs
// no other bucket and no other line. false means that nothing was done.
func (t *Table) InsertWord(b region.Span, h, key, val uint64) bool {
	tags := b.Load(layout.BkTags)
	free := ^lanesUsed(tags) & highs & t.Geo.Lanes
	if free == 0 {
		return false
	}
	slot := lane(free)
	t.Log.Touch(b)
	b.Store(2+2*slot, key)
	b.Store(3+2*slot, val)
	t.Log.Set(b, layout.BkTags, tagAt(tags, slot, Tag(h), 0))
	t.add(layout.ShCount, 1)
	return true
}
