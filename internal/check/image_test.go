package check_test

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/vector"
)

// memory is a map's memory, attached, to be tampered with.
type memory struct {
	t   *testing.T
	seg *segment.Segment
	geo layout.Geometry
}

// attachCopy attaches a copy of a map's memory. It is never closed: that would wait for locks which nobody will free.
func attachCopy(words []uint64, o segment.Options) (*segment.Segment, error) {
	return segment.AttachHeap(region.HeapFrom(words, uint64(len(words))*8+1<<20), o)
}

// copy attaches a copy of the player's map.
func (p *player) copy() *memory {
	p.t.Helper()
	return newMemory(p.t, p.m.Segment().Env.Region.Image(), func() uint64 { return p.now })
}

func newMemory(t *testing.T, words []uint64, now func() uint64) *memory {
	t.Helper()
	seg, err := attachCopy(words, segment.Options{LockTimeout: 5 * time.Millisecond, Now: now, Live: &lock.Local{}})
	if err != nil {
		t.Fatal(err)
	}
	return &memory{t, seg, seg.Env.Config.Geometry()}
}

func (m *memory) dict() *dict.Map { return dict.Attach(m.seg) }

func (m *memory) word(off uint64) region.Ptr {
	m.t.Helper()
	p, ok := m.seg.Env.Region.At(off, 8)
	if !ok {
		m.t.Fatalf("offset %#x is outside the memory", off)
	}
	return p
}

func (m *memory) load(off uint64) uint64 { m.t.Helper(); return m.word(off).Load(0) }
func (m *memory) store(off, v uint64)    { m.t.Helper(); m.word(off).Store(0, v) }
func (m *memory) or(off, bits uint64)    { m.t.Helper(); m.store(off, m.load(off)|bits) }
func (m *memory) raise(off, d uint64)    { m.t.Helper(); m.store(off, m.load(off)+d) }

// at is the offset of a word of a shard header.
func (m *memory) at(shard int, word uint64) uint64     { return layout.ShardAt(shard) + 8*word }
func (m *memory) header(shard int, word uint64) uint64 { return m.load(m.at(shard, word)) }
func (m *memory) set(shard int, word, v uint64)        { m.store(m.at(shard, word), v) }
func (m *memory) add(shard int, word, d uint64)        { m.raise(m.at(shard, word), d) }

// elem is the offset of an element of a vector.
func (m *memory) elem(shard, which int, i uint64) uint64 {
	level, off := m.geo.Vectors()[which].Locate(i)
	return m.header(shard, vector.DirWord(which, level)) + off
}

// A place is a slot with an entry.
type place struct {
	shard int
	off   uint64 // of the bucket
	index uint64
	over  bool
	i     uint64
}

func (m *memory) tag(s place) uint64 { return m.load(s.off+8*layout.BkTags) >> (8 * s.i) & 0xff }

// key and val are the offsets of the words of a slot of 16 bytes.
func (m *memory) key(s place) uint64 { return s.off + 8*(2+2*s.i) }
func (m *memory) val(s place) uint64 { return m.key(s) + 8 }

// slots calls f for every slot, used or not, of every bucket in a chain.
func (m *memory) slots(shard int, f func(place) bool) {
	for index := range layout.Lo(m.header(shard, layout.ShLevel)) {
		s := place{shard: shard, off: m.elem(shard, layout.VecMain, index), index: index}
		for {
			for s.i = range m.geo.Slots {
				if !f(s) {
					return
				}
			}
			next := layout.Hi(m.load(s.off))
			if next == 0 {
				break
			}
			s = place{shard: shard, off: m.elem(shard, layout.VecOver, next-1), index: next - 1, over: true}
		}
	}
}

// find is the first slot that f likes.
func (m *memory) find(shard int, f func(place) bool) (found place) {
	m.t.Helper()
	ok := false
	m.slots(shard, func(s place) bool {
		if f(s) {
			found, ok = s, true
		}
		return !ok
	})
	if !ok {
		m.t.Fatal("the map has no such slot")
	}
	return found
}

func (m *memory) used(s place) bool     { return m.tag(s) != 0 }
func (m *memory) empty(s place) bool    { return m.tag(s) == 0 }
func (m *memory) usedOver(s place) bool { return m.used(s) && s.over }

// blobIn reports whether an entry has a key in a blob of so many chunks.
func (m *memory) blobIn(chunks uint64) func(place) bool {
	return func(s place) bool {
		return m.used(s) && layout.IsBlob(m.load(m.key(s))) && m.shape(s).Chunks == chunks
	}
}

// blob is the offset of the blob of the entry in s.
func (m *memory) blob(s place) uint64 {
	addr := layout.BlobAddr(m.load(m.key(s)))
	return m.elem(s.shard, layout.VecChunk, addr>>layout.LgChunk) + addr&(layout.ChunkSize-1)
}

func (m *memory) shape(s place) layout.Shape {
	lens := m.load(m.blob(s))
	return layout.ShapeOf(layout.KeyLen(lens) + layout.ValLen(lens))
}

// slabOf is the chunk of the blob of the entry in s.
func (m *memory) slabOf(s place) uint64 { return layout.BlobAddr(m.load(m.key(s))) >> layout.LgChunk }

// meta is the offset of a chunk's record, by chunk.
func (m *memory) meta(chunk uint64) uint64 { return m.elem(0, layout.VecMeta, chunk) }
