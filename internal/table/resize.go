package table

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Crowded reports whether the table should grow by a bucket for count entries.
func (t *Table) Crowded(count uint64) bool {
	n := Buckets(t.Shard.Load(layout.ShLevel))
	return count*100 > (n+t.Shard.Load(layout.ShOverUsed))*t.Geo.Slots*t.Geo.Load(n) && n < t.Geo.MaxIndex
}

// Roomy reports whether the table should shrink by a bucket: it is less than two thirds as full as when it grows.
func (t *Table) Roomy() bool {
	n := Buckets(t.Shard.Load(layout.ShLevel))
	return n > layout.FirstBuckets && t.Shard.Load(layout.ShCount)*150 < n*t.Geo.Slots*t.Geo.Load(n)
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
	link := layout.Hi(src.Load(layout.BkHead))
	t.part(src, dst, bit)
	if link != 0 {
		t.compact(src)
	}
	t.Log.SetLevel(t.Shard, n+1)
	t.foresee(n - bit + 1)
}

// foresee asks for the memory that the next splits, of buckets from next on, will want: by then it is there.
func (t *Table) foresee(next uint64) {
	if r, k := t.Main.Row(next + 1); k < r.N() {
		t.Main.In(r, k).Prefetch()
	}
	r, k := t.Main.Row(next)
	if k >= r.N() {
		return
	}
	link := layout.Hi(t.Main.In(r, k).Load(layout.BkHead))
	if r, k := t.Over.Row(link - 1); link != 0 && k < r.N() {
		t.Over.In(r, k).Prefetch()
	}
}

// part moves what has the hash bit from the chain of src to that of dst, which is outside the table still: as long as dst has
// room for it, entries and tags are written directly.
func (t *Table) part(src, dst bucket, bit uint64) {
	filled, dtags := uint64(0), uint64(0)
	hops := t.maxChain()
	for b, ok := src, true; ok; b, ok = t.next(b, &hops) {
		tags := b.Load(layout.BkTags)
		keep := tags
		for m := t.used(tags); m != 0; m &= m - 1 {
			i := lane(m)
			key, val := t.Slot(b.Ptr, i)
			if t.HashOf(key)&bit == 0 {
				continue
			}
			keep = tagAt(keep, i, 0, 0)
			if filled == t.Geo.Slots {
				dst.Store(layout.BkTags, dtags)
				to, j := t.vacancy(dst, true)
				t.move(b, i, to, j, false)
				continue
			}
			t.fill(dst.Span, filled, key, val)
			if t.timed {
				t.moveTimes(b, i, dst, filled, false)
			}
			dtags = tagAt(dtags, filled, tags>>(8*i)&0xff, Visited(tags, i))
			filled++
		}
		t.Log.Set(b.Span, layout.BkTags, keep)
	}
	dst.Store(layout.BkTags, dtags)
}

// move copies the entry in slot i of from to the empty slot j of to. The slots of to are written directly unless
// journaled says that a tag may have pointed to them when the transaction began (journal J5).
func (t *Table) move(from bucket, i uint64, to bucket, j uint64, journaled bool) {
	key, val := t.Slot(from.Ptr, i)
	if journaled {
		t.SetSlot(to.Span, j, key, val)
	} else {
		t.fill(to.Span, j, key, val)
	}
	if t.timed {
		t.moveTimes(from, i, to, j, journaled)
	}
	tags := from.Load(layout.BkTags)
	t.Log.Set(to.Span, layout.BkTags, tagAt(to.Load(layout.BkTags), j, tags>>(8*i)&0xff, Visited(tags, i)))
}

// moveTimes is the part of move in the lines of deadlines and of recency.
func (t *Table) moveTimes(from bucket, i uint64, to bucket, j uint64, journaled bool) {
	if t.Geo.Deadline != 0 {
		deadline := t.Deadline(from.Ptr, i)
		if journaled {
			t.Log.Set(to.Span, t.Geo.Deadline+j, deadline)
		} else {
			to.Store(t.Geo.Deadline+j, deadline)
		}
	}
	t.Recency.Rename(from.ref(i), to.ref(j))
}

// compact moves the entries of the last overflow bucket of a chain into empty slots before it, as often as all of them fit.
func (t *Table) compact(main bucket) {
	for {
		hops := t.maxChain()
		prev, last, room := main, main, 0
		for b, ok := t.next(main, &hops); ok; b, ok = t.next(b, &hops) {
			room += t.room(last.Ptr)
			prev, last = last, b
		}
		if used := t.used(last.Load(layout.BkTags)); !last.over || bits.OnesCount64(used) > room {
			return
		}
		t.pour(main, last)
		t.setLink(prev, 0)
		t.giveOver(last)
	}
}

// room is the number of empty slots of the bucket at p.
func (t *Table) room(p region.Ptr) int {
	return int(t.Geo.Slots) - bits.OnesCount64(t.used(p.Load(layout.BkTags)))
}

// pour moves all entries of overflow bucket last into empty slots of the buckets before it, where there is room for them.
func (t *Table) pour(main, last bucket) {
	b, hops := main, t.maxChain()
	for m := t.used(last.Load(layout.BkTags)); m != 0; {
		j, ok := t.empty(b.Ptr)
		if !ok {
			b, _ = t.next(b, &hops)
			continue
		}
		t.move(last, lane(m), b, j, true)
		m &= m - 1
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
		t.Log.Touch(t.Main.Must(i)) // all of them before the level word that leads to no others
	}
	t.Log.SetLevel(t.Shard, layout.FirstBuckets) // before the number of deadlines: at 0 a reader does not look at them
	for i := range uint64(layout.FirstBuckets) {
		b := t.Main.Must(i)
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
}
