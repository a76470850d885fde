package check

import "github.com/shmap-go/shmap/internal/layout"

// walkRecency checks that the recency list holds every entry exactly once, and that both directions agree (R1).
func (w *walker) walkRecency() {
	ends := w.head[layout.ShRecency]
	if w.slots.Geo.Recency == 0 {
		if ends != 0 {
			w.bad("recency list", layout.ShRecency, "%#x in a map without policy", ends)
		}
		return
	}
	newer, listed := uint64(0), uint64(0)
	for at := layout.Lo(ends); at != 0; {
		index, over, i := layout.Ref(at).Split()
		which, used := layout.VecMain, w.buckets.main
		if over {
			which, used = layout.VecOver, w.buckets.over
		}
		if index >= uint64(len(used)) || used[index]>>i&1 == 0 {
			w.bad("recency list", layout.ShRecency, "entry %d is %#x: no entry, or one that came before (R1)", listed, at)
			return
		}
		used[index] &^= 1 << i
		listed++
		b := w.elem(which, index)
		links := w.load(b, w.slots.Geo.Recency+i)
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
	if listed != w.buckets.entries {
		w.bad("recency list", layout.ShRecency, "%d entries in the list, %d in the table (R1)", listed, w.buckets.entries)
	}
}
