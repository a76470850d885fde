package check

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
	"github.com/shmap-go/shmap/internal/vector"
)

// watermarks checks where the vectors lie, how far memory is behind them (S1), and what the shard may hold (S3).
func (w *walker) watermarks() {
	for which := range w.shapes {
		w.levels(which)
		mark := "watermark of " + vector.Name(which)
		word, backed, dirty := layout.ShBacked+uint64(which), w.backed(which), w.head[layout.ShDirty+which]
		if backed > dirty {
			w.bad(mark, word, "%d backed, but only %d may have memory (S1)", backed, dirty)
		}
		if !w.reach(which, backed) {
			w.bad(mark, word, "%d backed, but they are not all inside the file (S1)", backed)
		}
	}
	if meta, chunks := w.backed(layout.VecMeta), w.backed(layout.VecChunk); meta < chunks {
		w.bad("watermark of chunk records", layout.ShBacked+layout.VecMeta, "%d backed for %d chunks (S1)", meta, chunks)
	}
	if count, lease := w.head[layout.ShCount], w.head[layout.ShLease]; w.seg.Env.Space.EntryLimit() != 0 && count > lease {
		w.bad("entry lease", layout.ShLease, "%d, but there are %d entries (S3)", lease, count)
	}
}

func (w *walker) backed(which int) uint64 { return w.head[layout.ShBacked+which] }

// levels checks one directory.
func (w *walker) levels(which int) {
	shape, placed := w.shapes[which], 0
	for k := range layout.Levels {
		word := vector.DirWord(which, k)
		base := w.head[word]
		switch {
		case base == 0:
			continue
		case placed != k:
			w.bad("directory of "+vector.Name(which), word, "level %d is placed, level %d is not", k, placed)
		case base%layout.Page != 0 || base < layout.SegmentsAt(len(w.seg.Shards)) || base >= layout.MaxFile ||
			base+shape.LevelBytes(k) > layout.MaxFile:
			w.bad("directory of "+vector.Name(which), word, "level %d is at %#x, which is no place for it (V2)", k, base)
		}
		placed = k + 1
	}
	end := uint64(0)
	if placed > 0 {
		end = shape.First(placed)
	}
	if dirty := w.head[layout.ShDirty+which]; dirty > end {
		w.bad("watermark of "+vector.Name(which), layout.ShDirty+uint64(which),
			"%d may have memory, but the levels end at %d (S1)", dirty, end)
	}
}

// tableFits reports whether the buckets can be walked.
func (w *walker) tableFits() bool {
	n, bump := table.Buckets(w.head[layout.ShLevel]), w.head[layout.ShOverBump]
	if n < layout.FirstBuckets || n > w.slots.Geo.MaxIndex {
		w.bad("level word", layout.ShLevel, "%d buckets", n)
		return false
	}
	return w.within("level word", layout.ShLevel, layout.VecMain, n) &&
		w.within("overflow buckets", layout.ShOverBump, layout.VecOver, bump)
}

// stringsFit reports whether the chunks can be walked.
func (w *walker) stringsFit() bool {
	bump := w.head[layout.ShChunkBump]
	return w.within("chunks", layout.ShChunkBump, layout.VecChunk, bump) &&
		w.within("chunks", layout.ShChunkBump, layout.VecMeta, bump)
}

// within checks that the first n elements of a vector, counted by a word of the header, have memory.
func (w *walker) within(where string, word uint64, which int, n uint64) bool {
	if n > w.backed(which) {
		w.bad(where, word, "%d in use, %d of the %s backed (S1)", n, w.backed(which), vector.Name(which))
		return false
	}
	return w.reach(which, n) // else reported with the watermark
}

// byteLease checks what the shard holds, holes among the backed chunks left out, against its lease.
func (w *walker) byteLease() {
	if w.config.MaxBytes == 0 {
		return
	}
	held := uint64(layout.Page)
	for which, shape := range w.shapes {
		dirty := w.head[layout.ShDirty+which]
		if dirty > layout.MaxFile/shape.Elem {
			return // reported
		}
		held += shape.Bytes(dirty)
	}
	for c := range w.chunks.holes {
		if c < w.head[layout.ShDirty+layout.VecChunk] {
			held -= min(held, layout.ChunkSize)
		}
	}
	if lease := w.head[layout.ShByteLease]; held > lease {
		w.bad("byte lease", layout.ShByteLease, "%d, but the shard holds %d (S3)", lease, held)
	}
}
