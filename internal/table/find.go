package table

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Pos is where an entry is, and what a lock-free reader needs to know afterwards that it was there.
type Pos struct {
	Level uint64      // level word the search went by
	Head  uint64      // first word of the main bucket, as the search found it
	Main  region.Span // main bucket of the chain
	B     region.Span // bucket of the entry
	Index uint64      // of B in its vector
	Over  bool        // B is an overflow bucket
	I     uint64      // slot
	Key   uint64      // key word
	Val   uint64      // value word
}

// Ref names the position for the recency list.
func (p *Pos) Ref() layout.Ref { return layout.MakeRef(p.Index, p.Over, p.I) }

// Outcome of a search.
type Outcome uint8

// Outcomes.
const (
	Absent Outcome = iota
	Found
	Torn // only without the lock: a transaction is at work, or the search met garbage
)

// Probe looks for k in the bucket at p, whose tag word is tags. It is the one probe loop there is: p may point into
// the map or at a private copy.
func (t *Table) Probe(p region.Ptr, tags uint64, k *Key) (i, key, val uint64, ok bool) {
	m := lanesEqual(tags, Tag(k.Hash)) & t.Geo.Lanes
	if t.Geo.SlotSize == 16 {
		w := t.KeySlot(p, m, *k)
		return w/2 - 1, p.Load(w), p.Load(w + 1), w != 0
	}
	for ; m != 0; m &= m - 1 {
		i = lane(m)
		key, val = t.Slot(p, i)
		if t.Same(key, k) {
			return i, key, val, true
		}
	}
	return 0, 0, 0, false
}

// Same reports whether a slot's key word stands for k.
func (t *Table) Same(key uint64, k *Key) bool {
	return key == k.Word && !k.Blob() || k.Blob() && t.sameBlob(key, k.Word, k.Str)
}

// sameBlob reports whether key word w, which may be none of a blob, stands for string s, whose key word is like but for the
// address.
func (t *Table) sameBlob(w, like uint64, s string) bool {
	return layout.SameBut(w, like) && t.Heap.KeyIs(w, s)
}

// KeySlot is the first word of that slot of 16 bytes, among those marked, that holds k; 0 if there is none.
func (t *Table) KeySlot(p region.Ptr, marks uint64, k Key) uint64 {
	if k.Str == "" {
		return WordSlot(p, marks, k.Word)
	}
	for ; marks != 0; marks &= marks - 1 {
		if w := 2 + 2*lane(marks); t.sameBlob(p.Load(w), k.Word, k.Str) {
			return w
		}
	}
	return 0
}

// Find looks for k. Without the shard's lock the outcome counts only if Valid says so afterwards.
func (t *Table) Find(k *Key, pos *Pos) Outcome {
	pos.Level = t.Shard.Load(layout.ShLevel)
	pos.Index, pos.Over = IndexOf(pos.Level, k.Hash), false
	var ok bool
	if pos.Main, ok = t.Main.Find(pos.Index); !ok {
		return Torn
	}
	pos.B, pos.Head = pos.Main, pos.Main.Load(layout.BkHead)
	head := pos.Head
	for hops := uint64(0); ; hops++ {
		if pos.I, pos.Key, pos.Val, ok = t.Probe(pos.B.Ptr, pos.B.Load(layout.BkTags), k); ok {
			return Found
		}
		next := layout.Hi(head)
		if next == 0 {
			return Absent
		}
		pos.Index, pos.Over = next-1, true
		if pos.B, ok = t.Over.Find(pos.Index); !ok || hops > t.maxChain() {
			return Torn
		}
		head = pos.B.Load(layout.BkHead)
	}
}

// maxChain bounds every walk along a chain (T4).
func (t *Table) maxChain() uint64 { return t.bound(t.Shard.Load(layout.ShOverUsed)) }

// Entries is the number of entries; whatever is forged, no more than the file has room for.
func (t *Table) Entries() uint64 {
	return min(t.Shard.Load(layout.ShCount), t.Region.Size()/t.Geo.BucketSize*t.Geo.Slots)
}

// bound is the most buckets that a count of them can mean: those that have memory.
func (t *Table) bound(n uint64) uint64 {
	return min(n, t.Over.Backed(), t.Region.Size()/t.Geo.BucketSize)
}

// Valid reports whether what was read after Find belongs to one state (T2).
func (t *Table) Valid(pos *Pos) bool {
	return pos.Head&1 == 0 && t.Shard.Load(layout.ShLevel) == pos.Level && pos.Main.Load(layout.BkHead) == pos.Head
}

// MustFind is Find for the holder of the lock.
func (t *Table) MustFind(k *Key, pos *Pos) bool {
	switch t.Find(k, pos) {
	case Found:
		return true
	case Absent:
		return false
	}
	panic(&fault.Corrupt{Where: "chain of a main bucket", Offset: pos.Main.Off, Got: pos.Index, Want: "overflow buckets inside the file and no cycle"})
}

// Any finds some entry, looking at the buckets from number hint on; the caller holds the lock. It returns where to go on.
func (t *Table) Any(hint uint64) (pos Pos, next uint64, ok bool) {
	level := t.Shard.Load(layout.ShLevel)
	n := Buckets(level)
	for k := range n {
		index := (hint + k) % n
		if pos, ok = t.first(level, index, func(region.Ptr, uint64) bool { return true }); ok {
			return pos, index, true
		}
	}
	return pos, 0, false
}

// FirstExpired finds an entry whose deadline has passed in the chain that hash h leads to; the caller holds the lock.
func (t *Table) FirstExpired(h, now uint64) (Pos, bool) {
	level := t.Shard.Load(layout.ShLevel)
	return t.first(level, IndexOf(level, h), func(p region.Ptr, i uint64) bool {
		d := t.Deadline(p, i)
		return d != 0 && d <= now
	})
}

// Spare finds the entry of main bucket index that is missed the least: one that has expired, else one that was not
// visited, else any; the caller holds the lock.
func (t *Table) Spare(index, now uint64) (pos Pos, ok bool) {
	level := t.Shard.Load(layout.ShLevel)
	for _, f := range []func(p region.Ptr, i uint64) bool{
		func(p region.Ptr, i uint64) bool { d := t.Deadline(p, i); return d != 0 && d <= now },
		func(p region.Ptr, i uint64) bool { return Visited(p.Load(layout.BkTags), i) == 0 },
		func(region.Ptr, uint64) bool { return true },
	} {
		if pos, ok = t.first(level, index, f); ok {
			return pos, true
		}
	}
	return pos, false
}

// first finds the first entry of a chain that f likes.
func (t *Table) first(level, index uint64, f func(p region.Ptr, i uint64) bool) (Pos, bool) {
	main := t.mainBucket(index)
	hops := t.maxChain()
	for b, ok := main, true; ok; b, ok = t.next(b, &hops) {
		for m := t.used(b.Load(layout.BkTags)); m != 0; m &= m - 1 {
			if i := lane(m); i < t.Geo.Slots && f(b.Ptr, i) {
				pos := Pos{Level: level, Main: main.Span, B: b.Span, Index: b.index, Over: b.over, I: i}
				pos.Key, pos.Val = t.Slot(b.Ptr, i)
				return pos, true
			}
		}
	}
	return Pos{}, false
}

// Warm asks for the first two lines of the bucket that hash h leads to, and does not wait for them.
func (t *Table) Warm(h uint64) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), h)
	if r, k := t.Main.Row(i); k < r.N() {
		t.Main.In(r, k).Prefetch()
	}
}
