package recency

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// s3 is S3-FIFO (Yang and others, "FIFO queues are all you need for cache eviction", SOSP 2023) as decision 007 changes it.
// New entries come to small, a twentieth of all, where they are on trial; those visited there, and those that a ghost
// remembers, are in main. Main's hand counts the laps in which it found an entry visited, and takes one at 0.
type s3 struct{ slots }

// passes is how many entries an eviction may spare.
const passes = 64

// A ring is named by the word of the shard header that has its first entry, the oldest, in the low half.
const (
	small = layout.ShRecency
	main  = layout.ShMain
)

func newer(link uint64) layout.Ref { return layout.Ref(link & layout.RefMask) }
func older(link uint64) layout.Ref { return layout.Ref(layout.Hi(link) & layout.RefMask) }

// home is the ring that an entry is in, by its link word (R3).
func home(link uint64) uint64 {
	if link&layout.LinkMain != 0 {
		return main
	}
	return small
}

func (s *s3) first(ring uint64) layout.Ref { return layout.Ref(layout.Lo(s.shard.Load(ring))) }
func (s *s3) inMain() uint64               { return layout.Hi(s.shard.Load(main)) }
func (s *s3) inSmall() uint64              { return s.shard.Load(layout.ShCount) - s.inMain() }

// target is how many entries small should have.
func (s *s3) target() uint64 { return max(1, (s.shard.Load(layout.ShCount)+10)/20) }

// begin makes r the first entry of a ring that has delta more entries.
func (s *s3) begin(ring uint64, r layout.Ref, delta uint64) {
	n := uint64(0)
	if ring == main {
		n = s.inMain() + delta
	}
	s.log.Set(s.shard, ring, layout.Pair(uint64(r), n))
}

// setNewer and setOlder point one link of r at another entry.
func (s *s3) setNewer(r, to layout.Ref) {
	b, word, link := s.link(r)
	s.log.Set(b, word, link&^layout.RefMask|uint64(to))
}

func (s *s3) setOlder(r, to layout.Ref) {
	b, word, link := s.link(r)
	s.log.Set(b, word, link&^(layout.RefMask<<32)|uint64(to)<<32)
}

// join makes r, which is in no ring, the newest entry of one, with 0 laps.
func (s *s3) join(ring uint64, r layout.Ref) {
	flag := uint64(0)
	if ring == main {
		flag = layout.LinkMain
	}
	oldest, newest := s.first(ring), r
	if oldest == 0 {
		oldest = r
	} else {
		_, _, link := s.link(oldest)
		newest = older(link)
	}
	b, word, _ := s.link(r)
	s.log.Set(b, word, flag|layout.Pair(uint64(oldest), uint64(newest)))
	s.setNewer(newest, r)
	s.setOlder(oldest, r)
	s.begin(ring, oldest, 1)
}

// Remove takes r out of its ring.
func (s *s3) Remove(r layout.Ref) {
	_, _, link := s.link(r)
	next, prev := newer(link), older(link)
	first := s.first(home(link))
	switch {
	case next == r:
		first = 0
	case first == r:
		first = next
		fallthrough
	default:
		s.setNewer(prev, next)
		s.setOlder(next, prev)
	}
	s.begin(home(link), first, ^uint64(0))
}

// graduate moves r from small to main.
func (s *s3) graduate(r layout.Ref) {
	s.Remove(r)
	s.join(main, r)
}

// Push takes r into main if a ghost remembers its key, else into small. What small cannot hold while there is room goes to
// main without being judged: nothing need be.
func (s *s3) Push(r layout.Ref, known bool) {
	if known {
		s.join(main, r)
		return
	}
	s.join(small, r)
	if s.inSmall() > s.target() {
		s.graduate(s.first(small))
	}
}

// Replace gives by the place of r in small's ring, which then begins one further on.
func (s *s3) Replace(r layout.Ref, from region.Span, by layout.Ref, to region.Span) bool {
	link := from.Load(s.at + r.Slot())
	next, prev := newer(link), older(link)
	if r != s.first(small) || home(link) != small || next == r || visited(from, r) || s.inSmall() > s.target() {
		return false
	}
	after, afterWord, ok := s.find(next)
	before, beforeWord, ok2 := s.find(prev)
	if !ok || !ok2 {
		return false
	}
	to.Store(s.at+by.Slot(), layout.Pair(uint64(next), uint64(prev))) // of a slot without an entry
	s.log.Set(before, beforeWord, before.Load(beforeWord)&^layout.RefMask|uint64(by))
	s.log.Set(after, afterWord, after.Load(afterWord)&^(layout.RefMask<<32)|uint64(by)<<32)
	s.log.Set(s.shard, small, layout.Pair(uint64(next), 0))
	s.ahead(newer(after.Load(afterWord)))
	return true
}

func (s *s3) Rename(from, to layout.Ref) {
	_, _, link := s.link(from)
	b, word, _ := s.link(to)
	s.log.Set(b, word, link)
	next, prev := newer(link), older(link)
	if next == from { // alone: it was its own neighbour
		next, prev = to, to
	}
	s.setNewer(prev, to)
	s.setOlder(next, to)
	if ring := home(link); s.first(ring) == from {
		s.begin(ring, to, 0)
	}
}

// Stored counts as a visit. An entry that took the slot of an expired one stands where that stood, and nothing is known of it.
func (s *s3) Stored(r layout.Ref, fresh bool) {
	if fresh {
		s.unvisit(r)
		b, word, link := s.link(r)
		s.log.Set(b, word, link&^(layout.MaxLaps<<layout.LinkLaps))
		return
	}
	b, _ := s.bucket(r)
	s.Renew(r, b)
}

func (s *s3) Still(r layout.Ref, b region.Span) bool { return visited(b, r) }

func (s *s3) Renew(r layout.Ref, b region.Span) bool {
	s.log.Set(b, layout.BkTags, b.Load(layout.BkTags)|1<<(layout.VisitedBit+r.Slot())) // a reader's bit may be lost between (R4)
	return true
}

func (s *s3) Clear() {
	s.log.Set(s.shard, small, 0)
	s.log.Set(s.shard, main, 0)
}

// End goes from main's hand through main, then from small's oldest through small: with small empty the order of insertion.
func (s *s3) End(newest bool) layout.Ref {
	ring := uint64(main)
	if newest && s.first(small) != 0 || s.first(main) == 0 {
		ring = small
	}
	r := s.first(ring)
	if newest && r != 0 {
		_, _, link := s.link(r)
		r = older(link)
	}
	return r
}

// Victim is the oldest entry of small as long as small has what it should have, else the one at main's hand.
func (s *s3) Victim() layout.Ref {
	if s.inSmall() >= s.target() || s.inMain() == 0 {
		return s.first(small)
	}
	return s.first(main)
}

// Spare lets a visited entry of small go on to main, and passes an entry of main that was visited or has laps left.
func (s *s3) Spare(r layout.Ref, keep bool) bool {
	_, _, link := s.link(r)
	if home(link) == main {
		return s.pass(r, keep)
	}
	if !s.unvisit(r) && !keep {
		return false
	}
	s.graduate(r)
	return true
}

// pass moves main's hand over r, if it may stay. Each of the three stores is right by itself (R4), and a death between them
// leaves a visit or a lap that counts twice or not at all. A reader that sets the bit after it was taken away is counted in
// the next lap. No transaction is open: no undo takes one of them back.
func (s *s3) pass(r layout.Ref, keep bool) bool {
	b, word, link := s.link(r)
	_, i := s.bucket(r)
	bit, laps := uint64(1)<<(layout.VisitedBit+i), link>>layout.LinkLaps
	switch visited := b.Load(layout.BkTags)&bit != 0; {
	case visited || keep:
		laps = min(laps+1, layout.MaxLaps)
		if visited {
			s.log.Clear(b, layout.BkTags, bit)
		}
	case laps > 0:
		laps--
	default:
		return false
	}
	s.log.Plain(b, word, link&^(layout.MaxLaps<<layout.LinkLaps)|laps<<layout.LinkLaps)
	s.log.Plain(s.shard, main, layout.Pair(uint64(newer(link)), s.inMain()))
	return true
}

func (s *s3) Patience(uint64) uint64 { return passes }

func (s *s3) OnTrial(r layout.Ref) bool {
	_, _, link := s.link(r)
	return home(link) == small
}
