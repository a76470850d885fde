package trace

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Sizes of the traces that are made up.
const (
	madeKeys    = 50_000
	zipfBetween = 10_000 // requests between two scans
	scanLength  = 5_000
)

// zipf draws numbers below madeKeys such that the frequency of i is in proportion to (i+1)^-0.99, the exponent that the
// Yahoo Cloud Serving Benchmark made common. (math/rand/v2.Zipf has only exponents above 1.)
type zipf struct {
	sums []float64
	*rand.Rand
}

func newZipf(seed uint64) *zipf {
	z := &zipf{Rand: rand.New(rand.NewPCG(seed, seed))}
	sum := 0.0
	for i := range madeKeys {
		sum += math.Pow(float64(i+1), -0.99)
		z.sums = append(z.sums, sum)
	}
	return z
}

func (z *zipf) next() int64 {
	return int64(sort.SearchFloat64s(z.sums, z.Float64()*z.sums[madeKeys-1]))
}

// Zipf is a trace of n requests in which few keys are asked for often and most seldom.
func Zipf(n int) Trace {
	z := newZipf(1)
	requests := make([]int64, n)
	for i := range requests {
		requests[i] = z.next()
	}
	return New("zipf", requests)
}

// Scans is Zipf, but now and then somebody goes through many other keys, each of which nobody asks for again for long.
func Scans(n int) Trace {
	z := newZipf(2)
	var requests []int64
	for scanned := int64(0); len(requests) < n; {
		for range zipfBetween {
			requests = append(requests, z.next())
		}
		for range scanLength {
			requests = append(requests, madeKeys+scanned%madeKeys)
			scanned++
		}
	}
	return New("zipf-scans", requests[:n])
}
