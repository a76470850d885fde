package region

import (
	"sync/atomic"
	"unsafe"
)

// Row is a run of elements of one size: those of it that are known to be inside the file. It only gets longer, and what it
// leads to serves as long as the Region is reachable: mappings stay, and files do not shrink while a map is attached. The
// zero Row holds none. Safe for concurrent use.
type Row struct {
	First uint64         // number of the first element; set before the row is used
	n     atomic.Uint64  // elements; stored last
	base  unsafe.Pointer // of the first one
	off   atomic.Uint64  // its offset
}

// N is the number of elements.
func (r *Row) N() uint64 { return r.n.Load() }

// At returns what lies at byte d of the row, inside an element below N.
func (r *Row) At(d uint64) Ptr { return Ptr{unsafe.Add(atomic.LoadPointer(&r.base), d)} } // valid: as in Learn

// Span is At with the offset.
func (r *Row) Span(d uint64) Span { return Span{r.At(d), r.off.Load() + d} }

// Learn makes the row those of n elements of elem bytes at offset off that lie inside the file; false if element need,
// below n, does not. The row is always told the same off.
func (r *Row) Learn(in *Region, off, elem, n, need uint64) bool {
	if _, ok := in.At(off, (need+1)*elem); !ok {
		return false
	}
	in.mu.Lock() // else somebody who still has the mapping before could store its base under the length of this one
	defer in.mu.Unlock()
	v := in.cur.Load()
	r.off.Store(off)
	atomic.StorePointer(&r.base, unsafe.Add(v.base, off)) // valid: inside, checked above
	r.n.Store(min(n, (v.limit-off)/elem))
	return true
}
