package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

// A damage is something that no operation does, and a part of what the referee says of it.
type damage struct {
	name string
	do   func(m *memory)
	want string
}

// cached is a map of integers with everything that buckets can have: long chains, free overflow buckets, deadlines, a
// recency list, leases.
func cached(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, EnableTTL: true, Capacity: 400, Hash: layout.HashFourBit}, 1)
	for i := range 380 {
		op := dict.Op{Key: dict.Datum{W: uint64(i)}}
		if i%2 == 0 {
			op.Mode, op.TTL = dict.TTLExplicit, time.Hour
		}
		p.do(op)
	}
	for i := range 300 {
		p.do(dict.Op{Code: dict.OpDelete, Key: dict.Datum{W: uint64(i)}})
	}
	s := &p.m.Segment().Shards[0]
	if s.Stat(layout.ShOverUsed) < 2 || s.Stat(layout.ShOverBump) < s.Stat(layout.ShOverUsed)+2 {
		t.Fatalf("%d overflow buckets of %d are used", s.Stat(layout.ShOverUsed), s.Stat(layout.ShOverBump))
	}
	p.clean("before the damage")
	return p
}

// stored is a map of strings with everything that string storage can have: slabs, large values, free chunks, holes.
func stored(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.String, Value: layout.String, Shards: 1, MaxBytes: 20 << 20}, 1)
	key := func(i int) dict.Datum { return dict.Datum{S: fmt.Sprintf("the key number %d", i)} }
	for i := range 200 {
		p.do(dict.Op{Key: key(i), Val: dict.Datum{S: strings.Repeat("v", i%100)}})
	}
	for i := range 60 {
		p.do(dict.Op{Key: key(1000 + i), Val: dict.Datum{S: strings.Repeat("v", 150_000)}})
	}
	for i := range 50 {
		p.do(dict.Op{Code: dict.OpDelete, Key: key(1000 + i)})
		p.do(dict.Op{Code: dict.OpDelete, Key: key(i)})
	}
	for i := range 400 {
		p.now++
		p.do(dict.Op{Key: dict.Datum{S: "x"}, Val: dict.Datum{S: fmt.Sprint(i % 2)}})
	}
	s := &p.m.Segment().Shards[0]
	if s.Stat(layout.ShChunkHolesLen) < 2 || s.Stat(layout.ShChunkFreeLen) < 2 {
		t.Fatal("the map has no holes or no free chunks")
	}
	p.clean("before the damage")
	return p
}

// narrow is a map with six slots in a bucket, and no policy.
func narrow(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int32, Value: layout.Int32, Shards: 1}, 1)
	for i := range 100 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}})
	}
	return p
}

// mixed is a map of small integers to strings.
func mixed(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int16, Value: layout.String, Shards: 1}, 1)
	for i := range 100 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{S: strings.Repeat("v", i%20)}})
	}
	return p
}

// found runs the referee over damaged copies of a map.
func found(t *testing.T, p *player, damages []damage) {
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			p.t = t
			m := p.copy()
			d.do(m)
			problems, err := check.Run(m.seg)
			if err != nil {
				t.Fatal(err)
			}
			for _, pr := range problems {
				if strings.Contains(pr.String(), "runtime error") || pr.Where == "walk" {
					t.Errorf("the walk was led astray: %v", pr)
				}
			}
			for _, pr := range problems {
				if strings.Contains(pr.String(), d.want) {
					return
				}
			}
			t.Errorf("nobody said %q but %d others: %v", d.want, len(problems), problems)
		})
	}
}

func TestDamagedFrameIsFound(t *testing.T) {
	const main, over = layout.VecMain, layout.VecOver
	found(t, cached(t), []damage{
		{"header", func(m *memory) { m.store(8*layout.HdrSeed, 1) }, "header checksum"},
		{"state", func(m *memory) { m.or(8*layout.HdrState, 1<<40) }, "unknown bits"},
		{"frozen", func(m *memory) { m.or(8*layout.HdrState, layout.StateFrozen) }, "frozen without freezing"},
		{"clean", func(m *memory) { m.or(8*layout.HdrState, layout.StateClean) }, "this handle is"},
		{"space lock", func(m *memory) { m.store(8*layout.HdrSpaceLock, 0xffff) }, "space lock"},
		{"lock", func(m *memory) { m.set(1, layout.ShLock, 0x1234_0001_0002) }, "shard 1: lock"},
		{"journal active", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Active, 0)) }, "not idle"},
		{"journal of a frozen map", func(m *memory) {
			m.or(8*layout.HdrState, layout.StateFreezing|layout.StateFrozen)
			m.set(0, layout.ShJournal, journal.Head(9, journal.Committed, 0))
		}, "closed or frozen"},
		{"journal phase", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, 77, 0)) }, "no known phase"},
		{"journal entries", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Idle, 3)) }, "idle with entries"},
		{"journal length", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Active, 1<<20)) }, "more entries than"},
		{"no buckets", func(m *memory) { m.set(0, layout.ShLevel, 0) }, "level word"},
		{"many buckets", func(m *memory) { m.set(0, layout.ShLevel, 1<<31) }, "level word"},
		{"unbacked buckets", func(m *memory) { m.set(0, layout.ShLevel, 1<<20) }, "main buckets backed"},
		{"unbacked overflow buckets", func(m *memory) { m.set(0, layout.ShOverBump, 1<<20) }, "overflow buckets backed"},
		{"dirty", func(m *memory) { m.set(0, layout.ShDirty+main, 1) }, "only 1 may have memory"},
		{"dirty too far", func(m *memory) { m.set(0, layout.ShDirty+over, 1<<30) }, "but the levels end at"},
		{"backed too far", func(m *memory) { m.set(0, layout.ShBacked+over, 1<<30) }, "not all inside the file"},
		{"directory alignment", func(m *memory) { m.add(0, vector.DirWord(main, 0), 8) }, "no place for it"},
		{"directory in the header", func(m *memory) { m.set(0, vector.DirWord(main, 0), 4096) }, "no place for it"},
		{"directory past the end", func(m *memory) { m.set(0, vector.DirWord(main, 0), 1<<40) }, "not all inside the file"},
		{"directory gap", func(m *memory) { m.set(0, vector.DirWord(over, 9), m.header(0, vector.DirWord(over, 0))) }, "is placed, level"},
		{"directory overlap", func(m *memory) { m.set(0, vector.DirWord(main, 0), m.header(1, vector.DirWord(main, 0))) }, "overlaps level 0"},
		{"entry lease", func(m *memory) { m.set(0, layout.ShLease, 1) }, "entry lease"},
		{"entry leases", func(m *memory) { m.set(0, layout.ShLease, 399) }, "entry leases"},
		{"entry leases that wrap", func(m *memory) { m.set(0, layout.ShLease, ^uint64(0)) }, "entry leases"},
	})
}

func TestDamagedBucketsAreFound(t *testing.T) {
	over := func(m *memory) place { return m.find(0, m.usedOver) }
	free := func(m *memory) uint64 { return m.elem(0, layout.VecOver, m.header(0, layout.ShOverFree)-1) }
	link := func(m *memory, off, to uint64) { m.store(off, layout.Pair(m.load(off), to)) }
	tags := func(s place) uint64 { return s.off + 8*layout.BkTags }
	links := func(m *memory, s place) uint64 { return s.off + 8*(m.geo.Recency+s.i) }
	newest := func(m *memory) place {
		index, over, i := layout.Ref(layout.Lo(m.header(0, layout.ShRecency))).Split()
		which := layout.VecMain
		if over {
			which = layout.VecOver
		}
		return place{0, m.elem(0, which, index), index, over, i}
	}
	found(t, cached(t), []damage{
		{"version", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0), 1) }, "is odd"},
		{"tag", func(m *memory) { s := m.find(0, m.used); m.store(tags(s), m.load(tags(s))^0x80<<(8*s.i)) }, "tag 0x"},
		{"tag gone", func(m *memory) { s := m.find(0, m.used); m.store(tags(s), m.load(tags(s))&^(0xff<<(8*s.i))) }, "number of entries"},
		{"tag too many", func(m *memory) { s := m.find(0, m.empty); m.or(tags(s), 7<<(8*s.i)) }, "number of entries"},
		{"visited bit of no slot", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0)+8, 1<<63) }, "visited bits"},
		{"key", func(m *memory) { m.or(m.key(m.find(0, m.used)), 1<<2) }, "belongs to"},
		{"other shard", func(m *memory) { m.store(m.key(m.find(0, m.used)), m.load(m.key(m.find(1, m.used)))) }, "another shard"},
		{"duplicate", func(m *memory) {
			s := m.find(0, func(s place) bool { return m.used(s) && s.i > 0 && m.used(place{off: s.off, i: 0}) })
			m.store(m.key(s), m.load(m.key(place{off: s.off, i: 0})))
		}, "in the chain already"},
		{"count", func(m *memory) { m.add(0, layout.ShCount, 1) }, "number of entries at"},
		{"deadlines", func(m *memory) { m.add(0, layout.ShDeadlines, 1) }, "number of entries with a deadline"},
		{"deadline", func(m *memory) {
			s := m.find(0, m.used)
			o := s.off + 8*(m.geo.Deadline+s.i)
			m.store(o, 1-min(m.load(o), 1))
		}, "entries with a deadline"},
		{"cycle", func(m *memory) { s := over(m); link(m, s.off, s.index+1) }, "is in a chain already"},
		{"link out of bounds", func(m *memory) { link(m, over(m).off, 1<<30) }, "is followed by overflow bucket"},
		{"cut chain", func(m *memory) { link(m, m.elem(0, layout.VecMain, owner(m, over(m))), 0) }, "neither in a chain nor"},
		{"owner", func(m *memory) { m.store(over(m).off, m.load(over(m).off)+1) }, "as the owner of its chain"},
		{"overflow buckets used", func(m *memory) { m.add(0, layout.ShOverUsed, 1) }, "number of overflow buckets in chains"},
		{"overflow buckets ever used", func(m *memory) { m.add(0, layout.ShOverBump, 1) }, "neither in a chain nor"},
		{"free list lost", func(m *memory) { m.set(0, layout.ShOverFree, 0) }, "neither in a chain nor"},
		{"free list cycle", func(m *memory) { link(m, free(m), m.header(0, layout.ShOverFree)) }, "in the free list already"},
		{"free list out of bounds", func(m *memory) { m.set(0, layout.ShOverFree, 1<<40) }, "free overflow buckets"},
		{"free list backwards", func(m *memory) { m.or(free(m)+8, 5) }, "in the free list, found after"},
		{"owner of a free bucket", func(m *memory) { m.store(free(m), m.load(free(m))+1) }, "free overflow bucket at"},
		{"newest", func(m *memory) { m.add(0, layout.ShRecency, 1<<4) }, "recency li"},
		{"oldest", func(m *memory) { m.add(0, layout.ShRecency, 1<<36) }, "the oldest entry is"},
		{"older", func(m *memory) { link(m, links(m, newest(m)), 0) }, "entries in the list"},
		{"newer", func(m *memory) { s := newest(m); m.store(links(m, s), m.load(links(m, s))+1) }, "as its newer neighbour"},
		{"recency cycle", func(m *memory) { link(m, links(m, newest(m)), layout.Lo(m.header(0, layout.ShRecency))) }, "one that came before"},
		{"recency of an empty slot", func(m *memory) {
			s := m.find(0, m.empty)
			link(m, links(m, newest(m)), uint64(layout.MakeRef(s.index, s.over, s.i)))
		}, "no entry, or one"},
	})
	found(t, narrow(t), []damage{
		{"level", func(m *memory) { m.add(0, layout.ShLevel, 1) }, "belongs to bucket"},
		{"seventh tag of six", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0)+8, 1<<48) }, "there are 6 slots"},
		{"visited without policy", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0)+8, 1<<56) }, "visited bits"},
		{"recency without policy", func(m *memory) { m.set(0, layout.ShRecency, 1) }, "without policy"},
	})
}

// owner is the main bucket of the chain that an overflow bucket is in.
func owner(m *memory, s place) uint64 { return layout.Lo(m.load(s.off)) - 1 }

func TestDamagedStringsAreFound(t *testing.T) {
	small := func(m *memory) place { return m.find(0, m.blobIn(0)) }
	large := func(m *memory) place { return m.find(0, m.blobIn(2)) }
	chain := func(m *memory, s place) uint64 { return layout.Lo(m.load(m.blob(s)+16)) - 1 }
	both := func(m *memory, s place, f func(uint64) uint64) {
		for _, off := range []uint64{m.key(s), m.val(s)} {
			if layout.IsBlob(m.load(off)) {
				m.store(off, f(m.load(off)))
			}
		}
	}
	first := func(m *memory, word uint64) uint64 { return layout.Lo(m.header(0, word)) - 1 }
	bitmap := func(m *memory) uint64 { return m.elem(0, layout.VecChunk, m.slabOf(small(m))) }
	class := func(m *memory) uint64 { return layout.MetaClass(m.load(m.meta(m.slabOf(small(m))))) }
	found(t, stored(t), []damage{
		{"inline key length", func(m *memory) { m.store(m.key(small(m)), 9<<56) }, "is no string"},
		{"inline key rest", func(m *memory) { m.store(m.key(small(m)), 1<<56|0x4142) }, "is no string"},
		{"blob word", func(m *memory) { m.or(m.key(small(m)), 1<<55) }, "is no string"},
		{"blob outside", func(m *memory) { both(m, small(m), func(w uint64) uint64 { return w | 1<<35 }) }, "refers to chunk"},
		{"blob in a free chunk", func(m *memory) {
			both(m, small(m), func(w uint64) uint64 {
				return w&^(1<<36-1) | first(m, layout.ShChunkFree)<<(layout.LgChunk-4)
			})
		}, "which is no slab"},
		{"blob misaligned", func(m *memory) { both(m, small(m), func(w uint64) uint64 { return w + 1 }) }, "which is no block"},
		{"blob shared", func(m *memory) {
			s := small(m)
			other := m.find(0, func(o place) bool { return m.blobIn(0)(o) && o != s && m.load(m.key(o)) != m.load(m.key(s)) })
			m.store(m.key(other), m.load(m.key(s)))
		}, "which another entry has"},
		{"blob of key and value differ", func(m *memory) {
			s := m.find(0, func(s place) bool { return m.blobIn(0)(s) && layout.IsBlob(m.load(m.val(s))) })
			m.add2(m.val(s), 2)
		}, "do not go with a blob"},
		{"hash", func(m *memory) { m.add2(m.blob(small(m))+8, 1<<20) }, "the blob notes hash"},
		{"key bytes", func(m *memory) { m.add2(m.blob(small(m))+16, 1) }, "belongs to bucket"},
		{"lengths", func(m *memory) { m.add2(m.blob(small(m)), 1<<38) }, "with lengths"},
		{"lengths unused bits", func(m *memory) { m.or(m.blob(small(m)), 1<<62) }, "with lengths"},
		{"bitmap bit cleared", func(m *memory) { m.store(bitmap(m), m.load(bitmap(m))&(m.load(bitmap(m))-1)) }, "but are free"},
		{"bitmap bit set", func(m *memory) { m.or(bitmap(m), m.load(bitmap(m))+1) }, "a leak"},
		{"bitmap too long", func(m *memory) {
			blocks, _ := layout.Slab(int(class(m)))
			m.or(bitmap(m)+(blocks-1)/64*8, 1<<63)
		}, "bitmap word"},
		{"live", func(m *memory) { m.add2(m.meta(m.slabOf(small(m))), 1<<16) }, "live blocks, its bitmap has"},
		{"class", func(m *memory) { m.add2(m.meta(m.slabOf(small(m))), 1<<8) }, "in a block of class"},
		{"slab bits", func(m *memory) { m.or(m.meta(m.slabOf(small(m))), 1<<50) }, "unknown bits"},
		{"class list", func(m *memory) { m.set(0, layout.ShClass+class(m), 0) }, "partly filled ones: false"},
		{"class list elsewhere", func(m *memory) { m.set(0, layout.ShClass, m.header(0, layout.ShClass+class(m))) }, "partly filled slabs"},
		{"class list end", func(m *memory) { m.add(0, layout.ShClass+class(m), 1<<32) }, "the list ends with"},
		{"class count", func(m *memory) { m.add(0, layout.ShClassCount+class(m), 1<<32) }, "slabs of a class"},
		{"chunk count of a large blob", func(m *memory) { m.add2(m.blob(large(m))+16, 1<<32) }, "its lengths need"},
		{"short chain", func(m *memory) { m.store(m.meta(chain(m, large(m)))+8, 0) }, "chunk 1 of 2"},
		{"long chain", func(m *memory) {
			last := layout.Hi(m.load(m.meta(chain(m, large(m)))+8)) - 1
			m.store(m.meta(last)+8, layout.Pair(0, 1))
		}, "behind its last"},
		{"chain into a slab", func(m *memory) {
			m.store(m.meta(chain(m, large(m)))+8, layout.Pair(0, m.slabOf(small(m))+1))
		}, "is not large"},
		{"chains meet", func(m *memory) {
			s := large(m)
			other := m.find(0, func(o place) bool { return m.blobIn(2)(o) && o != s })
			m.store(m.blob(other)+16, m.load(m.blob(s)+16))
		}, "in a chain already"},
		{"lost chunk", func(m *memory) { m.store(m.meta(first(m, layout.ShChunkFree)), layout.ChunkLarge) }, "in no list and in no blob"},
		{"free chunks", func(m *memory) { m.set(0, layout.ShChunkFree, 0) }, "number of free chunks"},
		{"number of free chunks", func(m *memory) { m.add(0, layout.ShChunkFreeLen, 1) }, "number of free chunks"},
		{"free list backwards", func(m *memory) { m.add2(m.meta(first(m, layout.ShChunkFree))+8, 3) }, "free chunks at"},
		{"holes", func(m *memory) { m.set(0, layout.ShChunkHoles, 0) }, "number of holes"},
		{"hole past the bump", func(m *memory) { m.or(m.meta(m.header(0, layout.ShChunkBump)), layout.MetaHole) }, "not in the list of holes"},
		{"hole with memory", func(m *memory) { m.store(m.meta(first(m, layout.ShChunkHoles)), layout.ChunkHoled) }, "holes at"},
		{"punching", func(m *memory) { m.set(0, layout.ShPunching, first(m, layout.ShChunkFree)+1) }, "being punched"},
		{"chunks used", func(m *memory) { m.add(0, layout.ShChunkBump, ^uint64(0)) }, "chunk 0 of 2"},
		{"chunks unbacked", func(m *memory) { m.set(0, layout.ShChunkBump, 1<<20) }, "chunks backed"},
		{"chunk records unbacked", func(m *memory) { m.set(0, layout.ShBacked+layout.VecMeta, 1) }, "chunk records"},
		{"byte lease", func(m *memory) { m.set(0, layout.ShByteLease, 1<<20) }, "byte lease"},
		{"byte leases", func(m *memory) { m.set(0, layout.ShByteLease, 30<<20) }, "byte leases"},
	})
	found(t, mixed(t), []damage{
		{"wide key", func(m *memory) { m.or(m.key(m.find(0, m.used)), 1<<16) }, "is no int16"},
		{"value that needs no blob", func(m *memory) {
			off := uint64(0)
			m.find(0, func(s place) bool {
				w := m.load(m.val(s))
				if !m.used(s) || !layout.IsBlob(w) {
					return false
				}
				off = m.elem(0, layout.VecChunk, layout.BlobAddr(w)>>layout.LgChunk) + layout.BlobAddr(w)&(layout.ChunkSize-1)
				return layout.ShapeOf(layout.ValLen(m.load(off))).Class == 0
			})
			m.store(off, layout.Lens(0, 7))
		}, "do not go with a blob"},
	})
}
