package layout

import "math/bits"

// A bucket:
//
//	word 0   version in the low 32 bits (odd: a transaction touches the chain), in the high 32 the index + 1 of the next
//	         overflow bucket of the chain, 0 at its end. The version is the main bucket's; an overflow bucket has in its
//	         place the number + 1 of the main bucket whose chain it is in, 0 while it is free.
//	word 1   7 tags, a byte each from the low end, 0 for an empty slot; byte 7: visited bits of the slots. Of a free
//	         overflow bucket: the index + 1 of the one before it in the free list
//	slots    7 of SlotSize bytes (6 where that fills one cache line)
//	deadline line (maps with TTL): a word a slot, map time in milliseconds, 0 for none
//	recency line (maps with a policy): a word a slot, newer neighbour in the low 32 bits, older in the high 32; see Ref.
//	         With the policy s3 neighbours have RefBits bits, LinkMain and the laps the others, and word 7 holds ghosts:
//	         6 lanes of 10 bits from the low end, newest first, 0 for none, else bits 28..37 of a key's hash, at least 1

// Words of a bucket's head.
const (
	BkHead = 0
	BkTags = 1

	bucketHead = 16
	lineSize   = 64

	VersionMask = 1<<32 - 1
	TagLanes    = 1<<56 - 1 // the bytes of BkTags that hold tags
	VisitedBit  = 56        // first visited bit
)

// What else stands in a link word of the policy s3.
const (
	RefBits  = 30             // bits of a neighbour
	RefMask  = 1<<RefBits - 1 // of either half
	LinkMain = 1 << RefBits   // the entry is in main
	LinkLaps = 32 + RefBits   // first bit of its laps
	MaxLaps  = 3
)

// Geometry is what a Config means for buckets.
type Geometry struct {
	SlotSize   uint64 // bytes: 4, 8 or 16
	Slots      uint64 // slots of a bucket
	Lanes      uint64 // the bytes of the tag word that belong to slots
	LoadPct    uint64 // share of the slots, overflow buckets included, above which a large table grows; see Load
	BucketSize uint64 // bytes, a multiple of 8
	Deadline   uint64 // word of the bucket where the deadlines begin, 0 without TTL
	Recency    uint64 // word of the bucket where the recency links begin, 0 without policy
	Ghosts     uint64 // word of the bucket with the ghosts, 0 but for the policy s3
	MaxIndex   uint64 // buckets of a kind in one shard, at most
}

// Geometry derives the bucket geometry.
func (c *Config) Geometry() Geometry {
	var g Geometry
	switch w := max(kindBits(c.Key), kindBits(c.Value)); w {
	case 16:
		g = Geometry{SlotSize: 4, Slots: 7, LoadPct: 82, BucketSize: 48}
	case 32:
		g = Geometry{SlotSize: 8, Slots: 6, LoadPct: 70, BucketSize: 64}
	default:
		g = Geometry{SlotSize: 16, Slots: 7, LoadPct: 64, BucketSize: 128}
	}
	g.Lanes = 1<<(8*g.Slots) - 1
	g.MaxIndex = MaxIndex
	if c.HasTTL {
		g.Deadline = g.BucketSize / 8
		g.BucketSize += lineSize
	}
	if c.Policy != PolicyNone {
		g.Recency = g.BucketSize / 8
		g.BucketSize += lineSize
	}
	if c.Policy == PolicyS3 {
		g.Ghosts = g.Recency + lineSize/8 - 1
		g.MaxIndex = MaxIndexS3
	}
	return g
}

// Load is the share of the slots in percent, overflow buckets included, above which a table of n buckets grows. Tables that
// fit a processor's caches anyway are emptier if their slots are wide: fewer of their keys are in overflow buckets, 3 % of
// them instead of 10.
func (g *Geometry) Load(n uint64) uint64 {
	if n < smallTable && g.SlotSize == 16 {
		return smallPct
	}
	return g.LoadPct
}

const (
	smallTable = 1024 // buckets
	smallPct   = 50
)

// kindBits is the width of the slot half that a kind needs: strings take a word.
func kindBits(k Kind) uint {
	if k == String {
		return 64
	}
	return k.Bits()
}

// Vec describes one vector.
type Vec struct {
	Elem uint64 // bytes of an element
	Lg0  uint   // log2 of the elements in level 0
}

// Vectors returns the vectors of every shard of a map with this geometry.
func (g Geometry) Vectors() [Vecs]Vec {
	perPage := uint(bits.Len64(Page/g.BucketSize) - 1)
	return [Vecs]Vec{
		VecJournal: {EntrySize, 8},
		VecMain:    {g.BucketSize, perPage},
		VecOver:    {g.BucketSize, perPage},
		VecMeta:    {MetaSize, 8},
		VecChunk:   {ChunkSize, 0},
	}
}

// Locate says in which level element i lies and where in it.
func (v Vec) Locate(i uint64) (level int, off uint64) {
	l := bits.Len64(i >> v.Lg0)
	if l == 0 {
		return 0, i * v.Elem
	}
	return l, (i - v.First(l)) * v.Elem
}

// First is the first element of a level.
func (v Vec) First(level int) uint64 {
	if level == 0 {
		return 0
	}
	return 1 << (v.Lg0 + uint(level) - 1)
}

// Count is the number of elements of a level.
func (v Vec) Count(level int) uint64 {
	if level == 0 {
		return 1 << v.Lg0
	}
	return v.First(level)
}

// LevelBytes is the size of a level in the file, in whole pages.
func (v Vec) LevelBytes(level int) uint64 { return PageUp(v.Count(level) * v.Elem) }

// PageUp rounds up to whole pages.
func PageUp(n uint64) uint64 { return (n + Page - 1) &^ (Page - 1) }

// Ref names one slot of a shard in 32 bits, for the recency list: 1 + ((index<<1 | overflow) << 3 | slot); 0 is nil.
type Ref uint32

// MakeRef builds a reference.
func MakeRef(index uint64, over bool, slot uint64) Ref {
	r := index << 1
	if over {
		r |= 1
	}
	return Ref(r<<3|slot) + 1
}

// Split takes a reference apart.
func (r Ref) Split() (index uint64, over bool, slot uint64) {
	w := uint64(r - 1)
	return w >> 4, w>>3&1 == 1, w & 7
}

// Slot is the slot of a reference.
func (r Ref) Slot() uint64 { return uint64(r-1) & 7 }

// Pair packs two 32-bit halves; Lo and Hi take them apart.
func Pair(lo, hi uint64) uint64 { return lo&VersionMask | hi<<32 }

// Lo is the low half of a pair.
func Lo(w uint64) uint64 { return uint64(uint32(w)) }

// Hi is the high half of a pair.
func Hi(w uint64) uint64 { return w >> 32 }

// Bytes is the memory behind the first n elements, in whole pages.
func (v Vec) Bytes(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	level, off := v.Locate(n - 1)
	sum := PageUp(off + v.Elem)
	for l := range level {
		sum += v.LevelBytes(l)
	}
	return sum
}
