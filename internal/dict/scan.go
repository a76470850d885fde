package dict

import (
	"math/bits"
	"runtime"
)

// Scan returns the entries of the bucket at a position and the position of the next one: a Cursor whose state is a number, which
// any process may go on from. 0 is the start, and the end. An entry that is there from the first call to the last comes exactly
// once, whatever grows, shrinks or is deleted meanwhile. Every number is a position; those of a map with n buckets in all are
// below 4n, so they fit where only 53 bits do.
//
// The position is (reversed order, shard), in the order of Cursor.
func (m *Map) Scan(at uint64) (entries []Entry, next uint64, err error) {
	defer runtime.KeepAlive(m.seg)
	shards := uint64(len(m.seg.Shards))
	at, home := at/shards, at%shards
	entries, from, done, err := m.seg.Shards[home].Collect(bits.Reverse64(at), nil)
	switch {
	case err != nil:
		return nil, 0, err
	case !done:
		return entries, bits.Reverse64(from)*shards + home, m.closed()
	case home+1 < shards:
		return entries, home + 1, m.closed()
	}
	return entries, 0, m.closed()
}
