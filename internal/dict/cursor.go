package dict

import (
	"runtime"

	"github.com/shmap-go/shmap/internal/shard"
)

// Cursor is an independent position in the iteration order. It is not safe for concurrent use.
//
// The order is that of shards, and in a shard of bit-reversed hashes; the position is (shard, reversed hash). Splits and
// merges move entries between buckets but not in this order, so an entry that is there throughout comes exactly once.
type Cursor struct {
	m       *Map
	shard   int
	from    uint64
	pending []shard.Entry // of the bucket read last
}

// Cursor returns a cursor at the start.
func (m *Map) Cursor() *Cursor { return &Cursor{m: m} }

// Next returns the next entry; ok is false at the end.
func (c *Cursor) Next() (e Entry, ok bool, err error) {
	defer runtime.KeepAlive(c.m.seg)
	for len(c.pending) == 0 {
		if c.shard >= len(c.m.seg.Shards) {
			return Entry{}, false, c.m.closed()
		}
		found, next, done, err := c.m.seg.Shards[c.shard].Collect(c.from, c.pending[:0])
		if err != nil {
			return Entry{}, false, err // and stays here: what was found has not been validated
		}
		c.pending, c.from = found, next
		if done {
			c.shard, c.from = c.shard+1, 0
		}
	}
	e, c.pending = c.pending[0], c.pending[1:]
	return e, true, nil
}

// Reset goes back to the start.
func (c *Cursor) Reset() { c.shard, c.from, c.pending = 0, 0, nil }

// Seek makes key the next entry that Next returns, if it is present; else nothing changes.
func (c *Cursor) Seek(key Datum) (bool, error) {
	defer runtime.KeepAlive(c.m.seg)
	op := Op{Key: key}
	h := op.Prepare(c.m.seg.Env.Config)
	to := Cursor{m: c.m, shard: c.m.index(h), from: shard.Order(h)}
	found, next, done, err := c.m.seg.Shards[to.shard].Collect(to.from, nil)
	if err != nil {
		return false, err
	}
	for len(found) > 0 && !found[0].Is(key) {
		found = found[1:] // entries before key in the order of one bucket
	}
	if len(found) == 0 {
		return false, nil
	}
	to.pending, to.from = found, next
	if done {
		to.shard, to.from = to.shard+1, 0
	}
	*c = to
	return true, nil
}
