package shmap

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// The forms of the writing operations that say a time to live. Each of them sets the deadline of the entry it
// writes to d from now, rounded up to milliseconds; 0 makes the entry permanent, as does Permanent, and any other
// negative d a deadline that has passed. On a map without TTL they return ErrNoTTL.

// StoreTTL sets the value of k, to live for d; 0 is permanent.
func (m *Map[K, V]) StoreTTL(k K, v V, d time.Duration) error {
	return m.d.Do(&dict.Op{Code: dict.OpStore, Mute: true, Mode: dict.TTLExplicit, TTL: d, Key: datum(k), Val: datum(v)})
}

// StoreUntil sets the value of k, to live until t. The deadline is kept as a distance from now: it does not move
// when the wall clock is set later. A deadline that has passed makes k absent.
func (m *Map[K, V]) StoreUntil(k K, v V, t time.Time) error {
	return m.d.Do(&dict.Op{Code: dict.OpStore, Mute: true, Mode: dict.TTLAt, At: t, Key: datum(k), Val: datum(v)})
}

// InsertTTL sets the value of k, to live for d, if k is absent; 0 is permanent.
func (m *Map[K, V]) InsertTTL(k K, v V, d time.Duration) (inserted bool, err error) {
	return m.do(&dict.Op{Code: dict.OpInsert, Mode: dict.TTLExplicit, TTL: d, Key: datum(k), Val: datum(v)})
}

// ReplaceTTL sets the value of k, to live for d, if k is present; 0 is permanent.
func (m *Map[K, V]) ReplaceTTL(k K, v V, d time.Duration) (replaced bool, err error) {
	return m.do(&dict.Op{Code: dict.OpReplace, Mode: dict.TTLExplicit, TTL: d, Key: datum(k), Val: datum(v)})
}

// SwapTTL sets the value of k, to live for d, and returns the old value, if there was one; 0 is permanent.
func (m *Map[K, V]) SwapTTL(k K, v V, d time.Duration) (old V, loaded bool, err error) {
	return m.doOld(&dict.Op{Code: dict.OpSwap, Mode: dict.TTLExplicit, TTL: d, Key: datum(k), Val: datum(v)})
}

// LoadOrStoreTTL returns the value of k if k is present (loaded), else it sets it to v and returns v. Either way
// the entry lives for d from now; 0 is permanent.
func (m *Map[K, V]) LoadOrStoreTTL(k K, v V, d time.Duration) (actual V, loaded bool, err error) {
	op := dict.Op{Code: dict.OpLoadOrStore, Mode: dict.TTLExplicit, TTL: d, Key: datum(k), Val: datum(v)}
	return m.doActual(&op, v)
}

// CompareAndSwapTTL sets the value of k to v, to live for d, if it is old; 0 is permanent.
func (m *Map[K, V]) CompareAndSwapTTL(k K, old, v V, d time.Duration) (swapped bool, err error) {
	return m.do(&dict.Op{
		Code: dict.OpCompareAndSwap, Mode: dict.TTLExplicit, TTL: d,
		Key: datum(k), Old: datum(old), Val: datum(v),
	})
}

// LoadTTL returns the value of k and the time it has left, [Permanent] without a deadline, as one consistent pair.
// It counts as an access for eviction.
func (m *Map[K, V]) LoadTTL(k K) (v V, ttl time.Duration, ok bool) {
	l, err := m.d.Load(datum(k), nil, dict.ReadVisit|dict.ReadTTL)
	if err != nil || !l.Found {
		return v, 0, false
	}
	return result[V](l.W, l.B), l.TTL, true
}

// TTL returns the time that k has left, [Permanent] without a deadline, and whether k is present. It does not
// count as an access for eviction. On a map without TTL every entry is permanent.
func (m *Map[K, V]) TTL(k K) (ttl time.Duration, ok bool) {
	l, err := m.d.Load(datum(k), nil, dict.ReadNoVal|dict.ReadTTL)
	if err != nil || !l.Found {
		return 0, false
	}
	return l.TTL, true
}

// Touch gives k the map's default TTL again and counts as a write for eviction. A permanent entry stays permanent.
func (m *Map[K, V]) Touch(k K) (found bool, err error) {
	return m.do(&dict.Op{Code: dict.OpTouch, Key: datum(k)})
}

// Persist makes k permanent. It does not count as a write for eviction.
func (m *Map[K, V]) Persist(k K) (found bool, err error) {
	return m.do(&dict.Op{Code: dict.OpPersist, Key: datum(k)})
}

// Expire makes k live for d from now; 0 is permanent. It does not count as a write for eviction.
func (m *Map[K, V]) Expire(k K, d time.Duration) (found bool, err error) {
	return m.do(&dict.Op{Code: dict.OpExpire, Mode: dict.TTLExplicit, TTL: d, Key: datum(k)})
}

// ExpireAt makes k live until t. It does not count as a write for eviction.
func (m *Map[K, V]) ExpireAt(k K, t time.Time) (found bool, err error) {
	return m.do(&dict.Op{Code: dict.OpExpire, Mode: dict.TTLAt, At: t, Key: datum(k)})
}

// FlushExpired removes every expired entry and returns how many that were. Nobody has to: an expired entry is
// absent anyway, and its memory is used again when it is met. It gives memory back early.
func (m *Map[K, V]) FlushExpired() (removed int, err error) {
	removed, _, err = m.d.FlushExpired(0)
	return removed, err
}

// FlushExpiredN is FlushExpired in small steps: it removes up to n entries and goes on where it, in any process,
// last left off. It reports done when a round over the whole map was finished. n <= 0 is a whole round.
func (m *Map[K, V]) FlushExpiredN(n int) (removed int, done bool, err error) {
	return m.d.FlushExpired(n)
}
