package dict

import (
	"math/bits"
	"runtime"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// Survey is what a walk through chains of one shard has found.
type Survey struct {
	Chains  [8]uint64 // chains of 1, 2, ... buckets; the last counts those of 8 and more
	Longest uint64    // buckets in the longest
	Missed  uint64    // chains that were being changed whenever they were looked at
}

// Walked is the number of chains that were counted.
func (s *Survey) Walked() (n uint64) {
	for _, c := range s.Chains {
		n += c
	}
	return n
}

// Survey adds up to limit chains of a shard to s, from position from in the order of iteration; next is where to go on. done
// says that the end of the shard was reached, and next is its start. It takes no lock and stores nothing; what others change
// meanwhile is counted as it was, as it is, or as missed.
func (m *Map) Survey(s *Survey, shard int, from uint64, limit int) (next uint64, done bool, err error) {
	defer runtime.KeepAlive(m.seg)
	t := m.seg.Shards[shard].Table()
	var snap table.Snap
	for range limit {
		h := bits.Reverse64(from)
		ok := false
		for try := 0; try < 8 && !ok && err == nil; try++ {
			ok, err = t.Copy(&snap, h, try%2 == 1) // in turns as it stands and through the journal
			ok = ok && snap.Still()
		}
		if err != nil {
			return from, false, err
		}
		last := lastOf(t, h)
		if ok {
			_, last = snap.Interval()
			n := snap.Buckets()
			s.Chains[min(n, uint64(len(s.Chains)))-1]++
			s.Longest = max(s.Longest, n)
		} else {
			s.Missed++
		}
		if from = last + 1; from == 0 {
			return 0, true, m.closed()
		}
	}
	return from, false, m.closed()
}

// lastOf is the end of the part of the iteration order that the bucket of hash h covers now.
func lastOf(t *table.Table, h uint64) uint64 {
	level := t.Shard.Load(layout.ShLevel)
	_, last := table.Interval(level, table.IndexOf(level, h))
	return last
}

// BucketSlots is the number of entries that fit a bucket of this map: 6 or 7.
func (m *Map) BucketSlots() uint64 { return m.seg.Env.Config.Geometry().Slots }

// Identity says which file the handle is attached to, whatever its path leads to by now.
func (m *Map) Identity() (dev, ino uint64, err error) {
	defer runtime.KeepAlive(m.seg)
	if err := m.closed(); err != nil {
		return 0, 0, err
	}
	return m.seg.Identity()
}
