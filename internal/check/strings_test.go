package check_test

import (
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

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
			m.raise(m.val(s), 2)
		}, "do not go with a blob"},
		{"hash", func(m *memory) { m.raise(m.blob(small(m))+8, 1<<20) }, "the blob notes hash"},
		{"key bytes", func(m *memory) { m.raise(m.blob(small(m))+16, 1) }, "belongs to bucket"},
		{"lengths", func(m *memory) { m.raise(m.blob(small(m)), 1<<38) }, "with lengths"},
		{"lengths unused bits", func(m *memory) { m.or(m.blob(small(m)), 1<<62) }, "with lengths"},
		{"bitmap bit cleared", func(m *memory) { m.store(bitmap(m), m.load(bitmap(m))&(m.load(bitmap(m))-1)) }, "but are free"},
		{"bitmap bit set", func(m *memory) { m.or(bitmap(m), m.load(bitmap(m))+1) }, "a leak"},
		{"bitmap too long", func(m *memory) {
			blocks, _ := layout.Slab(int(class(m)))
			m.or(bitmap(m)+(blocks-1)/64*8, 1<<63)
		}, "bitmap word"},
		{"bitmap full", func(m *memory) { m.or(bitmap(m), ^uint64(0)) }, "belong to no entry: a leak"},
		{"live", func(m *memory) { m.raise(m.meta(m.slabOf(small(m))), 1<<16) }, "live blocks, its bitmap has"},
		{"class", func(m *memory) { m.raise(m.meta(m.slabOf(small(m))), 1<<8) }, "in a block of class"},
		{"slab bits", func(m *memory) { m.or(m.meta(m.slabOf(small(m))), 1<<50) }, "unknown bits"},
		{"class list", func(m *memory) { m.set(0, layout.ShClass+class(m), 0) }, "partly filled ones: false"},
		{"class list elsewhere", func(m *memory) { m.set(0, layout.ShClass, m.header(0, layout.ShClass+class(m))) }, "partly filled slabs"},
		{"class list end", func(m *memory) { m.add(0, layout.ShClass+class(m), 1<<32) }, "the list ends with"},
		{"class count", func(m *memory) { m.add(0, layout.ShClassCount+class(m), 1<<32) }, "slabs of a class"},
		{"chunk count of a large blob", func(m *memory) { m.raise(m.blob(large(m))+16, 1<<32) }, "its lengths need"},
		{"short chain", func(m *memory) { m.store(m.meta(chain(m, large(m)))+8, 0) }, "chunk 1 of 2"},
		{"chain backwards", func(m *memory) { m.raise(m.meta(chain(m, large(m)))+8, 9) }, "follows 8, found after -1"},
		{"long chain", func(m *memory) {
			last := layout.Hi(m.load(m.meta(chain(m, large(m)))+8)) - 1
			m.store(m.meta(last)+8, layout.Pair(0, 1))
		}, "behind its last"},
		{"chain into a slab", func(m *memory) {
			m.store(m.meta(chain(m, large(m)))+8, layout.Pair(0, m.slabOf(small(m))+1))
		}, "is not loose"},
		{"chains meet", func(m *memory) {
			s := large(m)
			other := m.find(0, func(o place) bool { return m.blobIn(2)(o) && o != s })
			m.store(m.blob(other)+16, m.load(m.blob(s)+16))
		}, "in a chain already"},
		{"lost chunk", func(m *memory) { m.store(m.meta(first(m, layout.ShChunkFree)), 7) }, "in no list and in no blob"},
		{"free chunks", func(m *memory) { m.set(0, layout.ShChunkFree, 0) }, "number of free chunks"},
		{"number of free chunks", func(m *memory) { m.add(0, layout.ShChunkFreeLen, 1) }, "number of free chunks"},
		{"free list backwards", func(m *memory) { m.raise(m.meta(first(m, layout.ShChunkFree))+8, 3) }, "free chunks at"},
		{"holes", func(m *memory) { m.set(0, layout.ShChunkHoles, 0) }, "number of holes"},
		{"hole past the bump", func(m *memory) { m.or(m.meta(m.header(0, layout.ShChunkBump)), layout.MetaHole) }, "not in the list of holes"},
		{"hole with memory", func(m *memory) { m.store(m.meta(first(m, layout.ShChunkHoles)), layout.ChunkHoled) }, "holes at"},
		{"punching", func(m *memory) { m.set(0, layout.ShPunching, first(m, layout.ShChunkFree)+1) }, "being punched"},
		{"chunks used", func(m *memory) { m.add(0, layout.ShChunkBump, ^uint64(0)) }, "of 2 is"},
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
