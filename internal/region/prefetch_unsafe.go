package region

import "unsafe"

// Prefetch asks for the cache line of p's word and for the one behind it, and waits for neither. A prefetch cannot fault.
func (p Ptr) Prefetch() { prefetch(p.p) }

//go:noescape
func prefetch(p unsafe.Pointer)
