package table

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Snap is a private copy of one chain: what the slow kind of read and iteration work on. The copy is taken either
// directly, under an even version, or through the journal, which shows the state before the transaction of a writer that
// is stopped or dead. Still tells whether it is one state; so must be asked again after bytes behind it were copied.
type Snap struct {
	table   *Table
	pos     Pos
	through bool
	overlay journal.Overlay
	words   []uint64 // the buckets of the chain, one behind the other
	stride  int
}

// Copy copies the chain that hash h leads to; false if a writer is in the way.
func (t *Table) Copy(s *Snap, h uint64, through bool) (bool, error) {
	s.table, s.through, s.stride, s.words = t, through, int(t.Geo.BucketSize/8), s.words[:0]
	level := [1]uint64{}
	if through && !t.Log.Read(&s.overlay) {
		return false, nil
	}
	level[0] = t.Shard.Load(layout.ShLevel)
	if through {
		s.overlay.Patch(t.Shard.Off+8*layout.ShLevel, level[:])
	}
	s.pos.Level = level[0]
	s.pos.Index = IndexOf(level[0], h)
	var ok bool
	if s.pos.Main, ok = t.Main.Find(s.pos.Index); !ok {
		return false, nil
	}
	s.pos.Head = s.pos.Main.Load(layout.BkHead)
	if s.pos.Head&1 == 1 && (!through || s.overlay.Idle()) {
		if through && t.Log.Unmoved(&s.overlay) && s.pos.Main.Load(layout.BkHead) == s.pos.Head {
			return false, &fault.Corrupt{Where: "version of a bucket while no transaction is open", Offset: s.pos.Main.Off,
				Got: layout.Lo(s.pos.Head), Want: "an even number"}
		}
		return false, nil
	}
	return s.copyChain(), nil
}

func (s *Snap) copyChain() bool {
	b, longest := s.pos.Main, s.maxChain()
	for hops := uint64(0); hops <= longest; hops++ {
		at := len(s.words)
		for i := range s.stride {
			s.words = append(s.words, b.Load(uint64(i)))
		}
		if s.through {
			s.overlay.Patch(b.Off, s.words[at:])
		}
		next := layout.Hi(s.words[at])
		if next == 0 {
			return true
		}
		var ok bool
		if b, ok = s.table.Over.Find(next - 1); !ok {
			return false
		}
	}
	return false
}

// maxChain bounds the walk (T4) by the state that is read: a transaction may have taken overflow buckets out by now.
func (s *Snap) maxChain() uint64 {
	used := [1]uint64{s.table.Shard.Load(layout.ShOverUsed)}
	if s.through {
		s.overlay.Patch(s.table.Shard.Off+8*layout.ShOverUsed, used[:])
	}
	return s.table.bound(used[0])
}

// Still reports whether everything copied so far is one state.
func (s *Snap) Still() bool {
	if s.through {
		return s.table.Log.Unmoved(&s.overlay)
	}
	return s.table.Valid(&s.pos)
}

func (s *Snap) bucket(k int) region.Ptr { return region.Of(s.words[k*s.stride:]) }

// Item is an entry of a copied chain.
type Item struct {
	Key, Val uint64
	Deadline uint64
	through  *journal.Overlay // nil if the words were not read through one
}

func (s *Snap) item(p region.Ptr, i uint64) Item {
	key, val := s.table.Slot(p, i)
	it := Item{Key: key, Val: val, Deadline: s.table.Deadline(p, i)}
	if s.through {
		it.through = &s.overlay
	}
	return it
}

// Find looks for k in the copy.
func (s *Snap) Find(k *Key) (Item, bool) {
	if s.through && k.Blob() {
		return s.findBefore(k)
	}
	for b := range len(s.words) / s.stride {
		p := s.bucket(b)
		if i, _, _, ok := s.table.Probe(p, p.Load(layout.BkTags), k); ok {
			return s.item(p, i), true
		}
	}
	return Item{}, false
}

// findBefore is Find for a key that is in a blob, which may have been written over.
func (s *Snap) findBefore(k *Key) (item Item, ok bool) {
	s.Each(func(it Item) bool {
		if layout.SameBut(it.Key, k.Word) {
			b, there := s.table.blob(it.Key, it)
			ok = there && b.KeyIs(k.Str)
			item = it
		}
		return !ok
	})
	return item, ok
}

// Each calls f for every entry of the copy until it returns false.
func (s *Snap) Each(f func(Item) bool) bool {
	for b := range len(s.words) / s.stride {
		p := s.bucket(b)
		for m := s.table.used(p.Load(layout.BkTags)); m != 0; m &= m - 1 {
			if lane(m) < s.table.Geo.Slots && !f(s.item(p, lane(m))) {
				return false
			}
		}
	}
	return true
}

// Interval is the part of the reversed-hash order that the copied bucket covers: iteration goes through buckets in
// bit-reversed order of their number, so that a split divides the interval being visited into two neighbouring ones.
// last is inclusive.
func (s *Snap) Interval() (first, last uint64) { return Interval(s.pos.Level, s.pos.Index) }

// Interval is the part of the reversed-hash order that bucket index covers.
func Interval(level, index uint64) (first, last uint64) {
	n := max(Buckets(level), 1) // none in a forged level word
	width := bits.Len64(n)      // bits that tell buckets apart, if the bucket has been split in this round
	if half := uint64(1) << (width - 1); index < half && index+half >= n {
		width--
	}
	first = bits.Reverse64(index)
	return first, first | (1<<(64-width) - 1)
}

// Buckets is the number of buckets in the copied chain.
func (s *Snap) Buckets() uint64 { return uint64(len(s.words) / s.stride) }
