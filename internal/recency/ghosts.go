package recency

import "math/bits"

// A ghost word remembers the last keys that were evicted from a bucket while they were on trial.
const (
	ghostLanes = 6
	ghostBits  = 10
	ghostMask  = 1<<ghostBits - 1
	ghostOnes  = 1 | 1<<10 | 1<<20 | 1<<30 | 1<<40 | 1<<50
	ghostHighs = ghostOnes << (ghostBits - 1)
)

// ghost is what remembers a key: bits of its hash that choose neither bucket nor shard nor tag, and are not all 0.
func ghost(hash uint64) uint64 { return max(hash>>28&ghostMask, 1) }

// Remember is the ghost word w with the key of a hash in it. The sixth ghost is forgotten.
func Remember(w, hash uint64) uint64 {
	return (w<<ghostBits | ghost(hash)) & (1<<(ghostLanes*ghostBits) - 1)
}

// Recall looks for the key of a hash in the ghost word w; rest is w without it, the older ones moved up.
func Recall(w, hash uint64) (rest uint64, known bool) {
	x := w ^ ghost(hash)*ghostOnes
	marks := (x - ghostOnes) &^ x & ghostHighs // the highest bit of each lane that is equal, and maybe of some above the first such
	if marks == 0 {
		return w, false
	}
	at := uint(bits.TrailingZeros64(marks)) - (ghostBits - 1)
	newer := w & (1<<at - 1)
	return w>>(at+ghostBits)<<at | newer, true
}
