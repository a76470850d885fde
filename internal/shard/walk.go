package shard

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// Entry is one entry as iteration and the popping operations return it; its strings are the caller's.
type Entry struct {
	Key, Val Datum
	order    uint64 // reversed hash
}

// Order is the place of a hash in the iteration order.
func Order(hash uint64) uint64 { return bits.Reverse64(hash) }

// Collect appends to buf the entries of the bucket that covers position from, those before from left out, in the order
// of iteration. next is where to go on; done says that this was the end of the shard.
func (s *Shard) Collect(from uint64, buf []Entry) (entries []Entry, next uint64, done bool, err error) {
	start := len(buf)
	var last uint64
	err = s.consistent(bits.Reverse64(from), func(snap *table.Snap) bool {
		buf = buf[:start]
		_, last = snap.Interval()
		items := make([]table.Item, 0, 16)
		snap.Each(func(it table.Item) bool { items = append(items, it); return true })
		if !snap.Still() {
			return false
		}
		bytes := uint64(0)
		for _, it := range items {
			e, live, ok := s.entry(it, snap.Still)
			bytes += uint64(len(e.Key.S) + len(e.Val.S))
			if !ok || !s.vecs[layout.VecChunk].Holds(bytes) { // entries of a forged chain may all have the same strings
				return false
			}
			if live && e.order >= from {
				buf = append(buf, e)
			}
		}
		return true
	})
	slices.SortFunc(buf[start:], compareEntries)
	return buf, last + 1, last+1 == 0, err
}

func compareEntries(a, b Entry) int {
	switch {
	case a.order != b.order && a.order < b.order:
		return -1
	case a.order != b.order:
		return 1
	case a.Key.W != b.Key.W && a.Key.W < b.Key.W:
		return -1
	case a.Key.W != b.Key.W:
		return 1
	}
	return strings.Compare(a.Key.S, b.Key.S)
}

// Is reports whether e has this key.
func (e *Entry) Is(key Datum) bool { return e.Key == key }

// locked is the answer of the lock's holder to whether all is one state.
func locked() bool { return true }

// entry copies the entry behind an item; live is false if it has expired, ok if its strings are not there any more.
func (s *Shard) entry(it table.Item, still func() bool) (e Entry, live, ok bool) {
	if it.Deadline != 0 && it.Deadline <= s.env.Now() {
		return e, false, true
	}
	h, ok := s.table.TryHash(it)
	if !ok {
		return e, false, false
	}
	e.order = Order(h)
	e.Key.W, e.Val.W = it.Key, it.Val
	var b []byte
	if s.env.Config.Key == layout.String {
		if b, ok = s.table.AppendKey(nil, it, still); !ok {
			return e, false, false
		}
		e.Key = Datum{S: string(b)}
	}
	if s.env.Config.Value == layout.String {
		b, ok = s.table.AppendVal(nil, it, still)
		e.Val = Datum{S: string(b)}
	}
	return e, true, ok
}

// Pop removes the entry at the tail of the order of recency, or at its head, and returns it; ok is false if there is none.
// Expired entries are dropped on the way. Without a policy any entry will do.
func (s *Shard) Pop(newest bool) (e Entry, ok bool, err error) {
	if err := s.enter(); err != nil {
		return e, false, err
	}
	defer s.leave()
	for more := true; more && !ok; {
		err := s.settle(func() (err error) {
			e, more, ok, err = s.popStep(newest)
			return err
		})
		if err != nil {
			return e, false, err
		}
		s.tend()
	}
	return e, ok, nil
}

// popStep removes one entry; ok says that it had not expired, more that there was one at all.
func (s *Shard) popStep(newest bool) (e Entry, more, ok bool, err error) {
	pos, more := s.candidate(newest)
	if !more {
		return e, false, false, nil
	}
	s.begin()
	stat := uint64(layout.ShExpirations)
	if !s.expired(&pos) {
		if e, _, ok = s.entry(table.Item{Key: pos.Key, Val: pos.Val}, locked); !ok {
			return e, true, false, &fault.Corrupt{Where: "blob of an entry", Offset: pos.B.Off, Got: pos.Key, Want: "a blob inside the memory"}
		}
		stat = 0
	}
	s.remove(&pos, stat)
	s.commit()
	return e, true, ok, nil
}

// candidate finds the entry that Pop is after.
func (s *Shard) candidate(newest bool) (pos table.Pos, ok bool) {
	if s.table.Geo.Recency == 0 {
		pos, s.hint, ok = s.table.Any(s.hint)
		return pos, ok
	}
	r := s.recency.End(newest)
	if r == 0 {
		return pos, false
	}
	return s.table.Locate(r), true
}

// bucketsAtOnce is how many buckets FlushExpired looks at before it lets go of the lock.
const bucketsAtOnce = 64

// FlushExpired removes up to limit expired entries, going on where any process left off; done says that the end of the
// shard was reached, and the next call starts from the beginning.
func (s *Shard) FlushExpired(limit int) (removed int, done bool, err error) {
	if s.header.Load(layout.ShDeadlines) == 0 {
		return 0, true, nil
	}
	for removed < limit && !done {
		n := 0
		if n, done, err = s.flushSome(limit - removed); err != nil {
			return removed, false, err
		}
		removed += n
	}
	return removed, done, nil
}

// FlushAll removes every expired entry.
func (s *Shard) FlushAll() (removed int, err error) {
	rounds := 1
	if s.header.Load(layout.ShFlush) != 0 {
		rounds = 2 // the first ends a round that was begun
	}
	for range rounds {
		n, _, err := s.FlushExpired(math.MaxInt)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (s *Shard) flushSome(limit int) (removed int, done bool, err error) {
	if err := s.enter(); err != nil {
		return 0, false, err
	}
	defer s.leave()
	for range bucketsAtOnce {
		from := s.header.Load(layout.ShFlush)
		for removed < limit {
			gone := false
			err := s.settle(func() error {
				pos, ok := s.table.FirstExpired(bits.Reverse64(from), s.env.Now())
				if gone = ok; !ok {
					return nil
				}
				s.begin()
				s.remove(&pos, layout.ShExpirations)
				s.commit()
				return nil
			})
			if err != nil {
				return removed, false, err
			}
			if !gone {
				break
			}
			removed++
			s.tend()
		}
		if removed >= limit {
			return removed, false, nil
		}
		level := s.header.Load(layout.ShLevel) // as it is now: removing may have split or merged the bucket
		_, last := table.Interval(level, table.IndexOf(level, bits.Reverse64(from)))
		s.header.Store(layout.ShFlush, last+1)
		if last+1 == 0 {
			return removed, true, nil
		}
	}
	return removed, false, nil
}

// Clear removes everything in the shard: one operation.
func (s *Shard) Clear() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	s.beginEpoch() // what is in use now counts as in use in this epoch
	s.header.Store(layout.ShQuarFree, 0)
	err := s.settle(func() error {
		s.begin()
		s.table.Clear()
		s.commit()
		return nil
	})
	s.tend()
	return err
}

// Reserve grows the table for n entries.
func (s *Shard) Reserve(n uint64) error {
	if err := s.reservable(n); err != nil {
		return err
	}
	for more := true; more; {
		if err := s.enter(); err != nil {
			return err
		}
		var err error
		for range bucketsAtOnce {
			if more = s.table.Crowded(n); !more || err != nil {
				break
			}
			err = s.settle(func() error {
				s.begin()
				s.table.Split()
				s.commit()
				return nil
			})
		}
		s.leave()
		if err != nil {
			return err
		}
	}
	return nil
}

// reservable refuses at once what would fail in the end.
func (s *Shard) reservable(n uint64) error {
	g := s.table.Geo
	if n > g.MaxIndex*g.Slots {
		return fault.With(fault.ErrTooLarge, "%d entries in a shard, the most is %d", n, g.MaxIndex*g.Slots)
	}
	buckets := n * 100 / (g.Slots * g.LoadPct)
	bytes := n * 100 / (g.Slots * g.Load(buckets)) * g.BucketSize
	if have := s.Backed(layout.VecMain) + s.Backed(layout.VecOver); bytes > have {
		return s.env.Region.Room((bytes - have) * uint64(s.env.Config.Shards()))
	}
	return nil
}
