package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through for stores of strings, in a map without deadlines and recency.

// SetText stores a string value of k.
func (s *Shard) SetText(k table.Key, val string) error {
	if !s.lock.Try() {
		return s.setTextSlow(k, val)
	}
	if !s.ready() {
		s.leave()
		return s.setTextSlow(k, val)
	}
	if len(val) <= layout.MaxInline && s.header.Load(layout.ShQuarTime) == 0 { // else there is memory to give back in time
		b, marks := s.table.HeldMain(k.Hash)
		if at := s.table.KeySlot(b, marks, k); at != 0 && !layout.IsBlob(b.Load(at+1)) {
			b.Store(at+1, layout.Inline(val))
			if !s.lock.TryUnlock() {
				s.leave()
			}
			return nil
		}
	}
	return s.setTextHeld(k, val)
}

// setTextSlow is SetText where the lock has to be waited for, or refused.
//
//go:noinline
func (s *Shard) setTextSlow(k table.Key, val string) error {
	if err := s.enterSlow(); err != nil {
		return err
	}
	return s.setTextHeld(k, val)
}

// setTextHeld is SetText under the lock, which it leaves.
//
//go:noinline
func (s *Shard) setTextHeld(k table.Key, val string) error {
	if s.header.Load(layout.ShQuarTime) == 0 && s.overwriteText(k, val) {
		if !s.lock.TryUnlock() {
			s.leave()
		}
		return nil
	}
	return s.setText(k, val)
}

// setText is SetText by an Op, under the lock, which it leaves.
func (s *Shard) setText(k table.Key, val string) error {
	defer s.leave()
	op := Op{Code: OpStore, Val: Datum{S: val}, key: k}
	if err := s.validate(&op); err != nil {
		return err
	}
	return s.one(&op)
}

// overwriteText replaces a value in its slot by one store, or a value in a blob by one in another block of the same slab;
// false if the entry is not of that kind: then nothing was done.
func (s *Shard) overwriteText(k table.Key, val string) bool {
	main, w, ok := s.table.HeldSlot(k)
	if !ok || len(val) > layout.MaxBlock {
		return false
	}
	old, key := main.Load(w+1), main.Load(w)
	switch {
	case len(val) <= layout.MaxInline && !layout.IsBlob(old):
		main.Store(w+1, layout.Inline(val))
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
		if k.Blob() {
			key = word
		}
		s.table.SetSlot(main, w/2-1, key, word)
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
