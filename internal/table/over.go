package table

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

// Overflow buckets. One is in a chain, and names the chain's main bucket, or it is in the free list, which is doubly
// linked so that the last bucket of the vector can be taken out of it.

// setLink changes which bucket follows b in its chain.
func (t *Table) setLink(b bucket, link uint64) {
	if b.over {
		t.Log.Set(b.Span, layout.BkHead, layout.Pair(b.Load(layout.BkHead), link))
	} else {
		t.Log.SetLink(b.Span, link)
	}
}

// takeOver takes an overflow bucket for the chain of main bucket owner, and empties it.
func (t *Table) takeOver(owner uint64) bucket {
	var b bucket
	if free := t.Shard.Load(layout.ShOverFree); free != 0 {
		b = bucket{t.Over.Must(free - 1), free - 1, true}
		t.unlinkFree(b)
	} else {
		i := t.Shard.Load(layout.ShOverBump)
		if i >= t.Geo.MaxIndex {
			panic(fault.With(fault.ErrFull, "a shard has %d overflow buckets", i))
		}
		if i >= t.Over.Backed() {
			panic(&vector.Need{Which: layout.VecOver, Bucket: owner, Elements: i + 1})
		}
		b = bucket{t.Over.Must(i), i, true}
		t.Log.Set(t.Shard, layout.ShOverBump, i+1)
	}
	t.Log.Set(b.Span, layout.BkHead, layout.Pair(owner+1, 0))
	t.Log.Set(b.Span, layout.BkTags, 0)
	t.forget(b)
	t.add(layout.ShOverUsed, 1)
	return b
}

// giveOver returns b, which is in no chain any more. Its slots stay as they are: undo wants them.
func (t *Table) giveOver(b bucket) {
	first := t.Shard.Load(layout.ShOverFree)
	t.Log.Set(b.Span, layout.BkHead, layout.Pair(0, first))
	t.Log.Set(b.Span, layout.BkTags, 0)
	if first != 0 {
		t.Log.Set(t.Over.Must(first-1), layout.BkTags, b.index+1)
	}
	t.Log.Set(t.Shard, layout.ShOverFree, b.index+1)
	t.add(layout.ShOverUsed, ^uint64(0))
}

// unlinkFree takes b out of the free list. A late reader may have set visited bits beside the link.
func (t *Table) unlinkFree(b bucket) {
	next, prev := layout.Hi(b.Load(layout.BkHead)), b.Load(layout.BkTags)&layout.TagLanes
	if prev == 0 {
		t.Log.Set(t.Shard, layout.ShOverFree, next)
	} else {
		t.setLink(bucket{t.Over.Must(prev - 1), prev - 1, true}, next)
	}
	if next != 0 {
		t.Log.Set(t.Over.Must(next-1), layout.BkTags, prev)
	}
}

// OverSurplus is the number of free overflow buckets.
func (t *Table) OverSurplus() uint64 {
	return t.Shard.Load(layout.ShOverBump) - t.Shard.Load(layout.ShOverUsed)
}

// ShrinkOver takes the last overflow bucket of the vector away, moving what is in it to a free one: one transaction's
// work. There must be a free one.
func (t *Table) ShrinkOver() {
	i := t.Shard.Load(layout.ShOverBump) - 1
	last := bucket{t.Over.Must(i), i, true}
	t.Log.Set(t.Shard, layout.ShOverBump, i)
	owner := layout.Lo(last.Load(layout.BkHead))
	if owner == 0 {
		t.unlinkFree(last)
		return
	}
	main := t.mainBucket(owner - 1)
	t.Log.Touch(main.Span)
	prev, _ := t.before(main, i)
	to := t.takeOver(owner - 1)
	for m := t.used(last.Load(layout.BkTags)); m != 0; m &= m - 1 {
		t.move(last, lane(m), to, lane(m), false)
	}
	t.setLink(to, layout.Hi(last.Load(layout.BkHead)))
	t.setLink(prev, to.index+1)
	t.add(layout.ShOverUsed, ^uint64(0))
}
