package dict

import (
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/space"
)

// Parts is the number of shards.
func (m *Map) Parts() int { return len(m.shards) }

// Part appends to buf the entries of one bucket of a shard, as one state: of the bucket that covers position from, 0 for
// the first. next is where to go on; done says that it was the last. The positions do not depend on the size of the
// table, so entries that are there throughout come exactly once. A read-only handle returns fault.ErrBusy when the
// bucket changes faster than it can be read; the same call may be made again.
func (m *Map) Part(shard int, from uint64, buf []Entry) (entries []Entry, next uint64, done bool, err error) {
	defer runtime.KeepAlive(m.seg)
	if err := m.closed(); err != nil {
		return buf, from, false, err
	}
	return m.seg.Shards[shard].Collect(from, buf)
}

// Hold calls f, which must not use this handle, while it holds the lock of a shard, so that nobody changes the shard;
// other handles read on. It waits for the lock until the time given, for as long as it takes if that is zero, then
// returns fault.ErrBusy.
func (m *Map) Hold(shard int, until time.Time, f func() error) error {
	defer runtime.KeepAlive(m.seg)
	var err error
	if e := m.seg.Shards[shard].Inspect(until, func() { err = f() }); e != nil {
		return e
	}
	return err
}

// Spread gives the shard that key belongs to, if it has used up its part of the limit on entries, what the other shards
// do not use of theirs. A map that is filled up to its limit evicts a few entries early without it.
func (m *Map) Spread(key Datum) error {
	defer runtime.KeepAlive(m.seg)
	home := m.home(key)
	s := &m.seg.Shards[home]
	if m.seg.Env.Space.EntryLimit() == 0 || s.Stat(layout.ShCount) < s.Stat(layout.ShLease) {
		return nil
	}
	for i := range m.seg.Shards {
		if i == home {
			continue
		}
		if _, err := m.seg.Shards[i].Relieve(&space.Lack{Entries: 1}, false); err != nil {
			return err
		}
	}
	return nil
}
