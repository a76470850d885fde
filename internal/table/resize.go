package table

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

// Crowded reports whether the table should grow by a bucket for count entries.
func (t *Table) Crowded(count uint64) bool {
	n := Buckets(t.Shard.Load(layout.ShLevel))
	return count*100 > (n+t.Shard.Load(layout.ShOverUsed))*t.Geo.Slots*t.Geo.LoadPct && n < t.Geo.MaxIndex
}

// Roomy reports whether the table should shrink by a bucket: it is less than two thirds as full as when it grows.
func (t *Table) Roomy() bool {
	n := Buckets(t.Shard.Load(layout.ShLevel))
	return n > layout.FirstBuckets && t.Shard.Load(layout.ShCount)*150 < n*t.Geo.Slots*t.Geo.LoadPct
}

// Split adds a bucket: one transaction's work.
func (t *Table) Split() {
	n := Buckets(t.Shard.Load(layout.ShLevel))
	if n == 0 || n >= t.Geo.MaxIndex {
		panic(&fault.Corrupt{Where: "level word", Got: n, Want: "a number of buckets"})
	}
	if n >= t.Main.Backed() {
		panic(&vector.Need{Which: layout.VecMain, Elements: n + 1})
	}
	bit := uint64(1) << (bits.Len64(n) - 1)
	src, dst := t.mainBucket(n-bit), t.mainBucket(n)
	t.Log.Touch(src.Span)
	t.Log.Touch(dst.Span)
	dst.Store(layout.BkHead, layout.Lo(dst.Load(layout.BkHead))) // outside the table until now (T3)
	dst.Store(layout.BkTags, 0)
	t.haunt(src, dst)
	hops := t.maxChain()
	for b, ok := src, true; ok; b, ok = t.next(b, &hops) {
		tags := b.Load(layout.BkTags)
		keep := tags
		for m := t.used(tags); m != 0; m &= m - 1 {
			i := lane(m)
			key, _ := t.Slot(b.Ptr, i)
			if t.HashOf(key)&bit == 0 {
				continue
			}
			to, j := t.vacancy(dst, true)
			t.move(b, i, to, j, false)
			keep = tagAt(keep, i, 0, 0)
		}
		t.Log.Set(b.Span, layout.BkTags, keep)
	}
	t.compact(src)
	t.Log.SetLevel(t.Shard, n+1)
}

// move copies the entry in slot i of from to the empty slot j of to. The slots of to are written directly unless
// journaled says that a tag may have pointed to them when the transaction began (journal J5).
func (t *Table) move(from bucket, i uint64, to bucket, j uint64, journaled bool) {
	key, val := t.Slot(from.Ptr, i)
	deadline := t.Deadline(from.Ptr, i)
	if journaled {
		t.SetSlot(to.Span, j, key, val)
		if t.Geo.Deadline != 0 {
			t.Log.Set(to.Span, t.Geo.Deadline+j, deadline)
		}
	} else {
		t.fill(to.Span, j, key, val)
		if t.Geo.Deadline != 0 {
			to.Store(t.Geo.Deadline+j, deadline)
		}
	}
	tags := from.Load(layout.BkTags)
	tag := tags >> (8 * i) & 0xff
	t.Recency.Rename(from.ref(i), to.ref(j))
	t.Log.Set(to.Span, layout.BkTags, tagAt(to.Load(layout.BkTags), j, tag, Visited(tags, i)))
}

// compact moves the entries of the last overflow buckets of a chain into empty slots before them.
func (t *Table) compact(main bucket) {
	for {
		hops := t.maxChain()
		prev, last := main, main
		for b, ok := t.next(main, &hops); ok; b, ok = t.next(b, &hops) {
			prev, last = last, b
		}
		if !last.over {
			return
		}
		for m := t.used(last.Load(layout.BkTags)); m != 0; m &= m - 1 {
			to, j := t.vacancy(main, false)
			if to.Off == last.Off || to.IsNil() {
				return
			}
			t.move(last, lane(m), to, j, true)
			t.Log.Set(last.Span, layout.BkTags, tagAt(last.Load(layout.BkTags), lane(m), 0, 0))
		}
		t.setLink(prev, 0)
		t.giveOver(last)
	}
}

// Merge takes the last bucket away: one transaction's work.
func (t *Table) Merge() {
	n := Buckets(t.Shard.Load(layout.ShLevel)) - 1
	bit := uint64(1) << (bits.Len64(n) - 1)
	src, dst := t.mainBucket(n), t.mainBucket(n-bit)
	t.Log.Touch(src.Span)
	t.Log.Touch(dst.Span)
	hops := t.maxChain()
	for b, ok := src, true; ok; b, ok = t.next(b, &hops) {
		for m := t.used(b.Load(layout.BkTags)); m != 0; m &= m - 1 {
			to, j := t.vacancy(dst, true)
			t.move(b, lane(m), to, j, false)
		}
	}
	hops = t.maxChain()
	b, ok := t.next(src, &hops)
	for ok { // what is freed is freed last
		next, more := t.next(b, &hops)
		t.giveOver(b)
		b, ok = next, more
	}
	t.Log.SetLevel(t.Shard, n)
}

// Clear empties the shard's table and all that hangs on it, in a few words: what it no longer refers to is garbage, and
// garbage is emptied by whoever takes it (T3).
func (t *Table) Clear() {
	for i := range uint64(layout.FirstBuckets) {
		b := t.Main.Must(i)
		t.Log.Touch(b)
		t.Log.SetLink(b, 0)
		t.Log.Set(b, layout.BkTags, 0)
		if t.Geo.Ghosts != 0 {
			t.Log.Set(b, t.Geo.Ghosts, 0)
		}
	}
	for _, w := range []uint64{layout.ShCount, layout.ShOverUsed, layout.ShOverFree, layout.ShOverBump, layout.ShDeadlines} {
		t.Log.Set(t.Shard, w, 0)
	}
	t.Recency.Clear()
	t.Heap.Clear()
	t.Log.SetLevel(t.Shard, layout.FirstBuckets)
}
