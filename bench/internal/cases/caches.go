package cases

import (
	"github.com/maypok86/otter/v2"

	"github.com/shmap-go/shmap"
)

// of is the name of a policy in names of cases: that of the default is left out.
func of(p shmap.Policy) string {
	if p == shmap.PolicyClock {
		return ""
	}
	return "-" + p.String()
}

// cacheGets compares hits in full caches of n entries, where a hit also counts as an access.
func cacheGets(p shmap.Policy, n int) func(*Session) error {
	return func(s *Session) error {
		m := anonymous[int64, int64](shmap.Options{Capacity: uint64(n), Policy: p})
		defer m.Close()
		o := otter.Must(&otter.Options[int64, int64]{MaximumSize: n})
		defer o.StopAllGoroutines()
		all := integers(n)
		for i, k := range all {
			check(m.Store(k, int64(i)))
			o.Set(k, int64(i))
		}
		o.CleanUp()
		// A cache of several shards is full before it holds n; only what both hold is asked for.
		keys := all[:0]
		for _, k := range all {
			if _, ok := o.GetIfPresent(k); ok && m.Has(k) {
				keys = append(keys, k)
			}
		}
		order := shuffled(keys)
		s.compare("cache/get"+of(p)+"/"+human(n),
			over(s, "shmap", order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := m.Load(k)
					sum += v
				}
				return sum
			}),
			over(s, otterPeer, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := o.GetIfPresent(k)
					sum += v
				}
				return sum
			}))
		return nil
	}
}

// cacheStores compares stores of new keys into full caches of n entries: each of them evicts another. otter evicts in a
// goroutine of its own; a pass ends when that has caught up.
func cacheStores(p shmap.Policy, n int) func(*Session) error {
	return func(s *Session) error {
		m := anonymous[int64, int64](shmap.Options{Capacity: uint64(n), Policy: p})
		defer m.Close()
		o := otter.Must(&otter.Options[int64, int64]{MaximumSize: n})
		defer o.StopAllGoroutines()
		// Three times as many keys as there is room for, in turns: each is long gone when it comes again.
		keys := integers(3 * n)
		for i, k := range keys[2*n:] {
			check(m.Store(k, int64(i)))
			o.Set(k, int64(i))
		}
		s.compare("cache/store"+of(p)+"/"+human(n),
			over(s, "shmap", keys, func(keys []int64) int64 {
				for i, k := range keys {
					check(m.Store(k, int64(i)))
				}
				return 0
			}),
			over(s, otterPeer, keys, func(keys []int64) int64 {
				for i, k := range keys {
					o.Set(k, int64(i))
				}
				o.CleanUp()
				return 0
			}))
		return nil
	}
}
