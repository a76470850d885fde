package shard

import (
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// ReadFlag says how a load treats the entry it finds.
type ReadFlag uint8

// Read flags.
const (
	ReadVisit ReadFlag = 1 << iota // counts as an access for eviction
	ReadTTL                        // report the time to live
	ReadNoVal                      // presence only
)

// Permanent is the TTL reported for an entry without a deadline.
const Permanent time.Duration = -1

// Loaded is what a load found.
type Loaded struct {
	Found bool
	W     uint64        // integer value
	B     []byte        // dst with the string value appended
	TTL   time.Duration // with ReadTTL: what is left, Permanent without deadline
}

// Reads counts the reads of one handle that did not succeed at once. In the memory of the process: a read stores nothing in
// the map.
type Reads struct {
	Retries atomic.Uint64 // times that one started again
	Through atomic.Uint64 // that were answered through the journal
	Locked  atomic.Uint64 // that took the lock
}

// Reads are the counters of this handle.
func (s *Shard) Reads() *Reads { return &s.reads }

// Load reads the key k without a lock and without a store, the visited bit apart.
func (s *Shard) Load(k *table.Key, dst []byte, f ReadFlag, out *Loaded) error {
	var pos table.Pos
	still := func() bool { return s.table.Valid(&pos) }
	for range directTries {
		switch s.table.Find(k, &pos) {
		case table.Absent:
			if s.table.Valid(&pos) {
				return s.closed()
			}
		case table.Found:
			it := table.Item{Key: pos.Key, Val: pos.Val, Deadline: s.table.Deadline(pos.B.Ptr, pos.I)}
			if s.read(it, dst, f, out, still) {
				if f&ReadVisit != 0 && out.Found {
					s.visit(&pos)
				}
				return s.closed()
			}
			*out = Loaded{}
		}
		s.reads.Retries.Add(1)
	}
	return s.loadSlow(k, dst, f, out)
}

// closed is asked at the end of a read: the memory stays mapped as long as the handle is reachable, so asking once is
// enough.
func (s *Shard) closed() error {
	if s.env.Closed.Load() {
		return fault.ErrClosed
	}
	return nil
}

// visit sets the visited bit of the entry at pos if it is not set. The store may come late and hit another entry, which
// does no harm: bucket memory of a map with a policy is never anything else.
func (s *Shard) visit(pos *table.Pos) {
	if s.table.Geo.Recency == 0 || s.env.Owner == nil {
		return
	}
	if table.Visited(pos.B.Load(layout.BkTags), pos.I) == 0 && s.env.Header.Load(layout.HdrState)&layout.StateFreezing == 0 {
		pos.B.Or(layout.BkTags, 1<<(layout.VisitedBit+pos.I))
	}
}

// read fills out from an item; false if it turns out not to be one state, which still answers: by versions or through
// the journal. The length found in a blob is believed only after asking once more.
func (s *Shard) read(it table.Item, dst []byte, f ReadFlag, out *Loaded, still func() bool) bool {
	if s.env.Config.Value == layout.String && f&ReadNoVal == 0 {
		b, ok := s.table.AppendVal(dst, it, still)
		if !ok {
			return false
		}
		if out.B = b; b == nil {
			out.B = []byte{}
		}
	}
	if !still() {
		return false
	}
	if it.Deadline != 0 || f&ReadTTL != 0 {
		out.TTL = Permanent
		if it.Deadline != 0 {
			now := s.env.Now()
			if it.Deadline <= now {
				*out = Loaded{}
				return still() // or it was given another deadline before this one passed
			}
			now = s.env.Ceil() // once: it goes on meanwhile
			left := max(it.Deadline, now+1) - now
			out.TTL = time.Duration(min(left, 1<<43)) * time.Millisecond
		}
	}
	out.Found = true
	if s.env.Config.Value != layout.String {
		out.W = it.Val
	}
	return true
}

// loadSlow reads through the journal when a writer, stopped or dead perhaps, keeps versions odd.
func (s *Shard) loadSlow(k *table.Key, dst []byte, f ReadFlag, out *Loaded) error {
	return s.consistent(k.Hash, func(snap *table.Snap) bool {
		*out = Loaded{}
		it, ok := snap.Find(k)
		return !ok || s.read(it, dst, f, out, snap.Still)
	})
}

// consistent calls f with copies of the chain that hash h leads to until f is content and the copy is still one state.
func (s *Shard) consistent(h uint64, f func(*table.Snap) bool) error {
	var snap table.Snap
	var broken error
	try := func(through bool) bool {
		ok, err := s.table.Copy(&snap, h, through)
		broken = err
		return ok && f(&snap) && snap.Still()
	}
	for n := range directTries + throughTries {
		through := n >= directTries || n%2 == 1
		if try(through) {
			if through {
				s.reads.Through.Add(1)
			}
			return s.closed()
		}
		s.reads.Retries.Add(1)
	}
	if s.env.Owner == nil {
		if broken != nil {
			return broken
		}
		return fault.With(fault.ErrBusy, "shard %d changes faster than it can be read", s.index)
	}
	if err := s.acquire(); err != nil {
		return err
	}
	defer s.leave()
	s.reads.Locked.Add(1)
	s.evenOut(h)
	if !try(false) {
		return &fault.Corrupt{Where: "chain of a main bucket", Offset: s.header.Off, Got: h, Want: "a readable chain"}
	}
	return nil
}

// evenOut mends a version that is odd though nobody has a transaction open, under the lock.
func (s *Shard) evenOut(h uint64) {
	main, ok := s.table.Main.Find(table.IndexOf(s.header.Load(layout.ShLevel), h))
	if ok && main.Load(layout.BkHead)&1 == 1 {
		s.once(func() { s.log.Mend(main) })
	}
}

// Writable says why nothing can be changed, if so.
func (s *Shard) Writable() error {
	if err := s.enter(); err != nil {
		return err
	}
	s.leave()
	return nil
}

// LongestChain is the number of buckets in the longest chain.
func (s *Shard) LongestChain() (longest uint64, err error) {
	for from, done := uint64(0), false; !done; {
		err = s.consistent(bits.Reverse64(from), func(snap *table.Snap) bool {
			_, last := snap.Interval()
			from, done = last+1, last+1 == 0
			longest = max(longest, snap.Buckets())
			return true
		})
		if err != nil {
			return longest, err
		}
	}
	return longest, nil
}

// Warm touches the bucket that hash h leads to, so that reading it soon does not wait for memory.
func (s *Shard) Warm(h uint64) { s.table.Warm(h) }
