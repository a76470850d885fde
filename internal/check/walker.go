package check

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/table"
	"github.com/shmap-go/shmap/internal/vector"
)

const headerWords = layout.Page / 8

// walker is one walk of one shard.
type walker struct {
	seg    *segment.Segment
	config *layout.Config
	index  int
	shard  region.Span // header of the shard
	shapes [layout.Vecs]layout.Vec
	slots  table.Table // knows the geometry alone: for Slot and Deadline

	raw   [headerWords]uint64 // header when the walk began
	head  [headerWords]uint64 // and before the transaction that was open then
	trace journal.Trace

	buckets buckets
	chunks  chunks
	report
}

func newWalker(seg *segment.Segment, index int) *walker {
	w := &walker{seg: seg, config: seg.Env.Config, index: index}
	geo := w.config.Geometry()
	w.shapes, w.slots = geo.Vectors(), table.Table{Geo: geo, Config: w.config}
	return w
}

// walk checks the shard; false if it changed meanwhile, which cannot be under its lock.
func (w *walker) walk(locked bool) bool {
	moved := false
	w.contain(w.index, func() {
		off := layout.ShardAt(w.index)
		p, ok := w.seg.Env.Region.At(off, layout.ShardSize)
		if !ok {
			w.add(w.index, "shard header", off, "not inside the file")
			return
		}
		w.shard = region.Span{Ptr: p, Off: off}
		w.begin(locked)
		w.everything()
		moved = !locked && w.moved()
	})
	return !moved
}

// begin copies the header and the journal.
func (w *walker) begin(locked bool) {
	for i := range w.raw {
		w.raw[i] = w.shard.Load(uint64(i))
	}
	w.head = w.raw
	h := w.raw[layout.ShJournal]
	if locked && journal.Phase(h) != journal.Idle {
		w.bad("journal", layout.ShJournal, "head %#x is not idle, but nobody is in a transaction (J1)", h)
	}
	const settled = layout.StateClean | layout.StateFrozen
	if state := w.seg.Env.Header.Load(layout.HdrState); state&settled != 0 && journal.Phase(h) != journal.Idle {
		w.bad("journal", layout.ShJournal, "head %#x is not idle in a map that is closed or frozen, state %#x (G3)", h, state)
	}
	n := journal.Length(h)
	if n > w.raw[layout.ShBacked+layout.VecJournal] || !w.reach(layout.VecJournal, n) {
		w.bad("journal", layout.ShJournal, "head %#x counts more entries than fit", h)
		return
	}
	var ok bool
	entry := func(i uint64) (region.Ptr, bool) { return w.elem(layout.VecJournal, i).Ptr, true }
	w.trace, ok = journal.ReadTrace(h, entry)
	if !ok {
		w.bad("journal", layout.ShJournal, "head %#x has no known phase, or is idle with entries", h)
		w.trace = journal.Trace{}
		return
	}
	for i := range w.head {
		w.head[i] = w.trace.Before(w.shard.Off+8*uint64(i), w.raw[i])
	}
}

// everything checks all there is, each part as far as the parts before it allow.
func (w *walker) everything() {
	w.watermarks()
	tables := w.tableFits()
	strings := w.stringsFit()
	if tables {
		w.walkChains(strings)
		w.walkOverFree()
		w.walkRecency()
	}
	if strings {
		w.walkChunks(tables)
	}
}

// moved reports whether the shard changed since the walk began.
func (w *walker) moved() bool {
	for i := range w.raw {
		if !hint(uint64(i)) && w.shard.Load(uint64(i)) != w.raw[i] {
			return true
		}
	}
	return false
}

// hint reports whether a word of the shard header says nothing about the rest.
func hint(word uint64) bool {
	return word == layout.ShLock || word == layout.ShFlush || word >= layout.ShQuarTime && word < layout.ShClass
}

// hurry reports whether a walk without the lock need not go on.
func (w *walker) hurry() bool { return w.shard.Load(layout.ShJournal) != w.raw[layout.ShJournal] }

// bad reports a problem with a word of the shard header.
func (w *walker) bad(where string, word uint64, format string, args ...any) {
	w.add(w.index, where, w.shard.Off+8*word, format, args...)
}

// wrong reports a problem with what stands at offset off.
func (w *walker) wrong(off uint64, where string, format string, args ...any) {
	w.add(w.index, where, off, format, args...)
}

// reach reports whether the first n elements of a vector lie inside the file (K1).
func (w *walker) reach(which int, n uint64) bool {
	shape := w.shapes[which]
	for k := range layout.Levels {
		first := shape.First(k)
		if n <= first {
			return true
		}
		base := w.head[vector.DirWord(which, k)]
		if base == 0 || base%layout.Page != 0 || base >= layout.MaxFile {
			return false
		}
		if _, ok := w.seg.Env.Region.At(base, (min(n, shape.First(k+1))-first)*shape.Elem); !ok {
			return false
		}
	}
	return false
}

// elem is an element of a vector that reach has found.
func (w *walker) elem(which int, i uint64) region.Span {
	k, off := w.shapes[which].Locate(i)
	off += w.head[vector.DirWord(which, k)]
	p, ok := w.seg.Env.Region.At(off, w.shapes[which].Elem)
	if !ok {
		panic(fmt.Sprintf("element %d of the %s is out of reach", i, vector.Name(which)))
	}
	return region.Span{Ptr: p, Off: off}
}

// load reads a word as it was before the open transaction.
func (w *walker) load(s region.Span, i uint64) uint64 { return w.trace.Before(s.Off+8*i, s.Load(i)) }
