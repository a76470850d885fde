package shard

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// DoMany carries out prepared operations one after the other under one lock; done says how many before an error.
func (s *Shard) DoMany(ops []Op) (done int, err error) {
	for i := range ops {
		if err := s.validate(&ops[i]); err != nil {
			return 0, err
		}
	}
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	for i := range ops {
		if err := s.one(&ops[i]); err != nil {
			return i, err
		}
	}
	return len(ops), nil
}

// MaxAtomic is the most keys of an atomic batch: what other writers of the shard can be made to wait for.
const MaxAtomic = 1 << 16

// DoAtomic carries out prepared stores, or prepared deletes, in one transaction: all of them or none, for every reader.
// Room for the entries is made before; evictions are operations of their own.
func (s *Shard) DoAtomic(ops []Op) error {
	for i := range ops {
		if err := s.validate(&ops[i]); err != nil {
			return err
		}
	}
	if err := s.enter(); err != nil {
		return err
	}
	s.keeps = false
	defer s.leave()
	if limit := s.space().EntryLimit(); limit != 0 && uint64(len(ops)) > limit && ops[0].Code == OpStore {
		return fault.With(fault.ErrTooLarge, "%d entries at once, the map holds %d", len(ops), limit)
	}
	if len(ops) > MaxAtomic {
		return fault.With(fault.ErrTooLarge, "%d keys in one transaction, the most is %d", len(ops), MaxAtomic)
	}
	err := s.settle(func() error {
		for n, was := s.absent(ops), uint64(0); n != was; n = s.absent(ops) { // making room may evict one of them
			if err := s.admit(n); err != nil {
				return err
			}
			was = n
		}
		all := s.header.Load(layout.ShCount) + s.absent(ops)
		for n := 0; n < len(ops) && s.table.Crowded(all) && s.once(s.table.Split); n++ {
			// the table grows before the transaction, not in it
		}
		for i := range ops {
			s.evenOut(ops[i].key.Hash)
		}
		s.begin()
		for i := range ops {
			if err := s.applyOpen(&ops[i]); err != nil {
				s.log.Rollback()
				return err
			}
		}
		s.commit()
		return nil
	})
	s.tend()
	return err
}

// absent counts the stores whose key has no slot. Of keys listed twice it counts one where there is a limit to respect.
func (s *Shard) absent(ops []Op) (n uint64) {
	var pos table.Pos
	var counted map[Datum]bool
	if s.space().EntryLimit() != 0 {
		counted = make(map[Datum]bool, len(ops))
	}
	for i := range ops {
		if ops[i].Code != OpStore || counted[ops[i].Key] || s.table.MustFind(&ops[i].key, &pos) {
			continue
		}
		if n++; counted != nil {
			counted[ops[i].Key] = true
		}
	}
	return n
}

// applyOpen is apply inside an open transaction.
func (s *Shard) applyOpen(op *Op) error {
	var pos table.Pos
	found, expired := s.look(op, &pos, table.Torn)
	act, val, err := s.decide(op, found, &pos)
	if err != nil {
		return err
	}
	guard := s.guard
	s.carryOut(op, act, val, &pos, found, expired)
	if s.guard == 0 || guard != 0 && guard < s.guard {
		s.guard = guard
	}
	return nil
}
