package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through, on an open handle, for integers.

// LoadNarrow is Load for integers in slots of less than 16 bytes, and counts as an access if visits says so. done is false if
// it did not come to a result at once.
func (s *Shard) LoadNarrow(h, key uint64, visits bool) (w uint64, ok, done bool) {
	return s.table.LoadNarrow(h, key, visits)
}

// SetWord makes the value of an integer key (value&keep)+w and returns it: with keep 0 it is a Store, with all bits an Add.
func (s *Shard) SetWord(h, key, keep, w uint64) (val uint64, err error) {
	o := s.env.Owner
	if o == nil || !s.lock.Try(o) {
		return s.setWordSlow(h, key, keep, w)
	}
	if !s.ready() {
		s.lock.Unlock(o)
		return s.setWordSlow(h, key, keep, w)
	}
	b, at := s.table.HeldMain(h, key)
	if at == 0 || s.header.Load(layout.ShQuarTime) != 0 { // or there is memory to give back in time
		return s.setWordHeld(h, key, keep, w)
	}
	val = (b.Load(at)&keep + w) & s.low
	b.Store(at, val)
	if !s.lock.TryUnlock(o) {
		s.lock.Unlock(o)
	}
	return val, nil
}

// setWordSlow is SetWord where the lock has to be waited for, or refused.
//
//go:noinline
func (s *Shard) setWordSlow(h, key, keep, w uint64) (val uint64, err error) {
	if err := s.enterSlow(); err != nil {
		return 0, err
	}
	return s.setWordHeld(h, key, keep, w)
}

// setWordHeld is SetWord under the lock, which it leaves.
//
//go:noinline
func (s *Shard) setWordHeld(h, key, keep, w uint64) (val uint64, err error) {
	b, at, ok := s.table.HeldWord(h, key)
	switch {
	case !ok || s.header.Load(layout.ShQuarTime) != 0:
		return s.setWord(h, key, keep, w)
	case at != 0:
		val = (b.Load(at)&keep + w) & s.low
		b.Store(at, val)
		s.leave()
		return val, nil
	case !s.insertWord(b, h, key, w):
		return s.setWord(h, key, keep, w)
	}
	s.leave()
	return w, nil
}

// insertWord adds an integer whose key is absent and whose main bucket is b, if there is no limit to respect; false: nothing
// was done. In the short transaction nothing can panic, so nothing has to be rolled back (H2).
func (s *Shard) insertWord(b region.Span, h, key, w uint64) bool {
	if !s.free || !s.log.BeginShort() {
		return false
	}
	s.drops, s.guard = s.drops[:0], 0
	if s.table.InsertWord(b, h, key, w) {
		s.commit()
	} else if !s.insertFar(h, key, w) {
		return false
	}
	s.tend()
	return true
}

// insertFar is insertWord for an entry whose bucket is full; false if there was no room ready for it.
func (s *Shard) insertFar(h, key, w uint64) bool {
	need, err := s.attempt(func() error {
		s.begin()
		s.table.InsertFar(h, key, w)
		s.commit()
		return nil
	})
	return need == nil && err == nil
}

// setWord is SetWord by an Op, under the lock, which it leaves.
func (s *Shard) setWord(h, key, keep, w uint64) (uint64, error) {
	defer s.leave()
	op := Op{Code: OpStore, Val: Datum{W: w}, key: table.Key{Hash: h, Word: key}}
	if keep != 0 {
		op.Code = OpAdd
	}
	err := s.one(&op)
	return op.W, err
}
