package check

import "github.com/shmap-go/shmap/internal/layout"

// walkList follows a list of chunks, both ways at once, as long as visit likes what comes. It returns how many there are.
func (w *walker) walkList(where string, word uint64, visit func(c uint64) bool) (n uint64) {
	ends := w.head[word]
	prev := uint64(0)
	for at := layout.Lo(ends); at != 0; n++ {
		if at > w.backed(layout.VecMeta) || !visit(at-1) {
			w.bad(where, word, "member %d is chunk %d, which does not belong there (A1)", n, at-1)
			return n
		}
		m := w.elem(layout.VecMeta, at-1)
		links := w.load(m, layout.MetaLinks)
		if layout.Lo(links) != prev {
			w.wrong(m.Off, where, "chunk %d follows %d, found after %d", at-1, int64(layout.Lo(links))-1, int64(prev)-1)
		}
		prev, at = at, layout.Hi(links)
	}
	if layout.Hi(ends) != prev {
		w.bad(where, word, "the last is %d, the list ends with %d", int64(layout.Hi(ends))-1, int64(prev)-1)
	}
	return n
}

func (w *walker) walkFree() {
	n := w.walkList("free chunks", layout.ShChunkFree, func(c uint64) bool {
		return c < uint64(len(w.chunks.place)) && w.state(c) == layout.MetaWord(layout.ChunkLoose, 0, 0) &&
			w.chunks.put(c, ofFree)
	})
	w.equal("free chunks", layout.ShChunkFreeLen, n)
}

// walkHoles checks the chunks without memory. Those past the bump are in their list as well.
func (w *walker) walkHoles() {
	if !w.reach(layout.VecMeta, w.backed(layout.VecMeta)) {
		return // reported with the watermark
	}
	holes := w.chunks.holes
	n := w.walkList("holes", layout.ShChunkHoles, func(c uint64) bool {
		_, twice := holes[c]
		holes[c] = struct{}{}
		return !twice && w.state(c) == layout.MetaHole|layout.ChunkHoled &&
			(c >= uint64(len(w.chunks.place)) || w.chunks.put(c, ofHoles))
	})
	w.equal("holes", layout.ShChunkHolesLen, n)
	for c := uint64(len(w.chunks.place)); c < w.backed(layout.VecMeta); c++ {
		if _, listed := holes[c]; !listed && w.state(c)&layout.MetaHole != 0 {
			w.badChunk(c, "is without memory, but not in the list of holes")
		}
	}
	if c := w.head[layout.ShPunching]; c != 0 {
		if _, listed := holes[c-1]; !listed {
			w.bad("chunk being punched", layout.ShPunching, "%d is not in the list of holes", c-1)
		}
	}
}

// walkPartial checks the list of the partly filled slabs of a class.
func (w *walker) walkPartial(class uint64) {
	w.walkList("partly filled slabs", layout.ShClass+class, func(c uint64) bool {
		if c >= uint64(len(w.chunks.place)) || w.chunks.partial[c] {
			return false
		}
		state := w.state(c)
		w.chunks.partial[c] = true
		return layout.MetaKind(state) == layout.ChunkSlab && layout.MetaClass(state) == class
	})
}
