package region

// LoadFence keeps loads before it before loads behind it. amd64 does so by itself.
func LoadFence() {}

// StoreFence keeps stores before it before stores behind it. amd64 does so by itself.
func StoreFence() {}
