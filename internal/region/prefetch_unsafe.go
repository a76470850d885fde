package region

import "unsafe"

// Prefetch asks for the cache line of p's word and for the one behind it, and waits for neither. A prefetch cannot fault.
func (p Ptr) Prefetch() { prefetch(p.p) }

// PrefetchRange is Prefetch of all lines of n bytes.
func (p Ptr) PrefetchRange(n uint64) { prefetchRange(p.p, n) }

// PrefetchAll is Prefetch of each of ps, of which some may be nil. A prefetch seems to leave the processor's window only when its address has been
// translated: with nothing in between, the translations of many overlap.
func PrefetchAll(ps []Ptr) {
	if len(ps) > 0 {
		prefetchAll(unsafe.SliceData(ps), len(ps)) // valid: reads the pointers of a slice
	}
}

// PrefetchString is Prefetch of the first two lines of a string of the process.
func PrefetchString(s string) { prefetch(unsafe.Pointer(unsafe.StringData(s))) }

//go:noescape
func prefetch(p unsafe.Pointer)

//go:noescape
func prefetchRange(p unsafe.Pointer, n uint64)

//go:noescape
func prefetchAll(ps *Ptr, n int)
