package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through for string values; for stores, in a map without deadlines and recency.

// LoadBytes is Load for string values. done is false if it did not come to a result at once.
func (s *Shard) LoadBytes(k *table.Key, dst []byte) (b []byte, ok, done bool) {
	b, until, ok, done := s.table.LoadBytes(k, dst)
	return b, ok, done && (until == 0 || until > s.env.Now())
}

// SetBytes stores a string value of k.
func (s *Shard) SetBytes(k *table.Key, val string) error {
	if err := s.enter(); err != nil {
		return err
	}
	if s.header.Load(layout.ShQuarTime) == 0 && s.overwriteBytes(k, val) { // else there is memory to give back in time
		if o := s.env.Owner; !s.lock.TryUnlock(o) {
			s.lock.Unlock(o)
		}
		return nil
	}
	return s.setBytes(k, val)
}

// setBytes is SetBytes by an Op, under the lock, which it leaves.
func (s *Shard) setBytes(k *table.Key, val string) error {
	defer s.leave()
	op := Op{Code: OpStore, Val: Datum{S: val}, key: *k}
	if err := s.validate(&op); err != nil {
		return err
	}
	return s.one(&op)
}

// overwriteBytes replaces a value in its slot by one store, or a value in a blob by one in another block of the same slab;
// false if the entry is not of that kind: then nothing was done.
func (s *Shard) overwriteBytes(k *table.Key, val string) bool {
	main, b, w, ok := s.table.HeldSlot(k)
	if !ok || len(val) > layout.MaxBlock {
		return false
	}
	old, key := b.Load(w+1), b.Load(w)
	switch {
	case len(val) <= layout.MaxInline && !layout.IsBlob(old):
		b.Store(w+1, layout.Inline(val))
		return true
	case len(val) <= layout.MaxInline || !layout.IsBlob(old) || !s.log.BeginShort():
		return false
	}
	done := false
	_, err := s.attempt(func() error {
		s.drops, s.guard = s.drops[:0], 0
		s.log.Touch(main)
		addr, ok := s.heap.Remake(old, k.Hash, k.Str, val)
		if !ok {
			s.log.Rollback()
			return nil
		}
		word := layout.BlobWord(addr, k.Hash)
		if k.Blob {
			key = word
		}
		s.table.SetSlot(b, w/2-1, key, word)
		s.commit()
		done = true
		return nil
	})
	if err != nil || !done {
		return false
	}
	s.tend()
	return true
}
