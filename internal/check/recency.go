package check

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// walkRecency checks that the order of the map's policy holds every entry exactly once, and that both directions agree (R1).
func (w *walker) walkRecency() {
	if word := uint64(layout.ShMain); w.config.Policy != layout.PolicyS3 && w.head[word] != 0 {
		w.bad("main", word, "%#x in a map with another policy", w.head[word])
	}
	listed := w.buckets.entries
	switch w.config.Policy {
	case layout.PolicyClock:
		listed = w.walkClock()
	case layout.PolicyS3:
		listed = w.walkRings()
	default:
		if ends := w.head[layout.ShRecency]; ends != 0 {
			w.bad("recency list", layout.ShRecency, "%#x in a map without policy", ends)
		}
	}
	if listed != w.buckets.entries {
		w.bad("recency list", layout.ShRecency, "%d entries in the list, %d in the table (R1)", listed, w.buckets.entries)
	}
}

// visit finds the slot of an entry that is in no list yet (K2), and its link word.
func (w *walker) visit(at uint64) (b region.Span, slot, link uint64, ok bool) {
	index, over, i := layout.Ref(at).Split()
	which, used := layout.VecMain, w.buckets.main
	if over {
		which, used = layout.VecOver, w.buckets.over
	}
	if index >= uint64(len(used)) || used[index]>>i&1 == 0 {
		return b, 0, 0, false
	}
	used[index] &^= 1 << i
	b = w.elem(which, index)
	return b, i, w.load(b, w.slots.Geo.Recency+i), true
}

// walkClock checks the list of the policy clock.
func (w *walker) walkClock() (listed uint64) {
	ends := w.head[layout.ShRecency]
	newer := uint64(0)
	for at := layout.Lo(ends); at != 0; listed++ {
		b, i, links, ok := w.visit(at)
		if !ok {
			w.bad("recency list", layout.ShRecency, "entry %d is %#x: no entry, or one that came before (R1)", listed, at)
			return w.buckets.entries
		}
		if layout.Lo(links) != newer {
			w.wrong(b.Off, "recency links", "slot %d has %#x as its newer neighbour, found after %#x (R1)",
				i, layout.Lo(links), newer)
		}
		newer, at = at, layout.Hi(links)
	}
	if layout.Hi(ends) != newer {
		w.bad("recency list", layout.ShRecency, "the oldest entry is %#x, the list ends with %#x (R1)",
			layout.Hi(ends), newer)
	}
	return listed
}

// walkRings checks small and main of the policy s3.
func (w *walker) walkRings() (listed uint64) {
	if high := layout.Hi(w.head[layout.ShRecency]); high != 0 {
		w.bad("small", layout.ShRecency, "%#x in the high half", high)
	}
	small, ok := w.walkRing("small", layout.ShRecency, 0)
	main, all := w.walkRing("main", layout.ShMain, layout.LinkMain)
	if n := layout.Hi(w.head[layout.ShMain]); all && n != main {
		w.bad("main", layout.ShMain, "counts %d entries, there are %d (R3)", n, main)
	}
	if !ok || !all {
		return w.buckets.entries // reported
	}
	return small + main
}

// walkRing goes round the ring whose oldest entry a word of the header names, from older to newer entries; flag is what all
// of them have in their link word. ok is false if there is no way round.
func (w *walker) walkRing(where string, word, flag uint64) (n uint64, ok bool) {
	first := layout.Lo(w.head[word])
	if first == 0 {
		return 0, true
	}
	last, closing := uint64(0), uint64(0) // the entry before, and the one that the first has as its older neighbour
	for at := first; n == 0 || at != first; n++ {
		b, i, links, ok := w.visit(at)
		if !ok {
			w.bad(where, word, "entry %d is %#x: no entry, or one that came before (R1)", n, at)
			return n, false
		}
		older := layout.Hi(links) & layout.RefMask
		if n == 0 {
			closing = older
		} else if older != last {
			w.wrong(b.Off, "recency links", "slot %d has %#x as its older neighbour, found after %#x (R1)", i, older, last)
		}
		if links&layout.LinkMain != flag {
			w.wrong(b.Off, "recency links", "slot %d says %#x, found in %s (R3)", i, links, where)
		}
		last, at = at, links&layout.RefMask
	}
	if closing != last {
		w.bad(where, word, "the oldest entry has %#x as its older neighbour, the newest is %#x (R1)", closing, last)
	}
	return n, true
}
