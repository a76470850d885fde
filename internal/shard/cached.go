package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The short way into a full cache of integers: the entry that goes and the one that comes in one transaction.

// insertEvicting adds an integer whose key is absent, where the policy gives its place up; pos is from the failed search.
// false if that is not as simple as usual: then nothing was done, or an entry was spared that would have been anyway.
//
// The entry that goes must be in another chain, and must not leave an overflow bucket to the one that comes: nothing is taken
// in the transaction that frees it (journal J5).
func (s *Shard) insertEvicting(pos *table.Pos, h, key, w uint64) (done bool) {
	if s.tight == 0 || !s.evicts() || s.header.Load(layout.ShCount) != s.header.Load(layout.ShLease) {
		return false
	}
	s.keeps = false
	need, err := s.attempt(func() error {
		s.begin()
		for range quickSteps {
			r := s.recency.Victim()
			if r == 0 {
				break
			}
			victim := s.table.Locate(r)
			if victim.Main.Off == pos.Main.Off || victim.Over && !s.table.Vacant(pos) {
				break
			}
			if done = s.judge(r, &victim, false); done {
				s.table.Insert(pos, h, key, w, 0)
				s.commit()
				return nil
			}
		}
		s.log.Rollback()
		return nil
	})
	if done = done && need == nil && err == nil; done {
		s.tight--
	}
	return done
}

// quickSteps is how many entries insertEvicting looks at.
const quickSteps = 4
