package region

// Thrice is what a version does: three stores to one word, with data between. The compiler may drop none.
//
//go:noinline
func Thrice(p Ptr) {
	p.Store(0, 0x101)
	p.Store(1, 0x777)
	p.Store(0, 0x102)
	p.Store(0, 0x103)
}
