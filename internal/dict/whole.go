package dict

import (
	"runtime"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
)

// PopOldest removes the entry at the tail of the recency list (any entry without a policy).
func (m *Map) PopOldest() (Entry, bool, error) { return m.pop(false) }

// PopNewest removes the entry at the head of the recency list (any entry without a policy).
func (m *Map) PopNewest() (Entry, bool, error) { return m.pop(true) }

func (m *Map) pop(newest bool) (e Entry, ok bool, err error) {
	defer runtime.KeepAlive(m.seg)
	for i := range m.seg.Shards {
		s := &m.seg.Shards[i]
		if i > 0 && s.Stat(layout.ShCount) == 0 {
			continue
		}
		if e, ok, err = s.Pop(newest); ok || err != nil {
			return e, ok, err
		}
	}
	return e, false, nil
}

// Drain removes up to n entries from the tail and returns them in that order.
func (m *Map) Drain(n int) (entries []Entry, err error) {
	for len(entries) < n {
		e, ok, err := m.PopOldest()
		if !ok || err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, m.closed()
}

// FlushExpired removes up to n expired entries, going on where any process left off; done says that the end of the map
// was reached. For n <= 0 it removes all.
func (m *Map) FlushExpired(n int) (removed int, done bool, err error) {
	defer runtime.KeepAlive(m.seg)
	if err := m.writable(); err != nil {
		return 0, false, err
	}
	if n <= 0 {
		err = m.each(func(s *shard.Shard) error {
			k, err := s.FlushAll()
			removed += k
			return err
		})
		return removed, err == nil, err
	}
	h, shards := m.seg.Env.Header, uint64(len(m.seg.Shards))
	for range m.seg.Shards {
		at := h.Load(layout.HdrFlushShard) % shards
		k, ended, err := m.seg.Shards[at].FlushExpired(n - removed)
		removed += k
		if !ended || err != nil {
			return removed, false, err
		}
		h.Store(layout.HdrFlushShard, (at+1)%shards) // a hint: processes that race here visit a shard twice or late
		if at+1 == shards {
			return removed, true, nil
		}
	}
	return removed, true, nil
}

// writable says why nothing can be changed.
func (m *Map) writable() error { return m.seg.Shards[0].Writable() }

// Clear removes everything, shard by shard.
func (m *Map) Clear() error {
	return m.each((*shard.Shard).Clear)
}

// Reserve grows the table for n entries in all.
func (m *Map) Reserve(n int) error {
	per := uint64(max(n, 0)) / uint64(len(m.seg.Shards))
	if len(m.seg.Shards) > 1 {
		per += per / 16 // shards do not fill evenly
	}
	return m.each(func(s *shard.Shard) error { return s.Reserve(per) })
}

func (m *Map) each(f func(*shard.Shard) error) error {
	defer runtime.KeepAlive(m.seg)
	for i := range m.seg.Shards {
		if err := f(&m.seg.Shards[i]); err != nil {
			return err
		}
	}
	return nil
}
