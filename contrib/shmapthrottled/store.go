// Package shmapthrottled keeps the state of github.com/throttled/throttled/v2 in shared memory, so that a limit holds over all
// processes of a machine, and over restarts. It knows the interfaces of throttled; of the map it uses the public API alone.
//
// What changes in a program is the line that makes the store:
//
//	store, err := shmapthrottled.Open("/dev/shm/myapp-rate", shmap.Options{})
//	...
//	limiter, err := throttled.NewGCRARateLimiterCtx(store, quota)
//
// The limit is exact over all processes: each decision is one compare-and-swap. throttled tries ten times before it gives up
// with an error; where many processes ask for one and the same key at once, SetMaxCASAttemptsLimit(1000) is a better number.
package shmapthrottled

import (
	"context"
	"errors"
	"time"

	"github.com/shmap-go/shmap"
)

// Store is a throttled.GCRAStoreCtx, and [Store.Plain] a throttled.GCRAStore. It is safe for concurrent use, also with other
// processes on the same map.
type Store struct {
	m *shmap.Map[string, int64]
}

// Open opens the map in the file at path, or creates it, with room for deadlines. Each limiter of a program has a file of its
// own, or keys of its own (VaryBy). To bound the memory whatever clients do set Options.Capacity.
func Open(path string, o shmap.Options) (*Store, error) {
	o.EnableTTL = true
	m, err := shmap.Open[string, int64](path, o)
	if err != nil {
		return nil, err
	}
	s, err := New(m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return s, nil
}

// New keeps the state in m, which must have been made with Options.TTL or Options.EnableTTL: else the error is shmap.ErrNoTTL.
func New(m *shmap.Map[string, int64]) (*Store, error) {
	if !m.Options().EnableTTL {
		return nil, shmap.ErrNoTTL
	}
	return &Store{m: m}, nil
}

// Map is the map with the state: for each key the time, in nanoseconds since 1970, until which it is used up.
func (s *Store) Map() *shmap.Map[string, int64] { return s.m }

// Close closes the map. The state stays in it.
func (s *Store) Close() error { return s.m.Close() }

// Plain is the store for the functions of throttled that take no context.
func (s *Store) Plain() Plain { return Plain{s: s} }

// GetWithTime returns the value of key, -1 if there is none, and the time. All processes of a machine have one clock.
func (s *Store) GetWithTime(_ context.Context, key string) (int64, time.Time, error) {
	v, ok, err := s.m.TryLoad(key)
	if err != nil || !ok {
		v = -1
	}
	return v, time.Now(), err
}

// SetIfNotExistsWithTTL sets the value of key, for ttl, if it has none.
func (s *Store) SetIfNotExistsWithTTL(_ context.Context, key string, value int64, ttl time.Duration) (bool, error) {
	return s.m.InsertTTL(key, value, atLeast(ttl))
}

// CompareAndSwapWithTTL sets the value of key to new, for ttl, if it is old.
func (s *Store) CompareAndSwapWithTTL(_ context.Context, key string, old, new int64, ttl time.Duration) (bool, error) {
	return s.m.CompareAndSwapTTL(key, old, new, atLeast(ttl))
}

// atLeast makes a second of a ttl that is none. throttled says 0 when it only looks (quantity 0) at a key that is not used; to
// the map that would mean for ever, and such keys would pile up. The stores for Redis do the same.
func atLeast(ttl time.Duration) time.Duration {
	if ttl <= 0 {
		return time.Second
	}
	return ttl
}

// Plain is a throttled.GCRAStore: a [Store] without contexts.
type Plain struct{ s *Store }

// GetWithTime is that of [Store].
func (p Plain) GetWithTime(key string) (int64, time.Time, error) {
	return p.s.GetWithTime(context.Background(), key)
}

// SetIfNotExistsWithTTL is that of [Store].
func (p Plain) SetIfNotExistsWithTTL(key string, value int64, ttl time.Duration) (bool, error) {
	return p.s.SetIfNotExistsWithTTL(context.Background(), key, value, ttl)
}

// CompareAndSwapWithTTL is that of [Store].
func (p Plain) CompareAndSwapWithTTL(key string, old, new int64, ttl time.Duration) (bool, error) {
	return p.s.CompareAndSwapWithTTL(context.Background(), key, old, new, ttl)
}
