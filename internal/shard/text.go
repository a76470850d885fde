package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through for stores of strings, in a map without deadlines and recency; into caches see cached.go.

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
	if s.cache {
		e := table.Fresh{Key: k}
		s.give(&e, Datum{S: val})
		if s.insertCached(&e) {
			s.leave()
			return nil
		}
	}
	return s.setText(k, val)
}

// setText is SetText by an Op, under the lock, which it leaves.
func (s *Shard) setText(k table.Key, val string) error {
	defer s.leave()
	op := Op{Code: OpStore, Mute: true, Val: Datum{S: val}, key: k, tried: s.cache}
	if err := s.validate(&op); err != nil {
		return err
	}
	return s.one(&op)
}

// maxRewrite is the longest value that is stored over another one in its block: its words go to the journal before. A longer one gets
// a block of its own.
const maxRewrite = 1536

// overwriteText replaces a value in its slot by one store, or a value in its block by a short transaction, in which nothing can panic;
// false if the entry is not of that kind: then nothing was done.
func (s *Shard) overwriteText(k table.Key, val string) bool {
	main, w, ok := s.table.HeldSlot(k)
	if !ok || len(val) > maxRewrite {
		return false
	}
	old := main.Load(w + 1)
	switch blob := layout.IsBlob(old); {
	case len(val) <= layout.MaxInline && !blob:
		main.Store(w+1, layout.Inline(val))
		return true
	case len(val) <= layout.MaxInline || !blob || !s.log.BeginShort(maxRewrite/8+fewEntries):
		return false
	}
	block, lens := s.heap.Place(old, uint64(len(val)))
	if block.IsNil() {
		return false
	}
	s.log.Touch(main)
	s.heap.Rewrite(block, lens, val)
	s.log.Commit()
	return true
}
