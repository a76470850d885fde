package recency

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// clock is the reference behaviour: a list in the order of stores, newest to oldest. An eviction goes from the oldest on; a
// visited entry loses its bit and moves to the head, the first unvisited one goes.
type clock struct{ slots }

func (l *clock) newest() layout.Ref { return layout.Ref(layout.Lo(l.shard.Load(layout.ShRecency))) }
func (l *clock) oldest() layout.Ref { return layout.Ref(layout.Hi(l.shard.Load(layout.ShRecency))) }

// setNewer and setOlder point one link of r at another entry; r 0 is the list's end in the shard header.
func (l *clock) setNewer(r, to layout.Ref) {
	if r == 0 {
		l.log.Set(l.shard, layout.ShRecency, layout.Pair(layout.Lo(l.shard.Load(layout.ShRecency)), uint64(to)))
		return
	}
	b, word, links := l.link(r)
	l.log.Set(b, word, layout.Pair(uint64(to), layout.Hi(links)))
}

func (l *clock) setOlder(r, to layout.Ref) {
	if r == 0 {
		l.log.Set(l.shard, layout.ShRecency, layout.Pair(uint64(to), layout.Hi(l.shard.Load(layout.ShRecency))))
		return
	}
	b, word, links := l.link(r)
	l.log.Set(b, word, layout.Pair(layout.Lo(links), uint64(to)))
}

// Push puts r, which is in no list, at the head.
func (l *clock) Push(r layout.Ref, _ bool) {
	head := l.newest()
	b, word, _ := l.link(r)
	l.log.Set(b, word, layout.Pair(0, uint64(head)))
	l.setNewer(head, r)
	l.setOlder(0, r)
}

func (l *clock) Remove(r layout.Ref) {
	_, _, links := l.link(r)
	newer, older := layout.Ref(layout.Lo(links)), layout.Ref(layout.Hi(links))
	l.setOlder(newer, older)
	l.setNewer(older, newer)
}

// Replace knows that the oldest entry goes: one store changes both ends of the list.
func (l *clock) Replace(r layout.Ref, from region.Span, by layout.Ref, to region.Span) bool {
	newer, head := layout.Ref(layout.Lo(from.Load(l.at+r.Slot()))), l.newest()
	if r != l.oldest() || newer == 0 || visited(from, r) {
		return false
	}
	last, lastWord, ok := l.find(newer)
	first, firstWord, ok2 := l.find(head)
	if !ok || !ok2 {
		return false
	}
	to.Store(l.at+by.Slot(), layout.Pair(0, uint64(head))) // of a slot without an entry
	l.log.Set(last, lastWord, layout.Lo(last.Load(lastWord)))
	l.log.Set(first, firstWord, layout.Pair(uint64(by), layout.Hi(first.Load(firstWord))))
	l.log.Set(l.shard, layout.ShRecency, layout.Pair(uint64(by), uint64(newer)))
	l.ahead(layout.Ref(layout.Lo(last.Load(lastWord))))
	return true
}

// promote moves r to the head.
func (l *clock) promote(r layout.Ref) {
	if b, _ := l.bucket(r); !l.Renew(r, b) {
		panic(&fault.Corrupt{Where: "recency list", Offset: b.Off, Got: uint64(r), Want: "an entry with neighbours"})
	}
}

func (l *clock) Rename(from, to layout.Ref) {
	_, _, links := l.link(from)
	b, word, _ := l.link(to)
	l.log.Set(b, word, links)
	l.setOlder(layout.Ref(layout.Lo(links)), to)
	l.setNewer(layout.Ref(layout.Hi(links)), to)
}

// Stored moves r to the head.
func (l *clock) Stored(r layout.Ref, fresh bool) {
	if fresh {
		l.unvisit(r)
	}
	l.promote(r)
}

func (l *clock) Still(r layout.Ref, _ region.Span) bool { return l.newest() == r }

// Renew is Remove and Push of one entry, with both ends of the list in one store.
func (l *clock) Renew(r layout.Ref, b region.Span) bool {
	head, tail, word := l.newest(), l.oldest(), l.at+r.Slot()
	if head == r {
		return true
	}
	links := b.Load(word)
	newer, older := layout.Ref(layout.Lo(links)), layout.Ref(layout.Hi(links))
	after, afterWord, ok := l.find(newer)
	first, firstWord, ok2 := l.find(head)
	before, beforeWord, ok3 := after, afterWord, true
	if older != 0 {
		before, beforeWord, ok3 = l.find(older)
	}
	if newer == 0 || !ok || !ok2 || !ok3 {
		return false
	}
	l.log.Set(after, afterWord, layout.Pair(layout.Lo(after.Load(afterWord)), uint64(older)))
	if older == 0 {
		tail = newer
	} else {
		l.log.Set(before, beforeWord, layout.Pair(uint64(newer), layout.Hi(before.Load(beforeWord))))
	}
	l.log.Set(b, word, layout.Pair(0, uint64(head)))
	l.log.Set(first, firstWord, layout.Pair(uint64(r), layout.Hi(first.Load(firstWord))))
	l.log.Set(l.shard, layout.ShRecency, layout.Pair(uint64(r), uint64(tail)))
	return true
}

func (l *clock) Clear() { l.log.Set(l.shard, layout.ShRecency, 0) }

func (l *clock) End(newest bool) layout.Ref {
	if newest {
		return l.newest()
	}
	return l.oldest()
}

func (l *clock) Victim() layout.Ref { return l.oldest() }

// Spare moves r to the head if it was visited, or is what the operation itself is about.
func (l *clock) Spare(r layout.Ref, keep bool) bool {
	if !l.unvisit(r) && !keep {
		return false
	}
	l.promote(r)
	return true
}

// Patience ends a walk that visits on the way would make endless.
func (l *clock) Patience(n uint64) uint64 { return n }

func (l *clock) OnTrial(layout.Ref) bool { return false }
