package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The short way into a full cache of integers: the entry that goes and the one that comes in one transaction. (What the policy
// s3 notes of an entry that it spares is not undone, so that look has one for itself.)

// insertEvicting adds an integer whose key is absent, where the policy gives its place up; pos is from the failed search.
// false if that is not as simple as usual: then nothing was done, but entries may have been spared, each in a transaction of its
// own, as evictOne would have done. It goes on there.
//
// The entry that goes must be in another chain, and must not leave an overflow bucket to the one that comes: nothing is taken
// in the transaction that frees it (journal J5).
func (s *Shard) insertEvicting(pos *table.Pos, h, key, w uint64) (done bool) {
	if s.tight == 0 || !s.evicts() || s.header.Load(layout.ShCount) != s.header.Load(layout.ShLease) {
		return false
	}
	s.keeps, s.spared = false, 0
	evicted := s.header.Load(layout.ShEvictions)
	for range quickSteps {
		more := false
		need, err := s.attempt(func() error {
			r := s.recency.Victim()
			if r == 0 {
				return nil
			}
			victim := s.table.Locate(r)
			if victim.Main.Off == pos.Main.Off || victim.Over && !s.table.Vacant(pos) {
				return nil
			}
			s.begin()
			if done = s.judge(r, &victim, false); done {
				s.table.Insert(pos, h, key, w, 0)
			}
			s.commit()
			more = !done
			return nil
		})
		switch {
		case need != nil || err != nil:
			s.header.Store(layout.ShEvictions, evicted) // it was undone
			return false
		case done:
			s.tight--
			return true
		case !more:
			return false
		}
		s.spared++
	}
	return false
}

// quickSteps is how many entries insertEvicting looks at.
const quickSteps = 4
