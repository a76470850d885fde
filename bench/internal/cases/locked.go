package cases

import "sync"

// rwLocked is the built-in map as most programs share it.
type rwLocked[K comparable, V any] struct {
	mu sync.RWMutex
	m  map[K]V
}

func newRW[K comparable, V any]() *rwLocked[K, V] { return &rwLocked[K, V]{m: map[K]V{}} }

func (l *rwLocked[K, V]) load(k K) (V, bool) {
	l.mu.RLock()
	v, ok := l.m[k]
	l.mu.RUnlock()
	return v, ok
}

func (l *rwLocked[K, V]) store(k K, v V) {
	l.mu.Lock()
	l.m[k] = v
	l.mu.Unlock()
}

// locked is the built-in map under a plain mutex, which is cheaper to write to.
type locked[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]V
}

func newLocked[K comparable, V any]() *locked[K, V] { return &locked[K, V]{m: map[K]V{}} }

func (l *locked[K, V]) store(k K, v V) {
	l.mu.Lock()
	l.m[k] = v
	l.mu.Unlock()
}

// add adds to a counter and returns the sum.
func add[K comparable](l *locked[K, int64], k K, delta int64) int64 {
	l.mu.Lock()
	n := l.m[k] + delta
	l.m[k] = n
	l.mu.Unlock()
	return n
}
