// Package policy simulates eviction policies on traces of requests and counts hits. It is where the policies of shmap were
// chosen (docs/decisions/007-eviction-policy.md); it knows entries, lists and ghosts, and must not know memory, locks or time.
//
// Three kinds of policies stand side by side:
//
//	candidates   obey what shared memory asks for: a hit may set one bit of the entry and nothing else, an eviction touches
//	             a bounded number of words, and each shard decides alone (clock.go, s3clock.go, tinylfu.go)
//	bounds       keep exact order or counts at every hit: LRU, ARC, CAR, LIRS, S3-FIFO as published (arc.go, lirs.go, ...)
//	references   otter itself, and Belady's optimum that knows the future (otter.go, opt.go)
package policy

// Cache is one whole cache.
type Cache interface {
	// Access asks for a key, and stores it if it is not there.
	Access(key int32) (hit bool)
}

// Maker makes a cache for a trace. Policies that are not made of shards ignore their number.
type Maker func(t *Trace, capacity, shards int) Cache

// Named is a policy with its name in tables.
type Named struct {
	Name string
	Make Maker
}

// HitRatio runs a whole trace and returns hits in percent of the requests.
func HitRatio(t *Trace, mk Maker, capacity, shards int) float64 {
	c := mk(t, capacity, shards)
	hits := 0
	for _, k := range t.Requests {
		if c.Access(k) {
			hits++
		}
	}
	return 100 * float64(hits) / float64(len(t.Requests))
}

// hash is a mixer as good as the map's own (splitmix64 by Sebastiano Vigna).
func hash(k int32) uint64 {
	h := uint64(uint32(k)) + 0x9e3779b97f4a7c15
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}
