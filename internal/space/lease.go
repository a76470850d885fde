package space

import (
	"fmt"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
)

// fixed is the memory that belongs to no shard: the header, the first page of participants, the seal.
const fixed = 3 * layout.Page

// EntryLimit is the number of entries the map may hold, 0 for no limit.
func (s *Space) EntryLimit() uint64 {
	if s.Config.Capacity != 0 && (s.Config.MaxEntries == 0 || s.Config.Capacity < s.Config.MaxEntries) {
		return s.Config.Capacity
	}
	return s.Config.MaxEntries
}

// ByteLimit is the memory that the shards may hold together, where the map has a limit at all.
func (s *Space) ByteLimit() uint64 { return max(s.Config.MaxBytes, fixed) - fixed }

// Lack is ErrFull with what is missing: what the other shards would have to give up.
type Lack struct {
	Entries, Bytes uint64
	limit          string
}

func (e *Lack) Error() string { return fault.ErrFull.Error() + ": " + e.limit }

// Unwrap makes it an ErrFull.
func (e *Lack) Unwrap() error { return fault.ErrFull }

// Grant makes the lease of a shard at least n entries large, and larger while the limit is far away. A Lack says that the
// other shards hold too much of the limit; then the lease is all that they leave.
func (s *Space) Grant(o *lock.Owner, shard int, n uint64, deadline time.Time) error {
	limit := s.EntryLimit()
	if limit == 0 || s.Shards[shard].Load(layout.ShLease) >= n {
		return nil
	}
	missing, err := s.raise(o, shard, layout.ShLease, n, limit, limit/uint64(8*len(s.Shards)), deadline)
	if missing > 0 {
		return &Lack{Entries: missing, limit: fmt.Sprintf("%d entries", limit)}
	}
	return err
}

// Fit makes room for delta more bytes in a shard's lease.
func (s *Space) Fit(o *lock.Owner, shard int, delta uint64, deadline time.Time) error {
	if s.Config.MaxBytes == 0 {
		return nil
	}
	n := s.Used(shard) + delta
	if s.Shards[shard].Load(layout.ShByteLease) >= n {
		return nil
	}
	missing, err := s.raise(o, shard, layout.ShByteLease, n, s.ByteLimit(), 0, deadline)
	if missing > 0 {
		return &Lack{Bytes: missing, limit: fmt.Sprintf("%d bytes", s.Config.MaxBytes)}
	}
	return err
}

// raise lifts a lease to n, and by extra more where the limit allows it; if it does not allow n, to what it allows, and
// says how much is missing.
func (s *Space) raise(o *lock.Owner, shard int, word, n, limit, extra uint64, deadline time.Time) (missing uint64, err error) {
	if err := s.lock.Lock(o, deadline); err != nil {
		return 0, err
	}
	defer s.lock.Unlock(o)
	others := uint64(0)
	for i, sh := range s.Shards {
		if i != shard {
			others += min(sh.Load(word), limit)
		}
	}
	rest := limit - min(others, limit)
	lease := s.Shards[shard].Load(word)
	s.Shards[shard].Store(word, max(lease, min(n+extra, rest)))
	return n - min(n, max(lease, rest)), nil
}

// Yield lowers the leases of a shard to what it holds, so that others can raise theirs.
func (s *Space) Yield(o *lock.Owner, shard int, deadline time.Time) error {
	if err := s.lock.Lock(o, deadline); err != nil {
		return err
	}
	defer s.lock.Unlock(o)
	sh := s.Shards[shard]
	sh.Store(layout.ShLease, min(sh.Load(layout.ShLease), sh.Load(layout.ShCount)))
	sh.Store(layout.ShByteLease, min(sh.Load(layout.ShByteLease), s.Used(shard)))
	return nil
}
