//go:build (!amd64 || race) && !explore

package region

import "sync/atomic"

// Store writes word i: a store-release (I3).
func (p Ptr) Store(i, v uint64) { atomic.StoreUint64(p.word(i), v) }
