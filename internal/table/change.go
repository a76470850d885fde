package table

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Everything here runs inside a transaction of the shard's lock holder.

func (t *Table) add(word, delta uint64) { t.Log.Set(t.Shard, word, t.Shard.Load(word)+delta) }

// bucket is a bucket in a chain.
type bucket struct {
	region.Span
	index uint64
	over  bool
}

func (b *bucket) ref(i uint64) layout.Ref { return layout.MakeRef(b.index, b.over, i) }

func (t *Table) mainBucket(index uint64) bucket { return bucket{t.Main.Must(index), index, false} }

// next is the bucket behind b in its chain. hops counts down to the end of any honest chain.
func (t *Table) next(b bucket, hops *uint64) (bucket, bool) {
	link := layout.Hi(b.Load(layout.BkHead))
	if link == 0 {
		return bucket{}, false
	}
	if *hops == 0 {
		panic(&fault.Corrupt{Where: "chain of overflow buckets", Offset: b.Off, Got: link, Want: "no cycle"})
	}
	*hops--
	return bucket{t.Over.Must(link - 1), link - 1, true}, true
}

// empty is the lowest empty slot of the bucket at p.
func (t *Table) empty(p region.Ptr) (uint64, bool) {
	free := ^t.used(p.Load(layout.BkTags)) & highs & t.Geo.Lanes
	return lane(free), free != 0
}

// vacancy finds the first empty slot in the chain of main. If there is none it adds an overflow bucket, or returns a nil
// bucket if it may not grow.
func (t *Table) vacancy(main bucket, grow bool) (bucket, uint64) {
	hops := t.maxChain()
	for b := main; ; {
		if i, ok := t.empty(b.Ptr); ok {
			return b, i
		}
		n, ok := t.next(b, &hops)
		if !ok && !grow {
			return bucket{}, 0
		}
		if !ok {
			n = t.takeOver(main.index)
			t.setLink(b, n.index+1)
		}
		b = n
	}
}

// tagAt is the tag word with tag and visited bit of slot i replaced.
func tagAt(tags, i, tag, visited uint64) uint64 {
	mask := uint64(0xff)<<(8*i) | 1<<(layout.VisitedBit+i)
	return tags&^mask | tag<<(8*i) | visited<<(layout.VisitedBit+i)
}

// Visited is the visited bit of slot i in a tag word.
func Visited(tags, i uint64) uint64 { return tags >> (layout.VisitedBit + i) & 1 }

// Insert adds an entry whose key is not there, to the chain that pos, from the failed search, led to.
func (t *Table) Insert(pos *Pos, h, key, val, deadline uint64) {
	t.Log.Touch(pos.Main)
	b, i := t.vacancy(t.mainBucket(IndexOf(pos.Level, h)), true)
	t.fill(b.Span, i, key, val)
	if t.Geo.Deadline != 0 {
		b.Store(t.Geo.Deadline+i, deadline)
	}
	t.Log.Set(b.Span, layout.BkTags, tagAt(b.Load(layout.BkTags), i, Tag(h), 0))
	t.add(layout.ShCount, 1)
	t.Recency.Push(b.ref(i), t.recall(pos, h))
	t.countMortal(0, deadline)
}

// InsertFar is Insert without the search.
func (t *Table) InsertFar(h, key, val, deadline uint64) {
	level := t.Shard.Load(layout.ShLevel)
	t.Insert(&Pos{Level: level, Main: t.Main.Must(IndexOf(level, h))}, h, key, val, deadline)
}

// countMortal counts an entry whose deadline changes, comes or goes: 0 is none.
func (t *Table) countMortal(old, deadline uint64) {
	if old == 0 && deadline != 0 {
		t.add(layout.ShDeadlines, 1)
	} else if old != 0 && deadline == 0 {
		t.add(layout.ShDeadlines, ^uint64(0))
	}
}

// SetDeadline changes the deadline of the entry at pos, whose chain has been touched.
func (t *Table) SetDeadline(pos *Pos, deadline uint64) {
	old := t.Deadline(pos.B.Ptr, pos.I)
	if t.Geo.Deadline == 0 || old == deadline {
		return
	}
	t.Log.Set(pos.B, t.Geo.Deadline+pos.I, deadline)
	t.countMortal(old, deadline)
}

// Remove takes the entry at pos out of the table; its blob is the caller's to drop.
func (t *Table) Remove(pos *Pos) {
	t.Log.Touch(pos.Main)
	t.Recency.Remove(pos.Ref())
	t.countMortal(t.Deadline(pos.B.Ptr, pos.I), 0)
	tags := tagAt(pos.B.Load(layout.BkTags), pos.I, 0, 0)
	t.Log.Set(pos.B, layout.BkTags, tags)
	t.add(layout.ShCount, ^uint64(0))
	if pos.Over && tags&layout.TagLanes == 0 {
		t.dropEmpty(pos.Main, pos.Index)
	}
}

// dropEmpty unlinks overflow bucket index from the chain of main.
func (t *Table) dropEmpty(main region.Span, index uint64) {
	prev, b := t.before(bucket{Span: main}, index)
	t.setLink(prev, layout.Hi(b.Load(layout.BkHead)))
	t.giveOver(b)
}

// before finds overflow bucket index in the chain of main, and the bucket before it.
func (t *Table) before(main bucket, index uint64) (prev, b bucket) {
	hops := t.maxChain()
	for prev = main; ; prev = b {
		var ok bool
		if b, ok = t.next(prev, &hops); !ok {
			panic(&fault.Corrupt{Where: "chain of a main bucket", Offset: main.Off, Got: index, Want: "the overflow bucket that led here"})
		}
		if b.index == index {
			return prev, b
		}
	}
}

// Locate returns the position of the entry in slot r.
func (t *Table) Locate(r layout.Ref) Pos {
	index, over, i := r.Split()
	b := t.Main
	if over {
		b = t.Over
	}
	pos := Pos{B: b.Must(index), Index: index, Over: over, I: i, Level: t.Shard.Load(layout.ShLevel)}
	if pos.B.Load(layout.BkTags)>>(8*i)&0xff == 0 || i >= t.Geo.Slots {
		panic(&fault.Corrupt{Where: "recency list", Offset: pos.B.Off, Got: uint64(r), Want: "a slot with an entry"})
	}
	pos.Key, pos.Val = t.Slot(pos.B.Ptr, i)
	pos.Main = t.Main.Must(IndexOf(pos.Level, t.HashOf(pos.Key)))
	return pos
}

// MoveBlob moves the blob at an address to another block, wherever the allocator likes; false if no entry refers to it.
func (t *Table) MoveBlob(addr uint64) bool {
	b, ok := t.Heap.Look(layout.BlobWord(addr, 0))
	if !ok {
		return false
	}
	h := b.Hash()
	main := t.mainBucket(IndexOf(t.Shard.Load(layout.ShLevel), h))
	hops := t.maxChain()
	for b, ok := main, true; ok; b, ok = t.next(b, &hops) {
		for m := t.used(b.Load(layout.BkTags)); m != 0; m &= m - 1 {
			key, val := t.Slot(b.Ptr, lane(m))
			w, ok := t.BlobOf(key, val)
			if !ok || layout.BlobAddr(w) != addr {
				continue
			}
			t.Log.Touch(main.Span)
			moved := layout.BlobWord(t.Heap.Relocate(w), h)
			if t.Config.Key == layout.String && layout.IsBlob(key) {
				key = moved
			}
			if t.Config.Value == layout.String && layout.IsBlob(val) {
				val = moved
			}
			t.SetSlot(b.Span, lane(m), key, val)
			return true
		}
	}
	return false
}
