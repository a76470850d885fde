package dict

import (
	"cmp"
	"errors"
	"runtime"
	"slices"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/space"
)

// Do carries out one mutation.
func (m *Map) Do(op *Op) error {
	i := m.index(op.Prepare(m.seg.Env.Config))
	err := m.seg.Shards[i].Do(op)
	if err != nil && errors.Is(err, fault.ErrFull) {
		err = m.insist(i, err, func() error { return m.seg.Shards[i].Do(op) })
	}
	runtime.KeepAlive(m.seg)
	return err
}

// maxRelief bounds how often an operation that found no room makes the other shards give some.
const maxRelief = 1 << 20

// insist repeats an operation on shard i that failed with ErrFull as long as something is given up: expired entries
// first, then by the other shards, whose locks are taken one at a time, limits that they do not use, and entries by the
// policy last.
func (m *Map) insist(i int, err error, again func() error) error {
	expired := true // there may be such
	for range maxRelief {
		var lack *space.Lack
		if !errors.As(err, &lack) {
			return err
		}
		given, rerr := false, error(nil)
		if expired {
			given, rerr = m.flushFull()
			expired = given
		}
		if !given && rerr == nil {
			given, rerr = m.relieve(i, lack)
		}
		if rerr != nil {
			return rerr
		}
		if !given {
			return err
		}
		err = again()
	}
	return err
}

// flushFull removes some expired entries of a full map; false if there is none.
func (m *Map) flushFull() (given bool, err error) {
	for range 2 { // the first call may end a round of the gradual removal that had passed by them
		n, done, err := m.FlushExpired(flushOnFull)
		if n > 0 || !done || err != nil {
			return n > 0, err
		}
	}
	return false, nil
}

// relieve asks the other shards for what shard i lacks, those with most entries first. What is wrong with one of them is an
// error only if no other gives anything.
func (m *Map) relieve(i int, lack *space.Lack) (given bool, err error) {
	others := make([]int, 0, len(m.seg.Shards))
	for j := range m.seg.Shards {
		if j != i {
			others = append(others, j)
		}
	}
	slices.SortFunc(others, func(a, b int) int {
		return cmp.Compare(m.seg.Shards[b].Stat(layout.ShCount), m.seg.Shards[a].Stat(layout.ShCount))
	})
	for _, evict := range []bool{false, true} {
		for _, j := range others {
			given, e := m.seg.Shards[j].Relieve(lack, evict)
			if given {
				return true, nil
			}
			if err == nil {
				err = e
			}
		}
	}
	return false, err
}

// flushOnFull is how many expired entries a full map looks for before it says that it is full.
const flushOnFull = 1024

// many spreads operations over the shards that their keys lead to, keeping the order of those on one shard, and calls f
// for each group.
func (m *Map) many(keys []Datum, build func(i int, op *Op), f func(shard int, ops []Op) error) error {
	groups := make([][]int, len(m.seg.Shards))
	for i, k := range keys {
		at := m.home(k)
		groups[at] = append(groups[at], i)
	}
	for at, group := range groups {
		if len(group) == 0 {
			continue
		}
		ops := make([]Op, len(group))
		for n, i := range group {
			build(i, &ops[n])
			ops[n].Key = keys[i]
			ops[n].Prepare(m.seg.Env.Config)
		}
		if err := f(at, ops); err != nil {
			return err
		}
	}
	return nil
}

// run carries out the operations of one group; n says how many before an error.
func (m *Map) run(at int, ops []Op, atomic bool) (n int, err error) {
	s := &m.seg.Shards[at]
	if atomic {
		err = s.DoAtomic(ops)
		if errors.Is(err, fault.ErrFull) {
			err = m.insist(at, err, func() error { return s.DoAtomic(ops) })
		}
		if err == nil {
			n = len(ops)
		}
		return n, err
	}
	n, err = s.DoMany(ops)
	for errors.Is(err, fault.ErrFull) {
		if err = m.insist(at, err, func() error { return s.Do(&ops[n]) }); err != nil {
			return n, err
		}
		more := 0
		more, err = s.DoMany(ops[n+1:])
		n += 1 + more
	}
	return n, err
}

// home is the number of the shard that a key belongs to.
func (m *Map) home(key Datum) int { return m.index(shard.ReadyKey(m.seg.Env.Config, key).Hash) }

// oneShard refuses an atomic form whose keys are in several shards.
func (m *Map) oneShard(keys []Datum) error {
	for i, k := range keys {
		if m.home(k) != m.home(keys[0]) {
			return fault.With(fault.ErrTooLarge, "keys 0 and %d are in different shards; a map with one shard makes any keys atomic", i)
		}
	}
	return nil
}
