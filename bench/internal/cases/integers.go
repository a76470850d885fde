package cases

import (
	"sync"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
)

// integerGets compares hits of int64 keys among n entries.
func integerGets(n int) func(*Session) error {
	return func(s *Session) error {
		m := anonymous[int64, int64](shmap.Options{})
		defer m.Close()
		rw, sm, xm := newRW[int64, int64](), &sync.Map{}, xsync.NewMap[int64, int64]()
		keys := integers(n)
		for i, k := range keys {
			v := int64(i)
			check(m.Store(k, v))
			rw.store(k, v)
			sm.Store(k, v)
			xm.Store(k, v)
		}
		order := shuffled(keys)
		s.compare("int64/get/"+human(n),
			over(s, "shmap", order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := m.Load(k)
					sum += v
				}
				return sum
			}),
			over(s, rwMap, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := rw.load(k)
					sum += v
				}
				return sum
			}),
			over(s, syncMap, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := sm.Load(k)
					sum += v.(int64)
				}
				return sum
			}),
			over(s, xsyncMap, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := xm.Load(k)
					sum += v
				}
				return sum
			}))
		return nil
	}
}

// integerUpdates compares stores to present int64 keys among n entries.
func integerUpdates(n int) func(*Session) error {
	return func(s *Session) error {
		m := anonymous[int64, int64](shmap.Options{})
		defer m.Close()
		mu, xm := newLocked[int64, int64](), xsync.NewMap[int64, int64]()
		keys := integers(n)
		for _, k := range keys {
			check(m.Store(k, 0))
			mu.store(k, 0)
			xm.Store(k, 0)
		}
		order := shuffled(keys)
		s.compare("int64/update/"+human(n),
			over(s, "shmap", order, func(keys []int64) int64 {
				for i, k := range keys {
					check(m.Store(k, int64(i)))
				}
				return 0
			}),
			over(s, xsyncMap, order, func(keys []int64) int64 {
				for i, k := range keys {
					xm.Store(k, int64(i))
				}
				return 0
			}),
			over(s, muMap, order, func(keys []int64) int64 {
				for i, k := range keys {
					mu.store(k, int64(i))
				}
				return 0
			}),
			lockAlone(s, order))
		return nil
	}
}

// lockAlone is what is left of a store under a lock without the store.
func lockAlone(s *Session, keys []int64) measure.Side {
	var mu sync.Mutex
	return over(s, mutexAlone, keys, func(keys []int64) (sum int64) {
		for _, k := range keys {
			mu.Lock()
			sum += k
			mu.Unlock()
		}
		return sum
	})
}

// integerAdds compares counters, of which there are n.
func integerAdds(n int) func(*Session) error {
	return func(s *Session) error {
		m := anonymous[int64, int64](shmap.Options{})
		defer m.Close()
		mu, xm := newLocked[int64, int64](), xsync.NewMap[int64, int64]()
		keys := integers(n)
		for _, k := range keys {
			check(m.Store(k, 0))
			mu.store(k, 0)
			xm.Store(k, 0)
		}
		increment := func(old int64, _ bool) (int64, xsync.ComputeOp) { return old + 1, xsync.UpdateOp }
		order := shuffled(keys)
		s.compare("int64/add/"+human(n),
			over(s, "shmap", order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					n, err := shmap.Add(m, k, 1)
					check(err)
					sum += n
				}
				return sum
			}),
			over(s, xsyncMap, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					n, _ := xm.Compute(k, increment)
					sum += n
				}
				return sum
			}),
			over(s, muMap, order, func(keys []int64) (sum int64) {
				for _, k := range keys {
					sum += add(mu, k, 1)
				}
				return sum
			}),
			lockAlone(s, order))
		return nil
	}
}
