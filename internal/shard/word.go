package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through, on an open handle, for integer values.

// LoadNarrow is Load for integers in slots of less than 16 bytes, and counts as an access if visits says so. done is false if
// it did not come to a result at once.
func (s *Shard) LoadNarrow(h, key uint64, visits bool) (w uint64, ok, done bool) {
	return s.table.LoadNarrow(h, key, visits)
}

// SetWord makes the value of an integer key (value&keep)+w and returns it: with keep 0 it is a Store, with all bits an Add.
func (s *Shard) SetWord(h, key, keep, w uint64) (val uint64, err error) {
	if s.cache {
		return s.setCached(table.Key{Hash: h, Word: key}, keep, w)
	}
	b, level := s.table.Spot(h)
	if b.IsNil() || !s.lock.Try() {
		return s.SetCounter(table.Key{Hash: h, Word: key}, keep, w)
	}
	if !s.ready() {
		s.leave()
		return s.SetCounter(table.Key{Hash: h, Word: key}, keep, w)
	}
	at := table.WordSlot(b, s.table.HeldSpot(b, level, h), key)
	if at == 0 || s.header.Load(layout.ShQuarTime) != 0 { // or there is memory to give back in time
		return s.setWordHeld(table.Key{Hash: h, Word: key}, keep, w)
	}
	val = (b.Load(at+1)&keep + w) & s.low
	b.Store(at+1, val)
	if !s.lock.TryUnlock() {
		s.leave()
	}
	return val, nil
}

// SetCounter is SetWord of any key.
//
//go:noinline
func (s *Shard) SetCounter(k table.Key, keep, w uint64) (val uint64, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	b, marks := s.table.HeldMain(k.Hash)
	at := s.table.KeySlot(b, marks, k)
	if at == 0 || s.header.Load(layout.ShQuarTime) != 0 {
		return s.setWordHeld(k, keep, w)
	}
	val = (b.Load(at+1)&keep + w) & s.low
	b.Store(at+1, val)
	s.leave()
	return val, nil
}

// setWordHeld is SetWord under the lock, which it leaves.
//
//go:noinline
func (s *Shard) setWordHeld(k table.Key, keep, w uint64) (val uint64, err error) {
	if s.timed {
		if s.cache && s.insertCached(&table.Fresh{Key: k, Val: w}) {
			s.leave()
			return w, nil
		}
		return s.setWord(k, keep, w)
	}
	b, at, ok := s.table.HeldWord(k)
	switch {
	case !ok || s.header.Load(layout.ShQuarTime) != 0:
		return s.setWord(k, keep, w)
	case at != 0:
		val = (b.Load(at)&keep + w) & s.low
		b.Store(at, val)
		s.leave()
		return val, nil
	case k.Blob() || !s.insertWord(b, k, w):
		return s.setWord(k, keep, w)
	}
	s.leave()
	return w, nil
}

// fewEntries is more than what a short transaction notes, but for the whole words of strings: 14 at most.
const fewEntries = 16

// insertWord adds an entry of an integer or a short string, whose key is absent and whose main bucket is b, if there is no limit to respect; false: nothing
// was done. In the short transaction nothing can panic, so nothing has to be rolled back (H2).
func (s *Shard) insertWord(b region.Span, k table.Key, w uint64) bool {
	if !s.free || !s.log.BeginShort(fewEntries) {
		return false
	}
	s.drops, s.guard = s.drops[:0], 0
	if s.table.InsertWord(b, k, w) {
		s.commit()
	} else if !s.insertFar(&table.Fresh{Key: k, Val: w}) {
		return false
	}
	s.tend()
	return true
}

// insertFar is insertWord for an entry whose bucket is full, or in a cache where another one has gone; false if there was no room ready for it.
func (s *Shard) insertFar(e *table.Fresh) bool {
	need, err := s.attempt(func() error {
		s.begin()
		key, val := s.words(e)
		s.table.InsertFar(e.Hash, key, val, e.Until)
		s.commit()
		return nil
	})
	return need == nil && err == nil
}

// setWord is SetWord by an Op, under the lock, which it leaves.
func (s *Shard) setWord(k table.Key, keep, w uint64) (uint64, error) {
	defer s.leave()
	op := Op{Code: OpStore, Mute: true, Val: Datum{W: w}, key: k, tried: s.cache}
	if keep != 0 {
		op.Code = OpAdd
	}
	if err := s.one(&op); err != nil {
		return 0, err
	}
	return op.W, nil
}
