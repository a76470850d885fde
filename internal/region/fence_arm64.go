package region

// LoadFence keeps loads before it before loads and stores behind it (DMB ISHLD).
//
//go:noescape
func LoadFence()

// StoreFence keeps stores before it before stores behind it (DMB ISHST).
//
//go:noescape
func StoreFence()
