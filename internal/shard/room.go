package shard

import (
	"errors"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
	"github.com/shmap-go/shmap/internal/vector"
)

// admit makes sure that n more entries may be stored, evicting others if the policy says so. ErrFull means that this
// shard has nothing left to evict and the other shards hold the rest of the limit.
func (s *Shard) admit(n uint64) error {
	limit := s.space().EntryLimit()
	if limit == 0 {
		return nil
	}
	for {
		want := s.header.Load(layout.ShCount) + n
		if want <= s.header.Load(layout.ShLease) {
			return nil
		}
		if s.tight > 0 && s.evicts() { // the limit was all given out a moment ago: do not ask for every store
			s.tight--
		} else if err := s.space().Grant(s.env.Owner, s.index, want, s.deadline()); err == nil {
			return nil
		} else if !errors.Is(err, fault.ErrFull) || !s.evicts() {
			return err
		} else {
			s.tight = askEvery
		}
		if !s.evictOne() {
			s.tight = 0
			return fault.With(fault.ErrFull, "%d entries", limit)
		}
	}
}

// askEvery is how many stores into a full shard evict without asking whether the limit has room again.
const askEvery = 64

// evicts reports whether entries may be evicted to make room for others.
func (s *Shard) evicts() bool {
	c := s.env.Config
	return c.Policy != layout.PolicyNone && (c.MaxEntries == 0 || c.Capacity != 0 && c.Capacity <= c.MaxEntries)
}

// evictOne removes one entry by the rules of the clock policy: from the oldest on, a visited entry loses its bit and
// moves to the head, the first unvisited one goes; an expired one goes as well. Each step is an operation of its own.
// After as many steps as there are entries, which visits during the walk can bring about, the oldest goes in any case.
func (s *Shard) evictOne() bool {
	for steps := s.header.Load(layout.ShCount); ; steps-- {
		r := s.recency.Oldest()
		if r == 0 {
			return false
		}
		gone := false
		if !s.once(func() { gone = s.evictStep(r, steps == 0) }) {
			return false // rolled back, whatever gone says
		}
		if gone {
			return true
		}
	}
}

func (s *Shard) evictStep(r layout.Ref, force bool) (gone bool) {
	pos := s.table.Locate(r)
	switch {
	case s.expired(&pos):
		s.remove(&pos, layout.ShExpirations)
		return true
	case !force && s.table.ClearVisited(r):
		s.recency.Promote(r)
		return false
	}
	s.remove(&pos, layout.ShEvictions)
	return true
}

func (s *Shard) expired(pos *table.Pos) bool {
	d := s.table.Deadline(pos.B.Ptr, pos.I)
	return d != 0 && d <= s.env.Now()
}

// Relief is what Relieve found to give.
type Relief struct{ Evicted, Yielded bool }

// Relieve makes a shard that another one needs room from give up what it does not use, and with evict one entry besides.
func (s *Shard) Relieve(evict bool) (Relief, error) {
	var r Relief
	if err := s.enter(); err != nil {
		return r, err
	}
	defer s.leave()
	if evict && s.evicts() {
		r.Evicted = s.evictOne()
		s.compactAll(&vector.Need{Which: layout.VecChunk, Elements: 1})
	}
	if s.env.Config.MaxBytes != 0 {
		for s.giveChunkBack() {
		}
	}
	leases := func() uint64 { return s.header.Load(layout.ShLease) + s.header.Load(layout.ShByteLease) }
	before := leases()
	err := s.space().Yield(s.env.Owner, s.index, s.deadline())
	r.Yielded = leases() < before
	return r, err
}
