// Package shmaphttprate counts the requests of github.com/go-chi/httprate in shared memory, so that a limit holds over all
// processes of a machine, and over restarts, instead of for each process by itself. It knows the interface of httprate; of the
// map it uses the public API alone.
//
// What changes in a program is an option of the limiter:
//
//	counter, err := shmaphttprate.Open("/dev/shm/myapp-rate", shmap.Options{})
//	...
//	r.Use(httprate.LimitBy(100, time.Minute, clientIP, httprate.WithLimitCounter(counter)))
//
// Counts are exact: no increment is lost, whoever makes it and whoever is killed. httprate itself first asks for the count and
// then increments it, and takes a lock between processes for neither; so of n processes that decide at the very same moment up
// to n-1 may let one request more through.
//
// A count is forgotten when nobody can ask for it any more, two windows after its first request; clients that stay away cost
// no memory for longer than it takes to meet them. To bound the memory whatever clients do set Options.Capacity.
package shmaphttprate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/shmap-go/shmap"
)

// Counter is an httprate.LimitCounter. It is safe for concurrent use, also with other processes on the same map. A Counter is
// for one limiter, as Config belongs to that.
type Counter struct {
	m      *shmap.Map[string, int64]
	prefix string
	keep   time.Duration
}

// Open opens the map in the file at path, or creates it, with room for deadlines. Options.TTL is not used. Each limiter of a
// program has a file of its own; for several limiters in one map see [New].
func Open(path string, o shmap.Options) (*Counter, error) {
	o.EnableTTL, o.TTL = true, 0
	m, err := shmap.Open[string, int64](path, o)
	if err != nil {
		return nil, err
	}
	c, err := New(m, "")
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return c, nil
}

// New counts in m, which must have been made with Options.EnableTTL and without a default TTL. Limiters that share a map need
// prefixes of their own, else they count the same client together.
func New(m *shmap.Map[string, int64], prefix string) (*Counter, error) {
	o := m.Options()
	if !o.EnableTTL {
		return nil, shmap.ErrNoTTL
	}
	if o.TTL != 0 {
		return nil, fmt.Errorf("shmaphttprate: the map has a default time to live of %v, which would keep counters alive; use one without", o.TTL)
	}
	return &Counter{m: m, prefix: prefix, keep: time.Minute}, nil
}

// Map is the map with the counters: requests by prefix, key, and the window's beginning.
func (c *Counter) Map() *shmap.Map[string, int64] { return c.m }

// Close closes the map. The counts stay in it.
func (c *Counter) Close() error { return c.m.Close() }

// Config is called by the limiter that the counter is given to.
func (c *Counter) Config(_ int, windowLength time.Duration) { c.keep = 2 * windowLength }

// Increment adds 1 to the requests of key.
func (c *Counter) Increment(key string, currentWindow time.Time) error {
	return c.IncrementBy(key, currentWindow, 1)
}

// IncrementBy adds amount to the requests of key.
func (c *Counter) IncrementBy(key string, currentWindow time.Time, amount int) error {
	_, err := shmap.AddTTL(c.m, c.key(key, currentWindow), int64(amount), c.keep)
	return err
}

// Get returns the requests of key in the current window and in the one before.
func (c *Counter) Get(key string, currentWindow, previousWindow time.Time) (current, previous int, err error) {
	n, _, err := c.m.TryLoad(c.key(key, currentWindow))
	if err != nil {
		return 0, 0, err
	}
	before, _, err := c.m.TryLoad(c.key(key, previousWindow))
	return int(n), int(before), err
}

// key is the key of a counter: the prefix behind its length, the key, and the window. No two that differ give the same.
func (c *Counter) key(key string, window time.Time) string {
	b := binary.AppendUvarint(make([]byte, 0, 128), uint64(len(c.prefix)))
	b = append(append(b, c.prefix...), key...)
	return string(binary.BigEndian.AppendUint64(b, uint64(window.UnixNano())))
}
