package shard

import (
	"errors"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// evictOne removes one entry: the policy says who is looked at, and spares some; an expired one goes in any case. Each step
// is an operation of its own. When the policy has spared as many as it may, the next one goes whatever it is. false: there is
// none, or none that could be removed; it is an error if the memory is damaged.
func (s *Shard) evictOne() (gone bool, err error) {
	patience := s.recency.Patience(s.table.Entries())
	steps := patience - min(s.spared, patience)
	for s.spared = 0; !gone; steps-- {
		r := s.recency.Victim()
		if r == 0 {
			return false, nil
		}
		if err = s.oneMore(func() { gone = s.evictStep(r, steps == 0) }); errors.Is(err, fault.ErrCorrupt) {
			return false, err
		} else if err != nil {
			return false, nil // rolled back, whatever gone says
		}
	}
	return true, nil
}

// evictStep removes the entry in r, or spares it.
func (s *Shard) evictStep(r layout.Ref, force bool) (gone bool) {
	pos := s.table.Locate(r)
	switch {
	case s.expired(&pos):
		s.remove(&pos, layout.ShExpirations)
		return true
	case !force && s.recency.Spare(r, s.keeps && s.table.Same(pos.Key, &s.keep)):
		return false
	}
	s.table.Remember(&pos)
	s.remove(&pos, layout.ShEvictions)
	return true
}

// evictFrom evicts one entry of the chain of a main bucket.
func (s *Shard) evictFrom(bucket uint64) bool {
	return s.once(func() {
		pos, ok := s.table.Spare(bucket, s.env.Now())
		if !ok {
			panic(fault.With(fault.ErrFull, "chain %d has no entry to evict", bucket))
		}
		stat := uint64(layout.ShEvictions)
		if s.expired(&pos) {
			stat = layout.ShExpirations
		}
		s.remove(&pos, stat)
	})
}
