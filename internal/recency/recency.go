// Package recency is what eviction policies know: in which order the entries of a shard stand, and what of each of them is
// remembered. It knows links, visited bits and laps; it must not know keys, values, or why somebody has to go. Package
// shard asks it who is next, package table tells it of entries that come, go and move.
//
//	clock   one list through the slots, newest to oldest: ShRecency has both ends (clock.go)
//	s3      two rings through the slots. The newer neighbour of a ring's newest entry is its oldest one. ShRecency names
//	        the oldest entry of small, where new entries are on trial. ShMain names the entry at main's hand, which is
//	        the oldest there, and counts main's entries; all others are in small (s3.go)
//
// Invariants:
//
//	R1  With a policy, every tagged slot of a chain is in the list, or in one ring, exactly once, and nothing else is.
//	R2  Neighbours are read by holders of the shard's lock only: changing them needs no version, but always the journal.
//	R3  LinkMain of an entry says which ring it is in, and ShMain counts those that have it.
//	R4  A visited bit, laps, the position of main's hand in its ring, and ghosts may have any value: a wrong one only
//	    misjudges an entry. So whoever passes an entry of main stores them without a transaction; and a visited bit that
//	    comes between reading a tag word and storing it may be lost.
package recency

import (
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Policy keeps the order of one shard's entries. All of it is for the holder of the shard's lock; what changes something
// runs in a transaction of the caller's.
type Policy interface {
	// Push takes r in, a new entry that ShCount counts already. known says that a ghost remembered its key.
	Push(r layout.Ref, known bool)
	// Remove takes r out.
	Remove(r layout.Ref)
	// Replace is Remove of r, in bucket from, which an eviction takes, and Push of by, in bucket to, whose key no ghost remembers, in one piece.
	// false if that is not as simple as usual, or r is to be spared: then nothing was done. Nothing in it panics.
	Replace(r layout.Ref, from region.Span, by layout.Ref, to region.Span) bool
	// Rename puts slot to in the place of slot from.
	Rename(from, to layout.Ref)
	// Stored says that the entry in r was stored over; fresh, that it had expired and another one took its slot.
	Stored(r layout.Ref, fresh bool)
	// Renew is Stored of r, in bucket b, that has not expired, in one piece. false if there is no such place: then something is damaged, and
	// nothing was done. Nothing in it panics.
	Renew(r layout.Ref, b region.Span) bool
	// Still reports whether Renew would change nothing.
	Still(r layout.Ref, b region.Span) bool
	// Clear forgets all entries.
	Clear()

	// End is the entry that goes last, or first, if nobody judges them; 0 if there is none.
	End(newest bool) layout.Ref
	// Victim is the entry that an eviction looks at next, 0 if there is none.
	Victim() layout.Ref
	// Spare judges the victim r: true if it stays for now, and there is another one. With keep it does.
	Spare(r layout.Ref, keep bool) bool
	// Patience is how many of n entries an eviction may spare.
	Patience(n uint64) uint64
	// OnTrial reports whether a ghost remembers r when it is evicted.
	OnTrial(r layout.Ref) bool
}

// New makes the policy of a map for one shard.
func New(p layout.Policy, g layout.Geometry, shard region.Span, log *journal.Journal, main, over *vector.Vec) Policy {
	s := slots{shard, log, main, over, g.Recency}
	switch p {
	case layout.PolicyClock:
		return &clock{s}
	case layout.PolicyS3:
		return &s3{s}
	}
	return none{}
}

// slots finds what belongs to an entry.
type slots struct {
	shard      region.Span
	log        *journal.Journal
	main, over *vector.Vec
	at         uint64 // word of a bucket where the links begin
}

// bucket is the bucket that r points into, and the slot.
func (s *slots) bucket(r layout.Ref) (region.Span, uint64) {
	index, over, slot := r.Split()
	if over {
		return s.over.Must(index), slot
	}
	return s.main.Must(index), slot
}

// link is the link word of r, and where it stands.
func (s *slots) link(r layout.Ref) (b region.Span, word, link uint64) {
	b, slot := s.bucket(r)
	word = s.at + slot
	return b, word, b.Load(word)
}

// find is link for who must not panic; false if there is no such bucket.
func (s *slots) find(r layout.Ref) (b region.Span, word uint64, ok bool) {
	index, over, slot := r.Split()
	v := s.main
	if over {
		v = s.over
	}
	b, ok = v.Find(index)
	return b, s.at + slot, ok
}

// ahead asks for what the next Replace needs of r, and does not wait.
func (s *slots) ahead(r layout.Ref) {
	if b, _, ok := s.find(r); ok {
		b.PrefetchRange(s.main.Shape.Elem)
	}
}

// visited reports whether slot r of b has its visited bit set.
func visited(b region.Span, r layout.Ref) bool {
	return b.Load(layout.BkTags)>>(layout.VisitedBit+r.Slot())&1 != 0
}

// unvisit takes the visited bit of r away; true if it was set.
func (s *slots) unvisit(r layout.Ref) bool {
	b, i := s.bucket(r)
	tags, bit := b.Load(layout.BkTags), uint64(1)<<(layout.VisitedBit+i)
	if tags&bit == 0 {
		return false
	}
	s.log.Set(b, layout.BkTags, tags&^bit)
	return true
}

// none is the policy that keeps no order.
type none struct{}

func (none) Push(layout.Ref, bool)                                         {}
func (none) Remove(layout.Ref)                                             {}
func (none) Rename(_, _ layout.Ref)                                        {}
func (none) Stored(layout.Ref, bool)                                       {}
func (none) Clear()                                                        {}
func (none) Replace(layout.Ref, region.Span, layout.Ref, region.Span) bool { return false }
func (none) Renew(layout.Ref, region.Span) bool                            { return true }
func (none) Still(layout.Ref, region.Span) bool                            { return true }
func (none) End(bool) layout.Ref                                           { return 0 }
func (none) Victim() layout.Ref                                            { return 0 }
func (none) Spare(layout.Ref, bool) bool                                   { return false }
func (none) Patience(uint64) uint64                                        { return 0 }
func (none) OnTrial(layout.Ref) bool                                       { return false }
