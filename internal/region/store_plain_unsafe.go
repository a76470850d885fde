//go:build amd64 && !race && !explore

package region

import "sync/atomic"

// Store writes word i. amd64 keeps stores in program order but the compiler drops one that a later store to the same
// word overwrites; the discarded atomic load behind it is something it must keep and order (I3). Half a nanosecond,
// where an exchange takes six (docs/decisions/002).
func (p Ptr) Store(i, v uint64) {
	w := p.word(i)
	*w = v
	atomic.LoadUint64(w)
}
