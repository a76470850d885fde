package cases

import (
	"fmt"
	"math/rand/v2"

	"github.com/shmap-go/shmap"
)

// spread turns 0, 1, 2... into distinct numbers that look random (the finalizer of splitmix64, which is a bijection:
// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
func spread(i int) int64 {
	z := uint64(i) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int64(z ^ z>>31)
}

// integers returns n distinct keys in random order. They are the same every time.
func integers(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = spread(i)
	}
	return out
}

// shuffled returns the elements of s in another order, the same every time.
func shuffled[T any](s []T) []T {
	out := append([]T(nil), s...)
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// anonymous makes an empty map.
func anonymous[K shmap.Key, V shmap.Value](o shmap.Options) *shmap.Map[K, V] {
	m, err := shmap.Anonymous[K, V](o)
	check(err)
	return m
}

// human writes 25000 as 25K and 10000000 as 10M.
func human(n int) string {
	switch {
	case n >= 1e6 && n%1e6 == 0:
		return fmt.Sprintf("%dM", n/1e6)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dK", n/1000)
	default:
		return fmt.Sprint(n)
	}
}
