// Package vector finds the elements of a shard's growable arrays. It knows directories and levels; it must not know
// what the elements mean, nor how memory gets behind them (package space).
//
// A vector is a list of levels, each twice the one before and contiguous in the file; the directory in the shard header
// holds where each begins. Invariants:
//
//	V1  A directory word is written once, with a single store, under the shard's lock and the space lock; it never
//	    changes afterwards. So a process may keep its own copy, and does.
//	V2  A copy is made only of a word that is page-aligned and below MaxFile, with as many elements as lie inside the
//	    file (region.Row.Learn). A forged directory can lead to the wrong bytes, never outside.
package vector

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Vec is one vector of one shard, as one handle sees it. Safe for concurrent use.
type Vec struct {
	Shape  layout.Vec
	Which  int
	region *region.Region
	shard  region.Ptr
	rows   [layout.Levels]region.Row // what is known of each level
}

// Init binds v to a shard header.
func (v *Vec) Init(r *region.Region, shard region.Ptr, which int, shape layout.Vec) {
	v.Shape, v.Which, v.region, v.shard = shape, which, r, shard
	for i := range v.rows {
		v.rows[i].First = shape.First(i)
	}
}

// Row is the row in which element i must be, as element k: it is there if k is below its N, and then In leads to it. This is
// the shortest way, for the fast paths; Find is the whole of it.
func (v *Vec) Row(i uint64) (r *region.Row, k uint64) {
	r = &v.rows[bits.Len64(i>>(v.Shape.Lg0&63))%layout.Levels]
	return r, i - r.First
}

// In is element k of row r.
func (v *Vec) In(r *region.Row, k uint64) region.Ptr { return r.At(k * v.Shape.Elem) }

// At returns element i; false if there is none, which in a lock-free read may just mean that i is stale.
func (v *Vec) At(i uint64) (region.Ptr, bool) {
	s, ok := v.Find(i)
	return s.Ptr, ok
}

// Find is At with the offset.
func (v *Vec) Find(i uint64) (region.Span, bool) {
	if r, k := v.Row(i); k < r.N() {
		return r.Span(k * v.Shape.Elem), true
	}
	return v.learn(i)
}

// Holds reports whether n bytes can be in v at all: the file is at least that long.
func (v *Vec) Holds(n uint64) bool {
	_, ok := v.region.At(0, n)
	return ok
}

// Must is Find for the holder of the shard's lock, to whom a missing element means corruption.
func (v *Vec) Must(i uint64) region.Span {
	if r, k := v.Row(i); k < r.N() {
		return r.Span(k * v.Shape.Elem)
	}
	s, ok := v.learn(i)
	if !ok {
		panic(&fault.Corrupt{Where: "index into " + Name(v.Which), Got: i, Want: "an element inside the file"})
	}
	return s
}

// learn is Find for an element that no row has: the level, or its end, was not known when this process looked last (V2).
func (v *Vec) learn(i uint64) (region.Span, bool) {
	level, _ := v.Shape.Locate(i)
	if level >= layout.Levels {
		return region.Span{}, false
	}
	base, r := v.Dir(level), &v.rows[level]
	if base == 0 || base%layout.Page != 0 || base >= layout.MaxFile {
		return region.Span{}, false
	}
	if !r.Learn(v.region, base, v.Shape.Elem, v.Shape.Count(level), i-r.First) {
		return region.Span{}, false
	}
	return r.Span((i - r.First) * v.Shape.Elem), true
}

// Dir is the directory word of a level, 0 if the level does not exist yet.
func (v *Vec) Dir(level int) uint64 { return v.shard.Load(DirWord(v.Which, level)) }

// Backed is the number of elements with memory behind them.
func (v *Vec) Backed() uint64 { return v.shard.Load(layout.ShBacked + uint64(v.Which)) }

// Place gives a level its place in the file (V1).
func (v *Vec) Place(level int, base uint64) { v.shard.Store(DirWord(v.Which, level), base) }

// DirWord is the word of the shard header that holds the directory entry of a vector's level.
func DirWord(which, level int) uint64 {
	return layout.ShDir + uint64(which)*layout.Levels + uint64(level)
}

// Name names a vector for messages and documents.
func Name(which int) string {
	return [layout.Vecs]string{"journal", "main buckets", "overflow buckets", "chunk records", "chunks"}[which]
}

// Need is the panic of a transaction that needs an element without memory behind it. The operation rolls back, has the
// memory backed outside the transaction, and starts again.
type Need struct {
	Which    int
	Bucket   uint64 // of VecOver: the main bucket whose chain is full
	Elements uint64 // Backed must reach this; of VecChunk: how many free chunks were missing
}
