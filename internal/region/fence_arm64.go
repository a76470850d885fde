package region

// loadFence keeps loads before it before loads and stores behind it (DMB ISHLD).
//
//go:noescape
func loadFence()

// storeFence keeps stores before it before stores behind it (DMB ISHST).
//
//go:noescape
func storeFence()
