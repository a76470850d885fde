package dict

import (
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/shard"
)

// StoreMany stores pairs; n says how many were stored before an error. With atomic all become visible at once or none:
// the keys must be in one shard.
func (m *Map) StoreMany(keys, vals []Datum, mode TTLMode, ttl time.Duration, atomic bool) (n int, err error) {
	build := func(i int, op *Op) { *op = Op{Code: OpStore, Val: vals[i], Mode: mode, TTL: ttl} }
	return m.doMany(keys, build, atomic, func(ops []Op, done int) int { return done })
}

// DeleteMany deletes keys; n says how many were present.
func (m *Map) DeleteMany(keys []Datum, atomic bool) (n int, err error) {
	return m.doMany(keys, func(i int, op *Op) { *op = Op{Code: OpDelete} }, atomic, func(ops []Op, done int) (n int) {
		for i := range ops[:done] {
			if ops[i].Found {
				n++
			}
		}
		return n
	})
}

func (m *Map) doMany(keys []Datum, build func(int, *Op), atomic bool, count func([]Op, int) int) (n int, err error) {
	defer runtime.KeepAlive(m.seg)
	if atomic {
		if err := m.oneShard(keys); err != nil {
			return 0, err
		}
	}
	err = m.many(keys, build, func(at int, ops []Op) error {
		done, err := m.run(at, ops, atomic)
		n += count(ops, done)
		return err
	})
	if len(keys) == 0 {
		err = m.closed()
	}
	return n, err
}

// LoadMany reads keys; out[i] belongs to keys[i]. It counts as an access of none.
func (m *Map) LoadMany(keys []Datum, out []Loaded) error {
	defer runtime.KeepAlive(m.seg)
	for from := 0; from < len(keys); from += warmAhead {
		group := keys[from:min(from+warmAhead, len(keys))]
		for _, k := range group { // their cache misses overlap: none of these loads waits for another
			rk := shard.ReadyKey(m.seg.Env.Config, k)
			m.shard(rk.Hash).Warm(rk.Hash)
		}
		for i, k := range group {
			var err error
			if out[from+i], err = m.Load(k, nil, 0); err != nil {
				return err
			}
		}
	}
	return m.closed()
}

// warmAhead is how many keys LoadMany touches before it reads them: enough to keep the memory busy, few enough for the
// first-level cache.
const warmAhead = 64

// LoadWords is LoadMany for a map of integers. n says how many were found.
func (m *Map) LoadWords(keys, vals []uint64, found []bool) (n int, err error) {
	defer runtime.KeepAlive(m.seg)
	step := len(keys)
	if !m.wide {
		step = warmAhead
	}
	for from := 0; from < len(keys) && err == nil; from += step {
		to, more := min(from+step, len(keys)), 0
		if !m.wide {
			for _, k := range keys[from:to] {
				h := m.hash(k)
				m.shard(h).Warm(h)
			}
		}
		more, err = m.quick.LoadMany(keys[from:to], vals[from:to], found[from:to])
		n += more
	}
	if err == nil {
		err = m.closed()
	}
	return n, err
}
