package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// The short way into a full cache: the entry that goes and the one that comes in one transaction.

// arrive is the short way of an operation whose key Find has not met, as pos says. false if it does not add an entry to a full cache,
// or that is not as simple as usual: then it has not taken place, but other entries may have been spared or evicted. pos serves as before.
func (s *Shard) arrive(op *Op, pos *table.Pos) bool {
	if !s.crowds || op.tried || !s.crowded(len(op.key.Str)+len(op.Val.S)) || pos.Head&1 == 1 {
		return false
	}
	pos.Main.PrefetchRange(s.vecs[layout.VecMain].Shape.Elem)
	act, val, err := s.decide(op, false, pos)
	if act != actPut || err != nil {
		return false
	}
	e := table.Fresh{Key: op.key}
	s.give(&e, val)
	if s.table.Geo.Deadline != 0 {
		s.ceil = 0
		e.Until = s.deadlineFor(op, true, 0)
		if s.ceil == 0 {
			s.ceil = s.env.Ceil()
		}
	}
	if !s.insertEvicting(pos.Main, &e) {
		return false
	}
	op.Done = true
	return true
}

// crowded reports whether an entry with so many bytes can come only if another one goes, and may do so by the short way.
func (s *Shard) crowded(bytes int) bool {
	return s.tight != 0 && bytes <= maxRewrite && s.header.Load(layout.ShCount) == s.header.Load(layout.ShLease) && s.header.Load(layout.ShQuarTime) == 0
}

// setCached is SetWord in a cache without deadlines.
//
//go:noinline
func (s *Shard) setCached(k table.Key, keep, w uint64) (uint64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	if !s.insertCached(&table.Fresh{Key: k, Val: w}) {
		return s.setWord(k, keep, w)
	}
	if !s.lock.TryUnlock() {
		s.leave()
	}
	return w, nil
}

// insertCached adds an entry to a cache without deadlines that is full; false if its key is present, or that is not as simple as usual.
func (s *Shard) insertCached(e *table.Fresh) bool {
	if !s.crowded(len(e.Str) + len(e.Long)) {
		return false
	}
	b, at, ok := s.table.HeldWord(e.Key)
	return ok && at == 0 && s.insertEvicting(b, e)
}

// insertEvicting adds an entry whose key is absent and whose main bucket is main, where the policy gives the place of another entry up;
// if there are deadlines, s.ceil is the time.
// false if that is not as simple as usual: then nothing was added, but entries may have been spared, or one evicted, each by
// an operation of its own, as evictOne would have done. It goes on there. In the transaction nothing can panic, so nothing has to be rolled back (H2).
func (s *Shard) insertEvicting(main region.Span, e *table.Fresh) bool {
	s.keeps = false
	entries := uint64(len(e.Str)+len(e.Long))/8 + fewEntries
	for s.spared = 0; s.spared < quickSteps; s.spared++ {
		if !s.log.BeginShort(entries) {
			return false
		}
		r := s.recency.Victim()
		if r == 0 {
			return false
		}
		if s.table.Replace(r, main, e, s.ceil) {
			s.count(layout.ShEvictions)
			s.log.Commit()
			s.drops = s.drops[:0]
			s.tight--
			if s.tends&31 == 31 {
				s.tend()
			} else { // it is as crowded as before
				s.tends++
			}
			return true
		}
		gone := false
		if !s.once(func() { gone = s.evictStep(r, false) }) {
			return false
		}
		if gone {
			s.spared = 0
			s.tight--
			if !s.insertFar(e) {
				return false
			}
			s.tend()
			return true
		}
	}
	return false
}

// quickSteps is how many entries insertEvicting looks at.
const quickSteps = 4
