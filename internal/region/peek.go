//go:build !amd64 || race || explore

package region

// Peek reads word i between two Loads, which it stays between.
func (p Ptr) Peek(i uint64) uint64 { return p.Load(i) }
