// Package shmapfiber is a storage of github.com/gofiber/fiber/v3 in shared memory: the sessions, cached pages and tokens of
// fiber's middleware are the same in all processes of a machine. With EnablePrefork, where each worker has a memory of its own
// and a user who logged in at one is a stranger to the next, that is what makes them work. It knows the interface of fiber; of
// the map it uses the public API alone.
//
// What changes in a program is the storage in the middleware's configuration:
//
//	storage, err := shmapfiber.Open("/dev/shm/myapp", shmap.Options{})
//	...
//	app.Use(session.New(session.Config{Storage: storage}))
//
// Each call of the storage is one atomic operation. What middleware makes of several is not: the limiter reads a count, adds
// one, and writes it back, under a lock of its own process, so that two workers that do so at once count one request. A limit
// that is exact over all workers is four lines with a map of counters:
//
//	n, err := shmap.AddTTL(hits, c.IP(), 1, time.Minute) // hits: a shmap.Map[string, int64] with EnableTTL
//	if err != nil { return err }
//	if n > 100 { return c.SendStatus(fiber.StatusTooManyRequests) }
//	return c.Next()
package shmapfiber

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shmap-go/shmap"
)

// Storage is a fiber.Storage. It is safe for concurrent use, also with other processes on the same map. Middleware that shares
// a storage shares its keys: give each a file of its own where keys could meet.
type Storage struct {
	m *shmap.Map[string, []byte]
}

// Open opens the map in the file at path, or creates it, with room for deadlines. To bound the memory set Options.MaxBytes and
// Options.Capacity.
func Open(path string, o shmap.Options) (*Storage, error) {
	o.EnableTTL = true
	m, err := shmap.Open[string, []byte](path, o)
	if err != nil {
		return nil, err
	}
	s, err := New(m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return s, nil
}

// New stores in m, which must have been made with Options.TTL or Options.EnableTTL: else the error is shmap.ErrNoTTL.
func New(m *shmap.Map[string, []byte]) (*Storage, error) {
	if !m.Options().EnableTTL {
		return nil, shmap.ErrNoTTL
	}
	return &Storage{m: m}, nil
}

// Map is the map.
func (s *Storage) Map() *shmap.Map[string, []byte] { return s.m }

// Get returns the value of key, nil if there is none.
func (s *Storage) Get(key string) ([]byte, error) {
	v, ok, err := s.m.TryLoad(key)
	if err != nil || !ok {
		return nil, err
	}
	return v, nil
}

// Set stores the value of key for exp; 0 is for ever, and with less than 0 the value has expired: key is removed. An empty key or
// value is ignored.
func (s *Storage) Set(key string, val []byte, exp time.Duration) error {
	if key == "" || len(val) == 0 {
		return nil
	}
	if exp < 0 { // StoreTTL would take -1 for shmap.Permanent
		return s.Delete(key)
	}
	return s.m.StoreTTL(key, val, exp)
}

// Delete removes key. It need not exist.
func (s *Storage) Delete(key string) error {
	_, err := s.m.Delete(key)
	return err
}

// Reset removes everything, for all processes.
func (s *Storage) Reset() error { return s.m.Clear() }

// Close closes this process's handle on the map. What is stored stays in it.
func (s *Storage) Close() error { return s.m.Close() }

// GetWithContext is Get, unless ctx is done.
func (s *Storage) GetWithContext(ctx context.Context, key string) ([]byte, error) {
	if err := done(ctx, "get"); err != nil {
		return nil, err
	}
	return s.Get(key)
}

// SetWithContext is Set, unless ctx is done.
func (s *Storage) SetWithContext(ctx context.Context, key string, val []byte, exp time.Duration) error {
	if err := done(ctx, "set"); err != nil {
		return err
	}
	return s.Set(key, val, exp)
}

// DeleteWithContext is Delete, unless ctx is done.
func (s *Storage) DeleteWithContext(ctx context.Context, key string) error {
	if err := done(ctx, "delete"); err != nil {
		return err
	}
	return s.Delete(key)
}

// ResetWithContext is Reset, unless ctx is done.
func (s *Storage) ResetWithContext(ctx context.Context) error {
	if err := done(ctx, "reset"); err != nil {
		return err
	}
	return s.Reset()
}

func done(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("shmapfiber: %s: %w", op, err)
	}
	return nil
}
