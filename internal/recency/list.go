// Package recency is the order in which a shard's entries were stored: a doubly linked list through the slots. It knows
// links; it must not know keys, values or why somebody is evicted (package shard walks it by its policy's rules).
//
// Invariant R1: with a policy, every tagged slot of a chain is in the list exactly once, and nothing else is. Links of
// entries are read by holders of the shard's lock only, so changing them needs no version, but always the journal.
package recency

import (
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// List is the list of one shard. Its methods are for the holder of the shard's lock.
type List struct {
	shard      region.Span
	log        *journal.Journal
	main, over *vector.Vec
	at         uint64 // word of a bucket where the links begin; 0: no policy, every method does nothing
}

// Init binds l to a shard.
func (l *List) Init(shard region.Span, log *journal.Journal, main, over *vector.Vec, g layout.Geometry) {
	l.shard, l.log, l.main, l.over, l.at = shard, log, main, over, g.Recency
}

// On reports whether the map keeps the order.
func (l *List) On() bool { return l.at != 0 }

// Bucket is the bucket that r points into, and the slot.
func (l *List) Bucket(r layout.Ref) (region.Span, uint64) {
	index, over, slot := r.Split()
	if over {
		return l.over.Must(index), slot
	}
	return l.main.Must(index), slot
}

func (l *List) links(r layout.Ref) (b region.Span, word, newer, older uint64) {
	b, slot := l.Bucket(r)
	word = l.at + slot
	w := b.Load(word)
	return b, word, layout.Lo(w), layout.Hi(w)
}

// Newest is the entry at the head, 0 if there is none.
func (l *List) Newest() layout.Ref { return layout.Ref(layout.Lo(l.shard.Load(layout.ShRecency))) }

// Oldest is the entry at the tail, 0 if there is none.
func (l *List) Oldest() layout.Ref { return layout.Ref(layout.Hi(l.shard.Load(layout.ShRecency))) }

// Newer is the neighbour of r towards the head.
func (l *List) Newer(r layout.Ref) layout.Ref {
	_, _, newer, _ := l.links(r)
	return layout.Ref(newer)
}

// setNewer and setOlder point one link of r at another entry; r 0 is the list's end in the shard header.
func (l *List) setNewer(r, to layout.Ref) {
	if r == 0 {
		l.log.Set(l.shard, layout.ShRecency, layout.Pair(layout.Lo(l.shard.Load(layout.ShRecency)), uint64(to)))
		return
	}
	b, word, _, older := l.links(r)
	l.log.Set(b, word, layout.Pair(uint64(to), older))
}

func (l *List) setOlder(r, to layout.Ref) {
	if r == 0 {
		l.log.Set(l.shard, layout.ShRecency, layout.Pair(uint64(to), layout.Hi(l.shard.Load(layout.ShRecency))))
		return
	}
	b, word, newer, _ := l.links(r)
	l.log.Set(b, word, layout.Pair(newer, uint64(to)))
}

// Push puts r, which is in no list, at the head.
func (l *List) Push(r layout.Ref) {
	if l.at == 0 {
		return
	}
	head := l.Newest()
	b, word, _, _ := l.links(r)
	l.log.Set(b, word, layout.Pair(0, uint64(head)))
	l.setNewer(head, r)
	l.setOlder(0, r)
}

// Remove takes r out.
func (l *List) Remove(r layout.Ref) {
	if l.at == 0 {
		return
	}
	_, _, newer, older := l.links(r)
	l.setOlder(layout.Ref(newer), layout.Ref(older))
	l.setNewer(layout.Ref(older), layout.Ref(newer))
}

// Promote moves r to the head.
func (l *List) Promote(r layout.Ref) {
	if l.at == 0 || l.Newest() == r {
		return
	}
	l.Remove(r)
	l.Push(r)
}

// Rename puts slot to in the place of slot from.
func (l *List) Rename(from, to layout.Ref) {
	if l.at == 0 {
		return
	}
	_, _, newer, older := l.links(from)
	b, word, _, _ := l.links(to)
	l.log.Set(b, word, layout.Pair(newer, older))
	l.setOlder(layout.Ref(newer), to)
	l.setNewer(layout.Ref(older), to)
}

// Clear forgets all entries.
func (l *List) Clear() { l.log.Set(l.shard, layout.ShRecency, 0) }
