package shard

import (
	"time"

	"github.com/shmap-go/shmap/internal/fault"
)

// Inspect calls f, which must not store anything, under the shard's lock; what a dead owner of the lock left behind is
// repaired first. A frozen map can be inspected too. It waits for a live owner until the time given, then returns
// ErrBusy; in a read-only handle it returns ErrReadOnly.
func (s *Shard) Inspect(until time.Time, f func()) error {
	if s.env.Owner == nil {
		return fault.ErrReadOnly
	}
	if err := s.lock.Lock(s.env.Owner, until); err != nil {
		return err
	}
	defer s.leave()
	if s.env.Closed.Load() {
		return fault.ErrClosed
	}
	f()
	return nil
}
