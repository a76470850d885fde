package shard

import (
	"errors"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/space"
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
		if gone, err := s.evictOne(); err != nil {
			return err
		} else if !gone {
			s.tight = 0
			return s.space().Grant(s.env.Owner, s.index, s.header.Load(layout.ShCount)+n, s.deadline())
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

func (s *Shard) expired(pos *table.Pos) bool {
	d := s.table.Deadline(pos.B.Ptr, pos.I)
	return d != 0 && d <= s.env.Now()
}

// relieveAtOnce is how many entries Relieve evicts before it lets go of the lock.
const relieveAtOnce = 256

// Relieve makes a shard that another one lacks room from give up what it does not use of the limits, and with evict
// entries besides, if that is not enough; given says that it gave something.
func (s *Shard) Relieve(lack *space.Lack, evict bool) (given bool, err error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	_, err = s.attempt(func() error {
		given, err = s.relieve(lack, evict)
		return err
	})
	return given, err
}

func (s *Shard) relieve(lack *space.Lack, evict bool) (given bool, err error) {
	leases := func() uint64 {
		return s.header.Load(layout.ShLease) + s.header.Load(layout.ShByteLease)
	}
	s.keeps = false
	before := leases()
	wanted := lack.Entries + lack.Bytes
	for n := 0; ; n++ {
		for lack.Bytes > 0 && s.giveChunkBack() {
		}
		if err := s.space().Yield(s.env.Owner, s.index, s.deadline()); err != nil {
			return given, err
		}
		if given = given || leases() < before; before-leases() >= wanted || n == relieveAtOnce {
			return given, nil
		}
		if !evict || lack.Entries > 0 && !s.evicts() || s.env.Config.Policy == layout.PolicyNone {
			return given, nil
		}
		if gone, err := s.evictOne(); !gone {
			return given, err
		}
		given = true
		if lack.Bytes > 0 {
			s.compactAll(&vector.Need{Which: layout.VecChunk, Elements: 1})
		}
	}
}
