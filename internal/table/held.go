package table

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way for the holder of the lock, in a table of 16-byte slots without deadlines and, HeldWord apart, without recency.

// HeldMain is the main bucket that a hash leads to, by the chart, and its slots with the tag of the hash, for WordSlot and
// KeySlot. There are none if the short way leads nowhere.
func (t *Table) HeldMain(h uint64) (main region.Ptr, marks uint64) {
	c, level := t.chart.Load(), t.Shard.Load(layout.ShLevel)
	if c == nil || t.timed {
		return main, 0
	}
	main = c.place(level, h)
	if main.IsNil() {
		t.redraw(c, level, h)
		return main, 0
	}
	c.note(level)
	main.Load(secondLine) // also for a slot that will be written: the next lock waits until it is there
	if main.Load(layout.BkHead)&1 != 0 {
		return main, 0
	}
	return main, lanesEqual(main.Load(layout.BkTags), Tag(h))
}

// Spot is where HeldSpot will look for a hash, by the chart and the level word that was seen last: for who is about to take the lock, since
// nothing that comes after a locked instruction begins before it is done. nil if it is not known. Nothing may be read there before
// the lock is held.
func (t *Table) Spot(h uint64) (main region.Ptr, level uint64) {
	c := t.chart.Load()
	if c == nil || t.timed {
		return main, 0
	}
	level = c.now.Load()
	return c.place(level, h), level
}

// HeldSpot is HeldMain where Spot has led. There are no slots if the table has another level word by now; HeldMain notes it.
func (t *Table) HeldSpot(main region.Ptr, level, h uint64) (marks uint64) {
	if t.Shard.Load(layout.ShLevel) != level {
		t.HeldMain(h)
		return 0
	}
	if main.Load(layout.BkHead)&1 != 0 {
		return 0
	}
	return lanesEqual(main.Load(layout.BkTags), Tag(h))
}

// HeldWord is where the value of a key stands: a bucket and a word of it, which is 0 if the key is absent; then the bucket is
// the key's main one. ok is false if the short way cannot tell. Deadlines are not looked at.
func (t *Table) HeldWord(k Key) (b region.Span, word uint64, ok bool) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), k.Hash)
	r, n := t.Main.Row(i)
	if n >= r.N() {
		return b, 0, false
	}
	b = r.Span(n * t.Main.Shape.Elem)
	if t.timed { // then InsertWord and Replace need a line more
		b.PrefetchRange(t.Main.Shape.Elem)
	}
	b.Load(secondLine)
	head := b.Load(layout.BkHead)
	if head&1 != 0 {
		return b, 0, false
	}
	if w := t.KeySlot(b.Ptr, lanesEqual(b.Load(layout.BkTags), Tag(k.Hash))&t.Geo.Lanes, k); w != 0 {
		return b, w + 1, true
	}
	if layout.Hi(head) == 0 {
		return b, 0, true
	}
	p, _, w, ok := t.overKey(layout.Hi(head), k)
	if w != 0 {
		return region.Span{Ptr: p}, w + 1, ok
	}
	return b, 0, ok
}

// HeldSlot is where k stands: its main bucket, and the slot's first word there. ok is false if it is not there or the short way
// cannot tell.
func (t *Table) HeldSlot(k Key) (main region.Span, w uint64, ok bool) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), k.Hash)
	r, n := t.Main.Row(i)
	if n >= r.N() || t.timed {
		return main, 0, false
	}
	main = r.Span(n * t.Main.Shape.Elem)
	main.Load(secondLine)
	head := main.Load(layout.BkHead)
	marks := lanesEqual(main.Load(layout.BkTags), Tag(k.Hash)) & t.Geo.Lanes
	if marks != 0 {
		if val := main.Load(3 + 2*lane(marks)); layout.IsBlob(val) {
			t.Heap.Ask(val)
		}
	}
	w = t.KeySlot(main.Ptr, marks, k)
	return main, w, w != 0 && head&1 == 0
}

// InsertWord adds an entry of an integer key, that HeldWord has not found, to main bucket b if that has an empty slot: Insert
// for what needs no other bucket and no other line. false means that nothing was done.
func (t *Table) InsertWord(b region.Span, k Key, val uint64) bool {
	tags := b.Load(layout.BkTags)
	free := ^lanesUsed(tags) & highs & t.Geo.Lanes
	if free == 0 {
		return false
	}
	slot := lane(free)
	t.Log.Touch(b)
	b.Store(2+2*slot, k.Word)
	b.Store(3+2*slot, val)
	t.Log.Set(b, layout.BkTags, tagAt(tags, slot, Tag(k.Hash), 0))
	t.add(layout.ShCount, 1)
	return true
}
