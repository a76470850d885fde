package check_test

import (
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

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
		{"overflow bucket without entries", func(m *memory) { m.store(tags(over(m)), 0) }, "without an entry"},
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
	found(t, splittable(t), []damage{
		{"level", func(m *memory) { m.add(0, layout.ShLevel, 1) }, "belongs to bucket"},
		{"seventh tag of six", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0)+8, 1<<48) }, "there are 6 slots"},
		{"visited without policy", func(m *memory) { m.or(m.elem(0, layout.VecMain, 0)+8, 1<<56) }, "visited bits"},
		{"recency without policy", func(m *memory) { m.set(0, layout.ShRecency, 1) }, "without policy"},
	})
}

func TestDamagedRingsAreFound(t *testing.T) {
	first := func(m *memory, word uint64) place {
		index, over, i := layout.Ref(layout.Lo(m.header(0, word))).Split()
		which := layout.VecMain
		if over {
			which = layout.VecOver
		}
		return place{0, m.elem(0, which, index), index, over, i}
	}
	link := func(m *memory, s place) uint64 { return s.off + 8*(m.geo.Recency+s.i) }
	const small, main = layout.ShRecency, layout.ShMain
	o := dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Capacity: 400, Policy: layout.PolicyS3, Hash: layout.HashFourBit}
	p := play(t, o, 1)
	for i := range 500 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}})
	}
	p.clean("before the damage")
	found(t, p, []damage{
		{"main counts", func(m *memory) { m.add(0, main, 1<<32) }, "counts 381 entries, there are 380"},
		{"main is elsewhere", func(m *memory) { m.add(0, main, 1<<28) }, "no entry, or one that came before"},
		{"no small", func(m *memory) { m.set(0, small, 0) }, "380 entries in the list, 400 in the table"},
		{"no main", func(m *memory) { m.set(0, main, 380<<32) }, "counts 380 entries, there are 0"},
		{"small is main", func(m *memory) { m.set(0, small, layout.Lo(m.header(0, main))) }, "found in small"},
		{"high half", func(m *memory) { m.add(0, small, 1<<32) }, "in the high half"},
		{"flag", func(m *memory) { s := first(m, main); m.store(link(m, s), m.load(link(m, s))&^layout.LinkMain) }, "found in main"},
		{"older", func(m *memory) { m.raise(link(m, first(m, small)), 1<<32) }, "as its older neighbour, the newest is"},
		{"newer", func(m *memory) { s := first(m, main); m.raise(link(m, s), 1<<10) }, "no entry, or one that came before"},
		{"ring that does not close", func(m *memory) {
			s := first(m, small)
			m.store(link(m, s), m.load(link(m, s))&^layout.RefMask|layout.Lo(m.header(0, main)))
		}, "found in small"},
		{"older of another", func(m *memory) {
			index, over, i := layout.Ref(m.load(link(m, first(m, main))) & layout.RefMask).Split()
			s := place{off: m.elem(0, map[bool]int{false: layout.VecMain, true: layout.VecOver}[over], index), i: i}
			m.raise(link(m, s), 1<<32)
		}, "as its older neighbour, found after"},
	})
	found(t, cached(t), []damage{{"main with another policy", func(m *memory) { m.set(0, main, 1) }, "in a map with another policy"}})
}

// owner is the main bucket of the chain that an overflow bucket is in.
func owner(m *memory, s place) uint64 { return layout.Lo(m.load(s.off)) - 1 }

// splittable is a narrow map of which the next split would move an entry; the seed of the hash, another one in each, decides.
func splittable(t *testing.T) *player {
	for range 100 {
		p := narrow(t)
		shard := &p.m.Segment().Shards[0]
		level := shard.Stat(layout.ShLevel)
		for i := range uint64(100) {
			h := table.WordKey(p.m.Segment().Env.Config, i).Hash
			if table.IndexOf(level, h) != table.IndexOf(level+1, h) {
				return p
			}
		}
	}
	t.Fatal("no entry would move")
	return nil
}
